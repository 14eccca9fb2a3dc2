#include "pools/shared_pool.h"

namespace forebay::pools {

void SharedAccount::wish(const SharedPool& pool, Instant since) {
  wished_since_.store(since.time_since_epoch().count());
  wisher_.store(&pool);
}

bool SharedAccount::yields(const SharedPool* wisher, Instant own_since) {
  const Instant since{Instant::duration{wished_since_.load()}};
  if (own_since != kNever && since + kStarving > own_since) return false;
  return wisher_.compare_exchange_strong(wisher, nullptr);
}

SharedPool::SharedPool(std::string database_name, std::string user_name,
                       std::shared_ptr<SharedAccount> db_account,
                       std::shared_ptr<SharedAccount> owner_account, uint32_t workers)
    : database(std::move(database_name)),
      user(std::move(user_name)),
      database_account(std::move(db_account)),
      user_account(std::move(owner_account)),
      workers_(workers),
      slots_(std::make_unique<Slot[]>(workers)) {}

PermitRefused SharedPool::takePermit(const PermitLimits& limits) {
  if (limits.pool == 0 || !servers_.take(limits.pool)) return PermitRefused::kPool;
  if (!database_account->servers.take(limits.database)) {
    servers_.giveBack();
    return PermitRefused::kDatabase;
  }
  if (!user_account->servers.take(limits.user)) {
    database_account->servers.giveBack();
    servers_.giveBack();
    return PermitRefused::kUser;
  }
  return PermitRefused::kNo;
}

void SharedPool::returnPermit() {
  user_account->servers.giveBack();
  database_account->servers.giveBack();
  servers_.giveBack();
}

SharedPool::OldestWait SharedPool::oldestWaitElsewhere(uint32_t self) const {
  OldestWait oldest{workers_, kNever};
  for (uint32_t worker = 0; worker < workers_; ++worker) {
    if (worker == self) continue;
    const Instant::rep since = slots_[worker].oldest_wait.load();
    if (since == kNobody) continue;
    const Instant at{Instant::duration{since}};
    if (at < oldest.since) oldest = {worker, at};
  }
  return oldest;
}

uint32_t SharedPool::idleElsewhere(uint32_t self) const {
  for (uint32_t worker = 0; worker < workers_; ++worker) {
    if (worker != self && slots_[worker].idle.load() > 0) return worker;
  }
  return workers_;
}

}  // namespace forebay::pools
