#include "gateway/http/health.h"

#include <algorithm>
#include <map>

#include "conf/address.h"
#include "gateway/http/metric_family.h"

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

TopologyHealth topologyOf(const failover::Topology& topology, Instant now) {
  TopologyHealth out;
  if (topology.primary) out.primary = conf::format(topology.nodes[*topology.primary].host);
  if (const auto time = admin::withoutPrimary(topology, now)) out.without_primary = secondsOf(*time);
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    const failover::Node& node = topology.nodes[i];
    const bool replica = topology.isReplica(i), primary = topology.primary == i && topology.primaryUp();
    ++(replica ? out.replicas : primary ? out.primaries : out.others);
    if (!replica) continue;
    out.lag_bytes = std::max(out.lag_bytes, node.lag_bytes);
    if (node.lag) out.lag = std::max(out.lag, std::optional(secondsOf(*node.lag)));
  }
  return out;
}

// Probes know better than the last attempt of a pool: it may have been at a server that is primary no more.
void addTopology(DatabaseHealth& health, const admin::DatabaseTopology& row, Instant now) {
  if (!row.topology) return;
  health.topology = topologyOf(*row.topology, now);
  if (health.status == DatabaseStatus::kDisabled || health.status == DatabaseStatus::kPaused) return;
  health.status = DatabaseStatus::kUp;
  health.error.clear();
  if (admin::servable(row)) return;
  health.status = admin::holds(row, now) ? DatabaseStatus::kHolding : DatabaseStatus::kDown;
  health.error = row.topology->why;
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
      if (node.cache != name || (node.topology && !node.topology->accepted)) continue;
      health.status = stateOf(node);
      if (health.status == admin::RedisNodeState::kDown) health.error = node.last_error;
      health.role = node.info.role;
      health.servers = node.connections;
      if (node.info.at != WallTime{})
        health.info_age = std::chrono::duration<double>(snapshot.taken - node.info.at).count();
    }
    // Requests are held while Sentinels choose another primary.
    if (cache.followed && (!cache.followed->has_primary || health.status == admin::RedisNodeState::kDown)) {
      if (!cache.followed->has_primary) health.error = cache.followed->why;
      health.status = cache.followed->holds ? admin::RedisNodeState::kUnknown : admin::RedisNodeState::kDown;
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
  const bool database_down = std::any_of(out.databases.begin(), out.databases.end(), [](const auto& d) {
    return d.status == DatabaseStatus::kDown || d.status == DatabaseStatus::kHolding;
  });
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
  for (const admin::DatabaseTopology& row : snapshot.topologies)
    addTopology(healthOf(all, row.database), row, snapshot.taken_at);

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
    case DatabaseStatus::kHolding: return "holding";
    case DatabaseStatus::kDisabled: return "disabled";
    case DatabaseStatus::kDown: return "down";
  }
  return "down";
}

}  // namespace forebay::http
