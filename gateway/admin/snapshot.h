// Snapshot: what the console, /metrics and /health show, as plain data.
//
// Each worker fills one with its own part, the control thread adds what it alone knows, and merge() makes one
// of all. Gauges and counters of the same pool add up; limits, which every worker knows alike, do not. What
// the Config says (sizes, hosts, modes) is not repeated here: who shows it looks it up. No secret, no SQL
// text and no cancel key is ever in a Snapshot, so whatever is made of one may be shown to a stats user: all
// but redis_keys.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "conf/config.h"
#include "gateway/admin/redis_rows.h"
#include "gateway/admin/topology_rows.h"

namespace forebay::admin {

using ReasonCounts = std::map<std::string, uint64_t, std::less<>>;  // a reason's name, as shown -> how often

// Counted since the process started; nothing in here ever falls.
struct PoolCounters {
  uint64_t server_assignments = 0;  // a client was given a server
  uint64_t transactions = 0;        // (or autocommit statements) that have ended
  uint64_t queries = 0;             // Query or Execute..Sync batches that were answered
  uint64_t client_bytes = 0;        // received from clients (PgBouncer's total_received)
  uint64_t server_bytes = 0;        // received from servers (PgBouncer's total_sent)
  uint64_t client_parses = 0;       // Parse of a named statement, from clients
  uint64_t server_parses = 0;       // Parse of such a statement, to servers
  uint64_t binds = 0;
  uint64_t waits = 0;  // assignments that were not immediate, and waits that were given up
  uint64_t cancels = 0;
  uint64_t server_logins = 0;
  uint64_t server_login_failures = 0;
  uint64_t pins = 0;  // clients that became pinned
  ReasonCounts
      timeouts;  // by setting: "query_timeout", "query_wait_timeout", "idle_transaction_timeout", ...
  ReasonCounts rejected;  // by reason: "pool_full", "max_user_client_connections", ...

  HistogramSnapshot wait;   // for a server, once per assignment: 0 when one was free
  HistogramSnapshot query;  // from a query's first byte to its ReadyForQuery
  HistogramSnapshot
      transaction;  // from its first byte to the ReadyForQuery with status I; the wait not included

  PoolCounters& operator+=(const PoolCounters& other);
};

// The pools of one database and user: the ordinary one with those for replication and auth_query.
struct PoolRow {
  std::string database, user;

  // Clients, each in exactly one state.
  uint32_t cl_active = 0;   // has a server
  uint32_t cl_idle = 0;     // has none and needs none: between transactions
  uint32_t cl_waiting = 0;  // waits for a server
  uint32_t cl_active_cancel_req = 0, cl_waiting_cancel_req = 0;

  // Servers, each in exactly one state.
  uint32_t sv_active = 0;          // lent to a client
  uint32_t sv_active_cancel = 0;   // carries a CancelRequest
  uint32_t sv_being_canceled = 0;  // could be idle, waits until cancels sent to it have ended
  uint32_t sv_idle = 0;            // free for the next client
  uint32_t sv_used = 0;            // idle for longer than server_check_delay
  uint32_t sv_tested = 0;          // resetting or being checked
  uint32_t sv_login = 0;           // connecting or logging in

  microseconds oldest_wait{0};  // of the client that has waited longest; 0: none waits
  ReasonCounts pinned;          // clients pinned now, by reason
  PoolCounters counters;

  // The same on every worker.
  conf::PoolMode pool_mode = conf::PoolMode::kTransaction;
  uint32_t pool_size = 0, reserve_pool_size = 0;

  uint32_t clients() const { return cl_active + cl_idle + cl_waiting; }
  // Those that count against pool_size: all but the short-lived ones that carry a cancel.
  uint32_t servers() const {
    return sv_active + sv_being_canceled + sv_idle + sv_used + sv_tested + sv_login;
  }
  uint32_t limit() const { return pool_size + reserve_pool_size; }

  PoolRow& operator+=(const PoolRow& other);  // of the same database and user
};

// A database as it stands, configured or created from "*"; one that nobody has asked for yet included.
struct DatabaseRow {
  std::string name;
  bool paused = false, disabled = false;
  // When a server was last reached, and when last not: refused, timed out, not found, not ready. A refused
  // password is no failure here: the server was reached. The defaults mean "never".
  WallTime last_reached{}, last_unreachable{};
  std::string last_error;  // belongs to last_unreachable

  DatabaseRow& operator+=(const DatabaseRow& other);  // of the same name
};

enum class Replication : uint8_t { kNone, kLogical, kPhysical };

// What SHOW CLIENTS and SHOW SERVERS have in common. Ids name a connection in the log, too: C-17, S-4.
struct ConnectionRow {
  uint64_t id = 0;       // unique among the clients (or servers) of the process
  uint64_t link_id = 0;  // the server that a client has, or the client that a server is lent to; 0: none
  std::string user, database;
  Replication replication = Replication::kNone;
  std::string addr, local_addr;  // "10.0.3.7", "::1", "unix"
  uint16_t port = 0, local_port = 0;
  WallTime connect_time{}, request_time{};  // request: of the newest one; the default: none yet
  microseconds wait{0};                     // in the state that it waits in, else 0
  bool close_needed = false;                // closed when it is next free
  uint32_t remote_pid = 0;  // of the server process, or the peer's on a Unix socket; 0: unknown
  std::string tls;          // "TLSv1.3/TLS_AES_256_GCM_SHA384"; empty: none
  std::string application_name;
  uint32_t prepared_statements = 0;
  uint32_t unparsed_bytes = 0, unsent_bytes = 0;  // held in buffers
  int fd = -1;
  std::string client_encoding, standard_conforming_strings, datestyle, timezone;
};

enum class ClientState : uint8_t { kLogin, kActive, kIdle, kWaiting, kActiveCancelReq, kWaitingCancelReq };
enum class ServerState : uint8_t { kLogin, kIdle, kActive, kUsed, kTested, kActiveCancel, kBeingCanceled };

struct ClientRow : ConnectionRow {
  ClientState state = ClientState::kLogin;
};

struct ServerRow : ConnectionRow {
  ServerState state = ServerState::kLogin;
};

// A CancelRequest: the client that sent it, which knows neither database nor user, and the connection that it
// travels on, 0 while it waits for one.
struct CancelRow {
  uint64_t client_id = 0, server_id = 0;
  bool waits = false;
  std::string database, user;  // whose query it is for
};

struct PinRow {
  uint64_t client_id = 0, server_id = 0;
  std::string database, user, reason;
  WallTime since{};
};

// A statement prepared on a server. Its text may hold secrets: only its hash and length leave the worker.
struct PreparedRow {
  uint64_t server_id = 0;
  std::string database, user, name;
  uint32_t clients = 0;  // that have it prepared, under whatever name
  uint64_t sql_hash = 0;
  uint32_t sql_length = 0;
};

struct MemoryRow {
  std::string name;   // "client_cache", "iobuf_cache", ...
  uint32_t size = 0;  // of one
  uint64_t used = 0, free = 0;
};

struct DnsRow {
  std::string hostname;
  seconds ttl{0};     // left
  std::string addrs;  // "10.0.0.1:0,10.0.0.2:0"
};

struct ListenerRow {
  int fd = -1;
  std::string addr;
  uint16_t port = 0;
};

// A peer that cancels are on their way to.
struct PeerPoolRow {
  uint32_t peer_id = 0;
  uint32_t cl_active_cancel_req = 0, cl_waiting_cancel_req = 0, sv_active_cancel = 0, sv_login = 0;
};

// What belongs to no pool. The first group is a worker's, and adds up; the second the control thread's own.
struct ProcessRow {
  uint64_t connections_accepted = 0;
  uint64_t buffer_bytes = 0;   // held for connections now
  uint32_t login_clients = 0;  // not yet in a pool
  uint32_t console_clients = 0;
  uint32_t free_clients = 0, free_servers = 0;  // slots kept for the next ones
  uint32_t dns_queries = 0, dns_pending = 0;
  uint64_t log_lines_dropped = 0;
  ReasonCounts rejected;  // clients turned away before they had a pool: "max_client_conn", "auth_failed", ...

  uint32_t workers = 0;
  uint32_t clients = 0, max_clients = 0;  // of PostgreSQL, those that log in and the console's included
  WallTime started{};
  uint64_t open_fds = 0, max_fds = 0;
  uint64_t reloads_succeeded = 0, reloads_failed = 0;

  ProcessRow& operator+=(const ProcessRow& other);
};

enum class Pause : uint8_t { kNone, kPaused, kSuspended };  // of all databases at once
enum class Phase : uint8_t { kServing, kStarting, kDraining };

struct Snapshot {
  WallTime taken{};
  Instant taken_at{};  // the same moment
  Phase phase = Phase::kServing;
  Pause pause = Pause::kNone;
  std::map<std::pair<std::string, std::string>, PoolRow, std::less<>> pools;  // by database and user
  std::map<std::string, DatabaseRow, std::less<>> databases;                  // by name
  std::map<std::string, uint64_t, std::less<>> logins;  // clients, by the name that they logged in with
  ProcessRow process;
  std::vector<MemoryRow> memory;
  std::vector<DnsRow> dns;
  std::vector<PeerPoolRow> peer_pools;
  bool any_database = true;  // one is configured, or would be made of "*"
  std::map<std::string, RedisCacheRow, std::less<>> redis_caches;  // by name
  std::vector<RedisNodeRow> redis_nodes;                           // by cache, then host
  std::vector<DatabaseTopology> topologies;  // of databases whose servers are asked for their roles
  std::vector<Event> events;                 // the last ones, oldest first

  // Only when asked for (Detail in gateway/admin/fleet.h).
  std::vector<ClientRow> clients;
  std::vector<ServerRow> servers;
  std::vector<CancelRow> cancels;
  std::vector<PinRow> pins;
  std::vector<PreparedRow> prepared;
  std::vector<ListenerRow> listeners;
  std::vector<RedisClientRow> redis_clients;
  std::vector<RedisSlowRow> redis_slow;
  std::map<std::string, RedisKeys, std::less<>> redis_keys;  // by cache

  // The pool's row, made when there is none.
  PoolRow& pool(std::string_view database, std::string_view user);
  DatabaseRow& database(std::string_view name);
  DatabaseTopology& topology(std::string_view database);
  RedisCacheRow& redisCache(std::string_view name);
  RedisNodeRow& redisNode(std::string_view cache, std::string_view host, uint16_t port);

  // Adds another part of the same process. The phase and pause further from normal win.
  void merge(Snapshot&& part);
};

std::string_view nameOf(Replication kind);
std::string_view nameOf(ClientState state);  // as SHOW CLIENTS has it: "active", "idle", ...
std::string_view nameOf(ServerState state);

}  // namespace forebay::admin
