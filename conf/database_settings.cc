// The settings of one database, one user and one peer.
#include "conf/settings.h"

namespace forebay::conf {

namespace {

// A parameter of the StartupMessage to the server; an empty text sends none.
DatabaseSetting startupParameter(const char* name) {
  DatabaseSetting row{name, Section::kPostgres, {}, Text{}.expected(), {}, {}, {}};
  row.assign = [name](Database& database, const Given& given) {
    std::string value;
    if (!Text{}.read(given, value)) return false;
    if (value.empty())
      database.startup_parameters.erase(name);
    else
      database.startup_parameters[name] = std::move(value);
    return true;
  };
  const auto find = [name](const Database& database) -> const std::string* {
    const auto found = database.startup_parameters.find(name);
    return found == database.startup_parameters.end() ? nullptr : &found->second;
  };
  row.show = [find](const Database& database) {
    const std::string* value = find(database);
    return value ? std::optional(*value) : std::nullopt;
  };
  row.toml = [find](const Database& database) {
    const std::string* value = find(database);
    return value ? std::optional(quoteToml(*value)) : std::nullopt;
  };
  return row;
}

DatabaseSetting text(std::string_view name, std::string Database::*member, Traits traits = {}) {
  return unlessEmpty<Database>(name, member, Text{}, traits);
}

std::optional<HostPort> readOneHost(std::string_view text) { return readHost(text); }

constexpr Traits kOwn{.own = true};

void addReading(std::vector<DatabaseSetting>& table) {
  using D = Database;
  using R = ReadSettings;
  const auto add = [&](std::string_view name, auto member, auto kind) {
    table.push_back(setting<D>(name, in(&D::reading, member), kind, kOwn));
  };
  add("reads", &R::reads, Choice{kReads});
  add("primary_fallback", &R::primary_fallback, Flag{});
  add("consistency", &R::consistency, Choice{kConsistencies});
  add("balance", &R::balance, Choice{kBalances});
  table.push_back(
      unlessEmpty<D>("weights", in(&D::reading, &R::weights), Weights{}, {.own = true, .table = true}));
  add("max_replica_lag", &R::max_replica_lag, Time{});
  add("max_replica_lag_bytes", &R::max_replica_lag_bytes, Bytes{});
  add("replica_wait_timeout", &R::replica_wait_timeout, Time{});
}

void addPatroni(std::vector<DatabaseSetting>& table) {
  using D = Database;
  using P = PatroniSettings;
  const auto addText = [&](std::string_view name, auto member, Traits traits = {}) {
    traits.own = true;
    table.push_back(unlessEmpty<D>(name, in(&D::patroni, member), Text{}, traits));
  };
  table.push_back(unlessEmpty<D>(
      "patroni", in(&D::patroni, &P::urls),
      ListOf<RestUrl>{readPatroniUrl, R"(a list of URLs such as ["http://pg-0:8008", "https://pg-1:8008"])"},
      kOwn));
  addText("patroni_user", &P::user);
  addText("patroni_password", &P::password, {.secret = true});
  addText("patroni_password_file", &P::password_file, {.path = true});
  addText("patroni_tls_ca_file", &P::tls_ca_file, {.path = true});
  table.push_back(setting<D>("promote", &D::promote, Choice{kPromotes}, kOwn));
}

std::vector<DatabaseSetting> makeDatabaseSettings() {
  using D = Database;
  std::vector<DatabaseSetting> table;
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<D>(name, member, kind, traits));
  };
  add("hosts", &D::hosts,
      ListOf<HostPort>{readOneHost, R"(a list of hosts such as ["pg-0:5432", "/run/postgresql"])"},
      {.own = true});
  table.push_back(text("dbname", &D::dbname));
  table.push_back(text("user", &D::user));
  table.push_back(text("password", &D::password, {.secret = true}));
  table.push_back(text("password_file", &D::password_file, {.own = true, .path = true}));
  add("auth_user", &D::auth_user, Text{});
  add("auth_query", &D::auth_query, Text{});
  add("auth_dbname", &D::auth_dbname, Text{});
  add("pool_size", &D::pool_size, kPositive);
  add("min_pool_size", &D::min_pool_size, Count{});
  add("reserve_pool_size", &D::reserve_pool_size, Count{});
  add("pool_mode", &D::pool_mode, Choice{kPoolModes});
  add("max_db_connections", &D::max_db_connections, Count{});
  add("max_db_client_connections", &D::max_db_client_connections, Count{});
  add("server_lifetime", &D::server_lifetime, Time{});
  add("query_wait_timeout", &D::query_wait_timeout, Time{});
  table.push_back(text("connect_query", &D::connect_query));
  add("load_balance_hosts", &D::load_balance_hosts, Choice{kLoadBalanceHosts});
  add("target_session_attrs", &D::target_session_attrs, Choice{kTargetSessionAttrs}, kOwn);
  addReading(table);
  addPatroni(table);
  add("server_tls_sslmode", &D::server_tls_sslmode, Choice{kSslModes}, kOwn);
  add("sslnegotiation", &D::server_direct_tls, Choice{kSslNegotiations}, kOwn);
  for (const char* name : {"client_encoding", "datestyle", "timezone", "application_name", "options"})
    table.push_back(startupParameter(name));
  return table;
}

std::vector<UserSetting> makeUserSettings() {
  using U = User;
  std::vector<UserSetting> table;
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<U>(name, member, kind, traits));
  };
  add("pool_mode", &U::pool_mode, Choice{kPoolModes});
  add("reads", &U::reads, Choice{kReads}, kOwn);
  add("pool_size", &U::pool_size, kPositive);
  add("reserve_pool_size", &U::reserve_pool_size, Count{});
  add("max_user_connections", &U::max_user_connections, Count{});
  add("max_user_client_connections", &U::max_user_client_connections, Count{});
  add("query_timeout", &U::query_timeout, Time{});
  add("query_wait_timeout", &U::query_wait_timeout, Time{});
  add("idle_transaction_timeout", &U::idle_transaction_timeout, Time{});
  add("transaction_timeout", &U::transaction_timeout, Time{});
  add("client_idle_timeout", &U::client_idle_timeout, Time{});
  return table;
}

std::vector<PeerSetting> makePeerSettings() {
  return {setting<Peer>("host", in(&Peer::address, &HostPort::host), Text{}),
          setting<Peer>("port", in(&Peer::address, &HostPort::port), Port{}),
          setting<Peer>("pool_size", &Peer::pool_size, Count{})};
}

}  // namespace

const std::vector<DatabaseSetting>& databaseSettings() {
  static const std::vector<DatabaseSetting> kTable = makeDatabaseSettings();
  return kTable;
}

const std::vector<UserSetting>& userSettings() {
  static const std::vector<UserSetting> kTable = makeUserSettings();
  return kTable;
}

const std::vector<PeerSetting>& peerSettings() {
  static const std::vector<PeerSetting> kTable = makePeerSettings();
  return kTable;
}

}  // namespace forebay::conf
