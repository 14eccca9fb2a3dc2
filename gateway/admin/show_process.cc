#include <array>

#include "conf/load.h"
#include "gateway/admin/show.h"
#include "gateway/admin/show_census.h"
#include "gateway/version.h"

namespace forebay::admin {
namespace {

constexpr auto kInt = ColumnType::kInt4;
constexpr auto kBig = ColumnType::kInt8;

constexpr std::array kListColumns{TableColumn{"list"}, TableColumn{"items", kInt}};
constexpr std::array kConfigColumns{TableColumn{"key"}, TableColumn{"value"}, TableColumn{"default"},
                                    TableColumn{"changeable"}};
constexpr std::array kMemColumns{TableColumn{"name"}, TableColumn{"size", kInt}, TableColumn{"used", kInt},
                                 TableColumn{"free", kInt}, TableColumn{"memtotal", kInt}};
constexpr std::array kStateColumns{TableColumn{"key"}, TableColumn{"value"}};
constexpr std::array kDnsHostColumns{TableColumn{"hostname"}, TableColumn{"ttl", kBig}, TableColumn{"addrs"}};
constexpr std::array kDnsZoneColumns{TableColumn{"zonename"}, TableColumn{"serial", kBig},
                                     TableColumn{"count", kInt}};
constexpr std::array kVersionColumns{TableColumn{"version"}};

Cell yesNo(bool value) { return text(value ? "yes" : "no"); }

}  // namespace

Table showLists(const ShowContext& context) {
  const Snapshot& snapshot = context.snapshot;
  const ProcessRow& process = snapshot.process;
  const Current all = currentOf(snapshot, [](const PoolRow&) { return true; });
  Table out(kListColumns);
  const auto list = [&](std::string_view name, auto items) { out.add({text(name), number(items)}); };
  list("databases", databaseNames(context).size());
  list("users", userNames(context).size());
  list("peers", context.config.postgres.peers.size());
  list("pools", snapshot.pools.size());
  list("peer_pools", context.config.postgres.peers.size());
  list("free_clients", process.free_clients);
  list("used_clients", all.clients + process.login_clients);
  list("login_clients", process.login_clients);
  list("free_servers", process.free_servers);
  list("used_servers", all.servers);
  list("dns_names", snapshot.dns.size());
  list("dns_zones", 0);
  list("dns_queries", process.dns_queries);
  list("dns_pending", process.dns_pending);
  return out;
}

Table showConfig(const ShowContext& context) {
  Table out(kConfigColumns);
  for (const conf::ShownSetting& setting : conf::showSettings(context.config))
    out.add({text(setting.key), text(setting.value), text(setting.default_value), yesNo(setting.changeable)});
  return out;
}

Table showMem(const ShowContext& context) {
  Table out(kMemColumns);
  for (const MemoryRow& row : context.snapshot.memory)
    out.add({text(row.name), number(row.size), number(row.used), number(row.free),
             number((row.used + row.free) * row.size)});
  return out;
}

Table showState(const ShowContext& context) {
  const Pause pause = context.snapshot.pause;
  Table out(kStateColumns);
  out.add({text("active"), yesNo(pause == Pause::kNone)});
  out.add({text("paused"), yesNo(pause == Pause::kPaused)});
  out.add({text("suspended"), yesNo(pause == Pause::kSuspended)});
  return out;
}

Table showDnsHosts(const ShowContext& context) {
  Table out(kDnsHostColumns);
  for (const DnsRow& row : context.snapshot.dns)
    out.add({text(row.hostname), number(row.ttl.count()), text(row.addrs)});
  return out;
}

// Names are asked one by one, never by zone: there are no zones to show.
Table showDnsZones(const ShowContext&) { return Table(kDnsZoneColumns); }

// The first words are for tools that know PgBouncer only, the rest for people.
Table showVersion(const ShowContext&) {
  Table out(kVersionColumns);
  out.add({"PgBouncer " + std::string(kLikePgbouncer) + " (Forebay " + std::string(kVersion) + ")"});
  return out;
}

}  // namespace forebay::admin
