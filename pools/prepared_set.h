// PreparedSet: which statements stand prepared on one server connection, the least recently used first to go.
//
// A statement is recorded when its Parse is sent, and counts as surely there only once its ParseComplete has
// come: until then an earlier error in the same batch may still make the server skip it. Plain data: it
// travels with its server from worker to worker. Not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "pools/statement.h"

namespace forebay::pools {

class PreparedSet {
 public:
  enum class State : uint8_t {
    kAbsent,
    kPending,  // Parse sent in the batch `batch`, no answer yet
    kReady,    // ParseComplete came
  };
  struct Standing {
    State state = State::kAbsent;
    uint32_t batch = 0;  // kPending: the batch that its Parse was sent in
  };

  // Also marks the statement as the most recently used.
  Standing use(const StatementKey& key);

  void parseSent(const StatementKey& key, uint32_t batch);
  void parseCompleted(const StatementKey& key);
  void parseSkipped(const StatementKey& key);  // refused, or skipped after an error
  void closed(const StatementKey& key);
  void clear();

  // The statement to close so that no more than `limit` stand: never one used in `batch`, whose messages are
  // on their way. Forgets it; the caller sends the Close.
  std::optional<StatementKey> evict(size_t limit, uint32_t batch);

  // Marks `key` as used by the batch, which protects it from evict() until the next one.
  void touch(const StatementKey& key, uint32_t batch);

  size_t size() const { return entries_.size(); }

  template <typename Visit>
  void forEach(Visit visit) const {
    for (const Entry& entry : order_) visit(entry.key);
  }

 private:
  struct Entry {
    StatementKey key;
    State state;
    uint32_t parse_batch;
    uint32_t use_batch;
  };
  using Order = std::list<Entry>;  // most recently used first

  Order order_;
  std::unordered_map<StatementKey, Order::iterator, StatementKeyHash> entries_;
};

}  // namespace forebay::pools
