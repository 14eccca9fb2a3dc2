#include <algorithm>
#include <array>
#include <set>

#include "gateway/admin/show.h"

namespace forebay::admin {
namespace {

constexpr auto kInt = ColumnType::kInt4;

constexpr std::array kPoolColumns{
    TableColumn{"database"},
    TableColumn{"user"},
    TableColumn{"cl_active", kInt},
    TableColumn{"cl_waiting", kInt},
    TableColumn{"cl_active_cancel_req", kInt},
    TableColumn{"cl_waiting_cancel_req", kInt},
    TableColumn{"sv_active", kInt},
    TableColumn{"sv_active_cancel", kInt},
    TableColumn{"sv_being_canceled", kInt},
    TableColumn{"sv_idle", kInt},
    TableColumn{"sv_used", kInt},
    TableColumn{"sv_tested", kInt},
    TableColumn{"sv_login", kInt},
    TableColumn{"maxwait", kInt},
    TableColumn{"maxwait_us", kInt},
    TableColumn{"pool_mode"},
    TableColumn{"load_balance_hosts"},
};

constexpr std::array kDatabaseColumns{
    TableColumn{"name"},
    TableColumn{"host"},
    TableColumn{"port", kInt},
    TableColumn{"database"},
    TableColumn{"force_user"},
    TableColumn{"pool_size", kInt},
    TableColumn{"min_pool_size", kInt},
    TableColumn{"reserve_pool_size", kInt},
    TableColumn{"server_lifetime", kInt},
    TableColumn{"pool_mode"},
    TableColumn{"load_balance_hosts"},
    TableColumn{"max_connections", kInt},
    TableColumn{"current_connections", kInt},
    TableColumn{"max_client_connections", kInt},
    TableColumn{"current_client_connections", kInt},
    TableColumn{"paused", kInt},
    TableColumn{"disabled", kInt},
};

constexpr std::array kUserColumns{
    TableColumn{"name"},
    TableColumn{"pool_size"},
    TableColumn{"reserve_pool_size"},
    TableColumn{"pool_mode"},
    TableColumn{"max_user_connections", kInt},
    TableColumn{"current_connections", kInt},
    TableColumn{"max_user_client_connections", kInt},
    TableColumn{"current_client_connections", kInt},
};

constexpr std::array kPeerColumns{
    TableColumn{"peer_id", kInt},
    TableColumn{"host"},
    TableColumn{"port", kInt},
    TableColumn{"pool_size", kInt},
};

constexpr std::array kPeerPoolColumns{
    TableColumn{"peer_id", kInt},
    TableColumn{"cl_active_cancel_req", kInt},
    TableColumn{"cl_waiting_cancel_req", kInt},
    TableColumn{"sv_active_cancel", kInt},
    TableColumn{"sv_login", kInt},
};

constexpr std::array kListColumns{TableColumn{"list"}, TableColumn{"items", kInt}};

struct Current {
  uint64_t servers = 0, clients = 0;
};

Current currentWhere(const Snapshot& snapshot, auto belongs) {
  Current out;
  for (const auto& [key, pool] : snapshot.pools) {
    if (!belongs(pool)) continue;
    out.servers += pool.servers();
    out.clients += pool.clients();
  }
  return out;
}

// The entry behind a name that clients use; null for the console itself, and for a database that was taken
// away while clients still use it.
const conf::Database* entryOf(const conf::Config& config, std::string_view name) {
  return name == kConsoleDatabase ? nullptr : config.findDatabase(name);
}

Cell balanceOf(const conf::Database* database) {
  if (database == nullptr || database->hosts.size() < 2) return std::nullopt;
  return text(nameOf(database->load_balance_hosts));
}

std::string joinHosts(const conf::Database& database) {
  std::string out;
  for (const conf::HostPort& place : database.hosts) out += (out.empty() ? "" : ",") + place.host;
  return out;
}

template <typename T>
Cell numberIfSet(const std::optional<T>& value) {
  return value ? number(*value) : text("");
}

Cell modeIfSet(const std::optional<conf::PoolMode>& mode) {
  return mode ? text(nameOf(*mode)) : std::nullopt;
}

// All that are configured, were made from "*", or still have a pool.
std::set<std::string, std::less<>> databaseNames(const ShowContext& context) {
  std::set<std::string, std::less<>> names{std::string(kConsoleDatabase)};
  for (const auto& [name, entry] : context.config.postgres.databases) {
    if (name != "*") names.insert(name);
  }
  for (const auto& [name, row] : context.snapshot.databases) names.insert(name);
  for (const auto& [key, pool] : context.snapshot.pools) names.insert(key.first);
  return names;
}

std::set<std::string, std::less<>> userNames(const ShowContext& context) {
  std::set<std::string, std::less<>> names{std::string(kConsoleUser)};
  for (const auto& [name, user] : context.config.postgres.users) names.insert(name);
  for (const auto& [name, secret] : context.config.userlist.secrets()) names.insert(name);
  for (const auto& [key, pool] : context.snapshot.pools) names.insert(key.second);
  return names;
}

std::vector<Cell> consoleDatabaseRow(const ShowContext& context, const Current& current) {
  const conf::PostgresSettings& postgres = context.config.postgres;
  const auto& listeners = context.config.listen.postgres;
  const auto port = listeners.empty() ? uint16_t{0} : listeners.front().port;
  return {text(kConsoleDatabase),
          std::nullopt,
          number(port),
          text(kConsoleDatabase),
          text(kConsoleUser),
          number(kConsolePoolSize),
          number(0),
          number(0),
          number(std::chrono::duration_cast<seconds>(postgres.server_lifetime).count()),
          text(nameOf(conf::PoolMode::kStatement)),
          std::nullopt,
          number(0),
          number(current.servers),
          number(0),
          number(current.clients),
          flag(false),
          flag(false)};
}

std::vector<Cell> databaseRow(const ShowContext& context, const std::string& name, const Current& current) {
  static const conf::Database kGone;
  const conf::PostgresSettings& postgres = context.config.postgres;
  const conf::Database* found = entryOf(context.config, name);
  const conf::Database& entry = found != nullptr ? *found : kGone;
  const auto state = context.snapshot.databases.find(name);
  const bool known = state != context.snapshot.databases.end();
  const Duration lifetime = entry.server_lifetime.value_or(postgres.server_lifetime);
  return {text(name),
          entry.hosts.empty() ? std::nullopt : text(joinHosts(entry)),
          number(entry.hosts.empty() ? uint16_t{5432} : entry.hosts.front().port),
          text(entry.dbname.empty() ? name : entry.dbname),
          entry.user.empty() ? std::nullopt : text(entry.user),
          number(entry.pool_size.value_or(postgres.default_pool_size)),
          number(entry.min_pool_size.value_or(postgres.min_pool_size)),
          number(entry.reserve_pool_size.value_or(postgres.reserve_pool_size)),
          number(std::chrono::duration_cast<seconds>(lifetime).count()),
          modeIfSet(entry.pool_mode),
          balanceOf(found),
          number(entry.max_db_connections.value_or(postgres.max_db_connections)),
          number(current.servers),
          number(entry.max_db_client_connections.value_or(postgres.max_db_client_connections)),
          number(current.clients),
          flag(known && state->second.paused),
          flag(known && state->second.disabled)};
}

}  // namespace

Table showPools(const ShowContext& context) {
  Table out(kPoolColumns);
  for (const auto& [key, pool] : context.snapshot.pools) {
    const auto wait = pool.oldest_wait.count();
    out.add({text(pool.database), text(pool.user),
             // An idle client counts as active: PgBouncer's word for "not waiting".
             number(pool.cl_active + pool.cl_idle), number(pool.cl_waiting),
             number(pool.cl_active_cancel_req), number(pool.cl_waiting_cancel_req), number(pool.sv_active),
             number(pool.sv_active_cancel), number(pool.sv_being_canceled), number(pool.sv_idle),
             number(pool.sv_used), number(pool.sv_tested), number(pool.sv_login), number(wait / 1'000'000),
             number(wait % 1'000'000), text(nameOf(pool.pool_mode)),
             balanceOf(entryOf(context.config, pool.database))});
  }
  return out;
}

Table showDatabases(const ShowContext& context) {
  Table out(kDatabaseColumns);
  for (const std::string& name : databaseNames(context)) {
    const Current current =
        currentWhere(context.snapshot, [&](const PoolRow& p) { return p.database == name; });
    out.add(name == kConsoleDatabase ? consoleDatabaseRow(context, current)
                                     : databaseRow(context, name, current));
  }
  return out;
}

Table showUsers(const ShowContext& context) {
  static const conf::User kNoSettings;
  const conf::PostgresSettings& postgres = context.config.postgres;
  Table out(kUserColumns);
  for (const std::string& name : userNames(context)) {
    const conf::User* found = context.config.findUser(name);
    const conf::User& user = found != nullptr ? *found : kNoSettings;
    const Current current = currentWhere(context.snapshot, [&](const PoolRow& p) { return p.user == name; });
    out.add({text(name), numberIfSet(user.pool_size), numberIfSet(user.reserve_pool_size),
             modeIfSet(user.pool_mode),
             number(user.max_user_connections.value_or(postgres.max_user_connections)),
             number(current.servers),
             number(user.max_user_client_connections.value_or(postgres.max_user_client_connections)),
             number(current.clients)});
  }
  return out;
}

Table showPeers(const ShowContext& context) {
  Table out(kPeerColumns);
  for (const conf::Peer& peer : context.config.postgres.peers) {
    const uint32_t size = peer.pool_size != 0 ? peer.pool_size : context.config.postgres.default_pool_size;
    out.add({number(peer.peer_id), text(peer.address.host), number(peer.address.port), number(size)});
  }
  return out;
}

Table showPeerPools(const ShowContext& context) {
  Table out(kPeerPoolColumns);
  for (const PeerPoolRow& row : context.snapshot.peer_pools)
    out.add({number(row.peer_id), number(row.cl_active_cancel_req), number(row.cl_waiting_cancel_req),
             number(row.sv_active_cancel), number(row.sv_login)});
  return out;
}

Table showLists(const ShowContext& context) {
  const Snapshot& snapshot = context.snapshot;
  const ProcessRow& process = snapshot.process;
  const Current all = currentWhere(snapshot, [](const PoolRow&) { return true; });
  Table out(kListColumns);
  const auto list = [&](std::string_view name, auto items) { out.add({text(name), number(items)}); };
  list("databases", databaseNames(context).size());
  list("users", userNames(context).size());
  list("peers", context.config.postgres.peers.size());
  list("pools", snapshot.pools.size());
  list("peer_pools", snapshot.peer_pools.size());
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

}  // namespace forebay::admin
