// DatabaseCatalog: what is known of one database's catalogs (pgproto/volatility_catalog.h), for all workers.
//
// It is loaded when somebody needs it: who has a statement to judge and finds it due() may claim() the load,
// and whoever gets the claim, one at a time in the whole process, says how it ended. DDL makes what is known,
// and what is being loaded, worthless at once. DDL that did not pass through here is noticed at the next
// load, every kFresh while there is a need, and what is older than kUsable is not used: after a rest, reads
// begin on the primary. Any thread may call; asking for epoch() and due() takes no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "pgproto/volatility_catalog.h"

namespace forebay::postgres {

class DatabaseCatalog {
 public:
  using Catalog = std::shared_ptr<const pgproto::VolatilityCatalog>;
  using Claim = uint64_t;

  static constexpr Duration kFresh = std::chrono::minutes(5), kUsable = 2 * kFresh;
  static constexpr Duration kLoadLimit = seconds(30);
  // From the beginning of a load to that of the next: a migration makes no more of them.
  static constexpr Duration kPause = seconds(1);
  static constexpr Duration kFirstRetry = seconds(1), kLastRetry = std::chrono::minutes(1);

  // Another one: so is current(). To be read before it. No two databases ever have the same one.
  uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  // Null while nothing is known.
  Catalog current() const;

  // To be asked with every statement that needs a catalog, also while there is one.
  [[gnu::hot]] bool due(Instant now) const {
    return now.time_since_epoch().count() >= due_at_.load(std::memory_order_relaxed);
  }
  // Nothing: it is not due, or somebody else loads. A claim that is not heard of for too long lapses.
  std::optional<Claim> claim(Instant now);
  void loaded(Claim claim, Catalog catalog, Instant now);
  // Returns how many loads have failed in a row. `jitter` from 0 to 1.
  uint32_t failed(Claim claim, Instant now, double jitter);

  // A transaction in which DDL ran has come to its end, and its client is not told yet; or the servers may
  // hold another database now.
  void invalidate(Instant now);

 private:
  static uint64_t nextEpoch() {
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  void replace(Catalog catalog);
  void dueAt(Instant at) { due_at_.store(at.time_since_epoch().count(), std::memory_order_relaxed); }
  bool ends(Claim claim);

  std::atomic<uint64_t> epoch_{nextEpoch()};
  std::atomic<Instant::rep> due_at_{Instant::min().time_since_epoch().count()};
  mutable std::mutex mutex_;  // guards what follows, and changes of what stands above
  Catalog current_;
  Instant loaded_at_{};                // when its load began: it knows nothing newer
  Instant began_at_ = Instant::min();  // the last load
  Claim last_claim_ = 0;
  bool loading_ = false;
  bool outdated_ = false;  // what is being loaded
  uint32_t failures_ = 0;
};

}  // namespace forebay::postgres
