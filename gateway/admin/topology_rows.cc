#include "gateway/admin/topology_rows.h"

#include <algorithm>
#include <cassert>
#include <cstdio>

#include "failover/route.h"

namespace forebay::admin {

using failover::Topology;

ReadRows::Row& ReadRows::of(std::string_view node) {
  const auto known = std::ranges::find(rows, node, &Row::node);
  if (known != rows.end()) return *known;
  return rows.emplace_back(Row{std::string(node), 0, {}});
}

ReadRows& ReadRows::operator+=(const ReadRows& other) {
  for (const Row& each : other.rows) {
    Row& row = of(each.node);
    row.reads += each.reads;
    row.why = each.why;
  }
  behind += other.behind;
  asked_again += other.asked_again;
  floors += other.floors;
  return *this;
}

DatabaseTopology& DatabaseTopology::operator+=(const DatabaseTopology& other) {
  assert(database == other.database);
  if (other.topology) {  // who knows it knows what goes with it
    topology = other.topology;
    target = other.target;
    hold_timeout = other.hold_timeout;
  }
  primary_changes += other.primary_changes;
  outages += other.outages;
  outage_time += other.outage_time;
  held_total += other.held_total;
  released += other.released;
  held_refused += other.held_refused;
  reads += other.reads;
  last_outage = std::max(last_outage, other.last_outage);
  held += other.held;
  return *this;
}

std::optional<Duration> evidenceAge(const failover::Node& node, Instant now) {
  if (node.seen == Instant{}) return std::nullopt;
  return std::max(now - node.seen, Duration{});
}

std::optional<Duration> withoutPrimary(const Topology& topology, Instant now) {
  if (topology.primary) return std::nullopt;
  return std::max(now - std::min(topology.without_primary_since, now), Duration{});
}

bool servable(const DatabaseTopology& row) {
  return row.topology && !failover::hostsFor(*row.topology, row.target).empty();
}

bool holds(const DatabaseTopology& row, Instant now) {
  if (!row.topology || servable(row)) return false;
  if (const auto time = withoutPrimary(*row.topology, now)) return *time < row.hold_timeout;
  return !row.topology->primaryUp() && row.hold_timeout > Duration{};  // it is about to be given up
}

std::string lsnText(uint64_t lsn) {
  char out[24];
  std::snprintf(out, sizeof out, "%X/%X", static_cast<unsigned>(lsn >> 32), static_cast<unsigned>(lsn));
  return out;
}

}  // namespace forebay::admin
