// The settings of [redis], of one cache and of one of its users.
#include "conf/settings.h"
#include "conf/tls_settings.h"

namespace forebay::conf {

namespace {

constexpr Traits kOwn{.own = true};

// Where a cache's server is; a port may stand beside its host.
struct CacheHost {
  std::string expected() const { return R"(a host such as "cache:6379" or "/run/redis/redis.sock")"; }
  bool read(const Given& given, HostPort& out) const {
    const std::optional<HostPort> host = readRedisHost(textOf(given));
    if (host) out = *host;
    return host.has_value();
  }
  std::string show(const HostPort& value) const { return value.host.empty() ? "" : format(value); }
  std::string toml(const HostPort& value) const { return quoteToml(show(value)); }
};

// Patterns of keys or channels. None at all would mean "all", which nobody means who writes an empty list.
struct Patterns : List {
  std::string expected() const { return R"(a list of at least one pattern such as ["app:*"])"; }
  bool read(const Given& given, std::vector<std::string>& out) const {
    std::vector<std::string> patterns;
    if (const auto* list = std::get_if<std::vector<std::string>>(&given.value))
      patterns = *list;
    else
      patterns = {textOf(given)};  // whole: a pattern may hold a comma
    const bool usable = !patterns.empty() && std::none_of(patterns.begin(), patterns.end(), isEmpty);
    if (usable) out = std::move(patterns);
    return usable;
  }

 private:
  static bool isEmpty(const std::string& pattern) { return pattern.empty(); }
};

constexpr ListOf<HostPort> kSentinels{readSentinel, R"(a list of addresses such as ["s-0:26379", "s-1"])"};

using Table = std::vector<RedisSetting>;

void addRedisNames(Table& table) {
  using R = RedisSettings;
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<R>(name, member, kind, traits));
  };
  add("maxclients", &R::maxclients, kPositive);
  add("timeout", &R::timeout, Time{});
  add("tcp_keepalive", &R::tcp_keepalive, Time{});
  add("large_value", &R::large_value, Bytes{.min = 1024}, kOwn);
  add("client_output_buffer_limit", &R::client_output_buffer_limit, Bytes{});
  add("client_output_buffer_limit_pubsub", &R::client_output_buffer_limit_pubsub, Bytes{});
  add("maxmemory_clients", &R::maxmemory_clients, Bytes{});
  add("slowlog_log_slower_than", &R::slowlog_log_slower_than, Micros{});
  add("slowlog_max_len", &R::slowlog_max_len, Count{.min = 0, .max = 100'000});
}

void addPoolerNames(Table& table) {
  using R = RedisSettings;
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<R>(name, member, kind, traits));
  };
  add("lease_pool_size", &R::lease_pool_size, kPositive, kOwn);
  add("min_lease_pool_size", &R::min_lease_pool_size, Count{}, kOwn);
  add("client_login_timeout", &R::client_login_timeout, Time{});
  add("command_timeout", &R::command_timeout, Time{}, kOwn);
  add("command_wait_timeout", &R::command_wait_timeout, Time{}, kOwn);
  add("server_connect_timeout", &R::server_connect_timeout, Time{});
  add("server_login_retry", &R::server_login_retry, Time{});
  add("server_idle_timeout", &R::server_idle_timeout, Time{});
  add("shutdown_timeout", &R::shutdown_timeout, Time{}, kOwn);
}

Table makeRedisSettings() {
  Table table;
  addRedisNames(table);
  addPoolerNames(table);
  addTls(table, true, &RedisSettings::client_tls);
  addTls(table, false, &RedisSettings::server_tls);
  return table;
}

// Unset where Sentinels tell it.
CacheSetting hostRow() {
  CacheSetting row = setting<Cache>("host", &Cache::host, CacheHost{});
  const auto unlessSentinels = [](auto written) {
    return [=](const Cache& cache) { return cache.hasSentinels() ? std::nullopt : written(cache); };
  };
  row.show = unlessSentinels(row.show);
  row.toml = unlessSentinels(row.toml);
  return row;
}

void addSentinels(std::vector<CacheSetting>& table) {
  using C = Cache;
  table.push_back(unlessEmpty<C>("sentinels", &C::sentinels, kSentinels, kOwn));
  table.push_back(unlessEmpty<C>("master", &C::master, Text{}, kOwn));
  table.push_back(unlessEmpty<C>("sentinel_user", &C::sentinel_user, Text{}, kOwn));
  table.push_back(
      unlessEmpty<C>("sentinel_password", &C::sentinel_password, Secret{}, {.own = true, .secret = true}));
  table.push_back(unlessEmpty<C>("sentinel_password_file", &C::sentinel_password_file, Text{},
                                 {.own = true, .path = true}));
  table.push_back(setting<C>("sentinel_tls_sslmode", &C::sentinel_tls_sslmode, Choice{kSslModes}, kOwn));
}

// A session is the most: what other clients write goes past this gateway as well.
constexpr std::array kCacheConsistencies{kConsistencies[0], kConsistencies[1]};

void addReading(std::vector<CacheSetting>& table) {
  using C = Cache;
  using R = ReadSettings;
  const auto add = [&](std::string_view name, auto member, auto kind) {
    table.push_back(setting<C>(name, in(&C::reading, member), kind, kOwn));
  };
  add("reads", &R::reads, Choice{kReads});
  add("primary_fallback", &R::primary_fallback, Flag{});
  add("consistency", &R::consistency, Choice{kCacheConsistencies});
  add("max_replica_lag", &R::max_replica_lag, Time{});
  add("max_replica_lag_bytes", &R::max_replica_lag_bytes, Bytes{});
  add("replica_wait_timeout", &R::replica_wait_timeout, Time{});
}

std::vector<CacheSetting> makeCacheSettings() {
  using C = Cache;
  std::vector<CacheSetting> table;
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<C>(name, member, kind, traits));
  };
  table.push_back(hostRow());
  addSentinels(table);
  addReading(table);
  add("database", &C::database, Count{});
  table.push_back(unlessEmpty<C>("user", &C::user, Text{}));
  table.push_back(unlessEmpty<C>("password", &C::password, Secret{}, {.secret = true}));
  table.push_back(unlessEmpty<C>("password_file", &C::password_file, Text{}, {.own = true, .path = true}));
  table.push_back(unlessEmpty<C>("listen", &C::listen, kRedisListeners, {.own = true, .restart = true}));
  add("lease_pool_size", &C::lease_pool_size, kPositive, kOwn);
  add("min_lease_pool_size", &C::min_lease_pool_size, Count{}, kOwn);
  add("command_timeout", &C::command_timeout, Time{}, kOwn);
  add("command_wait_timeout", &C::command_wait_timeout, Time{}, kOwn);
  add("server_tls_sslmode", &C::server_tls_sslmode, Choice{kSslModes});
  return table;
}

std::vector<CacheUserSetting> makeCacheUserSettings() {
  using U = CacheUser;
  return {unlessEmpty<U>("password", &U::password, Secret{}, {.secret = true}),
          unlessEmpty<U>("password_file", &U::password_file, Text{}, {.own = true, .path = true}),
          unlessEmpty<U>("commands", &U::commands, Text{}, kOwn),
          unlessEmpty<U>("keys", &U::keys, Patterns{}, kOwn),
          unlessEmpty<U>("channels", &U::channels, Patterns{}, kOwn)};
}

}  // namespace

const std::vector<RedisSetting>& redisSettings() {
  static const std::vector<RedisSetting> kTable = makeRedisSettings();
  return kTable;
}

const std::vector<CacheSetting>& cacheSettings() {
  static const std::vector<CacheSetting> kTable = makeCacheSettings();
  return kTable;
}

const std::vector<CacheUserSetting>& cacheUserSettings() {
  static const std::vector<CacheUserSetting> kTable = makeCacheUserSettings();
  return kTable;
}

}  // namespace forebay::conf
