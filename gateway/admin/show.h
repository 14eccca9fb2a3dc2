// SHOW: each thing that can be shown, and the table that it becomes.
//
// Columns, their order and their types are those of PgBouncer 1.25 (https://www.pgbouncer.org/usage.html), so
// what was made for it works here; only PINS, PREPARED, TOPOLOGY, EVENTS and all that begins with REDIS_ are
// Forebay's own.
// Tables are pure functions of what was collected.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/admin/averages.h"
#include "gateway/admin/fleet.h"
#include "gateway/admin/snapshot.h"
#include "gateway/admin/table.h"

namespace forebay::admin {

// The console's own pool: PgBouncer lists it everywhere, so there is always at least one row.
inline constexpr std::string_view kConsoleDatabase = "pgbouncer";
inline constexpr std::string_view kConsoleUser = "pgbouncer";
inline constexpr uint32_t kConsolePoolSize = 2;
// The version whose console this one is like. Tools look for it behind PgBouncer's name.
inline constexpr std::string_view kLikePgbouncer = "1.25.2";

struct ShowContext {
  const Snapshot& snapshot;
  const conf::Config& config;
  const Averages& averages;
  Instant now;
};

struct ShowEntry {
  std::string_view name;         // in lower case
  std::optional<Detail> detail;  // what must be collected; nullopt: nothing
  Table (*make)(const ShowContext&) = nullptr;
  bool admin_only = false;
};

const ShowEntry* findShow(std::string_view name);  // null: no such thing. In any case
bool isLaterShow(std::string_view name);           // promised for a later version
std::optional<Table> fakeShow(
    std::string_view name);  // parameters that drivers ask for: client_encoding, timezone, ...

// gateway/admin/show_pools.cc
Table showPools(const ShowContext& context);
Table showPeers(const ShowContext& context);
Table showPeerPools(const ShowContext& context);
// gateway/admin/show_databases.cc
Table showDatabases(const ShowContext& context);
Table showUsers(const ShowContext& context);
// gateway/admin/show_connections.cc
Table showClients(const ShowContext& context);
Table showServers(const ShowContext& context);
Table showSockets(const ShowContext& context);
Table showActiveSockets(const ShowContext& context);
Table showFds(const ShowContext& context);
Table showPins(const ShowContext& context);
Table showPrepared(const ShowContext& context);
// gateway/admin/show_stats.cc
Table showStats(const ShowContext& context);
Table showStatsTotals(const ShowContext& context);
Table showStatsAverages(const ShowContext& context);
Table showTotals(const ShowContext& context);
// gateway/admin/show_process.cc
Table showLists(const ShowContext& context);
Table showConfig(const ShowContext& context);
Table showMem(const ShowContext& context);
Table showState(const ShowContext& context);
Table showDnsHosts(const ShowContext& context);
Table showDnsZones(const ShowContext& context);
Table showVersion(const ShowContext& context);

// gateway/admin/show_failover.cc
Table showTopology(const ShowContext& context);
Table showEvents(const ShowContext& context);
Table showRoutes(const ShowContext& context);  // where the reads of databases that split them went

// gateway/admin/show_redis.cc
Table showRedisPools(const ShowContext& context);
Table showRedisClients(const ShowContext& context);
Table showRedisNodes(const ShowContext& context);
Table showRedisSlowLog(const ShowContext& context);
Table showRedisHotKeys(const ShowContext& context);
Table showRedisBigKeys(const ShowContext& context);

}  // namespace forebay::admin
