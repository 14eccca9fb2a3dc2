// The tables of all settings, in the order in which `forebay check` prints them.
#pragma once

#include <string_view>
#include <vector>

#include "conf/setting.h"

namespace forebay::conf {

using GlobalSetting = Setting<Config>;
using DatabaseSetting = Setting<Database>;
using UserSetting = Setting<User>;
using PeerSetting = Setting<Peer>;
using RedisSetting = Setting<RedisSettings>;
using CacheSetting = Setting<Cache>;
using CacheUserSetting = Setting<CacheUser>;

const std::vector<GlobalSetting>& globalSettings();      // [listen], [postgres], [failover], [state], [log]
const std::vector<DatabaseSetting>& databaseSettings();  // [postgres.databases.NAME]
const std::vector<UserSetting>& userSettings();          // [postgres.users.NAME]
const std::vector<PeerSetting>& peerSettings();          // [postgres.peers.N]

// [redis] has names that [postgres] has too, so these are no part of globalSettings(), nor of what
// PgBouncer's console shows and sets.
const std::vector<RedisSetting>& redisSettings();          // [redis]
const std::vector<CacheSetting>& cacheSettings();          // [redis.caches.NAME]
const std::vector<CacheUserSetting>& cacheUserSettings();  // [redis.caches.NAME.users.NAME]

inline constexpr ListOf<ListenAddress> kRedisListeners{
    readRedisListener,
    R"(a list of addresses such as ["0.0.0.0:6380", "[::1]:6380", "unix:/run/forebay/redis.sock"])"};

std::string_view nameOf(Section section);  // "listen", "postgres", ...

// Whether a setting may be written in `section`: its own, or [postgres] for all that PgBouncer has under that
// name.
bool mayStandIn(const GlobalSetting& setting, Section section);

template <typename Owner>
const Setting<Owner>* findSetting(const std::vector<Setting<Owner>>& table, std::string_view name) {
  for (const Setting<Owner>& each : table)
    if (each.name == name) return &each;
  return nullptr;
}

template <typename Owner>
std::vector<std::string_view> namesOf(const std::vector<Setting<Owner>>& table) {
  std::vector<std::string_view> names;
  names.reserve(table.size());
  for (const Setting<Owner>& each : table) names.push_back(each.name);
  return names;
}

// Why a setting of PgBouncer's has no meaning here, and what to do instead; empty for all others.
std::string_view whyMeaningless(std::string_view pgbouncer_name);

}  // namespace forebay::conf
