// When a pool dials, how many servers it may have, and how a permit that came free finds who waits for it.
#include <algorithm>

#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {
namespace {

// While a budget shared with other pools is spent, what we want is said again so often.
constexpr seconds kWishAgain{1};
// Between two tries of a database that is down, whatever its hosts would allow.
constexpr seconds kTrialPause{1};

}  // namespace

void WorkerPool::dialIfWanted() {
  if (lendsNothing() || worker_.stopped()) return;
  const Instant now = worker_.loop().now();
  while (pool_.wantsServer(dialling_) && dialling_ < mostDialling(now)) {
    if (!mayDialNow(now)) return;
    const pools::PermitRefused refused = entry_->shared.takePermit(limits(now));
    if (refused != pools::PermitRefused::kNo) return isFull(refused, now);
    dialOne();
  }
}

void WorkerPool::dialOne() {
  ++dialling_;
  auto* server = new Server(*this, worker_.shared().next_server_id.fetch_add(1));
  servers_.pushBack(*server);
  server->dial();
}

// Not before the server may have changed its mind, and not while every host is having a rest. Arms the next
// try.
bool WorkerPool::mayDialNow(Instant now) {
  if (held_since_ != kNever) return false;  // until a server is found that may be dialled
  Instant earliest = kNever;
  for (const conf::HostPort& host : hosts())
    earliest = std::min(earliest, worker_.shared().health.retryAt(host));
  earliest = std::max(earliest, refused_until_);
  if (earliest <= now) return true;
  worker_.loop().deadlines().armBy(*this, earliest);
  return false;
}

// No permit is free. One comes back when a server closes; an idle one of a sibling pool may have to.
void WorkerPool::isFull(pools::PermitRefused refused, Instant now) {
  const pools::Waiter* oldest = pool_.oldestWaiter();
  switch (refused) {
    case pools::PermitRefused::kPool:
      if (settings_.reserve_pool_size > 0 && worker_.postgres().reserve_pool_timeout > Duration::zero()) {
        const Instant reserve_at = oldest->waiting_since + worker_.postgres().reserve_pool_timeout;
        if (reserve_at > now) worker_.loop().deadlines().armBy(*this, reserve_at);
      }
      return;
    case pools::PermitRefused::kDatabase:
      entry_->shared.database_account->wish(entry_->shared, oldest->waiting_since);
      break;
    case pools::PermitRefused::kUser:
      entry_->shared.user_account->wish(entry_->shared, oldest->waiting_since);
      break;
    case pools::PermitRefused::kNo: return;
  }
  // The budget of the database, or of the user, is spent: a server of another pool has to go, an idle one at
  // once, or else the first that comes free.
  worker_.askToYield();
  worker_.loop().deadlines().armBy(*this, now + kWishAgain);
}

bool WorkerPool::mustYield() {
  const pools::Waiter* oldest = pool_.oldestWaiter();
  const Instant own_since = oldest != nullptr ? oldest->waiting_since : kNever;
  return entry_->shared.database_account->mustYield(entry_->shared, own_since) ||
         entry_->shared.user_account->mustYield(entry_->shared, own_since);
}

pools::PermitLimits WorkerPool::limits(Instant now) const {
  const conf::PostgresSettings& settings = worker_.postgres();
  const conf::User* owner = worker_.config().findUser(user());
  pools::PermitLimits limits;
  limits.pool = settings_.pool_size;
  const pools::Waiter* oldest = const_cast<pools::Pool&>(pool_).oldestWaiter();
  if (oldest != nullptr && settings.reserve_pool_timeout > Duration::zero() &&
      now >= oldest->waiting_since + settings.reserve_pool_timeout)
    limits.pool += settings_.reserve_pool_size;
  limits.database = database_.max_db_connections.value_or(settings.max_db_connections);
  limits.user = owner ? owner->max_user_connections.value_or(settings.max_user_connections)
                      : settings.max_user_connections;
  return limits;
}

void WorkerPool::permitFreed() { dialIfWanted(); }

void WorkerPool::tellOthersOfFreePermit() {
  // All of them: the one whose client waits longest may be dialling as many as it needs already.
  for (uint32_t worker = 0; worker < entry_->shared.workers(); ++worker)
    if (worker != worker_.index() && entry_->shared.somebodyWaits(worker)) tellOfPermit(worker);
  // Where a database or a user has a budget of its own, the permit may be what a sibling pool waits for.
  const pools::PermitLimits caps = limits(worker_.loop().now());
  if (caps.database != 0 || caps.user != 0) worker_.permitFreedFor(databaseName(), user());
}

void WorkerPool::due(Instant) {
  dialIfWanted();
  keepMinimum();
  tryUntilReached();
}

// Keeps min_pool_size servers where the pool is in use, or where it is known whose they would be.
void WorkerPool::keepMinimum() {
  if (settings_.min_pool_size == 0 || worker_.stopped() || worker_.isPaused(*state_)) return;
  if (clients_.empty() && database_.user.empty()) return;
  const Instant now = worker_.loop().now();
  pools::PermitLimits caps = limits(now);
  caps.pool = settings_.min_pool_size;
  while (mayDialNow(now) && entry_->shared.takePermit(caps) == pools::PermitRefused::kNo) {
    dialOne();
  }
}

// An instance that is not ready because its database is down gets no clients, and so nobody dials: it finds
// out by itself that the database is back.
void WorkerPool::tryUntilReached() {
  if (!servers_.empty() || pool_.waiting() > 0 || worker_.draining() || worker_.stopped()) return;
  if (topology_) return;  // its probes do
  if (worker_.isPaused(*state_) || state_->disabled.load() || !state_->isDown()) return;
  const Instant now = worker_.loop().now();
  if (!mayDialNow(now)) return;
  Instant end = deadlineAfter(now, worker_.postgres().server_connect_timeout);
  if (!state_->claimTrial(now, end)) return worker_.loop().deadlines().armBy(*this, end);
  if (entry_->shared.takePermit(limits(now)) != pools::PermitRefused::kNo) {
    trialEnded();
    return worker_.loop().deadlines().armBy(*this, now + kTrialPause);
  }
  trying_ = true;
  dialOne();
}

void WorkerPool::trialEnded() {
  trying_ = false;
  state_->trialEnded(worker_.loop().now() + kTrialPause);
}

bool WorkerPool::aboveMaximum() const {
  return entry_->shared.servers() > settings_.pool_size + settings_.reserve_pool_size;
}

bool WorkerPool::aboveMinimum() const { return entry_->shared.servers() > settings_.min_pool_size; }

// Servers that were opened together are not to grow old together: after one was retired the others have some
// time yet.
Instant WorkerPool::retireAt(const Server& server) const {
  const Duration lifetime = settings_.server_lifetime;
  if (lifetime == Duration::zero()) return kNever;
  const Instant old = server.connectedAt() + lifetime;
  return retired_at_ == Instant{} ? old
                                  : std::max(old, retired_at_ + lifetime / std::max(1u, settings_.pool_size));
}

bool WorkerPool::yieldIdle() { return pool_.idle() > 0 && mustYield() && closeOneIdle(kYielded); }

void WorkerPool::tellOfPermit(uint32_t worker) {
  worker_.shared().workers[worker]->post([database = databaseName(), owner = user()](PostgresWorker& other) {
    if (WorkerPool* pool = other.findPool(database, owner)) pool->permitFreed();
  });
}

}  // namespace forebay::postgres
