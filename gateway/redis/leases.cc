#include "gateway/redis/leases.h"

#include <algorithm>
#include <string>

#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {
namespace {

constexpr Duration kLookAgain = milliseconds(250);
constexpr uint32_t kMostOwnTurns = 16;
constexpr std::string_view kPlaceNeeded = "its place is needed";

}  // namespace

Leases::Leases(WorkerCache& cache)
    : cache_(cache), permits_(cache.shared().leases), tick_(cache.worker().loop(), [this] {
        failWaiters();
        dialForWaiters();
        openMinimum();
      }) {}

Instant Leases::now() { return cache_.worker().loop().now(); }

// ---- for clients

void Leases::lease(Client& client) {
  cache_.counters().leases.add();
  if (queue_.empty() && lendIdle(client)) return;
  cache_.counters().lease_waits.add();
  client.ListNode<InWaitQueue>::unlink();  // it may still stand among those that wait for room
  client.setWaitingSince(now());
  queue_.pushBack(client);
  permits_.setWaiting(cache_.worker().index(), static_cast<uint32_t>(queue_.size()));
  dialForWaiters();
  if (!queue_.empty()) lookAgain();
}

void Leases::withdraw(Client& client) {
  if (!client.ListNode<InWaitQueue>::linked()) return;
  client.ListNode<InWaitQueue>::unlink();
  permits_.setWaiting(cache_.worker().index(), static_cast<uint32_t>(queue_.size()));
  permitFreed();  // one that came for this client may be another worker's now
}

bool Leases::lendIdle(Client& client) {
  for (size_t i = idle_.size(); i-- > 0;) {
    Server& server = *idle_[i];
    if (server.resp() != client.resp()) continue;
    idle_.erase(idle_.begin() + static_cast<ptrdiff_t>(i));
    lend(server, client);
    return true;
  }
  return false;
}

void Leases::lend(Server& server, Client& client) {
  server.setHolder(&client);
  if (server.database() != client.database()) {
    server.put(nullptr, nullptr, Owed::Kind::kOwn,
               redisproto::request({"SELECT", std::to_string(client.database())}));
    server.setDatabase(client.database());
  }
  client.leased(server);
}

void Leases::giveBack(Server& server, bool clean) {
  server.setHolder(nullptr);
  const bool too_many = permits_.used() > permits_.limit();
  if (!clean || !server.idle() || server.state() != Server::State::kReady || server.retiring() ||
      cache_.closing() || too_many)
    return server.close("its client has left it in the middle");
  server.setIdleSince(now());
  Client* waiter = queue_.find([&](Client& each) { return each.resp() == server.resp(); });
  if (waiter == nullptr) {
    idle_.push_back(&server);
    dialForWaiters();  // who waits here may have counted on this one, but needs another
    if (othersWait()) yieldOne();
    return;
  }
  // The permit goes on where this connection is of no use: to who came first but speaks the other RESP
  // version, and from time to time to another worker.
  const bool first_needs_another = waiter != &queue_.front() && dialling_ == 0 && allUsed();
  own_turns_ = othersWait() ? own_turns_ + 1 : 0;
  if (first_needs_another || own_turns_ > kMostOwnTurns) {
    own_turns_ = 0;
    return server.close(kPlaceNeeded);
  }
  withdraw(*waiter);
  cache_.counters().lease_wait.record(now() - waiter->waitingSince());
  lend(server, *waiter);
}

// Those who have waited too long are told why, and all of them where to wait longer is of no use.
void Leases::failWaiters() {
  const Duration limit = cache_.commandWaitTimeout();
  const auto tooLate = [&] {
    return limit > Duration::zero() && queue_.front().waitingSince() + limit <= now();
  };
  while (!queue_.empty() && (cache_.loginRefused() || tooLate())) {
    Client& client = queue_.front();
    withdraw(client);
    cache_.counters().timeouts.add();
    const bool full = !cache_.refused() && allUsed();
    client.leaseFailed(full ? "ERR all " + std::to_string(permits_.limit()) +
                                  " leased connections of cache " + cache_.name() + " were busy for " +
                                  std::to_string(std::chrono::duration_cast<seconds>(limit).count()) +
                                  " s (lease_pool_size); the command was not executed"
                            : cache_.whyUnreachable(limit));
  }
  if (!queue_.empty() && !cache_.closing()) lookAgain();
}

// ---- dialling

// As many as clients wait for are dialled at a time. Where the limit is reached, connections of the other
// RESP version, or of other workers, that idle give way.
void Leases::dialForWaiters() {
  if (cache_.closing() || !cache_.hasNode()) return;
  while (queue_.size() > dialling_) {
    // Also within the loop: dialling may fail at once, as where a name is known not to exist.
    if (now() < dial_at_) return lookAgain(dial_at_);
    if (!permits_.take()) {
      if (!idle_.empty()) return idle_.front()->close(kPlaceNeeded);
      return cache_.worker().askOthersForLease(cache_.name());
    }
    size_t index = 0;
    Client* waiter = queue_.find([&](Client&) { return index++ == dialling_; });
    dial(waiter->resp(), waiter->database());
  }
}

// One at a time, and without haste: a Redis that is down is tried a few times a second at most, though
// server_login_retry may be zero for the sake of clients.
void Leases::openMinimum() {
  if (size_ >= cache_.minLeases() || dialling_ > 0) return;
  if (cache_.closing() || cache_.worker().draining() || !cache_.hasNode()) return;
  if (now() < dial_at_ || permits_.waitingInAll() > 0 || !permits_.take()) return lookAgain();
  dial(redisproto::Resp::k2, cache_.settings().database);
}

void Leases::dial(redisproto::Resp resp, uint32_t database) {
  ++size_;
  ++dialling_;
  cache_.makeLeased(resp, database).dial();
}

// Soon, whatever may be waited for; a look that is due sooner is not put off.
void Leases::lookAgain(Instant by) {
  const Instant at = std::min(by, now() + kLookAgain);
  if (!tick_.armed() || at < tick_.at()) tick_.in(at - now());
}

void Leases::ready(Server& server) {
  --dialling_;
  failures_ = 0;
  giveBack(server, true);
  openMinimum();
}

void Leases::dialFailed() {
  dial_at_ = now() + cache_.retryPause(failures_++);
  if (!queue_.empty()) lookAgain(dial_at_);
}

void Leases::forgetFailures() {
  dial_at_ = {};
  failures_ = 0;
}

void Leases::nodeFound() {
  dialForWaiters();
  openMinimum();
}

void Leases::closed(Server& server) {
  std::erase(idle_, &server);
  --size_;
  if (server.epoch() == 0) --dialling_;  // it never was ready
  permits_.giveBack();
  if (Client* holder = server.holder()) {
    server.setHolder(nullptr);
    holder->leaseLost();
  }
  if (!permitFreed() && !queue_.empty()) dialForWaiters();
  lookAgain();  // not at once: it may have been closed for being one too many
}

void Leases::closeIdle(Instant since) {
  while (size_ > cache_.minLeases() && !idle_.empty() && idle_.front()->idleSince() <= since)
    idle_.front()->close("idle for server_idle_timeout");
}

// ---- permits

// True: a client of another worker gets it.
bool Leases::permitFreed() {
  const auto other = permits_.waiterElsewhere(cache_.worker().index());
  if (other) cache_.worker().wakeLeases(*other, cache_.name());
  return other.has_value();
}

void Leases::yieldOne() {
  if (!idle_.empty()) return idle_.front()->close(kPlaceNeeded);
  permitFreed();
}

void Leases::wake() {
  dialForWaiters();
  if (queue_.size() <= dialling_) permitFreed();  // what is left is for others
}

}  // namespace forebay::redis
