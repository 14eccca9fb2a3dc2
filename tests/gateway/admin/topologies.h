// Topologies to show: pg-0 is primary, pg-1 follows it a little behind, pg-2 is gone.
#pragma once

#include <memory>

#include "gateway/admin/snapshot.h"

namespace forebay::admin {

inline const Instant kTaken{seconds(1000)};

inline failover::Node nodeOf(const char* name, failover::Role role, failover::NodeState state) {
  failover::Node node;
  node.host = {name, 5432};
  node.role = role;
  node.state = state;
  return node;
}

inline failover::Topology threeNodes() {
  using failover::NodeState;
  using failover::Role;
  failover::Topology topology;
  topology.epoch = 7;
  topology.nodes = {nodeOf("pg-0", Role::kPrimary, NodeState::kUp),
                    nodeOf("pg-1", Role::kReplica, NodeState::kUp),
                    nodeOf("pg-2", Role::kUnknown, NodeState::kDown)};
  failover::Node& primary = topology.nodes[0];
  primary.timeline = 3;
  primary.lsn = 0x1603000148;
  primary.seen = kTaken - milliseconds(250);
  failover::Node& replica = topology.nodes[1];
  replica.timeline = 3;
  replica.lag_bytes = 4096;
  replica.lag = milliseconds(1500);
  replica.seen = kTaken - milliseconds(500);
  topology.nodes[2].why = "connection refused";
  topology.primary = 0;
  return topology;
}

// The same two seconds after the primary has died.
inline failover::Topology headless() {
  failover::Topology topology = threeNodes();
  topology.nodes[0].state = failover::NodeState::kDown;
  topology.primary.reset();
  topology.without_primary_since = kTaken - seconds(2);
  topology.why = "no server that can be reached is a primary";
  return topology;
}

inline DatabaseTopology& addTopology(Snapshot& snapshot, const std::string& database,
                                     failover::Topology topology) {
  snapshot.taken_at = kTaken;
  DatabaseTopology& row = snapshot.topology(database);
  row.topology = std::make_shared<const failover::Topology>(std::move(topology));
  return row;
}

}  // namespace forebay::admin
