#include "gateway/http/json.h"

#include <nlohmann/json.hpp>

#include "conf/config.h"
#include "gateway/http/metric_family.h"
#include "gateway/http/utf8.h"

namespace forebay::http {
namespace {

using Json = nlohmann::ordered_json;

Json reasonsJson(const admin::ReasonCounts& reasons) {
  Json out = Json::object();
  for (const auto& [reason, count] : reasons) out[toUtf8(reason)] = count;
  return out;
}

Json topologyJson(const TopologyHealth& topology) {
  Json out = {
      {"primary", topology.primary ? Json(toUtf8(*topology.primary)) : Json()},
      {"roles",
       {{"primary", topology.primaries}, {"replica", topology.replicas}, {"other", topology.others}}}};
  if (topology.lag_bytes) out["lag_bytes"] = *topology.lag_bytes;
  if (topology.lag) out["lag_seconds"] = *topology.lag;
  if (topology.without_primary) out["without_primary_seconds"] = *topology.without_primary;
  return out;
}

Json databaseJson(const DatabaseHealth& database) {
  Json out = {{"name", toUtf8(database.name)},       {"status", nameOf(database.status)},
              {"saturation", database.saturation},   {"clients", database.clients},
              {"waiting_clients", database.waiting}, {"servers", database.servers}};
  if (database.topology) out["topology"] = topologyJson(*database.topology);
  if (!database.error.empty()) out["error"] = toUtf8(database.error);
  return out;
}

Json cacheJson(const CacheHealth& cache) {
  Json out = {{"name", toUtf8(cache.name)},
              {"status", nameOf(cache.status)},
              {"reachable", cache.status == admin::RedisNodeState::kUp ||
                                cache.status == admin::RedisNodeState::kLoading}};
  if (cache.status == admin::RedisNodeState::kUnknown) out["reachable"] = nullptr;
  if (cache.role) out["role"] = toUtf8(*cache.role);
  out["lease_saturation"] = cache.saturation;
  out["clients"] = cache.clients;
  out["waiting_clients"] = cache.waiting;
  out["servers"] = cache.servers;
  if (cache.info_age) out["info_age_seconds"] = *cache.info_age;
  if (!cache.error.empty()) out["error"] = toUtf8(cache.error);
  return out;
}

Json statusJson(const Health& health) {
  return {{"status", !health.ready     ? "unavailable"
                     : health.degraded ? "degraded"
                                       : "ok"},
          {"ready", health.ready},
          {"reason", health.reason}};
}

Json cachesJson(const Health& health) {
  Json out = Json::array();
  for (const CacheHealth& cache : health.caches) out.push_back(cacheJson(cache));
  return out;
}

Json cachePoolJson(const admin::RedisCacheRow& cache) {
  Json clients = Json::object(), connections = Json::object();
  for (size_t state = 0; state < admin::kRedisClientStates; ++state)
    clients[std::string(nameOf(static_cast<admin::RedisClientState>(state)))] = cache.clients[state];
  for (size_t kind = 0; kind < admin::kRedisConnectionKinds; ++kind)
    for (size_t state = 0; state < admin::kRedisConnectionStates; ++state)
      connections[std::string(nameOf(static_cast<admin::RedisConnectionKind>(kind)))]
                 [std::string(nameOf(static_cast<admin::RedisConnectionState>(state)))] =
                     cache.connections[kind][state];
  const admin::RedisCounters& counters = cache.counters;
  return {{"cache", toUtf8(cache.name)},
          {"clients", std::move(clients)},
          {"connections", std::move(connections)},
          {"in_flight", cache.in_flight},
          {"leases",
           {{"used", cache.leases_used},
            {"limit", cache.lease_limit},
            {"waiting", cache.leases_waiting},
            {"saturation", leaseSaturationOf(cache)}}},
          {"oldest_wait_seconds", secondsOf(cache.oldest_wait)},
          {"reads_total", counters.reads},
          {"writes_total", counters.writes},
          {"local_total", counters.local},
          {"hits_total", counters.hits},
          {"misses_total", counters.misses},
          {"timeouts_total", counters.timeouts},
          {"outcome_unknown_total", counters.outcome_unknown}};
}

Json poolJson(const admin::PoolRow& pool) {
  const admin::PoolCounters& counters = pool.counters;
  return {{"database", toUtf8(pool.database)},
          {"user", toUtf8(pool.user)},
          {"pool_mode", conf::nameOf(pool.pool_mode)},
          {"pool_size", pool.pool_size},
          {"reserve_pool_size", pool.reserve_pool_size},
          {"saturation", saturationOf(pool)},
          {"oldest_wait_seconds", secondsOf(pool.oldest_wait)},
          {"clients", {{"active", pool.cl_active}, {"idle", pool.cl_idle}, {"waiting", pool.cl_waiting}}},
          {"servers",
           {{"active", pool.sv_active},
            {"idle", pool.sv_idle + pool.sv_used},
            {"tested", pool.sv_tested},
            {"login", pool.sv_login},
            {"being_canceled", pool.sv_being_canceled}}},
          {"pinned_clients", reasonsJson(pool.pinned)},
          {"transactions_total", counters.transactions},
          {"queries_total", counters.queries},
          {"waits_total", counters.waits},
          {"timeouts_total", reasonsJson(counters.timeouts)},
          {"clients_rejected_total", reasonsJson(counters.rejected)}};
}

}  // namespace

std::string healthJson(const Health& health) {
  Json out = statusJson(health);
  out["databases"] = Json::array();
  for (const DatabaseHealth& database : health.databases) out["databases"].push_back(databaseJson(database));
  out["caches"] = cachesJson(health);
  return out.dump(2) + "\n";
}

std::string cachesHealthJson(const Health& health) {
  Json out = statusJson(health);
  out["caches"] = cachesJson(health);
  return out.dump(2) + "\n";
}

std::string poolsJson(const admin::Snapshot& snapshot) {
  Json out = {{"pools", Json::array()}, {"caches", Json::array()}};
  for (const auto& [key, pool] : snapshot.pools) out["pools"].push_back(poolJson(pool));
  for (const auto& [name, cache] : snapshot.redis_caches) out["caches"].push_back(cachePoolJson(cache));
  return out.dump(2) + "\n";
}

std::string errorJson(std::string_view message) { return Json{{"error", toUtf8(message)}}.dump() + "\n"; }

}  // namespace forebay::http
