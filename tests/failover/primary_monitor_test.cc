#include "failover/primary_monitor.h"

#include <gtest/gtest.h>

namespace forebay::failover {
namespace {

constexpr uint64_t kCluster = 7001, kOther = 7002;
constexpr Rules kRules{.probe_interval = seconds(1),
                       .fast_probe_interval = milliseconds(50),
                       .evidence_max_age = seconds(3),
                       .lone_primary_wait = seconds(2)};

Facts primary(uint32_t timeline, uint64_t lsn = 1000) {
  return {.system_identifier = kCluster, .timeline = timeline, .lsn = lsn};
}

Facts replica(uint32_t timeline, uint64_t lsn = 1000) {
  return {.system_identifier = kCluster,
          .timeline = timeline,
          .in_recovery = true,
          .lsn = lsn,
          .received_lsn = lsn};
}

// Three servers, and a clock that the test moves.
class Cluster {
 public:
  explicit Cluster(Memory memory = {}, size_t nodes = 3) : monitor(hosts(nodes), kRules, memory, Instant{}) {}

  void says(size_t node, const Facts& facts) {
    monitor.answered(node, facts, now);
    monitor.decide(now);
  }
  void isGone(size_t node) { fails(node, false); }
  void isSlow(size_t node) { fails(node, true); }
  void pass(Duration time) {
    now += time;
    monitor.decide(now);
  }
  // A primary and two replicas, all well.
  void begin(uint32_t timeline = 1) {
    says(0, primary(timeline));
    says(1, replica(timeline));
    says(2, replica(timeline));
  }

  std::optional<size_t> accepted() const { return monitor.topology().primary; }
  const Node& node(size_t index) const { return monitor.topology().nodes[index]; }
  uint64_t epoch() const { return monitor.topology().epoch; }
  const std::string& why() const { return monitor.topology().why; }

  Instant now{};
  PrimaryMonitor monitor;

 private:
  static std::vector<conf::HostPort> hosts(size_t count) {
    std::vector<conf::HostPort> all;
    for (size_t i = 0; i < count; ++i) all.push_back({"pg-" + std::to_string(i), 5432});
    return all;
  }
  void fails(size_t node, bool reached) {
    monitor.failed(node, reached, reached ? "no answer in 1s" : "connection refused", now);
    monitor.decide(now);
  }
};

TEST(PrimaryMonitor, KnowsNoPrimaryBeforeAnybodyHasAnswered) {
  const Cluster cluster;
  EXPECT_FALSE(cluster.accepted());
  EXPECT_EQ(cluster.why(), "no server has answered yet");
  EXPECT_EQ(cluster.node(0).state, NodeState::kUnknown);
}

TEST(PrimaryMonitor, AcceptsThePrimaryThatAReplicaConfirms) {
  Cluster cluster;
  cluster.says(0, primary(1));
  EXPECT_FALSE(cluster.accepted()) << "nobody has confirmed it yet";
  cluster.says(1, replica(1));
  EXPECT_EQ(cluster.accepted(), 0u);
  EXPECT_EQ(cluster.epoch(), 1u);
  EXPECT_EQ(cluster.node(1).role, Role::kReplica);
}

TEST(PrimaryMonitor, AcceptsALoneClaimantOnlyAfterAWait) {
  Cluster cluster;
  cluster.says(0, primary(1));
  EXPECT_EQ(cluster.monitor.decideBy(), cluster.now + cluster.monitor.rules().lone_primary_wait);
  cluster.pass(milliseconds(1999));
  EXPECT_FALSE(cluster.accepted());
  cluster.pass(milliseconds(1));
  EXPECT_EQ(cluster.accepted(), 0u);
}

TEST(PrimaryMonitor, AcceptsTheOnlyServerThereIsAtOnce) {
  Cluster cluster({}, 1);
  cluster.says(0, primary(1));
  EXPECT_EQ(cluster.accepted(), 0u);
}

TEST(PrimaryMonitor, GivesUpAPrimaryThatCannotBeReached) {
  Cluster cluster;
  cluster.begin();
  cluster.isGone(0);
  EXPECT_FALSE(cluster.accepted());
  EXPECT_EQ(cluster.epoch(), 2u);
  EXPECT_EQ(cluster.node(0).state, NodeState::kDown);
  EXPECT_EQ(cluster.node(0).why, "connection refused");
  EXPECT_EQ(cluster.monitor.topology().without_primary_since, cluster.now);
}

TEST(PrimaryMonitor, NeverGivesUpThePrimaryForBeingSlow) {
  Cluster cluster;
  cluster.begin();
  for (int i = 0; i < 100; ++i) {
    cluster.pass(seconds(1));
    cluster.isSlow(0);
    cluster.says(1, replica(1));
  }
  EXPECT_EQ(cluster.accepted(), 0u);
  EXPECT_EQ(cluster.node(0).state, NodeState::kSlow);
}

TEST(PrimaryMonitor, AcceptsAPromotedReplicaAtOnce) {
  Cluster cluster;
  cluster.begin();
  cluster.isGone(0);
  cluster.isGone(2);
  cluster.says(1, primary(2));
  EXPECT_EQ(cluster.accepted(), 1u);
  EXPECT_EQ(cluster.epoch(), 3u);
}

TEST(PrimaryMonitor, APromotionOvertakesAPrimaryThatIsOnlySlow) {
  Cluster cluster;
  cluster.begin();
  cluster.isSlow(0);
  cluster.says(1, primary(2));
  EXPECT_EQ(cluster.accepted(), 1u);
}

TEST(PrimaryMonitor, FencesTheOldPrimaryThatComesBack) {
  Cluster cluster;
  cluster.begin();
  cluster.isGone(0);
  cluster.says(1, primary(2));
  cluster.says(0, primary(1));
  EXPECT_EQ(cluster.accepted(), 1u);
  EXPECT_EQ(cluster.node(0).state, NodeState::kFenced);
  EXPECT_EQ(cluster.node(0).why, "it claims to be primary on timeline 1, and timeline 2 exists");
  cluster.isGone(1);
  EXPECT_FALSE(cluster.accepted()) << "not even when the new one is gone";
  cluster.says(0, replica(2));
  EXPECT_EQ(cluster.node(0).state, NodeState::kUp);
}

TEST(PrimaryMonitor, AReplicaOnANewerTimelineProvesThatThePrimaryIsAnOldOne) {
  Cluster cluster;
  cluster.begin();
  cluster.says(2, replica(2));
  EXPECT_FALSE(cluster.accepted());
  EXPECT_EQ(cluster.node(0).state, NodeState::kFenced);
}

TEST(PrimaryMonitor, RefusesTwoThatClaimTheSameTimeline) {
  Cluster cluster;
  cluster.begin();
  cluster.isGone(0);
  cluster.says(1, primary(2));
  cluster.says(2, primary(2));
  EXPECT_FALSE(cluster.accepted());
  EXPECT_EQ(cluster.node(1).state, NodeState::kFenced);
  EXPECT_EQ(cluster.node(2).state, NodeState::kFenced);
  EXPECT_EQ(cluster.why(),
            "2 servers claim to be primary on timeline 2: one of them must be stopped, or follow the other");
  cluster.says(2, replica(2));
  EXPECT_EQ(cluster.accepted(), 1u) << "once one follows the other";
}

// Two servers were promoted from the same parent, and each claims timeline 2.
class TwoClaimants : public testing::Test {
 protected:
  TwoClaimants() {
    cluster.begin();
    cluster.isGone(0);
    cluster.says(1, primary(2));
    cluster.says(2, primary(2));
  }
  void managerNames(std::optional<size_t> leader) {
    cluster.monitor.managerNamed(leader, cluster.now);
    cluster.monitor.decide(cluster.now);
  }

  Cluster cluster;
};

TEST_F(TwoClaimants, AreToldApartByTheManagersRecord) {
  managerNames(2);
  EXPECT_EQ(cluster.accepted(), 2u);
  EXPECT_EQ(cluster.node(2).state, NodeState::kUp);
  EXPECT_EQ(cluster.node(1).state, NodeState::kFenced);
  EXPECT_EQ(cluster.node(1).why,
            "it claims to be primary on timeline 2, and the manager's leader is pg-2:5432");
}

TEST_F(TwoClaimants, AreBothRefusedByARecordThatNamesNeither) {
  managerNames(std::nullopt);
  EXPECT_FALSE(cluster.accepted());
  managerNames(0);
  EXPECT_FALSE(cluster.accepted());
}

TEST_F(TwoClaimants, AreBothRefusedOnceTheRecordIsOld) {
  managerNames(2);
  EXPECT_EQ(cluster.monitor.decideBy(), cluster.now + kRules.evidence_max_age) << "to look again by then";
  cluster.pass(kRules.evidence_max_age);
  cluster.says(1, primary(2));
  cluster.says(2, primary(2));
  EXPECT_EQ(cluster.accepted(), 2u);
  cluster.pass(milliseconds(1));
  EXPECT_FALSE(cluster.accepted());
}

TEST(PrimaryMonitor, DoesNotMakeAPrimaryOfTheManagersLeader) {
  Cluster cluster;
  cluster.begin();
  cluster.monitor.managerNamed(1, cluster.now);
  cluster.monitor.decide(cluster.now);
  EXPECT_EQ(cluster.accepted(), 0u) << "it says itself that it is a replica";
  cluster.says(1, primary(2));
  cluster.monitor.managerNamed(0, cluster.now);
  cluster.monitor.decide(cluster.now);
  EXPECT_EQ(cluster.accepted(), 1u) << "the older timeline is not led back by a record";
}

TEST(PrimaryMonitor, TakesTheManagersRecordForTheConfirmationOfALoneClaimant) {
  Cluster cluster;
  cluster.monitor.managerNamed(1, cluster.now);
  cluster.says(0, primary(1));
  EXPECT_FALSE(cluster.accepted());
  cluster.monitor.managerNamed(0, cluster.now);
  cluster.monitor.decide(cluster.now);
  EXPECT_EQ(cluster.accepted(), 0u);
}

TEST(PrimaryMonitor, LeavesAServerOfAnotherClusterAlone) {
  Cluster cluster;
  cluster.begin();
  Facts stranger = primary(9);
  stranger.system_identifier = kOther;
  cluster.says(2, stranger);
  EXPECT_EQ(cluster.accepted(), 0u);
  EXPECT_EQ(cluster.node(2).state, NodeState::kForeign);
  EXPECT_EQ(cluster.monitor.memory().timeline, 1u);
}

TEST(PrimaryMonitor, ADemotedPrimaryIsOneNoMore) {
  Cluster cluster;
  cluster.begin();
  cluster.says(0, replica(1));
  EXPECT_FALSE(cluster.accepted());
  EXPECT_EQ(cluster.node(0).role, Role::kReplica);
}

TEST(PrimaryMonitor, DoesNotTrustWhatWasSaidLongAgo) {
  Cluster cluster;
  cluster.begin();
  cluster.isGone(0);
  cluster.says(1, primary(2));
  cluster.isGone(1);
  cluster.pass(seconds(10));
  cluster.says(0, replica(2));
  EXPECT_FALSE(cluster.accepted()) << "that 1 was primary ten seconds ago says nothing";
}

TEST(PrimaryMonitor, AnAnswerThatWasOvertakenIsNotEvidence) {
  Cluster cluster;
  cluster.begin();
  const Instant before = cluster.now;
  cluster.pass(milliseconds(100));
  cluster.says(0, replica(1));
  cluster.monitor.answered(0, primary(1), before);
  cluster.monitor.decide(cluster.now);
  EXPECT_FALSE(cluster.accepted());
}

TEST(PrimaryMonitor, RemembersTheTimelineOverARestart) {
  Cluster cluster({.system_identifier = kCluster, .timeline = 2, .epoch = 5});
  cluster.says(0, primary(1));
  cluster.pass(seconds(10));
  cluster.says(0, primary(1));
  EXPECT_FALSE(cluster.accepted());
  EXPECT_EQ(cluster.node(0).state, NodeState::kFenced);
  cluster.says(1, primary(2));
  EXPECT_EQ(cluster.accepted(), 1u);
  EXPECT_EQ(cluster.epoch(), 6u);
}

TEST(PrimaryMonitor, LearnsAnotherClusterWhenToldToForget) {
  Cluster cluster;
  cluster.begin(4);
  cluster.monitor.forget();
  cluster.monitor.decide(cluster.now);
  EXPECT_FALSE(cluster.accepted());
  Facts restored = primary(1);
  restored.system_identifier = kOther;
  cluster.says(0, restored);
  cluster.pass(cluster.monitor.rules().lone_primary_wait);
  EXPECT_EQ(cluster.accepted(), 0u);
  EXPECT_EQ(cluster.monitor.memory().system_identifier, kOther);
}

TEST(PrimaryMonitor, ProbesFastWhileAPrimaryIsMissingOrDoubted) {
  Cluster cluster;
  const Rules& rules = cluster.monitor.rules();
  EXPECT_EQ(cluster.monitor.probeInterval(cluster.now), rules.fast_probe_interval);
  cluster.begin();
  cluster.pass(seconds(1));
  EXPECT_EQ(cluster.monitor.probeInterval(cluster.now), rules.probe_interval);
  cluster.monitor.doubted(0, cluster.now);
  EXPECT_EQ(cluster.monitor.probeInterval(cluster.now), rules.fast_probe_interval);
  cluster.pass(seconds(2));
  EXPECT_EQ(cluster.monitor.probeInterval(cluster.now), rules.probe_interval);
  cluster.monitor.doubted(1, cluster.now);
  EXPECT_EQ(cluster.monitor.probeInterval(cluster.now), rules.probe_interval) << "a replica is no reason";
}

TEST(PrimaryMonitor, MeasuresHowFarReplicasAreBehind) {
  Cluster cluster;
  cluster.says(1, replica(1, 4000));
  cluster.says(0, primary(1, 5000));
  cluster.pass(seconds(2));
  Facts behind = replica(1, 4000);
  behind.replay_age = seconds(300);
  cluster.says(1, behind);
  Facts idle = replica(1, 5000);
  idle.replay_age = seconds(600);
  cluster.says(2, idle);
  EXPECT_EQ(cluster.node(1).lag_bytes, 1000u);
  EXPECT_EQ(cluster.node(1).lag, seconds(2)) << "since the primary was first seen further";
  EXPECT_EQ(cluster.node(2).lag_bytes, 0u);
  EXPECT_EQ(cluster.node(2).lag, Duration::zero()) << "nobody has written since";
  EXPECT_FALSE(cluster.node(0).lag_bytes);
}

TEST(PrimaryMonitor, TellsWhatHappened) {
  Cluster cluster;
  cluster.begin();
  cluster.monitor.takeEvents();
  cluster.isGone(0);
  cluster.says(1, primary(2));
  std::vector<std::string> told;
  for (const Event& event : cluster.monitor.takeEvents()) told.push_back(event.node + " " + event.what);
  EXPECT_EQ(told, (std::vector<std::string>{
                      "pg-0:5432 primary, down: connection refused",
                      " no primary: no server that can be reached is a primary (epoch 2)",
                      "pg-1:5432 primary, up",
                      "pg-1:5432 accepted as primary on timeline 2 (epoch 3)",
                  }));
}

TEST(PrimaryMonitor, KeepsAHistoryOfOutages) {
  Cluster cluster;
  cluster.pass(seconds(5));  // before the first primary
  cluster.begin();
  cluster.isGone(0);
  cluster.pass(seconds(2));
  cluster.says(0, primary(1));
  cluster.isGone(0);
  cluster.pass(seconds(3));
  cluster.says(1, primary(2));
  const History& history = cluster.monitor.history();
  EXPECT_EQ(history.outages, 2u);
  EXPECT_EQ(history.switches, 1u);
  EXPECT_EQ(history.outage_time, seconds(5));
  EXPECT_EQ(history.last_outage, seconds(3));
}

TEST(PrimaryMonitor, SaysWhetherAnythingChanged) {
  Cluster cluster;
  cluster.begin();
  EXPECT_FALSE(cluster.monitor.decide(cluster.now));
  cluster.monitor.answered(1, replica(1, 2000), cluster.now);
  EXPECT_FALSE(cluster.monitor.decide(cluster.now)) << "a position is no change of roles";
  cluster.monitor.failed(0, false, "connection refused", cluster.now);
  EXPECT_TRUE(cluster.monitor.decide(cluster.now));
}

}  // namespace
}  // namespace forebay::failover
