#include "gateway/postgres/pool_directory.h"

#include "gateway/postgres/auth_query.h"

namespace forebay::postgres {
namespace {

template <typename Map>
auto valuesOf(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [name, value] : map) values.push_back(value);
  return values;
}

}  // namespace

std::string_view entryNameOf(std::string_view pool_name) {
  if (pool_name.ends_with(AuthQueries::kPoolSuffix))
    return pool_name.substr(0, pool_name.size() - AuthQueries::kPoolSuffix.size());
  return databaseOf(pool_name);
}

Welcome PoolEntry::welcome() const {
  const std::lock_guard lock(mutex_);
  return welcome_;
}

void PoolEntry::setWelcome(Welcome welcome) {
  const std::lock_guard lock(mutex_);
  welcome_ = std::move(welcome);
}

ServerCredentials PoolEntry::credentials() const {
  if (logs_in_like_) return logs_in_like_->credentials();
  const std::lock_guard lock(mutex_);
  return credentials_;
}

void PoolEntry::setCredentials(ServerCredentials credentials) {
  if (logs_in_like_) return logs_in_like_->setCredentials(std::move(credentials));
  const std::lock_guard lock(mutex_);
  if (credentials.secret == credentials_.secret) {
    if (!credentials.scram_keys) credentials.scram_keys = credentials_.scram_keys;
    if (!credentials.derived) credentials.derived = std::move(credentials_.derived);
  }
  credentials_ = std::move(credentials);
}

void PoolEntry::keepDerived(const ServerCredentials& credentials) {
  if (logs_in_like_) return logs_in_like_->keepDerived(credentials);
  const std::lock_guard lock(mutex_);
  if (credentials_.secret == credentials.secret) credentials_.derived = credentials.derived;
}

void PoolEntry::forgetKeys() {
  if (logs_in_like_) return logs_in_like_->forgetKeys();
  const std::lock_guard lock(mutex_);
  credentials_.scram_keys.reset();
}

void DatabaseState::reached(WallTime at) {
  const std::lock_guard lock(mutex_);
  contact_.reached = at;
}

void DatabaseState::unreachable(WallTime at, std::string error) {
  const std::lock_guard lock(mutex_);
  contact_.unreachable = at;
  contact_.error = std::move(error);
}

DatabaseState::Contact DatabaseState::contact() const {
  const std::lock_guard lock(mutex_);
  return contact_;
}

bool DatabaseState::isDown() const {
  const std::lock_guard lock(mutex_);
  return contact_.unreachable > contact_.reached;
}

bool DatabaseState::claimTrial(Instant now, Instant& end) {
  Instant::rep next = trial_at_.load();
  while (next <= now.time_since_epoch().count())
    if (trial_at_.compare_exchange_weak(next, end.time_since_epoch().count())) return true;
  end = Instant(Duration(next));
  return false;
}

std::shared_ptr<PoolEntry> PoolDirectory::pool(std::string_view database, std::string_view user) {
  const std::lock_guard lock(mutex_);
  return poolLocked(database, user);
}

std::shared_ptr<PoolEntry> PoolDirectory::poolLocked(std::string_view database, std::string_view user) {
  std::shared_ptr<PoolEntry> home;
  if (database.find(kReplicaMark) != std::string_view::npos) home = poolLocked(databaseOf(database), user);
  auto& entry = pools_[{std::string(database), std::string(user)}];
  if (!entry) {
    entry = std::make_shared<PoolEntry>(std::string(database), std::string(user),
                                        databaseLocked(databaseOf(database))->account, userLocked(user),
                                        workers_, std::move(home));
  }
  return entry;
}

std::shared_ptr<DatabaseState> PoolDirectory::database(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return databaseLocked(name);
}

std::shared_ptr<pools::SharedAccount> PoolDirectory::user(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return userLocked(name);
}

void PoolDirectory::dropUnheld() {
  const std::lock_guard lock(mutex_);  // copies are handed out under it: one that we alone hold stays so
  std::erase_if(pools_, [](const auto& pool) { return pool.second.use_count() == 1; });
  std::erase_if(databases_, [](const auto& named) {
    const DatabaseState& state = *named.second;
    return named.second.use_count() == 1 && state.account.use_count() == 1 && !state.paused.load() &&
           !state.disabled.load();
  });
  std::erase_if(users_, [](const auto& user) { return user.second.use_count() == 1; });
}

std::vector<std::shared_ptr<PoolEntry>> PoolDirectory::pools() const {
  const std::lock_guard lock(mutex_);
  return valuesOf(pools_);
}

std::vector<std::shared_ptr<DatabaseState>> PoolDirectory::databases() const {
  const std::lock_guard lock(mutex_);
  return valuesOf(databases_);
}

std::vector<std::shared_ptr<pools::SharedAccount>> PoolDirectory::users() const {
  const std::lock_guard lock(mutex_);
  return valuesOf(users_);
}

std::shared_ptr<DatabaseState> PoolDirectory::databaseLocked(std::string_view name) {
  auto& state = databases_[std::string(name)];
  if (!state) {
    state = std::make_shared<DatabaseState>();
    state->name = name;
    state->account = std::make_shared<pools::SharedAccount>(std::string(name));
  }
  return state;
}

std::shared_ptr<pools::SharedAccount> PoolDirectory::userLocked(std::string_view name) {
  auto& account = users_[std::string(name)];
  if (!account) account = std::make_shared<pools::SharedAccount>(std::string(name));
  return account;
}

}  // namespace forebay::postgres
