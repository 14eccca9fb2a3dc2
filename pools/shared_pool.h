// What the workers know of each other about one pool: how many server connections it has, who waits, who
// idles.
//
// One SharedPool serves the whole process; each worker writes its own slot and reads the others'. Nothing
// here locks. The order of the two sides' writes and reads is what keeps a client from waiting beside an idle
// server: who waits publishes that first and looks for idle servers and permits then; who puts a server down,
// or gives a permit back, publishes that first and looks for waiters then (all sequentially consistent), so
// at least one sees the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/counter.h"
#include "base/histogram.h"

namespace forebay::pools {

// A count with a limit of its own, such as all server connections of a database. A limit of zero: none.
class Budget {
 public:
  bool take(uint32_t limit) {
    uint32_t used = used_.load();
    do {
      if (limit != 0 && used >= limit) return false;
    } while (!used_.compare_exchange_weak(used, used + 1));
    return true;
  }
  void giveBack() { used_.fetch_sub(1); }
  uint32_t used() const { return used_.load(); }

 private:
  std::atomic<uint32_t> used_{0};
};

class SharedPool;

// Server and client connections of one database, or of one user, over all pools.
class SharedAccount {
 public:
  explicit SharedAccount(std::string account_name) : name(std::move(account_name)) {}

  // `pool` has had a client waiting since then, and the budget of servers is spent: a server of another pool
  // would have to go. The last wish counts, so wish again after a while.
  void wish(const SharedPool& pool, Instant since);
  // Should `pool`, whose own oldest client has waited since `own_since` (kNever: nobody waits), close the
  // server in its hand for another pool? It does when it has no use for it, and when the other has waited
  // much longer. True ends the wish.
  bool mustYield(const SharedPool& pool, Instant own_since) {
    const SharedPool* wisher = wisher_.load();
    return wisher != nullptr && wisher != &pool && yields(wisher, own_since);
  }

  const std::string name;
  Budget servers, clients;

 private:
  bool yields(const SharedPool* wisher, Instant own_since);

  // Dialling costs more than a turn in the queue: a pool that is busy itself yields only to one that starves.
  static constexpr Duration kStarving = seconds(1);

  std::atomic<const SharedPool*> wisher_{nullptr};
  std::atomic<Instant::rep> wished_since_{0};
};

// Limits that hold at this moment, from the configuration.
struct PermitLimits {
  uint32_t pool = 0;      // never "none": pool_size, with the reserve where it may be used
  uint32_t database = 0;  // max_db_connections
  uint32_t user = 0;      // max_user_connections
};

enum class PermitRefused : uint8_t { kNo, kPool, kDatabase, kUser };

// Written by one worker, read by all.
struct PoolCounters {
  Counter server_assignments, transactions, queries, bytes_received, bytes_sent;
  Counter client_parses, server_parses, binds;
  Counter wait_timeouts, query_timeouts, transaction_timeouts, idle_transaction_timeouts,
      client_idle_timeouts;
  Counter waits, rejected, cancels, server_logins, server_login_failures, pins;
  Histogram wait, query, transaction;
};

class SharedPool {
 public:
  SharedPool(std::string database_name, std::string user_name,
             std::shared_ptr<SharedAccount> database_account, std::shared_ptr<SharedAccount> user_account,
             uint32_t workers);

  // One permit allows one server connection, from before it is dialled until it is closed.
  PermitRefused takePermit(const PermitLimits& limits);
  void returnPermit();
  uint32_t servers() const { return servers_.used(); }

  struct Slot {
    alignas(64) std::atomic<Instant::rep> oldest_wait{kNobody};
    std::atomic<uint32_t> idle{0};
    PoolCounters counters;
  };
  static constexpr Instant::rep kNobody = INT64_MAX;

  Slot& slot(uint32_t worker) { return slots_[worker]; }
  const Slot& slot(uint32_t worker) const { return slots_[worker]; }
  uint32_t workers() const { return workers_; }

  // The worker other than `self` whose client waits longest, and since when; workers() when nobody waits.
  struct OldestWait {
    uint32_t worker;
    Instant since;
  };
  [[gnu::hot]] OldestWait oldestWaitElsewhere(uint32_t self) const;
  bool somebodyWaits(uint32_t worker) const { return slots_[worker].oldest_wait.load() != kNobody; }
  // A worker other than `self` with an idle server; workers() when there is none.
  uint32_t idleElsewhere(uint32_t self) const;

  const std::string database, user;
  const std::shared_ptr<SharedAccount> database_account, user_account;

 private:
  const uint32_t workers_;
  std::unique_ptr<Slot[]> slots_;
  Budget servers_;
};

}  // namespace forebay::pools
