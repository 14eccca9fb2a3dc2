// Topology: who is primary, who is a replica, and who may not be used, as far as it is known at one moment.
//
// The control thread publishes it as shared_ptr<const Topology>; workers read it and never change it. The
// epoch grows whenever another server becomes primary or the primary is gone, so a connection that was opened
// under an earlier epoch can be told from one to the server that is primary now.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "conf/network.h"

namespace forebay::failover {

enum class Role : uint8_t { kUnknown, kPrimary, kReplica };

enum class NodeState : uint8_t {
  kUnknown,  // has not answered yet
  kUp,
  kSlow,     // has not answered in time: an accepted primary stays one all the same
  kDown,     // cannot be reached, or takes nobody
  kFenced,   // claims to be primary, and must not be used as one: an older timeline, or one of two
  kForeign,  // belongs to another cluster: its system identifier is another one
};

std::string_view nameOf(Role role);        // "unknown", "primary", "replica"
std::string_view nameOf(NodeState state);  // "unknown", "up", ...

struct Node {
  conf::HostPort host;
  Role role = Role::kUnknown;  // what it says of itself
  NodeState state = NodeState::kUnknown;
  bool read_only = false;  // default_transaction_read_only
  uint32_t timeline = 0;
  uint64_t lsn = 0, received_lsn = 0;   // see Facts
  std::optional<uint64_t> lag_bytes{};  // of a replica: behind the newest position that the primary told
  std::optional<Duration> lag{};
  Instant seen{};     // when the question was asked that it answered last; Instant{}: never
  std::string why{};  // for an operator: why it is in this state
};

struct Topology {
  uint64_t epoch = 0;
  std::vector<Node> nodes;          // in the order of the settings
  std::optional<size_t> primary{};  // the accepted one
  Instant without_primary_since = kNever;
  std::string why;  // for an operator: why there is no primary

  // The accepted primary takes connections.
  bool primaryUp() const { return primary && nodes[*primary].state != NodeState::kDown; }
  bool isPrimary(const conf::HostPort& host) const { return primary && nodes[*primary].host == host; }
  bool isReplica(size_t node) const {
    return nodes[node].role == Role::kReplica && nodes[node].state == NodeState::kUp;
  }
};

// Whether both tell the same of who is what, and why. Positions, lags and ages change all the time, and are
// no news.
bool sameStory(const Topology& one, const Topology& other);

using TopologyPtr = std::shared_ptr<const Topology>;

}  // namespace forebay::failover
