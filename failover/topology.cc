#include "failover/topology.h"

#include <algorithm>

namespace forebay::failover {

std::string_view nameOf(Role role) {
  switch (role) {
    case Role::kUnknown: return "unknown";
    case Role::kPrimary: return "primary";
    case Role::kReplica: return "replica";
  }
  return "";
}

std::string_view nameOf(NodeState state) {
  switch (state) {
    case NodeState::kUnknown: return "unknown";
    case NodeState::kUp: return "up";
    case NodeState::kSlow: return "slow";
    case NodeState::kDown: return "down";
    case NodeState::kFenced: return "fenced";
    case NodeState::kForeign: return "foreign";
  }
  return "";
}

bool sameStory(const Topology& one, const Topology& other) {
  const auto same = [](const Node& a, const Node& b) {
    return a.host == b.host && a.role == b.role && a.state == b.state && a.read_only == b.read_only &&
           a.timeline == b.timeline && a.why == b.why;
  };
  return one.epoch == other.epoch && one.primary == other.primary && one.why == other.why &&
         std::ranges::equal(one.nodes, other.nodes, same);
}

}  // namespace forebay::failover
