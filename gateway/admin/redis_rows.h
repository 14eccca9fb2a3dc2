// The Redis part of a Snapshot: caches, the nodes behind them, their clients, slow requests and keys.
//
// The same rules as for the rest (gateway/admin/snapshot.h): each worker fills in its own part, gauges and
// counters add up, what every worker knows alike does not. An optional that is empty is unknown, and nobody
// may show it as 0.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "pools/big_keys.h"
#include "pools/hot_keys.h"
#include "pools/slow_log.h"
#include "redisproto/command.h"

namespace forebay::admin {

// Counted since the process started; nothing in here ever falls.
struct RedisCounters {
  std::array<uint64_t, redisproto::kGroups> commands{};          // answered by Redis, by group
  std::array<HistogramSnapshot, redisproto::kGroups> latency{};  // from a request's arrival to its reply
  HistogramSnapshot before_write;                                // from its arrival until it was written
  uint64_t reads = 0, writes = 0, local = 0;                     // by class; local: answered by the gateway
  uint64_t hits = 0, misses = 0;                                 // of reads that a value or a null answers
  uint64_t client_bytes = 0, client_bytes_sent = 0;              // from and to clients
  uint64_t server_bytes = 0, server_bytes_sent = 0;              // from and to servers
  uint64_t server_logins = 0, server_login_failures = 0, server_losses = 0;
  uint64_t leases = 0, lease_waits = 0;  // leases asked for; those that were not immediate
  HistogramSnapshot lease_wait;
  uint64_t sent_again = 0, outcome_unknown = 0, timeouts = 0;
  uint64_t detours = 0;  // connections left alone with a large reply
  uint64_t denied = 0, auth_failed = 0, protocol_errors = 0;
  uint64_t shed = 0;                                           // clients closed for what they did not read
  uint64_t messages = 0, deliveries = 0, subscriber_gaps = 0;  // Pub/Sub
  uint64_t scripts_repaired = 0;
  uint64_t slow_requests = 0;
  // Where replicas take reads. The primary took the others: no replica was known to have what the client had
  // written; none served at all.
  uint64_t replica_reads = 0, reads_behind = 0, reads_without_replica = 0;
  uint64_t replica_waits = 0;  // reads that waited for a replica
  uint64_t reads_moved = 0;    // sent again elsewhere, as the replica failed

  RedisCounters& operator+=(const RedisCounters& other);
};

// A client is in exactly one of these.
enum class RedisClientState : uint8_t {
  kLogin,       // has not logged in
  kIdle,        // nothing is owed to it
  kActive,      // replies are owed to it
  kWaiting,     // waits for a connection to Redis
  kBlocked,     // in BLPOP or its kin
  kSubscribed,  // idle, and listens
  kPinned,      // idle, and keeps a connection of its own: MULTI, WATCH, tracking, MONITOR
};
constexpr size_t kRedisClientStates = 7;

enum class RedisConnectionKind : uint8_t {
  kShared,      // carries the requests of any number of clients
  kLeased,      // of one client at a time
  kSubscriber,  // carries Pub/Sub
  kWatcher,     // the gateway's own, for INFO and COMMAND
};
constexpr size_t kRedisConnectionKinds = 4;

enum class RedisConnectionState : uint8_t {
  kLogin,   // connecting or logging in
  kActive,  // lent, or something is owed on it
  kIdle,
  kLost,  // the node could not be reached; it is tried again
};
constexpr size_t kRedisConnectionStates = 4;

// Of a cache whose primary Sentinels name. The same on every worker.
struct RedisFollowedRow {
  bool has_primary = false;
  std::string why;             // there is none
  bool holds = true;           // requests may still wait for one
  Duration without_primary{};  // so far; 0: there is one, and it answers
  uint64_t switches = 0;       // to another primary, since the start
  uint64_t outages = 0;        // times without one that answers, which are over
  Duration outage_time{}, last_outage{};
};

struct RedisCacheRow {
  std::string name;

  std::array<uint32_t, kRedisClientStates> clients{};
  std::array<std::array<uint32_t, kRedisConnectionStates>, kRedisConnectionKinds> connections{};
  uint64_t in_flight = 0;  // requests that Redis owes a reply for, or will be sent to it
  uint32_t leases_waiting = 0;
  microseconds oldest_wait{0};                              // for a connection; 0: nobody waits
  uint32_t channels = 0, patterns = 0, shard_channels = 0;  // subscribed to, once per worker
  RedisCounters counters;

  // The same on every worker.
  uint32_t leases_used = 0, lease_limit = 0;
  std::optional<RedisFollowedRow> followed;

  uint32_t& in(RedisClientState state) { return clients[static_cast<size_t>(state)]; }
  uint32_t in(RedisClientState state) const { return clients[static_cast<size_t>(state)]; }
  uint32_t& in(RedisConnectionKind kind, RedisConnectionState state) {
    return connections[static_cast<size_t>(kind)][static_cast<size_t>(state)];
  }
  uint32_t in(RedisConnectionKind kind, RedisConnectionState state) const {
    return connections[static_cast<size_t>(kind)][static_cast<size_t>(state)];
  }
  uint32_t clientsInAll() const;

  RedisCacheRow& operator+=(const RedisCacheRow& other);  // of the same cache
};

// What INFO said last.
struct RedisInfo {
  WallTime at{};                    // the default: it has never said anything
  std::optional<std::string> role;  // "master", "replica"
  std::optional<uint64_t> used_memory, used_memory_peak, maxmemory, evicted_keys;
  std::optional<uint64_t> keyspace_hits, keyspace_misses, commands_processed, uptime_seconds;
  std::optional<uint64_t> connected_clients, blocked_clients, rejected_connections, ops_per_second;
  bool loading = false;
  std::string error;  // why it says nothing
};

// Of a Redis that Sentinels tell of: what it says of itself.
struct RedisTopologyRow {
  bool accepted = false;  // as the primary
  std::string role, state, why;
  std::optional<uint64_t> lag_bytes{};  // of a replica: behind the primary
  std::optional<Duration> lag{};        // no more than this
  std::optional<bool> serves_reads{};   // of a replica, where they do
};

// A Redis server behind a cache.
struct RedisNodeRow {
  std::string cache, host;
  uint16_t port = 0;

  uint32_t connections = 0;       // of this process, logged in
  std::optional<uint64_t> reads;  // of clients that went there; none: all go to the primary

  // The same on every worker, or the newest counts.
  uint64_t epoch = 0;                           // raised when another node, or another login, takes its place
  std::string version, mode;                    // "7.0.15", "standalone"; empty: unknown
  uint32_t databases = 0;                       // 0: unknown
  WallTime last_reached{}, last_unreachable{};  // the default: never
  WallTime up_since{}, down_since{};            // when it last began to be reached, and not to be
  std::string last_error;                       // belongs to last_unreachable
  bool silent = false;                          // connections are open, but it does not answer
  RedisInfo info;
  std::optional<RedisTopologyRow> topology;

  RedisNodeRow& operator+=(const RedisNodeRow& other);  // of the same node
};

enum class RedisNodeState : uint8_t {
  kUnknown,  // not asked for yet
  kUp,
  kLoading,  // reached, and reads its data from disk: it refuses commands
  kDown,     // no connection stands, and the last try to make one has failed
};
RedisNodeState stateOf(const RedisNodeRow& node);
WallTime stateSince(const RedisNodeRow& node);  // the default: unknown

// As CLIENT LIST of Redis has it, with what only the gateway knows. The id is what CLIENT ID tells.
struct RedisClientRow {
  uint64_t id = 0;
  std::string cache, user;
  std::string addr;
  uint16_t port = 0;
  RedisClientState state = RedisClientState::kIdle;
  uint32_t database = 0;
  uint8_t resp = 2;
  std::string name, library;  // as the client says: "redis-py 5.0.1"
  WallTime connect_time{};
  seconds age{0}, idle{0};
  microseconds wait{0};  // for a connection
  uint32_t outstanding = 0;
  uint64_t lease = 0;  // the id of its own server connection, as in the log; 0: none
  uint32_t subscriptions = 0;
  std::string tls;  // empty: none
  uint64_t unparsed_bytes = 0, unsent_bytes = 0;
  std::string last_command;  // its name only; empty: none yet
};

struct RedisSlowRow {
  std::string cache;
  pools::SlowRequest request;
};

// Keys are data, unlike all else in a Snapshot: only for those who may see data.
struct RedisKeys {
  std::vector<pools::HotKey> hot;  // the hottest first
  std::vector<pools::BigKey> big;  // the largest first

  RedisKeys& operator+=(const RedisKeys& other);  // of the same cache
};

std::string_view nameOf(RedisClientState state);
std::string_view nameOf(RedisConnectionKind kind);
std::string_view nameOf(RedisConnectionState state);
std::string_view nameOf(RedisNodeState state);

}  // namespace forebay::admin
