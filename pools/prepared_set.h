// PreparedSet: which statements stand prepared on one server connection, the least recently used first to go.
//
// A statement is recorded when its Parse is sent, and counts as surely there only once its ParseComplete has
// come: until then an earlier error in the same batch may still make the server skip it. The same holds for
// the Close of one that is evicted. Several batches may be under way at once; each answer, or its absence, is
// told in the order in which the messages were sent. Plain data: it travels with its server from worker to
// worker. Not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "pools/statement.h"

namespace forebay::pools {

class PreparedSet {
 public:
  enum class State : uint8_t {
    kAbsent,
    kPending,  // Parse sent in the batch `batch`, no answer yet; or unsure for another reason
    kReady,    // ParseComplete came
  };
  struct Standing {
    State state = State::kAbsent;
    uint32_t batch = 0;  // kPending: the batch that its Parse was sent in, or kNoBatch
  };
  static constexpr uint32_t kNoBatch = UINT32_MAX;

  // Also marks the statement as the most recently used, and as used by that batch, which protects it from
  // evict() until the next one.
  [[gnu::hot]] Standing use(const StatementKey& key, uint32_t batch);

  void parseSent(const StatementKey& key, uint32_t batch);
  void parseCompleted(const StatementKey& key);
  void parseSkipped(const StatementKey& key);  // refused, or skipped after an error
  void closeCompleted(const StatementKey& key);
  void closeSkipped(const StatementKey& key);
  // SQL that deallocates it was sent, and may fail: from now on only a Close and a Parse make sure of it.
  void closed(const StatementKey& key);
  void clear();  // nothing stands; what is on its way may still come to stand

  // The statement to close so that no more than `limit` stand: never one used in `batch`, whose messages are
  // on their way. Forgets it; the caller sends the Close.
  std::optional<StatementKey> evict(size_t limit, uint32_t batch);

  size_t size() const { return entries_.size(); }

  template <typename Visit>
  void forEach(Visit visit) const {
    for (const Entry& entry : order_) visit(entry.key);
  }

 private:
  struct Entry {
    StatementKey key{};
    bool stands = false;      // as far as the answers tell that have come
    bool unsure = false;      // SQL may have deallocated it
    uint16_t unanswered = 0;  // Parses
    uint32_t parse_batch = 0;
    uint32_t use_batch = 0;
  };
  using Order = std::list<Entry>;  // most recently used first

  Entry& entry(const StatementKey& key);  // made when there is none
  void forgetIfGone(const StatementKey& key);

  Order order_;
  std::unordered_map<StatementKey, Order::iterator, StatementKeyHash> entries_;
  std::vector<StatementKey> evicted_;  // their Close is not answered yet
};

}  // namespace forebay::pools
