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

Json databaseJson(const DatabaseHealth& database) {
  Json out = {{"name", toUtf8(database.name)},       {"status", nameOf(database.status)},
              {"saturation", database.saturation},   {"clients", database.clients},
              {"waiting_clients", database.waiting}, {"servers", database.servers}};
  if (!database.error.empty()) out["error"] = toUtf8(database.error);
  return out;
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
  Json out = {{"status", !health.ready     ? "unavailable"
                         : health.degraded ? "degraded"
                                           : "ok"},
              {"ready", health.ready},
              {"reason", health.reason},
              {"databases", Json::array()}};
  for (const DatabaseHealth& database : health.databases) out["databases"].push_back(databaseJson(database));
  return out.dump(2) + "\n";
}

std::string poolsJson(const admin::Snapshot& snapshot) {
  Json out = {{"pools", Json::array()}};
  for (const auto& [key, pool] : snapshot.pools) out["pools"].push_back(poolJson(pool));
  return out.dump(2) + "\n";
}

std::string errorJson(std::string_view message) { return Json{{"error", toUtf8(message)}}.dump() + "\n"; }

}  // namespace forebay::http
