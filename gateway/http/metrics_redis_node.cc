// What is known of the Redis servers behind the caches, most of it from their INFO. What is unknown is left
// out.
#include <algorithm>
#include <array>

#include "gateway/http/metrics.h"

namespace forebay::http {
namespace {

using admin::RedisInfo;
using admin::RedisNodeRow;
using admin::RedisNodeState;
using Nodes = std::vector<RedisNodeRow>;

Labels labelsOf(const RedisNodeRow& node) {
  const bool ipv6 = node.host.find(':') != std::string::npos;
  const std::string place = (ipv6 ? "[" + node.host + "]" : node.host) + ":" + std::to_string(node.port);
  return {label("cache", node.cache), label("node", place)};
}

struct FromInfo {
  std::string_view name, help;
  prometheus::MetricType type;
  std::optional<uint64_t> RedisInfo::*field;
};
constexpr auto kGauge = prometheus::MetricType::Gauge;
constexpr auto kCounter = prometheus::MetricType::Counter;
constexpr std::array kFromInfo{
    FromInfo{"forebay_redis_node_memory_used_bytes", "Memory that Redis uses (used_memory).", kGauge,
             &RedisInfo::used_memory},
    FromInfo{"forebay_redis_node_memory_peak_bytes", "The most that it has used (used_memory_peak).", kGauge,
             &RedisInfo::used_memory_peak},
    FromInfo{"forebay_redis_node_memory_max_bytes", "Memory that it may use (maxmemory); 0: no limit.",
             kGauge, &RedisInfo::maxmemory},
    FromInfo{"forebay_redis_node_evicted_keys_total", "Keys evicted since memory was short.", kCounter,
             &RedisInfo::evicted_keys},
    FromInfo{"forebay_redis_node_keyspace_hits_total", "Look-ups of keys that found one, by anybody.",
             kCounter, &RedisInfo::keyspace_hits},
    FromInfo{"forebay_redis_node_keyspace_misses_total", "Look-ups of keys that found none, by anybody.",
             kCounter, &RedisInfo::keyspace_misses},
    FromInfo{"forebay_redis_node_commands_total", "Commands that Redis has processed, of anybody.", kCounter,
             &RedisInfo::commands_processed},
    FromInfo{"forebay_redis_node_uptime_seconds", "For how long Redis has run.", kGauge,
             &RedisInfo::uptime_seconds},
    FromInfo{"forebay_redis_node_clients", "Connections that Redis has, the gateway's included.", kGauge,
             &RedisInfo::connected_clients},
    FromInfo{"forebay_redis_node_blocked_clients", "Those that wait in a blocking command.", kGauge,
             &RedisInfo::blocked_clients},
    FromInfo{"forebay_redis_node_rejected_connections_total",
             "Connections that Redis has refused since it had too many (maxclients).", kCounter,
             &RedisInfo::rejected_connections},
    FromInfo{"forebay_redis_node_ops_per_second", "Commands per second, as Redis itself counts them.", kGauge,
             &RedisInfo::ops_per_second},
};

void appendStatus(Families& out, const Nodes& nodes) {
  Family status =
      gauge(out, "forebay_redis_node_status", "1 for the status that a Redis has, 0 for the others.");
  for (const RedisNodeRow& node : nodes)
    for (const RedisNodeState each :
         {RedisNodeState::kUnknown, RedisNodeState::kUp, RedisNodeState::kLoading, RedisNodeState::kDown}) {
      Labels labels = labelsOf(node);
      labels.push_back(label("status", nameOf(each)));
      status.add(std::move(labels), stateOf(node) == each ? 1 : 0);
    }
}

// Of what Sentinels tell.
void appendTopology(Families& out, const Nodes& nodes) {
  Family role = gauge(out, "forebay_redis_node_role",
                      "1 for the role that a Redis has by its own word, of those that Sentinels tell of.");
  for (const RedisNodeRow& node : nodes) {
    if (!node.topology) continue;
    Labels labels = labelsOf(node);
    labels.push_back(label("role", node.topology->role));
    role.add(std::move(labels), 1);
  }
  Family primary = gauge(out, "forebay_redis_node_is_primary", "1 for the one that commands go to.");
  for (const RedisNodeRow& node : nodes)
    if (node.topology) primary.add(labelsOf(node), node.topology->accepted ? 1 : 0);
  Family lag = gauge(out, "forebay_redis_node_lag_bytes",
                     "How far a replica is behind in the replication stream when it was asked last.");
  for (const RedisNodeRow& node : nodes)
    if (node.topology && node.topology->lag_bytes)
      lag.add(labelsOf(node), static_cast<double>(*node.topology->lag_bytes));
  Family time = gauge(out, "forebay_redis_node_lag_seconds",
                      "How far a replica is behind, at most, where replicas take reads.");
  for (const RedisNodeRow& node : nodes)
    if (node.topology && node.topology->lag) time.add(labelsOf(node), secondsOf(*node.topology->lag));
  Family serves = gauge(out, "forebay_redis_node_serves_reads",
                        "1 for a replica that reads go to, 0 for one left alone.");
  for (const RedisNodeRow& node : nodes)
    if (node.topology && node.topology->serves_reads)
      serves.add(labelsOf(node), *node.topology->serves_reads ? 1 : 0);
  Family reads = counter(out, "forebay_redis_node_reads_total", "Reads by node, where replicas take reads.");
  for (const RedisNodeRow& node : nodes)
    if (node.reads) reads.add(labelsOf(node), static_cast<double>(*node.reads));
}

void appendFollowed(Families& out, const admin::Snapshot& snapshot) {
  const auto each = [&](Family family, auto value) {
    for (const auto& [name, cache] : snapshot.redis_caches)
      if (cache.followed) family.add({label("cache", name)}, value(*cache.followed));
  };
  using Row = admin::RedisFollowedRow;
  each(counter(out, "forebay_redis_primary_switches_total", "Times that another Redis became the primary."),
       [](const Row& row) { return static_cast<double>(row.switches); });
  each(counter(out, "forebay_redis_primary_outages_total",
               "Times without a primary that answers, which are over."),
       [](const Row& row) { return static_cast<double>(row.outages); });
  each(counter(out, "forebay_redis_primary_outage_seconds_total", "How long these were together."),
       [](const Row& row) { return secondsOf(row.outage_time); });
  each(gauge(out, "forebay_redis_primary_last_outage_seconds", "How long the last of them was."),
       [](const Row& row) { return secondsOf(row.last_outage); });
  each(gauge(out, "forebay_redis_primary_missing_seconds",
             "How long there has been none that answers; 0: there is one."),
       [](const Row& row) { return secondsOf(row.without_primary); });
}

// Only what is known of it becomes a label.
void appendIdentity(Families& out, const Nodes& nodes) {
  Family info = gauge(out, "forebay_redis_node_info", "Always 1; the labels say what it is.");
  for (const RedisNodeRow& node : nodes) {
    Labels labels = labelsOf(node);
    if (!node.version.empty()) labels.push_back(label("version", node.version));
    if (!node.mode.empty()) labels.push_back(label("mode", node.mode));
    if (node.info.role) labels.push_back(label("role", *node.info.role));
    info.add(std::move(labels), 1);
  }
}

}  // namespace

void appendRedisNodeMetrics(Families& out, const admin::Snapshot& snapshot) {
  const Nodes& nodes = snapshot.redis_nodes;
  const auto isFollowed = [](const auto& cache) { return cache.second.followed.has_value(); };
  if (std::ranges::any_of(snapshot.redis_caches, isFollowed)) {
    appendFollowed(out, snapshot);
    appendTopology(out, nodes);
  }
  if (nodes.empty()) return;
  appendStatus(out, nodes);
  appendIdentity(out, nodes);
  Family connections = gauge(out, "forebay_redis_node_connections", "Connections to it that are logged in.");
  for (const RedisNodeRow& node : nodes) connections.add(labelsOf(node), node.connections);
  Family epoch = gauge(out, "forebay_redis_node_epoch",
                       "Raised whenever another Redis, or another login, takes this one's place.");
  for (const RedisNodeRow& node : nodes) epoch.add(labelsOf(node), static_cast<double>(node.epoch));
  Family age = gauge(out, "forebay_redis_node_info_age_seconds", "How old the numbers from its INFO are.");
  for (const RedisNodeRow& node : nodes)
    if (node.info.at != WallTime{}) age.add(labelsOf(node), secondsOf(snapshot.taken - node.info.at));
  for (const FromInfo& each : kFromInfo) {
    Family family(out, each.name, each.help, each.type);
    for (const RedisNodeRow& node : nodes)
      if (const auto& value = node.info.*each.field) family.add(labelsOf(node), static_cast<double>(*value));
  }
}

}  // namespace forebay::http
