#include "failover/topology.h"

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

}  // namespace forebay::failover
