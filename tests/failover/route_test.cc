#include "failover/route.h"

#include <gtest/gtest.h>

namespace forebay::failover {
namespace {

using conf::TargetSessionAttrs;

constexpr size_t kPrimary = 0, kReplica = 1;

Topology pair() {
  Topology topology;
  topology.nodes.push_back({.host = {"pg-0", 5432}, .role = Role::kPrimary, .state = NodeState::kUp});
  topology.nodes.push_back({.host = {"pg-1", 5432}, .role = Role::kReplica, .state = NodeState::kUp});
  topology.primary = kPrimary;
  return topology;
}

std::string hosts(const Topology& topology, TargetSessionAttrs target) {
  std::string names;
  for (const conf::HostPort& host : hostsFor(topology, target)) names += host.host + " ";
  return names;
}

TEST(Route, GivesEachTargetTheServersThatLibpqWould) {
  const Topology topology = pair();
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kAny), "pg-0 pg-1 ");
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kPrimary), "pg-0 ");
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kReadWrite), "pg-0 ");
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kStandby), "pg-1 ");
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kReadOnly), "pg-1 ");
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kPreferStandby), "pg-1 ");
}

TEST(Route, APrimaryThatIsReadOnlyByItsSettingsTakesNoReadWrite) {
  Topology topology = pair();
  topology.nodes[kPrimary].read_only = true;
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kReadWrite), "");
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kPrimary), "pg-0 ");
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kReadOnly), "pg-0 pg-1 ");
}

TEST(Route, PreferStandbyTakesThePrimaryWhenNoReplicaServes) {
  Topology topology = pair();
  topology.nodes[kReplica].state = NodeState::kDown;
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kPreferStandby), "pg-0 ");
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kStandby), "");
}

TEST(Route, ASlowPrimaryServesAndOneThatIsGoneDoesNot) {
  Topology topology = pair();
  topology.nodes[kPrimary].state = NodeState::kSlow;
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kPrimary), "pg-0 ");
  topology.nodes[kPrimary].state = NodeState::kDown;
  EXPECT_EQ(hosts(topology, TargetSessionAttrs::kPrimary), "");
}

TEST(Route, ConnectionsToAnOldPrimaryAreFencedOnceThereIsANewOne) {
  Topology topology = pair();
  topology.primary.reset();
  topology.nodes[kPrimary].state = NodeState::kDown;
  EXPECT_FALSE(isFenced(topology, kPrimary, TargetSessionAttrs::kPrimary)) << "nothing is known of it";
  topology.primary = kReplica;
  EXPECT_TRUE(isFenced(topology, kPrimary, TargetSessionAttrs::kPrimary));
  EXPECT_FALSE(isFenced(topology, kReplica, TargetSessionAttrs::kPrimary));
}

TEST(Route, ConnectionsToOneThatWasDemotedAreFencedAtOnce) {
  Topology topology = pair();
  topology.primary.reset();
  topology.nodes[kPrimary].role = Role::kReplica;
  EXPECT_TRUE(isFenced(topology, kPrimary, TargetSessionAttrs::kReadWrite));
  EXPECT_FALSE(isFenced(topology, kPrimary, TargetSessionAttrs::kStandby));
}

TEST(Route, NobodyStaysOnAServerThatIsFencedOrOfAnotherCluster) {
  Topology topology = pair();
  for (const NodeState state : {NodeState::kFenced, NodeState::kForeign}) {
    topology.nodes[kReplica].state = state;
    EXPECT_TRUE(isFenced(topology, kReplica, TargetSessionAttrs::kStandby));
    EXPECT_FALSE(isFenced(topology, kReplica, TargetSessionAttrs::kAny)) << "roles do not matter to it";
  }
}

}  // namespace
}  // namespace forebay::failover
