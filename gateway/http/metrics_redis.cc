#include <array>

#include "gateway/http/health.h"
#include "gateway/http/metrics.h"

namespace forebay::http {
namespace {

using admin::RedisCacheRow;
using admin::RedisCounters;
using Caches = decltype(admin::Snapshot::redis_caches);

Labels labelsOf(const RedisCacheRow& cache) { return {label("cache", cache.name)}; }

Labels labelsOf(const RedisCacheRow& cache, std::string_view name, std::string_view value) {
  Labels out = labelsOf(cache);
  out.push_back(label(name, value));
  return out;
}

void appendEach(Family family, const Caches& caches, auto value) {
  for (const auto& [name, cache] : caches) family.add(labelsOf(cache), static_cast<double>(value(cache)));
}

struct Plain {
  std::string_view name, help;
  uint64_t RedisCounters::*field;
};
constexpr std::array kCounters{
    Plain{"forebay_redis_hits_total", "Reads that were answered with a value.", &RedisCounters::hits},
    Plain{"forebay_redis_misses_total", "Reads that were answered with a null.", &RedisCounters::misses},
    Plain{"forebay_redis_leases_total", "Times that a client asked for a connection of its own.",
          &RedisCounters::leases},
    Plain{"forebay_redis_lease_waits_total", "Times that it had to wait for one.",
          &RedisCounters::lease_waits},
    Plain{"forebay_redis_detours_total",
          "Times that new requests took another connection, since a large reply was on the way.",
          &RedisCounters::detours},
    Plain{"forebay_redis_requests_sent_again_total",
          "Requests sent a second time after a connection was lost: reads, and what Redis cannot have seen.",
          &RedisCounters::sent_again},
    Plain{"forebay_redis_outcome_unknown_total",
          "Requests answered with an error since the connection was lost before their reply.",
          &RedisCounters::outcome_unknown},
    Plain{"forebay_redis_timeouts_total", "Requests that ran into a timeout of the gateway.",
          &RedisCounters::timeouts},
    Plain{"forebay_redis_denied_total", "Requests that their user may not make.", &RedisCounters::denied},
    Plain{"forebay_redis_auth_failures_total", "Logins with a wrong user or password.",
          &RedisCounters::auth_failed},
    Plain{"forebay_redis_protocol_errors_total", "Clients whose bytes were no requests.",
          &RedisCounters::protocol_errors},
    Plain{"forebay_redis_clients_shed_total", "Clients closed since too much was held for them.",
          &RedisCounters::shed},
    Plain{"forebay_redis_pubsub_messages_total", "Messages received, once for all clients of a worker.",
          &RedisCounters::messages},
    Plain{"forebay_redis_pubsub_deliveries_total", "Messages passed on to clients.",
          &RedisCounters::deliveries},
    Plain{"forebay_redis_pubsub_gaps_total",
          "Times that the connection for subscriptions was lost: messages may be missing.",
          &RedisCounters::subscriber_gaps},
    Plain{"forebay_redis_scripts_repaired_total",
          "Scripts that Redis did not know and that were sent to it again.",
          &RedisCounters::scripts_repaired},
    Plain{"forebay_redis_replica_reads_total", "Reads that went to a replica.",
          &RedisCounters::replica_reads},
    Plain{"forebay_redis_replica_waits_total", "Reads that waited for a replica (replica_wait_timeout).",
          &RedisCounters::replica_waits},
    Plain{"forebay_redis_replica_reads_moved_total",
          "Reads sent again elsewhere since their replica was lost, or refused them.",
          &RedisCounters::reads_moved},
    Plain{"forebay_redis_slow_requests_total", "Requests that took longer than slowlog_log_slower_than.",
          &RedisCounters::slow_requests},
    Plain{"forebay_redis_server_logins_total", "Connections to Redis that were opened and logged in.",
          &RedisCounters::server_logins},
    Plain{"forebay_redis_server_login_failures_total", "Connections to Redis that failed before that.",
          &RedisCounters::server_login_failures},
    Plain{"forebay_redis_server_losses_total", "Connections to Redis lost later on.",
          &RedisCounters::server_losses},
};

struct Split {
  std::string_view value;
  uint64_t RedisCounters::*field;
};

void appendSplit(Family family, const Caches& caches, std::string_view label_name,
                 std::initializer_list<Split> parts) {
  for (const auto& [name, cache] : caches)
    for (const Split& part : parts)
      family.add(labelsOf(cache, label_name, part.value), static_cast<double>(cache.counters.*part.field));
}

void appendStates(Families& out, const Caches& caches) {
  Family clients = gauge(out, "forebay_redis_clients", "Clients, by what they do.");
  for (const auto& [name, cache] : caches)
    for (size_t state = 0; state < admin::kRedisClientStates; ++state)
      clients.add(labelsOf(cache, "state", nameOf(static_cast<admin::RedisClientState>(state))),
                  cache.clients[state]);
  Family connections =
      gauge(out, "forebay_redis_connections", "Connections to Redis, by their kind and what they do.");
  for (const auto& [name, cache] : caches)
    for (size_t kind = 0; kind < admin::kRedisConnectionKinds; ++kind)
      for (size_t state = 0; state < admin::kRedisConnectionStates; ++state) {
        Labels labels = labelsOf(cache, "kind", nameOf(static_cast<admin::RedisConnectionKind>(kind)));
        labels.push_back(label("state", nameOf(static_cast<admin::RedisConnectionState>(state))));
        connections.add(std::move(labels), cache.connections[kind][state]);
      }
}

void appendGauges(Families& out, const Caches& caches) {
  appendEach(gauge(out, "forebay_redis_requests_in_flight", "Requests that Redis has not answered yet."),
             caches, [](const RedisCacheRow& c) { return c.in_flight; });
  appendEach(gauge(out, "forebay_redis_leases_used", "Connections that exist for one client at a time."),
             caches, [](const RedisCacheRow& c) { return c.leases_used; });
  appendEach(gauge(out, "forebay_redis_lease_limit", "As many may exist: lease_pool_size."), caches,
             [](const RedisCacheRow& c) { return c.lease_limit; });
  appendEach(gauge(out, "forebay_redis_lease_saturation_ratio", "Those in use, as a share of the limit."),
             caches, [](const RedisCacheRow& c) { return leaseSaturationOf(c); });
  appendEach(gauge(out, "forebay_redis_lease_queue_depth", "Clients that wait for such a connection."),
             caches, [](const RedisCacheRow& c) { return c.leases_waiting; });
  appendEach(gauge(out, "forebay_redis_oldest_wait_seconds",
                   "For how long the request has waited for a connection that waits longest."),
             caches, [](const RedisCacheRow& c) { return secondsOf(c.oldest_wait); });
  Family subscriptions =
      gauge(out, "forebay_redis_subscriptions", "Names subscribed to at Redis, once for each worker.");
  for (const auto& [name, cache] : caches) {
    subscriptions.add(labelsOf(cache, "kind", "channel"), cache.channels);
    subscriptions.add(labelsOf(cache, "kind", "pattern"), cache.patterns);
    subscriptions.add(labelsOf(cache, "kind", "shard_channel"), cache.shard_channels);
  }
}

void appendCounters(Families& out, const Caches& caches) {
  appendSplit(
      counter(out, "forebay_redis_commands_total",
              "Commands of clients, by what they do; local: answered without asking Redis."),
      caches, "class",
      {{"read", &RedisCounters::reads}, {"write", &RedisCounters::writes}, {"local", &RedisCounters::local}});
  Family groups = counter(out, "forebay_redis_answers_total", "Commands that Redis has answered, by group.");
  for (const auto& [name, cache] : caches)
    for (size_t group = 0; group < redisproto::kGroups; ++group)
      groups.add(labelsOf(cache, "group", nameOf(static_cast<redisproto::Group>(group))),
                 static_cast<double>(cache.counters.commands[group]));
  appendSplit(
      counter(out, "forebay_redis_client_bytes_total", "Bytes received from clients, and sent to them."),
      caches, "direction",
      {{"received", &RedisCounters::client_bytes}, {"sent", &RedisCounters::client_bytes_sent}});
  appendSplit(counter(out, "forebay_redis_server_bytes_total", "Bytes received from Redis, and sent to it."),
              caches, "direction",
              {{"received", &RedisCounters::server_bytes}, {"sent", &RedisCounters::server_bytes_sent}});
  appendSplit(
      counter(out, "forebay_redis_primary_fallbacks_total",
              "Reads that the primary took in place of a replica: behind: no replica was known to have "
              "what the client had written; none: no replica served."),
      caches, "reason",
      {{"behind", &RedisCounters::reads_behind}, {"none", &RedisCounters::reads_without_replica}});
  for (const Plain& each : kCounters)
    appendEach(counter(out, each.name, each.help), caches,
               [&](const RedisCacheRow& cache) { return cache.counters.*each.field; });
}

void appendHistograms(Families& out, const Caches& caches) {
  // Only of groups that were used: sixteen histograms for each cache would be mostly zeros.
  Family latency = histogram(out, "forebay_redis_latency_seconds",
                             "Time from a command's arrival to its reply, by the command's group.");
  for (const auto& [name, cache] : caches)
    for (size_t group = 0; group < redisproto::kGroups; ++group)
      if (cache.counters.commands[group] > 0)
        latency.add(labelsOf(cache, "group", nameOf(static_cast<redisproto::Group>(group))),
                    cache.counters.latency[group]);
  Family before = histogram(out, "forebay_redis_gateway_seconds",
                            "Time that commands spent in the gateway before they were written to Redis.");
  for (const auto& [name, cache] : caches) before.add(labelsOf(cache), cache.counters.before_write);
  Family waits = histogram(out, "forebay_redis_lease_wait_seconds",
                           "Time that clients waited for a connection of their own, if they had to.");
  for (const auto& [name, cache] : caches) waits.add(labelsOf(cache), cache.counters.lease_wait);
}

}  // namespace

void appendRedisMetrics(Families& out, const admin::Snapshot& snapshot) {
  if (snapshot.redis_caches.empty()) return;
  appendStates(out, snapshot.redis_caches);
  appendGauges(out, snapshot.redis_caches);
  appendCounters(out, snapshot.redis_caches);
  appendHistograms(out, snapshot.redis_caches);
}

}  // namespace forebay::http
