// Pool lends the server connections of one (database, user) that live on one worker, oldest waiter first.
//
// A server is in exactly one place: idle in its pool, or in the hands of whoever it was lent to. The pool
// decides and keeps the queue; dialling, resetting and sending are the caller's. Across workers the order is
// nearly that of waiting: a server that comes free goes to another worker when a client there has waited
// clearly longer. One Pool belongs to one worker and is not thread-safe. No call blocks or performs I/O; time
// is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "pools/parameters.h"
#include "pools/shared_pool.h"

namespace forebay::pools {

struct InIdleList;
struct InWaitQueue;

class Pool;
class Waiter;

// A server connection as far as the pool is concerned.
class PooledServer : public ListNode<InIdleList> {
 public:
  PooledServer() = default;
  PooledServer(const PooledServer&) = delete;
  PooledServer& operator=(const PooledServer&) = delete;
  ~PooledServer() { forgetUser(); }

  ParametersRef parameters;  // what its session has set now
  Instant idle_since{};

 private:
  friend class Pool;
  friend class Waiter;
  void forgetUser();
  const Pool* kept_by_ = nullptr;  // the last one: a client may take servers of several pools
  Waiter* last_user_ = nullptr;    // who took it last when it was idle, and has not taken another one since
};

// A client that wants a server.
class Waiter : public ListNode<InWaitQueue> {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { forgetServer(); }

  bool waiting() const { return ListNode<InWaitQueue>::linked(); }
  Instant waiting_since{};

 private:
  friend class Pool;
  friend class PooledServer;
  void forgetServer() {
    if (last_server_ != nullptr) std::exchange(last_server_, nullptr)->last_user_ = nullptr;
  }
  PooledServer* last_server_ = nullptr;  // the other end of last_user_
};

inline void PooledServer::forgetUser() {
  if (last_user_ != nullptr) std::exchange(last_user_, nullptr)->last_server_ = nullptr;
}

class Pool {
 public:
  // Who has waited less than this longer is served by the worker that has the server in its hand: moving a
  // connection costs several system calls on either side.
  static constexpr Duration kClearlyOlder = milliseconds(1);
  // For so long the processors' caches may still hold what a client and the server it had last work on. No
  // longer: spreading few clients over many servers would keep all of these from being idle.
  static constexpr Duration kWarm = milliseconds(10);

  Pool(SharedPool& shared, uint32_t worker) : shared_(shared), worker_(worker) {}

  // An idle server, or null; the one that `waiter` took last while that is warm, else one whose settings are
  // `preferred` if it is among the first few. Takes from the front (used last) unless `round_robin`. Null as
  // well while others wait: newcomers queue behind them.
  [[gnu::hot]] PooledServer* takeIdle(Waiter& waiter, const ParametersRef& preferred, Instant now,
                                      bool round_robin);

  // Puts a client at the end of the queue. Returns a worker to ask for one of its idle servers, if there is
  // one.
  std::optional<uint32_t> enqueue(Waiter& waiter, Instant now);
  // A client that was served and lost its server before anything was sent keeps its turn.
  void requeue(Waiter& waiter);
  void leave(Waiter& waiter);

  // What to do with a server that has come free.
  enum class Next : uint8_t { kLend, kHandOver, kKeep };
  struct Decision {
    Next next = Next::kKeep;
    Waiter* waiter = nullptr;  // kLend: taken off the queue
    uint32_t worker = 0;       // kHandOver: the one that needs it more
  };
  [[gnu::hot]] Decision onFree();

  // Makes the server idle. Call onIdle() afterwards: somebody may have started to wait elsewhere meanwhile.
  [[gnu::hot]] void keep(PooledServer& server, Instant now, bool round_robin);
  // The idle server to hand over, and to whom; nothing when nobody waits elsewhere.
  struct HandOver {
    PooledServer* server = nullptr;
    uint32_t worker = 0;
  };
  [[gnu::hot]] HandOver onIdle();
  // Another worker asks for an idle server on behalf of a client of its own. Null when there is none any
  // more.
  PooledServer* giveIdle();

  // Takes one that has left the idle list on its own (it died, or was told to close) out of the count.
  void removeIdle(PooledServer& server);

  // Should one more server be dialled? Only as many as clients wait for are dialled at a time.
  bool wantsServer(uint32_t dialling) const { return waiters_.size() > dialling; }

  Waiter* oldestWaiter() { return waiters_.empty() ? nullptr : &waiters_.front(); }
  // The oldest waiter, taken off the queue.
  Waiter* nextWaiter();
  size_t waiting() const { return waiters_.size(); }
  size_t idle() const { return idle_.size(); }
  template <typename Visit>
  void forEachIdle(Visit visit) {
    idle_.forEach(visit);
  }
  template <typename Visit>
  void forEachWaiter(Visit visit) {
    waiters_.forEach(visit);
  }

  SharedPool& shared() { return shared_; }
  PoolCounters& counters() { return shared_.slot(worker_).counters; }

 private:
  static constexpr int kPreferredDepth = 8;

  PooledServer* warmServer(const Waiter& waiter, const ParametersRef& preferred, Instant now) const;
  PooledServer& bestIdle(const ParametersRef& preferred);
  void publishOldest();
  void publishIdle();

  SharedPool& shared_;
  const uint32_t worker_;
  IntrusiveList<PooledServer, InIdleList> idle_;
  IntrusiveList<Waiter, InWaitQueue> waiters_;
};

}  // namespace forebay::pools
