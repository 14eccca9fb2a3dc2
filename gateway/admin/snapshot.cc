#include "gateway/admin/snapshot.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <tuple>

namespace forebay::admin {
namespace {

void addAll(ReasonCounts& into, const ReasonCounts& from) {
  for (const auto& [reason, count] : from) into[reason] += count;
}

template <typename T>
void append(std::vector<T>& into, std::vector<T>&& from) {
  into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void mergeMemory(std::vector<MemoryRow>& into, std::vector<MemoryRow>&& from) {
  for (MemoryRow& row : from) {
    const auto same =
        std::find_if(into.begin(), into.end(), [&](const MemoryRow& r) { return r.name == row.name; });
    if (same == into.end()) {
      into.push_back(std::move(row));
    } else {
      same->used += row.used;
      same->free += row.free;
    }
  }
}

// Every worker may have asked for the same name at its own time: the freshest answer stands.
void mergeDns(std::vector<DnsRow>& into, std::vector<DnsRow>&& from) {
  for (DnsRow& row : from) {
    const auto same =
        std::find_if(into.begin(), into.end(), [&](const DnsRow& r) { return r.hostname == row.hostname; });
    if (same == into.end()) {
      into.push_back(std::move(row));
    } else if (row.ttl > same->ttl) {
      *same = std::move(row);
    }
  }
}

void mergePeerPools(std::vector<PeerPoolRow>& into, const std::vector<PeerPoolRow>& from) {
  for (const PeerPoolRow& row : from) {
    const auto same = std::find_if(into.begin(), into.end(),
                                   [&](const PeerPoolRow& r) { return r.peer_id == row.peer_id; });
    if (same == into.end()) {
      into.push_back(row);
    } else {
      same->cl_active_cancel_req += row.cl_active_cancel_req;
      same->cl_waiting_cancel_req += row.cl_waiting_cancel_req;
      same->sv_active_cancel += row.sv_active_cancel;
      same->sv_login += row.sv_login;
    }
  }
}

}  // namespace

PoolCounters& PoolCounters::operator+=(const PoolCounters& other) {
  server_assignments += other.server_assignments;
  transactions += other.transactions;
  queries += other.queries;
  client_bytes += other.client_bytes;
  server_bytes += other.server_bytes;
  client_parses += other.client_parses;
  server_parses += other.server_parses;
  binds += other.binds;
  waits += other.waits;
  cancels += other.cancels;
  server_logins += other.server_logins;
  server_login_failures += other.server_login_failures;
  pins += other.pins;
  addAll(timeouts, other.timeouts);
  addAll(rejected, other.rejected);
  wait += other.wait;
  query += other.query;
  transaction += other.transaction;
  return *this;
}

PoolRow& PoolRow::operator+=(const PoolRow& other) {
  assert(database == other.database && user == other.user);
  cl_active += other.cl_active;
  cl_idle += other.cl_idle;
  cl_waiting += other.cl_waiting;
  cl_active_cancel_req += other.cl_active_cancel_req;
  cl_waiting_cancel_req += other.cl_waiting_cancel_req;
  sv_active += other.sv_active;
  sv_active_cancel += other.sv_active_cancel;
  sv_being_canceled += other.sv_being_canceled;
  sv_idle += other.sv_idle;
  sv_used += other.sv_used;
  sv_tested += other.sv_tested;
  sv_login += other.sv_login;
  oldest_wait = std::max(oldest_wait, other.oldest_wait);
  addAll(pinned, other.pinned);
  counters += other.counters;
  // Where the parts disagree, as several pools in one row do and workers during a reload, the largest counts.
  if (other.pool_size < pool_size) return *this;
  pool_mode = other.pool_mode;
  pool_size = other.pool_size;
  reserve_pool_size = other.reserve_pool_size;
  return *this;
}

DatabaseRow& DatabaseRow::operator+=(const DatabaseRow& other) {
  assert(name == other.name);
  paused = paused || other.paused;
  disabled = disabled || other.disabled;
  last_reached = std::max(last_reached, other.last_reached);
  if (other.last_unreachable > last_unreachable) {
    last_unreachable = other.last_unreachable;
    last_error = other.last_error;
  }
  return *this;
}

ProcessRow& ProcessRow::operator+=(const ProcessRow& other) {
  connections_accepted += other.connections_accepted;
  buffer_bytes += other.buffer_bytes;
  login_clients += other.login_clients;
  console_clients += other.console_clients;
  free_clients += other.free_clients;
  free_servers += other.free_servers;
  dns_queries += other.dns_queries;
  dns_pending += other.dns_pending;
  log_lines_dropped += other.log_lines_dropped;
  addAll(rejected, other.rejected);

  workers = std::max(workers, other.workers);
  started = std::max(started, other.started);
  open_fds = std::max(open_fds, other.open_fds);
  max_fds = std::max(max_fds, other.max_fds);
  reloads_succeeded = std::max(reloads_succeeded, other.reloads_succeeded);
  reloads_failed = std::max(reloads_failed, other.reloads_failed);
  return *this;
}

PoolRow& Snapshot::pool(std::string_view database, std::string_view user) {
  const auto [place, added] = pools.try_emplace({std::string(database), std::string(user)});
  if (added) {
    place->second.database = database;
    place->second.user = user;
  }
  return place->second;
}

DatabaseRow& Snapshot::database(std::string_view name) {
  DatabaseRow& row = databases[std::string(name)];
  row.name = name;
  return row;
}

DatabaseTopology& Snapshot::topology(std::string_view database) {
  const auto same = std::find_if(topologies.begin(), topologies.end(),
                                 [&](const DatabaseTopology& r) { return r.database == database; });
  if (same != topologies.end()) return *same;
  DatabaseTopology& row = topologies.emplace_back();
  row.database = database;
  return row;
}

RedisCacheRow& Snapshot::redisCache(std::string_view name) {
  RedisCacheRow& row = redis_caches[std::string(name)];
  row.name = name;
  return row;
}

RedisNodeRow& Snapshot::redisNode(std::string_view cache, std::string_view host, uint16_t port) {
  const std::tuple wanted(cache, host, port);
  const auto place = [](const RedisNodeRow& r) {
    return std::tuple<std::string_view, std::string_view, uint16_t>(r.cache, r.host, r.port);
  };
  const auto at = std::lower_bound(redis_nodes.begin(), redis_nodes.end(), wanted,
                                   [&](const RedisNodeRow& r, const auto& w) { return place(r) < w; });
  if (at != redis_nodes.end() && place(*at) == wanted) return *at;
  RedisNodeRow row;
  row.cache = cache;
  row.host = host;
  row.port = port;
  return *redis_nodes.insert(at, std::move(row));
}

void Snapshot::merge(Snapshot&& part) {
  taken = std::max(taken, part.taken);
  taken_at = std::max(taken_at, part.taken_at);
  phase = std::max(phase, part.phase);
  pause = std::max(pause, part.pause);
  for (const auto& [key, row] : part.pools) pool(key.first, key.second) += row;
  for (const auto& [name, row] : part.databases) database(name) += row;
  for (const auto& [user, count] : part.logins) logins[user] += count;
  process += part.process;
  mergeMemory(memory, std::move(part.memory));
  mergeDns(dns, std::move(part.dns));
  mergePeerPools(peer_pools, part.peer_pools);
  append(clients, std::move(part.clients));
  append(servers, std::move(part.servers));
  append(cancels, std::move(part.cancels));
  append(pins, std::move(part.pins));
  append(prepared, std::move(part.prepared));
  append(listeners, std::move(part.listeners));
  any_database = any_database && part.any_database;
  for (const auto& [name, row] : part.redis_caches) redisCache(name) += row;
  for (const RedisNodeRow& row : part.redis_nodes) redisNode(row.cache, row.host, row.port) += row;
  for (const DatabaseTopology& row : part.topologies) topology(row.database) += row;
  append(events, std::move(part.events));
  append(redis_clients, std::move(part.redis_clients));
  append(redis_slow, std::move(part.redis_slow));
  for (const auto& [name, keys] : part.redis_keys) redis_keys[name] += keys;
}

std::string_view nameOf(Replication kind) {
  switch (kind) {
    case Replication::kNone: return "none";
    case Replication::kLogical: return "logical";
    case Replication::kPhysical: return "physical";
  }
  return "none";
}

std::string_view nameOf(ClientState state) {
  switch (state) {
    case ClientState::kLogin: return "login";
    case ClientState::kActive: return "active";
    case ClientState::kIdle: return "idle";
    case ClientState::kWaiting: return "waiting";
    case ClientState::kActiveCancelReq: return "active_cancel_req";
    case ClientState::kWaitingCancelReq: return "waiting_cancel_req";
  }
  return "login";
}

std::string_view nameOf(ServerState state) {
  switch (state) {
    case ServerState::kLogin: return "new";
    case ServerState::kIdle: return "idle";
    case ServerState::kActive: return "active";
    case ServerState::kUsed: return "used";
    case ServerState::kTested: return "tested";
    case ServerState::kActiveCancel: return "active_cancel";
    case ServerState::kBeingCanceled: return "being_canceled";
  }
  return "new";
}

}  // namespace forebay::admin
