// What a worker tells of its caches: its part of a Snapshot.
#include <algorithm>

#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/words.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {
namespace {

using admin::RedisClientState;
using admin::RedisConnectionKind;
using admin::RedisConnectionState;
using pools::SubscriptionKind;
using Fields = std::map<std::string, std::string, std::less<>>;

microseconds toMicroseconds(Duration duration) { return std::chrono::duration_cast<microseconds>(duration); }
seconds toSeconds(Duration duration) { return std::chrono::duration_cast<seconds>(duration); }

void fillCounters(admin::RedisCounters& out, const CacheCounters& in) {
  for (size_t i = 0; i < redisproto::kGroups; ++i) {
    out.commands[i] += in.commands[i].get();
    out.latency[i] += in.latency[i].snapshot();
  }
  out.before_write += in.before_write.snapshot();
  out.reads += in.reads.get();
  out.writes += in.writes.get();
  out.local += in.local.get();
  out.hits += in.hits.get();
  out.misses += in.misses.get();
  out.client_bytes += in.client_bytes.get();
  out.client_bytes_sent += in.client_bytes_sent.get();
  out.server_bytes += in.bytes_received.get();
  out.server_bytes_sent += in.bytes_sent.get();
  out.server_logins += in.server_logins.get();
  out.server_login_failures += in.server_login_failures.get();
  out.server_losses += in.server_losses.get();
  out.leases += in.leases.get();
  out.lease_waits += in.lease_waits.get();
  out.lease_wait += in.lease_wait.snapshot();
  out.sent_again += in.sent_again.get();
  out.outcome_unknown += in.outcome_unknown.get();
  out.timeouts += in.timeouts.get();
  out.detours += in.detours.get();
  out.denied += in.denied.get();
  out.auth_failed += in.auth_failed.get();
  out.protocol_errors += in.protocol_errors.get();
  out.shed += in.shed.get();
  out.messages += in.messages.get();
  out.deliveries += in.deliveries.get();
  out.subscriber_gaps += in.subscriber_gaps.get();
  out.scripts_repaired += in.scripts_repaired.get();
  out.replica_reads += in.replica_reads.get();
  out.reads_behind += in.reads_behind.get();
  out.reads_without_replica += in.reads_without_replica.get();
  out.replica_waits += in.replica_waits.get();
  out.reads_moved += in.reads_moved.get();
}

// What this Redis does not tell, or tells in another way, stays unknown.
std::optional<uint64_t> numberOf(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  if (found == fields.end()) return std::nullopt;
  return wholeNumber<uint64_t>(found->second);
}

admin::RedisInfo readInfo(const NodeStats& stats) {
  admin::RedisInfo out;
  out.error = stats.error;
  if (stats.fields.empty()) return out;
  out.at = stats.at;
  if (const auto role = stats.fields.find("role"); role != stats.fields.end())
    out.role = role->second == "slave" ? "replica" : role->second;
  out.used_memory = numberOf(stats.fields, "used_memory");
  out.used_memory_peak = numberOf(stats.fields, "used_memory_peak");
  out.maxmemory = numberOf(stats.fields, "maxmemory");
  out.evicted_keys = numberOf(stats.fields, "evicted_keys");
  out.keyspace_hits = numberOf(stats.fields, "keyspace_hits");
  out.keyspace_misses = numberOf(stats.fields, "keyspace_misses");
  out.commands_processed = numberOf(stats.fields, "total_commands_processed");
  out.uptime_seconds = numberOf(stats.fields, "uptime_in_seconds");
  out.connected_clients = numberOf(stats.fields, "connected_clients");
  out.blocked_clients = numberOf(stats.fields, "blocked_clients");
  out.rejected_connections = numberOf(stats.fields, "rejected_connections");
  out.ops_per_second = numberOf(stats.fields, "instantaneous_ops_per_sec");
  out.loading = numberOf(stats.fields, "loading").value_or(0) != 0;
  return out;
}

RedisConnectionState stateOf(const Server& server) {
  switch (server.state()) {
    case Server::State::kResting:
    case Server::State::kClosed: return RedisConnectionState::kLost;
    case Server::State::kDialling:
    case Server::State::kGreeting: return RedisConnectionState::kLogin;
    case Server::State::kReady: break;
  }
  const bool active =
      server.kind() == Server::Kind::kSubscriber || server.holder() != nullptr || server.owed() > 0;
  return active ? RedisConnectionState::kActive : RedisConnectionState::kIdle;
}

RedisConnectionKind kindOf(const Server& server) {
  switch (server.kind()) {
    case Server::Kind::kShared: return RedisConnectionKind::kShared;
    case Server::Kind::kLeased: return RedisConnectionKind::kLeased;
    case Server::Kind::kSubscriber: return RedisConnectionKind::kSubscriber;
  }
  return RedisConnectionKind::kShared;
}

}  // namespace

// ---- clients

RedisClientState Client::shownState() const {
  if (!logged_in_) return RedisClientState::kLogin;
  if (hold_ == Hold::kLease || hold_ == Hold::kRoom || hold_ == Hold::kReplica)
    return RedisClientState::kWaiting;
  if (outstanding_ > 0) {
    if (server_ != nullptr && server_->state() != Server::State::kReady) return RedisClientState::kWaiting;
    const bool blocks = leased_ && last_command_ != nullptr && last_command_->is(redisproto::flag::kBlocking);
    return blocks ? RedisClientState::kBlocked : RedisClientState::kActive;
  }
  if (hold_ != Hold::kNone || streaming_) return RedisClientState::kActive;
  if (leased_) return RedisClientState::kPinned;
  return listens() ? RedisClientState::kSubscribed : RedisClientState::kIdle;
}

admin::RedisClientRow Client::row(Instant now) const {
  admin::RedisClientRow out;
  out.id = id_;
  out.cache = cache_.name();
  if (user_) out.user = user_->name;
  out.addr = peer_.host();
  out.port = peer_.port();
  out.state = shownState();
  out.database = database_;
  out.resp = resp_ == redisproto::Resp::k3 ? 3 : 2;
  if (extra_) {
    out.name = extra_->name;
    out.library = extra_->lib_name;
    if (!extra_->lib_version.empty()) out.library += (out.library.empty() ? "" : " ") + extra_->lib_version;
  }
  out.connect_time = connected_wall_;
  out.age = toSeconds(now - connected_at_);
  out.idle = toSeconds(now - last_at_);
  if (hold_ == Hold::kLease) out.wait = toMicroseconds(now - waiting_since_);
  out.outstanding = outstanding_;
  if (leased_ && server_ != nullptr) out.lease = server_->id();
  out.subscriptions = static_cast<uint32_t>(subscriptions() + shardSubscriptions());
  if (socket_.hasTls()) out.tls = socket_.tls()->description();
  out.unparsed_bytes = in_.size();
  out.unsent_bytes = out_.size();
  if (last_command_ != nullptr) out.last_command = last_command_->name;
  return out;
}

// ---- caches

void WorkerCache::count(admin::RedisCacheRow& out, const Server& server) {
  const RedisConnectionKind kind = &server == watcher_ ? RedisConnectionKind::kWatcher : kindOf(server);
  ++out.in(kind, stateOf(server));
  if (kind == RedisConnectionKind::kWatcher) return;
  out.in_flight += server.owed();
  if (const Instant since = server.waitingSince(); since != kNever)
    out.oldest_wait = std::max(out.oldest_wait, toMicroseconds(clock() - since));
}

void WorkerCache::fillNode(admin::RedisNodeRow& out) {
  servers_.forEach([&](const Server& server) {
    out.connections += server.replica() == nullptr && server.state() == Server::State::kReady;
  });
  if (splits_reads_) out.reads = out.reads.value_or(0) + replicas_.readsOf(nodeName());
  out.epoch = topology_ ? topology_->epoch : epoch_;
  out.version = facts_->version;
  out.mode = facts_->mode;
  out.databases = facts_->databases;
  const CacheShared::Contact contact = shared_->contact();
  out.last_reached = contact.reached;
  out.last_unreachable = contact.unreachable;
  out.up_since = contact.up_since;
  out.down_since = contact.down_since;
  out.last_error = contact.why;
  out.silent = contact.silent;
  out.info = readInfo(shared_->stats());
}

void WorkerCache::fillTopology(admin::Snapshot& out, const Followed& followed) {
  admin::RedisFollowedRow& row = out.redisCache(name()).followed.emplace();
  row.switches = followed.history.switches;
  row.outages = followed.history.outages;
  row.outage_time = followed.history.outage_time;
  row.last_outage = followed.history.last_outage;
  if (!followed.topology) return;
  const failover::Topology& topology = *followed.topology;
  row.has_primary = topology.primary.has_value();
  row.why = topology.why;
  if (topology.without_primary_since != kNever)
    row.without_primary = std::max(clock() - topology.without_primary_since, Duration::zero());
  row.holds = commandWaitTimeout() == Duration::zero() || row.without_primary < commandWaitTimeout();
  for (const failover::Node& node : topology.nodes) {
    admin::RedisNodeRow& there = out.redisNode(name(), node.host.host, node.host.port);
    there.epoch = topology.epoch;
    there.topology = {topology.isPrimary(node.host), std::string(nameOf(node.role)),
                      std::string(nameOf(node.state)), node.why, node.lag_bytes};
    if (there.topology->accepted && there.topology->why.empty()) there.topology->why = topology.why;
  }
}

void WorkerCache::fillReplicas(admin::Snapshot& out, const Followed& followed) {
  for (const auto& replica : replicas_.all()) {
    admin::RedisNodeRow& row = out.redisNode(name(), replica->host.host, replica->host.port);
    row.reads = row.reads.value_or(0) + replica->reads;
  }
  servers_.forEach([&](const Server& server) {
    if (server.replica() == nullptr || server.state() != Server::State::kReady) return;
    ++out.redisNode(name(), server.replica()->host.host, server.replica()->host.port).connections;
  });
  if (!followed.replicas) return;
  for (const failover::Replica& each : followed.replicas->all) {
    admin::RedisNodeRow& row = out.redisNode(name(), each.host.host, each.host.port);
    if (!row.topology) continue;
    row.topology->serves_reads = each.serves;
    row.topology->lag = each.lag;
    if (each.lag_bytes) row.topology->lag_bytes = each.lag_bytes;
    if (row.topology->why.empty()) row.topology->why = each.why;
  }
}

void WorkerCache::fill(admin::Snapshot& out, bool clients, bool slow_log, bool keys) {
  const Instant now = clock();
  admin::RedisCacheRow& row = out.redisCache(name());
  servers_.forEach([&](const Server& server) { count(row, server); });
  clients_.forEach([&](const Client& client) {
    ++row.in(client.shownState());
    if (clients) out.redis_clients.push_back(client.row(now));
  });
  row.leases_waiting += static_cast<uint32_t>(leases_.waiting());
  if (const Instant since = leases_.waitingSince(); since != kNever)
    row.oldest_wait = std::max(row.oldest_wait, toMicroseconds(now - since));
  const pools::Subscriptions& names = pub_sub_.subscriptions();
  row.channels += static_cast<uint32_t>(names.size(SubscriptionKind::kChannel));
  row.patterns += static_cast<uint32_t>(names.size(SubscriptionKind::kPattern));
  row.shard_channels += static_cast<uint32_t>(names.size(SubscriptionKind::kShard));
  row.leases_used = shared_->leases.used();
  row.lease_limit = shared_->leases.limit();
  fillCounters(row.counters, *counters_);
  row.counters.slow_requests += slow_log_.added();
  if (node_) fillNode(out.redisNode(name(), node_->host, node_->port));
  if (follows_) {
    const Followed followed = shared_->followed();
    fillTopology(out, followed);
    fillReplicas(out, followed);
  }
  if (slow_log)
    for (pools::SlowRequest& request : slow_log_.newest(slow_log_.maxLen()))
      out.redis_slow.push_back({name(), std::move(request)});
  if (!keys) return;
  hot_keys_->decay(now);
  out.redis_keys[name()] = {hot_keys_->top(), big_keys_->top()};
}

void RedisWorker::fill(admin::Snapshot& out, bool clients, bool slow_log, bool keys) {
  if (caches_.empty() && clients_.empty()) return;
  forEachCache([&](WorkerCache& cache) { cache.fill(out, clients, slow_log, keys); });
  out.process.connections_accepted += connections_accepted;
  for (const auto& [reason, count] : rejected) out.process.rejected[reason] += count;
  out.process.dns_queries += static_cast<uint32_t>(resolver_->names());
  out.process.dns_pending += static_cast<uint32_t>(resolver_->pendingNames());
  out.memory.push_back({"redis_client_cache", sizeof(Client), clients_.size(), 0});
  for (const net::Resolver::Known& known : resolver_->known(loop_.now())) {
    std::string addresses;
    for (const net::SocketAddress& address : known.addresses)
      addresses += (addresses.empty() ? "" : ",") + address.host() + ":0";
    out.dns.push_back({known.name, toSeconds(known.ttl), std::move(addresses)});
  }
}

}  // namespace forebay::redis
