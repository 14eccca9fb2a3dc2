#include "gateway/admin/redis_rows.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace forebay::admin {
namespace {

constexpr size_t kHotKeys = 32;

// Counters and gauges of the same things, one by one.
template <typename T, size_t n>
void addEach(std::array<T, n>& into, const std::array<T, n>& from) {
  for (size_t i = 0; i < n; ++i) into[i] += from[i];
}

}  // namespace

RedisCounters& RedisCounters::operator+=(const RedisCounters& other) {
  addEach(commands, other.commands);
  addEach(latency, other.latency);
  before_write += other.before_write;
  reads += other.reads;
  writes += other.writes;
  local += other.local;
  hits += other.hits;
  misses += other.misses;
  client_bytes += other.client_bytes;
  client_bytes_sent += other.client_bytes_sent;
  server_bytes += other.server_bytes;
  server_bytes_sent += other.server_bytes_sent;
  server_logins += other.server_logins;
  server_login_failures += other.server_login_failures;
  server_losses += other.server_losses;
  leases += other.leases;
  lease_waits += other.lease_waits;
  lease_wait += other.lease_wait;
  sent_again += other.sent_again;
  outcome_unknown += other.outcome_unknown;
  timeouts += other.timeouts;
  detours += other.detours;
  denied += other.denied;
  auth_failed += other.auth_failed;
  protocol_errors += other.protocol_errors;
  shed += other.shed;
  messages += other.messages;
  deliveries += other.deliveries;
  subscriber_gaps += other.subscriber_gaps;
  scripts_repaired += other.scripts_repaired;
  slow_requests += other.slow_requests;
  replica_reads += other.replica_reads;
  reads_behind += other.reads_behind;
  reads_without_replica += other.reads_without_replica;
  replica_waits += other.replica_waits;
  reads_moved += other.reads_moved;
  return *this;
}

uint32_t RedisCacheRow::clientsInAll() const {
  return std::accumulate(clients.begin(), clients.end(), uint32_t{0});
}

RedisCacheRow& RedisCacheRow::operator+=(const RedisCacheRow& other) {
  assert(name == other.name);
  addEach(clients, other.clients);
  for (size_t kind = 0; kind < connections.size(); ++kind)
    addEach(connections[kind], other.connections[kind]);
  in_flight += other.in_flight;
  leases_waiting += other.leases_waiting;
  oldest_wait = std::max(oldest_wait, other.oldest_wait);
  channels += other.channels;
  patterns += other.patterns;
  shard_channels += other.shard_channels;
  counters += other.counters;
  leases_used = std::max(leases_used, other.leases_used);
  lease_limit = std::max(lease_limit, other.lease_limit);
  if (!followed) followed = other.followed;
  return *this;
}

RedisNodeRow& RedisNodeRow::operator+=(const RedisNodeRow& other) {
  assert(cache == other.cache && host == other.host && port == other.port);
  connections += other.connections;
  if (other.reads) reads = reads.value_or(0) + *other.reads;
  epoch = std::max(epoch, other.epoch);
  if (version.empty()) version = other.version;
  if (mode.empty()) mode = other.mode;
  databases = std::max(databases, other.databases);
  last_reached = std::max(last_reached, other.last_reached);
  up_since = std::max(up_since, other.up_since);
  down_since = std::max(down_since, other.down_since);
  if (other.last_unreachable > last_unreachable) {
    last_unreachable = other.last_unreachable;
    last_error = other.last_error;
  }
  silent = silent || other.silent;
  if (!topology) topology = other.topology;
  if (other.info.at > info.at || info.at == WallTime{}) info = other.info;
  return *this;
}

RedisNodeState stateOf(const RedisNodeRow& node) {
  if (node.silent) return RedisNodeState::kDown;
  if (node.connections == 0) {
    if (node.last_unreachable > node.last_reached) return RedisNodeState::kDown;
    if (node.last_reached == WallTime{}) return RedisNodeState::kUnknown;
  }
  return node.info.loading ? RedisNodeState::kLoading : RedisNodeState::kUp;
}

WallTime stateSince(const RedisNodeRow& node) {
  switch (stateOf(node)) {
    case RedisNodeState::kUnknown: return {};
    case RedisNodeState::kUp:
    case RedisNodeState::kLoading: return node.up_since;
    case RedisNodeState::kDown: return node.down_since;
  }
  return {};
}

RedisKeys& RedisKeys::operator+=(const RedisKeys& other) {
  const std::array all_hot{std::move(hot), other.hot};
  hot = pools::mergeHotKeys(all_hot, kHotKeys);
  big = pools::mergeBigKeys({std::move(big), other.big}, pools::BigKeys::kLargest);
  return *this;
}

std::string_view nameOf(RedisClientState state) {
  switch (state) {
    case RedisClientState::kLogin: return "login";
    case RedisClientState::kIdle: return "idle";
    case RedisClientState::kActive: return "active";
    case RedisClientState::kWaiting: return "waiting";
    case RedisClientState::kBlocked: return "blocked";
    case RedisClientState::kSubscribed: return "subscribed";
    case RedisClientState::kPinned: return "pinned";
  }
  return "login";
}

std::string_view nameOf(RedisConnectionKind kind) {
  switch (kind) {
    case RedisConnectionKind::kShared: return "shared";
    case RedisConnectionKind::kLeased: return "leased";
    case RedisConnectionKind::kSubscriber: return "subscriber";
    case RedisConnectionKind::kWatcher: return "watcher";
  }
  return "shared";
}

std::string_view nameOf(RedisConnectionState state) {
  switch (state) {
    case RedisConnectionState::kLogin: return "login";
    case RedisConnectionState::kActive: return "active";
    case RedisConnectionState::kIdle: return "idle";
    case RedisConnectionState::kLost: return "lost";
  }
  return "login";
}

std::string_view nameOf(RedisNodeState state) {
  switch (state) {
    case RedisNodeState::kUnknown: return "unknown";
    case RedisNodeState::kUp: return "up";
    case RedisNodeState::kLoading: return "loading";
    case RedisNodeState::kDown: return "down";
  }
  return "unknown";
}

}  // namespace forebay::admin
