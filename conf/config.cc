#include "conf/config.h"

#include <algorithm>

#include "conf/names.h"

namespace forebay::conf {

std::string_view nameOf(PoolMode mode) { return nameIn(kPoolModes, mode); }
std::string_view nameOf(AuthType type) { return nameIn(kAuthTypes, type); }
std::string_view nameOf(SslMode mode) { return nameIn(kSslModes, mode); }
std::string_view nameOf(LoadBalanceHosts policy) { return nameIn(kLoadBalanceHosts, policy); }
std::string_view nameOf(TargetSessionAttrs target) { return nameIn(kTargetSessionAttrs, target); }
std::string_view nameOf(Promote promote) { return nameIn(kPromotes, promote); }
std::string_view nameOf(LogFormat format) { return nameIn(kLogFormats, format); }
std::string_view nameOf(LogLevel level) { return nameIn(kLogLevels, level); }

bool isConsoleDatabase(std::string_view name) { return name == "forebay" || name == "pgbouncer"; }

TargetSessionAttrs targetOf(const Database& database) {
  const bool several = database.hosts.size() > 1;
  return database.target_session_attrs.value_or(several ? TargetSessionAttrs::kPrimary
                                                        : TargetSessionAttrs::kAny);
}

bool splitsReads(const Database& database) {
  const TargetSessionAttrs target = targetOf(database);
  return target == TargetSessionAttrs::kPrimary || target == TargetSessionAttrs::kReadWrite;
}

const Database* Config::findDatabase(std::string_view name) const {
  auto found = postgres.databases.find(std::string(name));
  if (found == postgres.databases.end()) found = postgres.databases.find("*");
  return found == postgres.databases.end() ? nullptr : &found->second;
}

const User* Config::findUser(std::string_view name) const {
  const auto found = postgres.users.find(std::string(name));
  return found == postgres.users.end() ? nullptr : &found->second;
}

std::string Config::placeOf(const std::string& path) const {
  const Place* place = places ? places->find(path) : nullptr;
  return place ? source + ":" + format(*place) + ": " : "";
}

namespace {

// The value of the first layer that has one, else the global value.
template <typename T>
T layered(const std::optional<T>& user, const std::optional<T>& database, const T& global) {
  if (user) return *user;
  return database.value_or(global);
}

}  // namespace

PoolSettings resolvePool(const PostgresSettings& settings, const Database& database, const User* user) {
  static const User kNobody;
  const User& own = user ? *user : kNobody;
  PoolSettings pool;
  pool.pool_mode = layered(own.pool_mode, database.pool_mode, settings.pool_mode);
  if (splitsReads(database)) pool.reads = own.reads.value_or(database.reading.reads);
  pool.pool_size = layered(own.pool_size, database.pool_size, settings.default_pool_size);
  pool.min_pool_size = std::min(database.min_pool_size.value_or(settings.min_pool_size), pool.pool_size);
  pool.reserve_pool_size =
      layered(own.reserve_pool_size, database.reserve_pool_size, settings.reserve_pool_size);
  pool.query_timeout = own.query_timeout.value_or(settings.query_timeout);
  pool.query_wait_timeout =
      layered(own.query_wait_timeout, database.query_wait_timeout, settings.query_wait_timeout);
  pool.idle_transaction_timeout = own.idle_transaction_timeout.value_or(settings.idle_transaction_timeout);
  pool.transaction_timeout = own.transaction_timeout.value_or(settings.transaction_timeout);
  pool.client_idle_timeout = own.client_idle_timeout.value_or(settings.client_idle_timeout);
  pool.server_lifetime = database.server_lifetime.value_or(settings.server_lifetime);
  return pool;
}

ProbeLogin probeLoginOf(const FailoverSettings& settings, const Database& database) {
  ProbeLogin login{database.user, database.password, settings.probe_dbname};
  if (!settings.probe_user.empty()) {
    login.user = settings.probe_user;
    login.password = settings.probe_password;
  }
  if (login.dbname.empty()) login.dbname = database.dbname;
  if (login.dbname.empty()) login.dbname = database.name == "*" ? "postgres" : database.name;
  return login;
}

}  // namespace forebay::conf
