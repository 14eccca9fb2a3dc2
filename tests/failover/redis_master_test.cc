// Sentinels name a primary, nodes say what they are: whom may a client's write go to?
#include "failover/redis_master.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace forebay::failover {
namespace {

using conf::HostPort;

const HostPort kS0{"s-0", 26379}, kS1{"s-1", 26379}, kS2{"s-2", 26379}, kS3{"s-3", 26379};
const HostPort kOld{"10.0.0.1", 6379}, kNew{"10.0.0.2", 6379}, kThird{"10.0.0.3", 6379};

SentinelWord names(const HostPort& primary, uint64_t config_epoch) {
  SentinelWord word;
  word.primary = primary;
  word.config_epoch = config_epoch;
  return word;
}

class RedisMasterTest : public testing::Test {
 protected:
  void pass(Duration time) { now_ += time; }
  void say(const HostPort& sentinel, const SentinelWord& word) { master_.sentinelSaid(sentinel, word, now_); }
  void allSay(const SentinelWord& word) {
    for (const HostPort& each : {kS0, kS1, kS2}) say(each, word);
  }
  void callsItselfPrimary(const HostPort& node, uint64_t offset = 100) {
    master_.nodeSaid(node, {.primary = true, .offset = offset}, now_);
  }
  void callsItselfReplica(const HostPort& node, uint64_t offset = 100) {
    master_.nodeSaid(node, {.primary = false, .offset = offset}, now_);
  }
  void fails(const HostPort& node) { master_.nodeFailed(node, "Connection refused", now_); }
  // The accepted primary after deciding; an empty host: none.
  HostPort primary() {
    master_.decide(now_);
    const Topology& topology = master_.topology();
    return topology.primary ? topology.nodes[*topology.primary].host : HostPort{"", 0};
  }
  std::string why() {
    master_.decide(now_);
    return master_.topology().why;
  }
  uint64_t epoch() {
    master_.decide(now_);
    return master_.topology().epoch;
  }
  Node node(const HostPort& host) {
    master_.decide(now_);
    for (const Node& each : master_.topology().nodes)
      if (each.host == host) return each;
    return {};
  }
  void acceptOld() {
    allSay(names(kOld, 7));
    callsItselfPrimary(kOld);
    ASSERT_EQ(primary(), kOld);
  }

  const HostPort none_{"", 0};
  Instant now_ = Instant{} + seconds(1000);
  RedisMaster master_{"mymaster", {kS0, kS1, kS2}, now_};
};

TEST_F(RedisMasterTest, AcceptsWhomSentinelNamesOnceItHasCalledItselfAPrimary) {
  EXPECT_EQ(primary(), none_);
  say(kS0, names(kOld, 0));
  EXPECT_EQ(primary(), none_);
  EXPECT_EQ(why(), "Sentinel names 10.0.0.1:6379, which has not answered yet");
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), kOld);
  EXPECT_EQ(why(), "");
  EXPECT_EQ(epoch(), 1u);
}

TEST_F(RedisMasterTest, AcceptsNobodyWhoCallsItselfAReplicaOrCannotBeAsked) {
  allSay(names(kOld, 0));
  callsItselfReplica(kOld);
  EXPECT_EQ(primary(), none_);
  EXPECT_EQ(why(), "Sentinel names 10.0.0.1:6379, which calls itself a replica");
  fails(kOld);
  EXPECT_EQ(why(), "Sentinel names 10.0.0.1:6379, which cannot be asked: Connection refused");
}

TEST_F(RedisMasterTest, TakesNoOldProof) {
  say(kS0, names(kOld, 0));
  callsItselfPrimary(kOld);
  pass(RedisMaster::kProofAge + milliseconds(1));
  EXPECT_EQ(primary(), none_);
}

TEST_F(RedisMasterTest, AcceptsNoPrimaryThatNobodyHasNamed) {
  SentinelWord word = names(kOld, 0);
  word.has_lists = true;
  word.replicas = {kNew};
  say(kS0, word);
  callsItselfPrimary(kNew);
  EXPECT_EQ(primary(), none_);
  EXPECT_EQ(node(kNew).state, NodeState::kFenced);
}

TEST_F(RedisMasterTest, TellsApartWhyNobodyIsNamed) {
  EXPECT_EQ(why(), "no Sentinel has answered yet");
  for (const HostPort& each : {kS0, kS1, kS2}) master_.sentinelFailed(each, "Connection refused");
  EXPECT_EQ(why(), "no Sentinel can be reached (s-0:26379: Connection refused)");
  for (const HostPort& each : {kS0, kS1, kS2}) master_.sentinelUnaware(each, now_);
  EXPECT_EQ(why(), "no Sentinel knows the name 'mymaster'");
  master_.sentinelFailed(kS2, "timed out");
  EXPECT_EQ(why(),
            "2 of 3 Sentinels do not know the name 'mymaster', and the others cannot be reached (s-2:26379: "
            "timed out)");
}

TEST_F(RedisMasterTest, FollowsTheFirstSentinelWithAHigherConfigEpoch) {
  acceptOld();
  say(kS1, names(kNew, 8));
  callsItselfPrimary(kNew);
  EXPECT_EQ(primary(), kNew) << "though two still name the old one";
  EXPECT_EQ(node(kOld).state, NodeState::kFenced) << "it calls itself a primary still";
  EXPECT_EQ(master_.history().switches, 1u);
}

TEST_F(RedisMasterTest, GivesUpThePrimaryAsSoonAsAnotherIsNamed) {
  acceptOld();
  const uint64_t before = epoch();
  say(kS1, names(kNew, 8));
  EXPECT_EQ(primary(), none_) << "what is written to the old one now is lost";
  EXPECT_GT(epoch(), before);
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), none_);
  callsItselfReplica(kNew);
  EXPECT_EQ(primary(), none_);
  callsItselfPrimary(kNew);
  EXPECT_EQ(primary(), kNew);
}

TEST_F(RedisMasterTest, PrefersWhoPromotesOverWhoHasNotHeardOfIt) {
  acceptOld();
  SentinelWord leader = names(kNew, 7);
  leader.promoting = true;
  say(kS2, leader);
  callsItselfPrimary(kNew);
  EXPECT_EQ(primary(), kNew);
}

TEST_F(RedisMasterTest, IsNotLedBackByASentinelThatWasCutOff) {
  allSay(names(kNew, 8));
  callsItselfPrimary(kNew);
  ASSERT_EQ(primary(), kNew);
  for (const HostPort& each : {kS0, kS1}) master_.sentinelFailed(each, "Connection refused");
  say(kS2, names(kOld, 7));
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), kNew) << "also when it is the only one that answers";
}

TEST_F(RedisMasterTest, FollowsSentinelsThatWereSetUpAnew) {
  acceptOld();
  say(kS0, names(kNew, 0));
  callsItselfPrimary(kNew);
  EXPECT_EQ(primary(), kOld);
  say(kS1, names(kNew, 0));
  say(kS2, names(kNew, 0));
  EXPECT_EQ(primary(), kNew);
}

TEST_F(RedisMasterTest, ForgetsWhatASentinelSaidLongAgo) {
  acceptOld();
  say(kS0, names(kNew, 9));
  pass(RedisMaster::kMaxAge + milliseconds(1));
  say(kS1, names(kOld, 7));
  say(kS2, names(kOld, 7));
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), kOld);
}

TEST_F(RedisMasterTest, LetsMostDecideWhereNothingElseTells) {
  say(kS0, names(kOld, 0));
  say(kS1, names(kNew, 0));
  say(kS2, names(kNew, 0));
  callsItselfPrimary(kOld);
  callsItselfPrimary(kNew);
  EXPECT_EQ(primary(), kNew);
  say(kS2, names(kOld, 0));
  EXPECT_EQ(primary(), kNew) << "the accepted one stays where it is as good as another";
}

TEST_F(RedisMasterTest, KeepsAPrimaryThatCannotBeReached) {
  acceptOld();
  const uint64_t before = epoch();
  fails(kOld);
  EXPECT_EQ(primary(), kOld) << "whether it is gone is for the Sentinels to say";
  EXPECT_EQ(epoch(), before);
  EXPECT_FALSE(master_.topology().primaryUp());
}

TEST_F(RedisMasterTest, ServesOnWithoutSentinels) {
  acceptOld();
  const uint64_t before = epoch();
  for (const HostPort& each : {kS0, kS1, kS2}) master_.sentinelFailed(each, "Connection refused");
  pass(seconds(3600));
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), kOld);
  EXPECT_EQ(epoch(), before);
  EXPECT_EQ(why(), "no Sentinel can be reached (s-0:26379: Connection refused)");
}

TEST_F(RedisMasterTest, GivesUpAPrimaryThatCallsItselfAReplica) {
  acceptOld();
  callsItselfReplica(kOld);
  EXPECT_EQ(primary(), none_);
  EXPECT_EQ(why(), "Sentinel names 10.0.0.1:6379, which calls itself a replica");
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), kOld);
  EXPECT_EQ(epoch(), 3u);
}

TEST_F(RedisMasterTest, WritesNothingToTheOldOneOnceTheChosenReplicaIsPromoted) {
  acceptOld();
  master_.selected(kNew, now_);
  callsItselfReplica(kNew);
  EXPECT_EQ(primary(), kOld) << "chosen, and not promoted yet";
  callsItselfPrimary(kNew);
  EXPECT_EQ(primary(), none_) << "no Sentinel names it yet";
  EXPECT_EQ(why(), "10.0.0.2:6379 has been promoted");
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), none_);
  say(kS0, names(kNew, 8));
  EXPECT_EQ(primary(), kNew) << "its proof is there already";
}

TEST_F(RedisMasterTest, IsNotLedBackWhenThePromotionIsToldOnceMoreOrThePromotedOneIsOutOfReachForAMoment) {
  acceptOld();
  master_.selected(kNew, now_);
  callsItselfPrimary(kNew);
  ASSERT_EQ(primary(), none_);
  pass(milliseconds(50));
  master_.selected(kNew, now_);
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), none_) << "the old one does not know it yet";
  fails(kNew);  // Sentinel closes all connections to who is promoted
  EXPECT_EQ(primary(), none_);
  pass(RedisMaster::kProofAge);
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), kOld) << "it has gone, and nobody names it";
}

TEST_F(RedisMasterTest, ReturnsToTheOldOneWhenAPromotionComesToNothing) {
  acceptOld();
  master_.selected(kNew, now_);
  callsItselfPrimary(kNew);
  ASSERT_EQ(primary(), none_);
  callsItselfReplica(kNew);
  callsItselfPrimary(kOld);
  EXPECT_EQ(primary(), kOld);
}

TEST_F(RedisMasterTest, AsksSlowlyWhileAllIsWellAndFastWhileItIsNot) {
  EXPECT_EQ(master_.askInterval(now_), RedisMaster::kAskFast) << "nobody is known yet";
  acceptOld();
  EXPECT_EQ(master_.askInterval(now_), RedisMaster::kAskEvery);
  master_.doubted(now_);
  EXPECT_EQ(master_.askInterval(now_), RedisMaster::kAskFast);
  pass(RedisMaster::kDoubt);
  EXPECT_EQ(master_.askInterval(now_), RedisMaster::kAskEvery);
  SentinelWord word = names(kOld, 7);
  word.troubled = true;
  say(kS0, word);
  EXPECT_EQ(master_.askInterval(now_), RedisMaster::kAskFast);
  say(kS0, names(kOld, 7));
  fails(kOld);
  pass(seconds(10));
  EXPECT_EQ(master_.askInterval(now_), RedisMaster::kAskFast) << "as long as it does not answer";
}

TEST_F(RedisMasterTest, AsksFastFromTheChoiceOfAReplicaOn) {
  acceptOld();
  master_.selected(kNew, now_);
  EXPECT_EQ(master_.askInterval(now_), RedisMaster::kAskFast);
  pass(RedisMaster::kSelection);
  EXPECT_EQ(master_.askInterval(now_), RedisMaster::kAskEvery);
}

TEST_F(RedisMasterTest, LearnsOfOtherSentinelsOnceEach) {
  SentinelWord word = names(kOld, 0);
  word.has_lists = true;
  word.id = "aaa";
  word.sentinels = {{kS1, "bbb"}, {kS3, "ddd"}};
  say(kS0, word);
  EXPECT_EQ(master_.sentinels(), (std::vector<HostPort>{kS0, kS1, kS2, kS3}));
  word.id = "bbb";
  word.sentinels = {{HostPort{"10.0.0.9", 26379}, "aaa"}, {kS3, "ddd"}};
  say(kS1, word);
  EXPECT_EQ(master_.sentinels().size(), 4u) << "another address of one that is known is not another Sentinel";
}

TEST_F(RedisMasterTest, ForgetsSentinelsThatWereTakenAwayButNeverThoseOfTheSettings) {
  SentinelWord word = names(kOld, 0);
  word.has_lists = true;
  word.sentinels = {{kS3, "ddd"}};
  say(kS0, word);
  for (const HostPort& each : {kS1, kS2, kS3}) master_.sentinelFailed(each, "No route to host");
  pass(RedisMaster::kForgetAfter + milliseconds(1));
  say(kS0, names(kOld, 0));
  master_.decide(now_);
  EXPECT_EQ(master_.sentinels(), (std::vector<HostPort>{kS0, kS1, kS2}));
}

TEST_F(RedisMasterTest, AsksTheNodesThatSentinelsTellOf) {
  SentinelWord word = names(kOld, 0);
  word.has_lists = true;
  word.replicas = {kNew, kThird};
  say(kS0, word);
  EXPECT_EQ(master_.nodes(), (std::vector<HostPort>{kOld, kNew, kThird}));
  say(kS0, names(kOld, 0));
  master_.decide(now_);
  EXPECT_EQ(master_.nodes().size(), 3u) << "a short answer says nothing of the replicas";
  word.replicas = {kThird};
  say(kS0, word);
  master_.decide(now_);
  EXPECT_EQ(master_.nodes(), (std::vector<HostPort>{kOld, kThird}));
}

TEST_F(RedisMasterTest, MeasuresHowFarReplicasAreBehind) {
  SentinelWord word = names(kOld, 0);
  word.has_lists = true;
  word.replicas = {kNew, kThird};
  say(kS0, word);
  callsItselfPrimary(kOld, 1000);
  callsItselfReplica(kNew, 940);
  EXPECT_EQ(node(kNew).lag_bytes, 60u);
  EXPECT_EQ(node(kNew).role, Role::kReplica);
  EXPECT_EQ(node(kThird).lag_bytes, std::nullopt);
  callsItselfReplica(kThird, 1200);
  EXPECT_EQ(node(kThird).lag_bytes, 0u) << "it was asked a moment later";
}

TEST_F(RedisMasterTest, CountsSwitchesAndHowLongThereWasNoPrimary) {
  pass(seconds(3));
  acceptOld();
  EXPECT_EQ(master_.history().outages, 0u) << "starting is no outage";
  fails(kOld);
  master_.decide(now_);
  EXPECT_EQ(master_.topology().without_primary_since, now_);
  pass(milliseconds(1200));
  say(kS0, names(kNew, 8));
  callsItselfPrimary(kNew);
  ASSERT_EQ(primary(), kNew);
  EXPECT_EQ(master_.history().switches, 1u);
  EXPECT_EQ(master_.history().outages, 1u);
  EXPECT_EQ(master_.history().last_outage, milliseconds(1200));
  EXPECT_EQ(master_.topology().without_primary_since, kNever);
}

TEST_F(RedisMasterTest, TellsOnlyWhatIsNew) {
  say(kS0, names(kOld, 0));
  EXPECT_TRUE(master_.decide(now_));
  EXPECT_FALSE(master_.decide(now_));
  callsItselfPrimary(kOld, 5);
  EXPECT_TRUE(master_.decide(now_));
  callsItselfPrimary(kOld, 6);
  EXPECT_FALSE(master_.decide(now_)) << "offsets change all the time";
}

}  // namespace
}  // namespace forebay::failover
