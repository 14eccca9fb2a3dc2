#include "failover/promotion.h"

#include <gtest/gtest.h>

namespace forebay::failover {
namespace {

Node node(const std::string& host, Role role, NodeState state, uint64_t lsn, uint32_t timeline = 1) {
  return {.host = {host, 5432},
          .role = role,
          .state = state,
          .timeline = timeline,
          .lsn = lsn,
          .received_lsn = 0};
}
Node replica(const std::string& host, uint64_t lsn, uint32_t timeline = 1) {
  return node(host, Role::kReplica, NodeState::kUp, lsn, timeline);
}
Node lost(const std::string& host) { return node(host, Role::kPrimary, NodeState::kDown, 900); }

// pg-0 was the primary and is gone.
Topology orphaned() {
  return {.nodes = {lost("pg-0"), replica("pg-1", 700), replica("pg-2", 800)},
          .without_primary_since = Instant{} + seconds(100),
          .why = ""};
}

std::string refusal(const Topology& topology, size_t wanted) {
  const std::optional<Refusal> why = whyNotPromote(topology, wanted);
  return why ? why->message + "\n" + why->detail + "\n" + why->hint : "";
}

// ---- on demand

TEST(WhyNotPromote, TheFurthestReplicaMayBe) { EXPECT_EQ(refusal(orphaned(), 2), ""); }

TEST(WhyNotPromote, OneThatHasReceivedMoreIsNamed) {
  EXPECT_EQ(refusal(orphaned(), 1),
            "pg-1:5432 is not the furthest replica: what only others have received would be lost\n"
            "pg-2:5432 has received 100 bytes more.\n"
            "Promote pg-2:5432 instead.");
}

TEST(WhyNotPromote, WhatIsReceivedCountsThoughItIsNotReplayedYet) {
  Topology topology = orphaned();
  topology.nodes[1].received_lsn = 800;
  EXPECT_EQ(refusal(topology, 1), "");
  EXPECT_EQ(refusal(topology, 2), "") << "nor is one of equals refused";
}

TEST(WhyNotPromote, ALaterTimelineCountsForMoreThanAnyPosition) {
  Topology topology = orphaned();
  topology.nodes[1].timeline = 2;
  EXPECT_EQ(refusal(topology, 1), "");
  EXPECT_EQ(refusal(topology, 2),
            "pg-2:5432 is not the furthest replica: what only others have received would be lost\n"
            "pg-1:5432 is on timeline 2, and it on timeline 1.\n"
            "Promote pg-1:5432 instead.");
}

TEST(WhyNotPromote, APrimaryThatAnswersIsInTheWay) {
  Topology topology = orphaned();
  topology.nodes[0].state = NodeState::kUp;
  const std::string stop =
      "pg-0:5432 is a primary, and it answers\nWith a second one, each would take writes that the other has "
      "not.\n"
      "Stop pg-0:5432 first, so that its last writes reach the replicas, and ask again.";
  EXPECT_EQ(refusal(topology, 2), stop);
  EXPECT_EQ(refusal(topology, 0), stop) << "nobody has accepted it";
  topology.primary = 0;
  EXPECT_EQ(refusal(topology, 2), stop);
  EXPECT_EQ(refusal(topology, 0), "pg-0:5432 is the primary already\n\n");
}

TEST(WhyNotPromote, APrimaryThatOnlyHangsIsTheOperatorsToJudge) {
  Topology topology = orphaned();
  topology.primary = 0;
  topology.nodes[0].state = NodeState::kSlow;
  EXPECT_EQ(refusal(topology, 2), "");
}

TEST(WhyNotPromote, AnOldPrimaryThatIsFencedIsNotInTheWay) {
  Topology topology = orphaned();
  topology.nodes = {node("pg-0", Role::kPrimary, NodeState::kFenced, 900, 1), replica("pg-1", 10, 2)};
  EXPECT_EQ(refusal(topology, 1), "");
  topology.nodes[0].timeline = 2;
  EXPECT_NE(refusal(topology, 1), "") << "one of two claimants is";
}

TEST(WhyNotPromote, AServerThatDoesNotAnswerCannotBe) {
  Topology topology = orphaned();
  topology.nodes[2].state = NodeState::kDown;
  topology.nodes[2].why = "connection refused";
  EXPECT_EQ(refusal(topology, 2),
            "pg-2:5432 is no replica that answers\nIt is replica, down: connection refused.\n"
            "SHOW TOPOLOGY tells what is known of each server.");
  EXPECT_EQ(refusal(topology, 1), "") << "what another one holds that is gone is the operator's to judge";
}

TEST(HeardSince, AsksForAWordOfAllThatAnswer) {
  Topology topology = orphaned();
  const Instant now = Instant{} + seconds(200);
  topology.nodes[1].seen = now;
  topology.nodes[2].seen = now - milliseconds(1);
  EXPECT_FALSE(heardSince(topology, now));
  EXPECT_TRUE(heardSince(topology, now - milliseconds(1))) << "who is gone says nothing";
  topology.nodes[2].state = NodeState::kSlow;
  EXPECT_TRUE(heardSince(topology, now));
}

// ---- by itself

TEST(ChooseCandidate, IsTheFurthestOfAllReplicas) {
  EXPECT_EQ(chooseCandidate(orphaned(), 0).node, 2u);
  Topology equal = orphaned();
  equal.nodes[1].lsn = 800;
  EXPECT_EQ(chooseCandidate(equal, 0).node, 1u) << "of equals, the first in the settings";
}

TEST(ChooseCandidate, IsNobodyWhileOneReplicaDoesNotAnswer) {
  Topology topology = orphaned();
  topology.nodes[1].state = NodeState::kDown;
  const Candidate candidate = chooseCandidate(topology, 0);
  EXPECT_FALSE(candidate.node);
  EXPECT_EQ(candidate.why_not,
            "pg-1:5432 is no replica that answers (replica, down), and may hold what the others have not");
}

TEST(ChooseCandidate, IsNobodyWhileSomebodyClaimsToBePrimary) {
  Topology topology = orphaned();
  topology.nodes[0].state = NodeState::kUp;
  EXPECT_FALSE(chooseCandidate(topology, 0).node) << "it only waits to be confirmed";
  topology.nodes[0].state = NodeState::kFenced;
  EXPECT_FALSE(chooseCandidate(topology, 0).node);
}

TEST(ChooseCandidate, IsNobodyBeforeThereWasAPrimary) {
  EXPECT_FALSE(chooseCandidate(orphaned(), std::nullopt).node);
}

TEST(ChooseCandidate, IsNobodyWithoutAReplica) {
  Topology topology = orphaned();
  topology.nodes.resize(1);
  EXPECT_EQ(chooseCandidate(topology, 0).why_not, "there is no replica");
}

TEST(ChooseCandidate, MayBeAFormerPrimaryThatHasBecomeAReplica) {
  Topology topology = orphaned();
  topology.nodes[0] = replica("pg-0", 900);
  EXPECT_EQ(chooseCandidate(topology, 0).node, 0u);
}

// ---- when

class PromoterTest : public testing::Test {
 protected:
  PromoterTest() { promoter.setRules({.automatic = true, .delay = seconds(10)}); }
  std::optional<size_t> after(Duration without_primary) {
    for (Node& each : topology.nodes) each.seen = lost_at + without_primary;
    return afterSilence(without_primary);
  }
  // Nobody has said anything for that long.
  std::optional<size_t> afterSilence(Duration without_primary) {
    return promoter.decide(topology, 0, lost_at + without_primary);
  }

  const Instant lost_at = Instant{} + seconds(100);
  Topology topology = orphaned();
  Promoter promoter;
};

TEST_F(PromoterTest, WaitsForTheWholeDelay) {
  EXPECT_FALSE(after(milliseconds(9999)));
  EXPECT_EQ(promoter.decideBy(), lost_at + seconds(10));
  EXPECT_EQ(after(seconds(10)), 2u);
}

TEST_F(PromoterTest, GoesByWhatWasSaidSinceThePrimaryWasLost) {
  EXPECT_FALSE(afterSilence(seconds(10)));
  for (Node& each : topology.nodes) each.seen = lost_at - milliseconds(1);
  EXPECT_FALSE(afterSilence(seconds(10))) << "it may have received more since";
  EXPECT_EQ(after(seconds(10)), 2u);
}

TEST_F(PromoterTest, DoesNothingUnlessItIsTold) {
  promoter.setRules({.automatic = false, .delay = {}});
  EXPECT_FALSE(after(seconds(60)));
  EXPECT_EQ(promoter.decideBy(), kNever);
}

TEST_F(PromoterTest, LeavesAPrimaryAlone) {
  topology.primary = 0;
  topology.without_primary_since = kNever;
  EXPECT_FALSE(after(seconds(60)));
}

TEST_F(PromoterTest, MakesOneAttemptAtATime) {
  EXPECT_EQ(after(seconds(10)), 2u);
  EXPECT_FALSE(after(seconds(60)));
  EXPECT_FALSE(promoter.begin()) << "nor is there a place for one that somebody asks for";
}

TEST_F(PromoterTest, WaitsWhileOneThatSomebodyAskedForIsUnderWay) {
  EXPECT_TRUE(promoter.begin());
  EXPECT_FALSE(after(seconds(10)));
  promoter.ended(lost_at + seconds(15));
  EXPECT_FALSE(after(seconds(24)));
  EXPECT_EQ(after(seconds(25)), 2u) << "it has led to nothing";
}

TEST_F(PromoterTest, TriesAgainAfterTheDelayWhenAnAttemptHasFailed) {
  EXPECT_EQ(after(seconds(10)), 2u);
  promoter.ended(lost_at + seconds(12));
  EXPECT_FALSE(after(seconds(21)));
  EXPECT_EQ(promoter.decideBy(), lost_at + seconds(22));
  EXPECT_EQ(after(seconds(22)), 2u);
}

TEST_F(PromoterTest, TakesNothingThatWasSaidBeforeTheLastAttemptEnded) {
  EXPECT_EQ(after(seconds(10)), 2u);
  promoter.ended(lost_at + seconds(12));
  EXPECT_FALSE(afterSilence(seconds(60))) << "it may have become primary, and not have said so yet";
  EXPECT_EQ(after(seconds(60)), 2u);
}

TEST_F(PromoterTest, SaysOnceWhyItDoesNothing) {
  topology.nodes[1].state = NodeState::kDown;
  EXPECT_FALSE(after(seconds(10)));
  EXPECT_TRUE(promoter.takeNews());
  EXPECT_FALSE(after(seconds(11)));
  EXPECT_FALSE(promoter.takeNews());
  topology.nodes[1].state = NodeState::kUp;
  EXPECT_EQ(after(seconds(12)), 2u) << "as soon as nothing is in the way any more";
}

}  // namespace
}  // namespace forebay::failover
