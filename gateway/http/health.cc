#include "gateway/http/health.h"

#include <algorithm>
#include <map>

namespace forebay::http {
namespace {

using ByName = std::map<std::string, DatabaseHealth, std::less<>>;

DatabaseHealth& healthOf(ByName& all, const std::string& name) {
  DatabaseHealth& out = all[name];
  out.name = name;
  return out;
}

void addPools(ByName& all, const admin::Snapshot& snapshot) {
  for (const auto& [key, pool] : snapshot.pools) {
    DatabaseHealth& health = healthOf(all, pool.database);
    health.saturation = std::max(health.saturation, saturationOf(pool));
    health.clients += pool.clients();
    health.waiting += pool.cl_waiting;
    health.servers += pool.servers() - pool.sv_login;  // one that is still logging in proves nothing
  }
}

void addState(DatabaseHealth& health, const admin::DatabaseRow& row) {
  if (row.disabled) {
    health.status = DatabaseStatus::kDisabled;
  } else if (row.paused) {
    health.status = DatabaseStatus::kPaused;
  } else if (health.servers == 0 && row.last_unreachable > row.last_reached) {
    health.status = DatabaseStatus::kDown;
    health.error = row.last_error;
  }
}

std::vector<CacheHealth> cachesOf(const admin::Snapshot& snapshot) {
  std::vector<CacheHealth> out;
  for (const auto& [name, cache] : snapshot.redis_caches) {
    CacheHealth& health = out.emplace_back();
    health.name = name;
    health.saturation = leaseSaturationOf(cache);
    health.clients = cache.clientsInAll();
    health.waiting = cache.in(admin::RedisClientState::kWaiting);
    for (const admin::RedisNodeRow& node : snapshot.redis_nodes) {
      if (node.cache != name) continue;
      health.status = stateOf(node);
      if (health.status == admin::RedisNodeState::kDown) health.error = node.last_error;
      health.role = node.info.role;
      health.servers = node.connections;
      if (node.info.at != WallTime{})
        health.info_age = std::chrono::duration<double>(snapshot.taken - node.info.at).count();
    }
  }
  return out;
}

bool anyServable(const auto& all) {
  return std::any_of(all.begin(), all.end(), [](const auto& each) { return each.servable(); });
}

// Empty: nothing keeps us from being ready. `databases`: whether there may be any.
std::string_view obstacleOf(const admin::Snapshot& snapshot, const Health& health, bool databases) {
  switch (snapshot.phase) {
    case admin::Phase::kStarting: return "starting";
    case admin::Phase::kDraining: return "draining";
    case admin::Phase::kServing: break;
  }
  // With none known yet, "*" may still serve whatever is asked for.
  if (databases && (health.databases.empty() || anyServable(health.databases))) return "";
  if (anyServable(health.caches) || (!databases && health.caches.empty())) return "";
  if (health.caches.empty()) return "no database can be served";
  return databases ? "no database and no cache can be served" : "no cache can be served";
}

void conclude(Health& out, std::string_view obstacle) {
  out.ready = obstacle.empty();
  out.reason = out.ready ? "ok" : obstacle;
  const bool database_down = std::any_of(out.databases.begin(), out.databases.end(),
                                         [](const auto& d) { return d.status == DatabaseStatus::kDown; });
  const bool cache_down =
      std::any_of(out.caches.begin(), out.caches.end(), [](const auto& c) { return !c.servable(); });
  out.degraded = out.ready && (database_down || cache_down);
}

}  // namespace

double leaseSaturationOf(const admin::RedisCacheRow& cache) {
  const auto lent = cache.in(admin::RedisConnectionKind::kLeased, admin::RedisConnectionState::kActive);
  return cache.lease_limit == 0 ? 0 : static_cast<double>(lent) / cache.lease_limit;
}

double saturationOf(const admin::PoolRow& pool) {
  return pool.limit() == 0 ? 0 : static_cast<double>(pool.sv_active) / pool.limit();
}

Health judge(const admin::Snapshot& snapshot) {
  ByName all;
  addPools(all, snapshot);
  for (const auto& [name, row] : snapshot.databases) addState(healthOf(all, name), row);

  Health out;
  for (auto& [name, health] : all) out.databases.push_back(std::move(health));
  out.caches = cachesOf(snapshot);
  conclude(out, obstacleOf(snapshot, out, snapshot.any_database || !out.databases.empty()));
  return out;
}

Health judgeCaches(const admin::Snapshot& snapshot) {
  Health out;
  out.caches = cachesOf(snapshot);
  conclude(out, obstacleOf(snapshot, out, false));
  return out;
}

std::string_view nameOf(DatabaseStatus status) {
  switch (status) {
    case DatabaseStatus::kUp: return "up";
    case DatabaseStatus::kPaused: return "paused";
    case DatabaseStatus::kDisabled: return "disabled";
    case DatabaseStatus::kDown: return "down";
  }
  return "down";
}

}  // namespace forebay::http
