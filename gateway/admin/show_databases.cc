#include <array>

#include "gateway/admin/show.h"
#include "gateway/admin/show_census.h"

namespace forebay::admin {
namespace {

constexpr auto kInt = ColumnType::kInt4;

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

Table showDatabases(const ShowContext& context) {
  Table out(kDatabaseColumns);
  for (const std::string& name : databaseNames(context)) {
    const Current current = currentOf(context.snapshot, [&](const PoolRow& p) { return p.database == name; });
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
    // Servers log in as the pool's user, clients perhaps as somebody else.
    const Current current = currentOf(context.snapshot, [&](const PoolRow& p) { return p.user == name; });
    const auto clients = context.snapshot.logins.find(name);
    out.add({text(name), numberIfSet(user.pool_size), numberIfSet(user.reserve_pool_size),
             modeIfSet(user.pool_mode),
             number(user.max_user_connections.value_or(postgres.max_user_connections)),
             number(current.servers),
             number(user.max_user_client_connections.value_or(postgres.max_user_client_connections)),
             number(clients == context.snapshot.logins.end() ? 0 : clients->second)});
  }
  return out;
}

}  // namespace forebay::admin
