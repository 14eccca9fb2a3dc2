// Config: everything an operator can set, validated, immutable once published.
//
// A Config is built whole by loadConfig() (conf/load.h) or refused whole; it is shared as shared_ptr<const
// Config> and never changed afterwards, so any thread may read it. Names, units and meanings are
// PgBouncer 1.25's where PgBouncer has the setting (https://www.pgbouncer.org/config.html); a duration or
// limit of zero means "none", except where a comment says otherwise. The defaults stand here and nowhere
// else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "conf/failover.h"
#include "conf/hba.h"
#include "conf/network.h"
#include "conf/places.h"
#include "conf/reads.h"
#include "conf/redis.h"
#include "conf/userlist.h"

namespace forebay::conf {

enum class PoolMode : uint8_t { kSession, kTransaction, kStatement };
enum class AuthType : uint8_t { kTrust, kPlain, kMd5, kScramSha256, kCert, kHba, kAny };
enum class LoadBalanceHosts : uint8_t { kRoundRobin, kDisable };
enum class LogFormat : uint8_t { kText, kJson };
enum class LogLevel : uint8_t { kError, kWarning, kInfo, kDebug };

std::string_view nameOf(PoolMode mode);
std::string_view nameOf(AuthType type);
std::string_view nameOf(LoadBalanceHosts policy);
std::string_view nameOf(LogFormat format);
std::string_view nameOf(LogLevel level);

struct TcpSettings {
  bool defer_accept = true;
  uint32_t socket_buffer = 0;  // bytes, SO_SNDBUF and SO_RCVBUF; 0 = the kernel's own
  bool keepalive = true;
  uint32_t keepcnt = 0;
  Duration keepidle{}, keepintvl{};
  milliseconds user_timeout{0};
  bool operator==(const TcpSettings&) const = default;
};

struct ListenSettings {
  std::vector<ListenAddress> postgres = {{"127.0.0.1", 6432}};  // used when there are databases
  std::vector<ListenAddress> redis = {{"127.0.0.1", 6380}};     // used when there is a cache without its own
  std::vector<ListenAddress> http = {{"127.0.0.1", 6433}};      // empty: none
  std::string control;  // Unix socket of `forebay status`; empty: none
  std::string http_token_file;
  uint32_t workers = 0;  // 0: one per core
  uint32_t unix_socket_mode = 0777;
  std::string unix_socket_group;
  uint32_t listen_backlog = 128;
  bool operator==(const ListenSettings&) const = default;
};

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  std::string logfile;  // empty: stderr
  bool syslog = false;
  std::string syslog_ident = "forebay";
  std::string syslog_facility = "daemon";
  bool log_connections = true;
  bool log_disconnections = true;
  bool log_pooler_errors = true;
  bool log_stats = true;
  uint32_t verbose = 0;
  bool operator==(const LogSettings&) const = default;
};

// One entry of [postgres.databases]. An empty optional means: the global or user's value counts.
struct Database {
  std::string name;  // what clients ask for; "*" is the fallback
  std::vector<HostPort> hosts;
  std::string dbname;         // empty: the name clients ask for
  std::string user;           // empty: the client's own user
  std::string password;       // a secret: never shown, never logged
  std::string password_file;  // read at start and at each reload
  std::optional<std::string> auth_user, auth_query, auth_dbname;
  std::optional<uint32_t> pool_size, min_pool_size, reserve_pool_size;
  std::optional<PoolMode> pool_mode;
  std::optional<uint32_t> max_db_connections, max_db_client_connections;
  std::optional<Duration> server_lifetime, query_wait_timeout;
  std::string connect_query;
  LoadBalanceHosts load_balance_hosts = LoadBalanceHosts::kRoundRobin;
  std::optional<TargetSessionAttrs> target_session_attrs;  // see targetOf()
  ReadSettings reading;
  PatroniSettings patroni;
  std::optional<Promote> promote;
  std::optional<SslMode> server_tls_sslmode;  // from a URL's sslmode
  bool server_direct_tls = false;             // sslnegotiation=direct
  // Sent to the server in the StartupMessage: client_encoding, datestyle, timezone, application_name,
  // options.
  std::map<std::string, std::string> startup_parameters;
  bool operator==(const Database&) const = default;
};

// Which servers its clients are for. Of several hosts it is the primary, unless something else is set; one
// host serves as it is.
TargetSessionAttrs targetOf(const Database& database);
inline bool discoversRoles(const Database& database) {
  return targetOf(database) != TargetSessionAttrs::kAny;
}

// Whether statements that only read can go to other servers than the rest: its clients are for the primary,
// and which hosts are its replicas is found out.
bool splitsReads(const Database& database);

// One entry of [postgres.users].
struct User {
  std::string name;
  std::optional<Reads> reads;  // counts where the database can split them
  std::optional<PoolMode> pool_mode;
  std::optional<uint32_t> pool_size, reserve_pool_size, max_user_connections, max_user_client_connections;
  std::optional<Duration> query_timeout, query_wait_timeout, idle_transaction_timeout, transaction_timeout,
      client_idle_timeout;
  bool operator==(const User&) const = default;
};

struct Peer {
  uint32_t peer_id = 0;
  HostPort address;
  uint32_t pool_size = 0;
  bool operator==(const Peer&) const = default;
};

struct PostgresSettings {
  PoolMode pool_mode = PoolMode::kTransaction;
  uint32_t max_client_conn = 10000;
  uint32_t default_pool_size = 25, min_pool_size = 0, reserve_pool_size = 0;
  uint32_t max_db_connections = 0, max_db_client_connections = 0;
  uint32_t max_user_connections = 0, max_user_client_connections = 0;
  uint32_t max_prepared_statements = 200;
  uint32_t server_max_queries = 0;  // a server connection is replaced after so many transactions
  bool server_round_robin = false;
  bool disable_pqexec = false;
  bool application_name_add_host = false;
  uint32_t peer_id = 0;
  std::vector<std::string> track_extra_parameters = {"IntervalStyle"};
  std::vector<std::string> ignore_startup_parameters;

  AuthType auth_type = AuthType::kScramSha256;
  std::string auth_file, auth_hba_file, auth_ident_file, auth_user, auth_dbname;
  // $1 is the user name. Every name is qualified: whoever may create a function must not get to see the
  // secrets.
  std::string auth_query =
      "SELECT rolname, CASE WHEN rolvaliduntil < pg_catalog.now() THEN NULL ELSE rolpassword END "
      "FROM pg_catalog.pg_authid WHERE rolname=$1 AND rolcanlogin";
  Duration auth_query_cache_ttl = seconds(60);
  uint32_t scram_iterations = 4096;
  std::vector<std::string> admin_users, stats_users;

  std::string server_reset_query = "DISCARD ALL";
  bool server_reset_query_always = false;
  std::string server_check_query = "<empty>";  // "<empty>": an empty query; "": no check
  Duration server_check_delay = seconds(30);   // 0: check each time
  bool server_fast_close = false;

  // server_lifetime of 0: a connection serves once and is closed. A dns_*_ttl of 0: ask each time.
  // In Kubernetes loadConfig() begins with a shutdown_delay of 5 s.
  Duration reserve_pool_timeout = seconds(5), server_lifetime = seconds(3600),
           server_idle_timeout = seconds(600), server_connect_timeout = seconds(15),
           server_login_retry = seconds(15), client_login_timeout = seconds(60),
           autodb_idle_timeout = seconds(3600), pool_idle_timeout{}, dns_max_ttl = seconds(15),
           dns_nxdomain_ttl = seconds(15), query_timeout{}, query_wait_timeout = seconds(120),
           query_wait_notify = seconds(5), cancel_wait_timeout = seconds(10), client_idle_timeout{},
           idle_transaction_timeout{}, transaction_timeout{}, suspend_timeout = seconds(10),
           stats_period = seconds(60), shutdown_delay{}, shutdown_timeout = seconds(30);

  uint32_t max_packet_size = 2147483647;
  uint32_t pkt_buf = 4096;   // accepted for PgBouncer's sake; buffers here are borrowed, not owned
  bool so_reuseport = true;  // accepted for PgBouncer's sake; the workers share each TCP port in any case
  std::string login_notify_message;

  TlsSettings client_tls{.sslmode = SslMode::kDisable};
  TlsSettings server_tls;
  TcpSettings tcp;

  std::map<std::string, Database> databases;  // by name; "*" is the fallback
  std::map<std::string, User> users;
  std::vector<Peer> peers;
  bool operator==(const PostgresSettings&) const = default;
};

// What holds for one (database, user) pool after global, database and user settings are laid over each other:
// the user's value first, then the database's, then the global one.
struct PoolSettings {
  PoolMode pool_mode = PoolMode::kTransaction;
  Reads reads = Reads::kPrimary;
  uint32_t pool_size = 0, min_pool_size = 0, reserve_pool_size = 0;
  Duration query_timeout{}, query_wait_timeout{}, idle_transaction_timeout{}, transaction_timeout{},
      client_idle_timeout{}, server_lifetime{};
  bool operator==(const PoolSettings&) const = default;
};

// The console's own database has two names; an entry of [postgres.databases] may have neither.
bool isConsoleDatabase(std::string_view name);

struct Config {
  ListenSettings listen;
  PostgresSettings postgres;
  RedisSettings redis;
  FailoverSettings failover;
  std::string state_dir;  // keeps what must outlive the process; empty: nothing does
  LogSettings log;
  // Contents of auth_file. With neither auth_file nor auth_user: the users and passwords of the database
  // entries.
  Userlist userlist;
  Hba hba;                               // contents of auth_hba_file and auth_ident_file
  std::string source;                    // file that it was read from, or "" for URL and environment
  uint64_t epoch = 0;                    // counts the configs published by this process
  std::shared_ptr<const Places> places;  // in that file; null once a SET has changed something

  // The entry for the database that a client asks for: its own, or the fallback "*"; null when there is
  // neither.
  const Database* findDatabase(std::string_view name) const;
  const User* findUser(std::string_view name) const;
  // "forebay.toml:12:5: ", to stand before what is wrong with the setting; empty where it was not written.
  std::string placeOf(const std::string& path) const;
};

using ConfigPtr = std::shared_ptr<const Config>;

PoolSettings resolvePool(const PostgresSettings& settings, const Database& database, const User* user);

// As whom the database's servers are asked for their roles: probe_user, or else the database's own user. An
// empty user: nobody is known.
struct ProbeLogin {
  std::string user, password, dbname;
  bool operator==(const ProbeLogin&) const = default;
};
ProbeLogin probeLoginOf(const FailoverSettings& settings, const Database& database);

}  // namespace forebay::conf
