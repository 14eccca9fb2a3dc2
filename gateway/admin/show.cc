#include "gateway/admin/show.h"

#include <algorithm>
#include <array>

#include "gateway/admin/text.h"

namespace forebay::admin {
namespace {

constexpr std::array kShows{
    ShowEntry{"active_sockets", Detail::kConnections, showActiveSockets},
    ShowEntry{"clients", Detail::kConnections, showClients},
    ShowEntry{"config", std::nullopt, showConfig},
    ShowEntry{"databases", Detail::kPools, showDatabases},
    ShowEntry{"dns_hosts", Detail::kPools, showDnsHosts},
    ShowEntry{"dns_zones", std::nullopt, showDnsZones},
    ShowEntry{"events", Detail::kPools, showEvents},
    ShowEntry{"fds", Detail::kConnections, showFds, true},
    ShowEntry{"lists", Detail::kPools, showLists},
    ShowEntry{"mem", Detail::kPools, showMem},
    ShowEntry{"peer_pools", Detail::kPools, showPeerPools},
    ShowEntry{"peers", std::nullopt, showPeers},
    ShowEntry{"pins", Detail::kPins, showPins},
    ShowEntry{"pools", Detail::kPools, showPools},
    ShowEntry{"prepared", Detail::kPrepared, showPrepared},
    ShowEntry{"redis_bigkeys", Detail::kRedisKeys, showRedisBigKeys, true},
    ShowEntry{"redis_clients", Detail::kRedisClients, showRedisClients},
    ShowEntry{"redis_hotkeys", Detail::kRedisKeys, showRedisHotKeys, true},
    ShowEntry{"redis_nodes", Detail::kPools, showRedisNodes},
    ShowEntry{"redis_pools", Detail::kPools, showRedisPools},
    ShowEntry{"redis_slowlog", Detail::kRedisSlowLog, showRedisSlowLog},
    ShowEntry{"routes", Detail::kPools, showRoutes},
    ShowEntry{"servers", Detail::kConnections, showServers},
    ShowEntry{"sockets", Detail::kConnections, showSockets},
    ShowEntry{"state", Detail::kPools, showState},
    ShowEntry{"stats", Detail::kPools, showStats},
    ShowEntry{"stats_averages", Detail::kPools, showStatsAverages},
    ShowEntry{"stats_totals", Detail::kPools, showStatsTotals},
    ShowEntry{"topology", Detail::kPools, showTopology},
    ShowEntry{"totals", Detail::kPools, showTotals},
    ShowEntry{"users", Detail::kPools, showUsers},
    ShowEntry{"version", std::nullopt, showVersion},
};

constexpr std::array<std::string_view, 9> kLater{
    "breakers", "limits", "scaling", "rules", "traffic", "spikes", "predictions", "backups", "backup_jobs",
};

struct FakeParameter {
  std::string_view name, value;
};
constexpr std::array kFakes{
    FakeParameter{"client_encoding", "UTF-8"},
    FakeParameter{"default_transaction_isolation", "read committed"},
    FakeParameter{"standard_conforming_strings", "on"},
    FakeParameter{"datestyle", "ISO"},
    FakeParameter{"timezone", "GMT"},
};

}  // namespace

const ShowEntry* findShow(std::string_view name) {
  const auto found = std::find_if(kShows.begin(), kShows.end(),
                                  [&](const ShowEntry& e) { return equalsIgnoringCase(e.name, name); });
  return found == kShows.end() ? nullptr : &*found;
}

bool isLaterShow(std::string_view name) {
  return std::any_of(kLater.begin(), kLater.end(),
                     [&](std::string_view later) { return equalsIgnoringCase(later, name); });
}

std::optional<Table> fakeShow(std::string_view name) {
  for (const FakeParameter& fake : kFakes) {
    if (!equalsIgnoringCase(fake.name, name)) continue;
    const TableColumn column{fake.name};
    Table out({&column, 1});
    out.add({text(fake.value)});
    return out;
  }
  return std::nullopt;
}

}  // namespace forebay::admin
