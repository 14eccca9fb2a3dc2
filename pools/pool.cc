#include "pools/pool.h"

namespace forebay::pools {

PooledServer* Pool::takeIdle(Waiter& waiter, const ParametersRef& preferred, Instant now, bool round_robin) {
  if (idle_.empty() || !waiters_.empty()) return nullptr;
  PooledServer* chosen = round_robin ? &idle_.front() : warmServer(waiter, preferred, now);
  if (chosen == nullptr) chosen = &bestIdle(preferred);
  if (waiter.last_server_ != chosen) {
    waiter.forgetServer();
    chosen->forgetUser();
    waiter.last_server_ = chosen;
    chosen->last_user_ = &waiter;
  }
  removeIdle(*chosen);
  return chosen;
}

PooledServer* Pool::warmServer(const Waiter& waiter, const ParametersRef& preferred, Instant now) const {
  PooledServer* last = waiter.last_server_;
  const bool fits = last != nullptr && last->kept_by_ == this && last->ListNode<InIdleList>::linked() &&
                    last->parameters == preferred && now - last->idle_since < kWarm;
  return fits ? last : nullptr;
}

PooledServer& Pool::bestIdle(const ParametersRef& preferred) {
  int depth = 0;
  PooledServer* chosen = idle_.find(
      [&](PooledServer& server) { return server.parameters == preferred || ++depth == kPreferredDepth; });
  return chosen != nullptr && chosen->parameters == preferred ? *chosen : idle_.front();
}

std::optional<uint32_t> Pool::enqueue(Waiter& waiter, Instant now) {
  waiter.waiting_since = now;
  waiters_.pushBack(waiter);
  publishOldest();
  const uint32_t other = shared_.idleElsewhere(worker_);
  return other == shared_.workers() ? std::nullopt : std::optional(other);
}

void Pool::requeue(Waiter& waiter) {
  waiters_.pushFront(waiter);
  publishOldest();
}

void Pool::leave(Waiter& waiter) {
  if (!waiter.waiting()) return;
  static_cast<ListNode<InWaitQueue>&>(waiter).unlink();
  publishOldest();
}

Pool::Decision Pool::onFree() {
  const SharedPool::OldestWait elsewhere = shared_.oldestWaitElsewhere(worker_);
  const bool waits_elsewhere = elsewhere.worker != shared_.workers();
  if (waiters_.empty())
    return waits_elsewhere ? Decision{Next::kHandOver, nullptr, elsewhere.worker} : Decision{};
  if (waits_elsewhere && elsewhere.since + kClearlyOlder < waiters_.front().waiting_since)
    return {Next::kHandOver, nullptr, elsewhere.worker};
  return {Next::kLend, nextWaiter(), 0};
}

void Pool::keep(PooledServer& server, Instant now, bool round_robin) {
  server.idle_since = now;
  server.kept_by_ = this;
  if (round_robin) {
    idle_.pushBack(server);
  } else {
    idle_.pushFront(server);
  }
  publishIdle();
}

Pool::HandOver Pool::onIdle() {
  const SharedPool::OldestWait elsewhere = shared_.oldestWaitElsewhere(worker_);
  if (elsewhere.worker == shared_.workers()) return {};
  PooledServer* server = giveIdle();
  return server ? HandOver{server, elsewhere.worker} : HandOver{};
}

PooledServer* Pool::giveIdle() {
  if (idle_.empty()) return nullptr;
  PooledServer& server = idle_.front();
  removeIdle(server);
  return &server;
}

void Pool::removeIdle(PooledServer& server) {
  static_cast<ListNode<InIdleList>&>(server).unlink();
  publishIdle();
}

Waiter* Pool::nextWaiter() {
  if (waiters_.empty()) return nullptr;
  Waiter& waiter = waiters_.front();
  leave(waiter);
  return &waiter;
}

void Pool::publishOldest() {
  const Instant::rep oldest =
      waiters_.empty() ? SharedPool::kNobody : waiters_.front().waiting_since.time_since_epoch().count();
  shared_.slot(worker_).oldest_wait.store(oldest);
}

void Pool::publishIdle() { shared_.slot(worker_).idle.store(static_cast<uint32_t>(idle_.size())); }

}  // namespace forebay::pools
