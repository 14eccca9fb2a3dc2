#include "gateway/admin/topology_rows.h"

#include <gtest/gtest.h>

#include "tests/gateway/admin/topologies.h"

namespace forebay::admin {
namespace {

using conf::TargetSessionAttrs;
using failover::NodeState;

TEST(EvidenceAge, IsUnknownOfAServerThatNeverAnswered) {
  const failover::Topology topology = threeNodes();
  EXPECT_EQ(evidenceAge(topology.nodes[0], kTaken), milliseconds(250));
  EXPECT_EQ(evidenceAge(topology.nodes[2], kTaken), std::nullopt);
}

TEST(EvidenceAge, IsNeverNegative) {
  failover::Node node;
  node.seen = kTaken + milliseconds(1);  // asked after the snapshot was begun
  EXPECT_EQ(evidenceAge(node, kTaken), Duration{});
}

TEST(WithoutPrimary, CountsFromWhenItWasLost) {
  EXPECT_EQ(withoutPrimary(threeNodes(), kTaken), std::nullopt);
  EXPECT_EQ(withoutPrimary(headless(), kTaken), seconds(2));
  failover::Topology unsure = headless();
  unsure.without_primary_since = kNever;
  EXPECT_EQ(withoutPrimary(unsure, kTaken), Duration{});
}

TEST(Servable, DependsOnTheRoleThatClientsAreFor) {
  Snapshot snapshot;
  DatabaseTopology& row = addTopology(snapshot, "app", headless());
  row.target = TargetSessionAttrs::kPrimary;
  EXPECT_FALSE(servable(row));
  row.target = TargetSessionAttrs::kStandby;
  EXPECT_TRUE(servable(row));
  EXPECT_FALSE(servable(snapshot.topology("other"))) << "nothing is known of it";
}

TEST(Holds, ForAsLongAsTheSettingsSay) {
  Snapshot snapshot;
  DatabaseTopology& row = addTopology(snapshot, "app", headless());
  EXPECT_FALSE(holds(row, kTaken)) << "hold_timeout = 0";
  row.hold_timeout = seconds(3);
  EXPECT_TRUE(holds(row, kTaken));
  EXPECT_FALSE(holds(row, kTaken + seconds(1)));
  row.target = TargetSessionAttrs::kStandby;
  EXPECT_FALSE(holds(row, kTaken)) << "there is one";
}

TEST(Holds, ForAPrimaryThatIsAboutToBeGivenUp) {
  failover::Topology topology = threeNodes();
  topology.nodes[0].state = NodeState::kDown;
  Snapshot snapshot;
  DatabaseTopology& row = addTopology(snapshot, "app", std::move(topology));
  EXPECT_FALSE(holds(row, kTaken));
  row.hold_timeout = seconds(3);
  EXPECT_TRUE(holds(row, kTaken));
}

TEST(Holds, NotForAStandbyWhereThePrimaryIsAlone) {
  failover::Topology topology = threeNodes();
  topology.nodes[1].state = NodeState::kDown;
  Snapshot snapshot;
  DatabaseTopology& row = addTopology(snapshot, "app", std::move(topology));
  row.hold_timeout = seconds(3);
  row.target = TargetSessionAttrs::kStandby;
  EXPECT_FALSE(servable(row));
  EXPECT_FALSE(holds(row, kTaken)) << "since when is not known";
}

TEST(DatabaseTopology, AddsUpWhatWasCountedApart) {
  Snapshot all, part;
  DatabaseTopology& known = addTopology(all, "app", threeNodes());
  known.hold_timeout = seconds(30);
  known.outages = 2;
  known.last_outage = seconds(4);
  part.topology("app").held = 3;
  part.topology("app").held_total = 5;
  part.topology("other").held = 1;
  part.events = {{WallTime(seconds(1)), "app", "", "no primary"}};
  all.merge(std::move(part));
  ASSERT_EQ(all.topologies.size(), 2u);
  const DatabaseTopology& app = all.topology("app");
  EXPECT_TRUE(app.topology);
  EXPECT_EQ(app.hold_timeout, seconds(30));
  EXPECT_EQ(app.outages, 2u);
  EXPECT_EQ(app.last_outage, seconds(4));
  EXPECT_EQ(app.held, 3u);
  EXPECT_EQ(app.held_total, 5u);
  EXPECT_EQ(all.events.size(), 1u);
  EXPECT_EQ(all.taken_at, kTaken);
}

TEST(LsnText, IsWhatPostgresWrites) {
  EXPECT_EQ(lsnText(0x16B374D848), "16/B374D848");
  EXPECT_EQ(lsnText(0x148), "0/148");
}

}  // namespace
}  // namespace forebay::admin
