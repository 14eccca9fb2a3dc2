#include "failover/route.h"

namespace forebay::failover {
namespace {

using conf::TargetSessionAttrs;

bool anyReplica(const Topology& topology) {
  for (size_t node = 0; node < topology.nodes.size(); ++node)
    if (topology.isReplica(node)) return true;
  return false;
}

bool wantsPrimary(TargetSessionAttrs target) {
  return target == TargetSessionAttrs::kPrimary || target == TargetSessionAttrs::kReadWrite;
}

}  // namespace

bool serves(const Topology& topology, size_t node, TargetSessionAttrs target) {
  const bool primary = topology.primary == node && topology.primaryUp();
  const bool replica = topology.isReplica(node);
  const bool read_only = topology.nodes[node].read_only;
  switch (target) {
    case TargetSessionAttrs::kAny: return true;
    case TargetSessionAttrs::kPrimary: return primary;
    case TargetSessionAttrs::kReadWrite: return primary && !read_only;
    case TargetSessionAttrs::kStandby: return replica;
    case TargetSessionAttrs::kReadOnly: return replica || (primary && read_only);
    case TargetSessionAttrs::kPreferStandby: return anyReplica(topology) ? replica : primary;
  }
  return false;
}

std::vector<conf::HostPort> hostsFor(const Topology& topology, TargetSessionAttrs target) {
  std::vector<conf::HostPort> hosts;
  for (size_t node = 0; node < topology.nodes.size(); ++node)
    if (serves(topology, node, target)) hosts.push_back(topology.nodes[node].host);
  return hosts;
}

bool isFenced(const Topology& topology, size_t node, TargetSessionAttrs target) {
  if (target == TargetSessionAttrs::kAny || topology.primary == node) return false;
  const Node& about = topology.nodes[node];
  if (about.state == NodeState::kFenced || about.state == NodeState::kForeign) return true;
  // Of a primary that cannot be reached nothing is known: what runs there may still end well, unless there is
  // another one.
  return wantsPrimary(target) && (topology.primary.has_value() || about.role == Role::kReplica);
}

}  // namespace forebay::failover
