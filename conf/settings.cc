#include "conf/settings.h"

#include <array>

#include "conf/tls_settings.h"

namespace forebay::conf {

namespace {

using P = PostgresSettings;
using Table = std::vector<GlobalSetting>;
constexpr auto kAt = &Config::postgres;

const ListOf<ListenAddress> kListeners{
    readListenAddress, R"(a list of addresses such as ["0.0.0.0:6432", "[::1]:6432", "unix:/run/forebay"])"};

void addListen(Table& table) {
  using L = ListenSettings;
  constexpr auto kListen = &Config::listen;
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits) {
    table.push_back(setting<Config>(name, in(kListen, member), kind, traits, Section::kListen));
  };
  add("postgres", &L::postgres, kListeners, {.own = true, .restart = true});
  add("redis", &L::redis, kRedisListeners, {.own = true, .restart = true});
  add("http", &L::http, kListeners, {.own = true, .restart = true});
  add("control", &L::control, Text{}, {.own = true, .restart = true, .path = true});
  add("http_token_file", &L::http_token_file, Text{}, {.own = true, .path = true});
  add("workers", &L::workers, Count{.min = 0, .max = 1024}, {.own = true, .restart = true});
  add("unix_socket_mode", &L::unix_socket_mode, FileMode{}, {.restart = true});
  add("unix_socket_group", &L::unix_socket_group, Text{}, {.restart = true});
  add("listen_backlog", &L::listen_backlog, kPositive, {.restart = true});
}

void addPools(Table& table) {
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<Config>(name, in(kAt, member), kind, traits));
  };
  add("pool_mode", &P::pool_mode, Choice{kPoolModes});
  add("max_client_conn", &P::max_client_conn, kPositive);
  add("default_pool_size", &P::default_pool_size, kPositive);
  add("min_pool_size", &P::min_pool_size, Count{});
  add("reserve_pool_size", &P::reserve_pool_size, Count{});
  add("reserve_pool_timeout", &P::reserve_pool_timeout, Time{});
  add("max_db_connections", &P::max_db_connections, Count{});
  add("max_db_client_connections", &P::max_db_client_connections, Count{});
  add("max_user_connections", &P::max_user_connections, Count{});
  add("max_user_client_connections", &P::max_user_client_connections, Count{});
  add("max_prepared_statements", &P::max_prepared_statements, Count{});
  add("server_max_queries", &P::server_max_queries, Count{}, {.own = true});
  add("server_round_robin", &P::server_round_robin, Flag{});
  add("track_extra_parameters", &P::track_extra_parameters, List{});
  add("ignore_startup_parameters", &P::ignore_startup_parameters, List{});
  add("application_name_add_host", &P::application_name_add_host, Flag{});
  add("disable_pqexec", &P::disable_pqexec, Flag{});
  add("peer_id", &P::peer_id, Count{.min = 0, .max = 127});
}

void addAuthentication(Table& table) {
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<Config>(name, in(kAt, member), kind, traits));
  };
  add("auth_type", &P::auth_type, Choice{kAuthTypes}, {.loaded = true});
  add("auth_file", &P::auth_file, Text{}, {.path = true, .loaded = true});
  add("auth_hba_file", &P::auth_hba_file, Text{}, {.path = true, .loaded = true});
  add("auth_ident_file", &P::auth_ident_file, Text{}, {.path = true, .loaded = true});
  add("auth_user", &P::auth_user, Text{}, {.loaded = true});
  add("auth_query", &P::auth_query, Text{});
  add("auth_dbname", &P::auth_dbname, Text{});
  add("auth_query_cache_ttl", &P::auth_query_cache_ttl, Time{}, {.own = true});
  add("scram_iterations", &P::scram_iterations, Count{.min = 4096, .max = 10'000'000});
  add("admin_users", &P::admin_users, List{});
  add("stats_users", &P::stats_users, List{});
}

void addServers(Table& table) {
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<Config>(name, in(kAt, member), kind, traits));
  };
  add("server_reset_query", &P::server_reset_query, Text{});
  add("server_reset_query_always", &P::server_reset_query_always, Flag{});
  add("server_check_query", &P::server_check_query, Text{});
  add("server_check_delay", &P::server_check_delay, Time{});
  add("server_fast_close", &P::server_fast_close, Flag{});
  add("server_lifetime", &P::server_lifetime, Time{});
  add("server_idle_timeout", &P::server_idle_timeout, Time{});
  add("server_connect_timeout", &P::server_connect_timeout, Time{});
  add("server_login_retry", &P::server_login_retry, Time{});
  add("dns_max_ttl", &P::dns_max_ttl, Time{});
  add("dns_nxdomain_ttl", &P::dns_nxdomain_ttl, Time{});
}

void addTimeouts(Table& table) {
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<Config>(name, in(kAt, member), kind, traits));
  };
  add("client_login_timeout", &P::client_login_timeout, Time{});
  add("query_timeout", &P::query_timeout, Time{});
  add("query_wait_timeout", &P::query_wait_timeout, Time{});
  add("query_wait_notify", &P::query_wait_notify, Time{});
  add("cancel_wait_timeout", &P::cancel_wait_timeout, Time{});
  add("client_idle_timeout", &P::client_idle_timeout, Time{});
  add("idle_transaction_timeout", &P::idle_transaction_timeout, Time{});
  add("transaction_timeout", &P::transaction_timeout, Time{});
  add("autodb_idle_timeout", &P::autodb_idle_timeout, Time{});
  add("pool_idle_timeout", &P::pool_idle_timeout, Time{});
  add("suspend_timeout", &P::suspend_timeout, Time{});
  add("shutdown_delay", &P::shutdown_delay, Time{}, {.own = true});
  add("shutdown_timeout", &P::shutdown_timeout, Time{}, {.own = true});
  add("stats_period", &P::stats_period, Time{});
  add("login_notify_message", &P::login_notify_message, Text{});
}

void addNetwork(Table& table) {
  const auto add = [&](std::string_view name, auto access, auto kind, Traits traits = {}) {
    table.push_back(setting<Config>(name, access, kind, traits));
  };
  add("max_packet_size", in(kAt, &P::max_packet_size), Count{.min = 1024, .size = true});
  add("pkt_buf", in(kAt, &P::pkt_buf), Count{.min = 256, .max = 64U << 20, .size = true});
  add("so_reuseport", in(kAt, &P::so_reuseport), Flag{});
  add("tcp_defer_accept", in(kAt, &P::tcp, &TcpSettings::defer_accept), Flag{.any_number = true},
      {.restart = true});
  add("tcp_socket_buffer", in(kAt, &P::tcp, &TcpSettings::socket_buffer), Count{.size = true});
  add("tcp_keepalive", in(kAt, &P::tcp, &TcpSettings::keepalive), Flag{});
  add("tcp_keepcnt", in(kAt, &P::tcp, &TcpSettings::keepcnt), Count{.min = 0, .max = 127});
  add("tcp_keepidle", in(kAt, &P::tcp, &TcpSettings::keepidle), Time{});
  add("tcp_keepintvl", in(kAt, &P::tcp, &TcpSettings::keepintvl), Time{});
  add("tcp_user_timeout", in(kAt, &P::tcp, &TcpSettings::user_timeout), Millis{});
}

void addFailover(Table& table) {
  using F = FailoverSettings;
  constexpr auto kFailover = &Config::failover;
  const auto add = [&](std::string_view name, auto member, auto kind) {
    table.push_back(setting<Config>(name, in(kFailover, member), kind, {.own = true}, Section::kFailover));
  };
  const auto addText = [&](std::string_view name, std::string F::*member, Traits traits = {}) {
    traits.own = true;
    table.push_back(unlessEmpty<Config>(name, in(kFailover, member), Text{}, traits, Section::kFailover));
  };
  add("probe_interval", &F::probe_interval, Time{});
  add("probe_fast_interval", &F::probe_fast_interval, Time{});
  add("probe_timeout", &F::probe_timeout, Time{});
  add("evidence_max_age", &F::evidence_max_age, Time{});
  add("lone_primary_wait", &F::lone_primary_wait, Time{});
  add("hold_timeout", &F::hold_timeout, Time{});
  add("hold_max_clients", &F::hold_max_clients, Count{});
  add("hold_max_bytes", &F::hold_max_bytes, Bytes{});
  addText("probe_user", &F::probe_user);
  addText("probe_password", &F::probe_password, {.secret = true});
  addText("probe_password_file", &F::probe_password_file, {.path = true});
  addText("probe_dbname", &F::probe_dbname);
  add("promote", &F::promote, Choice{kPromotes});
  add("promote_delay", &F::promote_delay, Time{});
  addText("fencing_command", &F::fencing_command);
  add("fencing_timeout", &F::fencing_timeout, Time{});
}

void addState(Table& table) {
  table.push_back(setting<Config>("dir", &Config::state_dir, Text{},
                                  {.own = true, .restart = true, .path = true}, Section::kState));
}

void addLog(Table& table) {
  using L = LogSettings;
  constexpr auto kLog = &Config::log;
  const auto add = [&](std::string_view name, auto member, auto kind, Traits traits = {}) {
    table.push_back(setting<Config>(name, in(kLog, member), kind, traits, Section::kLog));
  };
  add("level", &L::level, Choice{kLogLevels}, {.own = true});
  add("format", &L::format, Choice{kLogFormats}, {.own = true});
  add("logfile", &L::logfile, Text{}, {.path = true});
  add("syslog", &L::syslog, Flag{});
  add("syslog_ident", &L::syslog_ident, Text{});
  add("syslog_facility", &L::syslog_facility, Text{});
  add("log_connections", &L::log_connections, Flag{});
  add("log_disconnections", &L::log_disconnections, Flag{});
  add("log_pooler_errors", &L::log_pooler_errors, Flag{});
  add("log_stats", &L::log_stats, Flag{});
  add("verbose", &L::verbose, Count{.min = 0, .max = 3});
}

Table makeGlobalSettings() {
  Table table;
  addListen(table);
  addPools(table);
  addAuthentication(table);
  addTls(table, true, kAt, &P::client_tls);
  addTls(table, false, kAt, &P::server_tls);
  addServers(table);
  addTimeouts(table);
  addNetwork(table);
  addFailover(table);
  addState(table);
  addLog(table);
  return table;
}

struct Reason {
  std::string_view name, why;
};
constexpr std::string_view kListenInstead =
    "addresses and ports stand in [listen], as postgres = [\"ADDRESS:PORT\", \"unix:/FOLDER\"]";
constexpr std::array kMeaningless = {
    Reason{"listen_addr", kListenInstead},
    Reason{"listen_port", kListenInstead},
    Reason{"unix_socket_dir", kListenInstead},
    Reason{"pidfile", "the service manager, or the shell that starts forebay, knows its process id"},
    Reason{"user", "start forebay as the user it should run as"},
    Reason{"job_name", "there is no Windows service to name"},
    Reason{"service_name", "there is no Windows service to name"},
    Reason{"conffile", "name the file with --config"},
    Reason{"sbuf_loopcnt", "each connection's share of a turn is bounded without a setting"},
    Reason{"resolv_conf", "host names are resolved as the system does it, by /etc/resolv.conf"},
    Reason{"dns_zone_check_period", "host names are asked for again when dns_max_ttl has passed"},
    Reason{"auth_ldap_options", "there is no LDAP authentication; use scram-sha-256, cert or hba"},
};

}  // namespace

const std::vector<GlobalSetting>& globalSettings() {
  static const Table kTable = makeGlobalSettings();
  return kTable;
}

std::string_view nameOf(Section section) {
  switch (section) {
    case Section::kListen: return "listen";
    case Section::kPostgres: return "postgres";
    case Section::kFailover: return "failover";
    case Section::kState: return "state";
    case Section::kLog: return "log";
  }
  return {};
}

bool mayStandIn(const GlobalSetting& setting, Section section) {
  return setting.section == section || (section == Section::kPostgres && !setting.traits.own);
}

std::string_view whyMeaningless(std::string_view pgbouncer_name) {
  for (const Reason& each : kMeaningless)
    if (each.name == pgbouncer_name) return each.why;
  return {};
}

}  // namespace forebay::conf
