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

std::string_view whyNotReady(const admin::Snapshot& snapshot, const std::vector<DatabaseHealth>& databases) {
  switch (snapshot.phase) {
    case admin::Phase::kStarting: return "starting";
    case admin::Phase::kDraining: return "draining";
    case admin::Phase::kServing: break;
  }
  // With none known yet, "*" may still serve whatever is asked for.
  const bool some = databases.empty() || std::any_of(databases.begin(), databases.end(),
                                                     [](const DatabaseHealth& d) { return d.servable(); });
  return some ? "" : "no database can be served";
}

}  // namespace

double saturationOf(const admin::PoolRow& pool) {
  return pool.limit() == 0 ? 0 : static_cast<double>(pool.sv_active) / pool.limit();
}

Health judge(const admin::Snapshot& snapshot) {
  ByName all;
  addPools(all, snapshot);
  for (const auto& [name, row] : snapshot.databases) addState(healthOf(all, name), row);

  Health out;
  for (auto& [name, health] : all) out.databases.push_back(std::move(health));
  const std::string_view obstacle = whyNotReady(snapshot, out.databases);
  out.ready = obstacle.empty();
  out.reason = out.ready ? "ok" : obstacle;
  out.degraded =
      out.ready && std::any_of(out.databases.begin(), out.databases.end(),
                               [](const DatabaseHealth& d) { return d.status == DatabaseStatus::kDown; });
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
