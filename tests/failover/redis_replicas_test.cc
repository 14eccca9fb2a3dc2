// Numbered questions, positions of one stream: which replica has what a client has written?
#include "failover/redis_replicas.h"

#include <gtest/gtest.h>

#include <string>

namespace forebay::failover {
namespace {

using conf::HostPort;

const HostPort kPrimary{"10.0.0.1", 6379}, kFirst{"10.0.0.2", 6379}, kSecond{"10.0.0.3", 6379};

class RedisReplicasTest : public testing::Test {
 protected:
  RedisReplicasTest() { follow(1, kPrimary); }

  void follow(uint64_t epoch, const HostPort& primary) {
    Topology topology;
    topology.epoch = epoch;
    for (const HostPort& each : {kPrimary, kFirst, kSecond}) {
      if (each == primary) topology.primary = topology.nodes.size();
      topology.nodes.push_back({.host = each});
    }
    replicas_.follow(topology);
  }
  void pass(Duration time) { now_ += time; }
  // The primary answers a question asked now: the number of the question.
  uint64_t primaryIsAt(uint64_t offset, const std::string& stream = "s", const HostPort& primary = kPrimary) {
    replicas_.said(primary, {.primary = true, .offset = offset, .stream = stream}, ++asked_, now_);
    return asked_;
  }
  void replicaIsAt(const HostPort& replica, uint64_t offset, const std::string& stream = "s") {
    replicas_.said(replica, {.offset = offset, .stream = stream}, ++asked_, now_);
  }
  Replica at(const HostPort& host) {
    replicas_.decide(now_);
    for (const Replica& each : replicas_.replicas().all)
      if (each.host == host) return each;
    return {};
  }
  uint64_t proven(const HostPort& host) { return at(host).proven; }
  std::string why(const HostPort& host) { return at(host).why; }

  Instant now_ = Instant{} + seconds(1000);
  uint64_t asked_ = 0;
  RedisReplicas replicas_{{.lag = seconds(2), .lag_bytes = 1000}};
};

TEST_F(RedisReplicasTest, ServeOnceTheyHaveWhatThePrimaryHadWhenItWasAsked) {
  EXPECT_EQ(why(kFirst), "it has not answered yet");
  replicaIsAt(kFirst, 100);
  EXPECT_EQ(why(kFirst), "the position of the primary is not known");
  const uint64_t question = primaryIsAt(100);
  EXPECT_EQ(why(kFirst), "");
  EXPECT_TRUE(at(kFirst).serves);
  EXPECT_EQ(proven(kFirst), question);
  EXPECT_EQ(at(kFirst).answered, question - 1);
  EXPECT_FALSE(at(kSecond).serves);
  EXPECT_EQ(at(kPrimary).host, HostPort{}) << "the primary is none of them";
}

TEST_F(RedisReplicasTest, AreProvenForWhatTheyHaveReachedAndNoMore) {
  const uint64_t first = primaryIsAt(100), second = primaryIsAt(200), third = primaryIsAt(300);
  replicaIsAt(kFirst, 99);
  EXPECT_EQ(proven(kFirst), 0u);
  EXPECT_EQ(why(kFirst), "it is behind all that is known of the primary");
  replicaIsAt(kFirst, 199);
  EXPECT_EQ(proven(kFirst), first);
  replicaIsAt(kFirst, 200);
  EXPECT_EQ(proven(kFirst), second);
  replicaIsAt(kFirst, 1000);
  EXPECT_EQ(proven(kFirst), third);
}

TEST_F(RedisReplicasTest, AreProvenForTheLastQuestionWhileNothingIsWritten) {
  primaryIsAt(100);
  replicaIsAt(kFirst, 100);
  const uint64_t later = primaryIsAt(100);
  EXPECT_EQ(proven(kFirst), later);
  EXPECT_EQ(at(kFirst).lag, Duration::zero());
}

TEST_F(RedisReplicasTest, MustBeOfThePrimarysOwnStream) {
  primaryIsAt(100, "of the primary");
  replicaIsAt(kFirst, 500, "of another");
  EXPECT_EQ(why(kFirst), "it does not follow the primary's replication stream");
  EXPECT_EQ(proven(kFirst), 0u);
  replicaIsAt(kFirst, 500, "");
  EXPECT_EQ(why(kFirst), "it does not tell its position (INFO replication)");
}

TEST_F(RedisReplicasTest, HaveNothingOfAPrimaryThatWasStartedAnew) {
  primaryIsAt(100, "before");
  replicaIsAt(kFirst, 100, "before");
  EXPECT_TRUE(at(kFirst).serves);
  primaryIsAt(50, "after");
  EXPECT_EQ(proven(kFirst), 0u);
  replicaIsAt(kFirst, 60, "after");
  EXPECT_TRUE(at(kFirst).serves);
}

TEST_F(RedisReplicasTest, ForgetAllAtAFailover) {
  primaryIsAt(100);
  replicaIsAt(kFirst, 100);
  replicaIsAt(kSecond, 100);
  ASSERT_TRUE(at(kSecond).serves);
  follow(2, kFirst);
  EXPECT_EQ(replicas_.replicas().epoch, 2u);
  EXPECT_EQ(why(kSecond), "the position of the primary is not known");
  EXPECT_EQ(at(kFirst).host, HostPort{}) << "it was promoted";
  primaryIsAt(100, "s", kFirst);
  EXPECT_EQ(proven(kSecond), asked_);
}

TEST_F(RedisReplicasTest, DoNotServeWithoutTheirPrimary) {
  primaryIsAt(100);
  RedisFacts facts{.offset = 100, .stream = "s"};
  facts.linked = false;
  replicas_.said(kFirst, facts, ++asked_, now_);
  EXPECT_EQ(why(kFirst), "it is not connected to its primary");
  facts.syncing = true;
  replicas_.said(kFirst, facts, ++asked_, now_);
  EXPECT_EQ(why(kFirst), "it is being given the primary's data");
  facts = {.primary = true, .offset = 100, .stream = "s"};
  replicas_.said(kFirst, facts, ++asked_, now_);
  EXPECT_EQ(why(kFirst), "it calls itself a primary");
  replicas_.failed(kFirst, "Connection refused");
  EXPECT_EQ(why(kFirst), "Connection refused");
  EXPECT_FALSE(at(kFirst).answers);
}

TEST_F(RedisReplicasTest, DoNotServeWhatMayBeTooOld) {
  primaryIsAt(100);
  replicaIsAt(kFirst, 100);
  pass(seconds(1));
  primaryIsAt(200);
  replicaIsAt(kFirst, 100);
  EXPECT_TRUE(at(kFirst).serves);
  EXPECT_EQ(at(kFirst).lag, seconds(1));
  EXPECT_EQ(at(kFirst).lag_bytes, 100u);
  pass(seconds(1) + milliseconds(1));
  EXPECT_EQ(why(kFirst), "what it has may be older than max_replica_lag") << "by the time alone";
  replicaIsAt(kFirst, 200);
  EXPECT_TRUE(at(kFirst).serves);
}

TEST_F(RedisReplicasTest, DoNotServeWhenTheyAreTooManyBytesBehind) {
  primaryIsAt(100);
  replicaIsAt(kFirst, 100);
  primaryIsAt(1100);
  EXPECT_TRUE(at(kFirst).serves);
  primaryIsAt(1101);
  EXPECT_EQ(why(kFirst), "it is behind by more than max_replica_lag_bytes");
}

TEST_F(RedisReplicasTest, AreToldOfWhenSomethingChangesForReaders) {
  primaryIsAt(100);
  EXPECT_TRUE(replicas_.decide(now_)) << "it is heard of for the first time";
  EXPECT_FALSE(replicas_.decide(now_));
  replicaIsAt(kFirst, 100);
  EXPECT_TRUE(replicas_.decide(now_));
  primaryIsAt(200);
  EXPECT_FALSE(replicas_.decide(now_)) << "nobody has that much yet";
  replicaIsAt(kFirst, 200);
  EXPECT_TRUE(replicas_.decide(now_));
  replicaIsAt(kFirst, 200);
  EXPECT_TRUE(replicas_.decide(now_)) << "it has told so once more";
}

TEST_F(RedisReplicasTest, AreRememberedHoweverMuchIsWritten) {
  uint64_t oldest = 0;
  for (uint64_t i = 0; i < 10 * RedisReplicas::kMostPositions; ++i) {
    const uint64_t question = primaryIsAt(100 + i);
    if (i == 0) oldest = question;
  }
  replicaIsAt(kFirst, 100);
  EXPECT_EQ(proven(kFirst), oldest);
  replicaIsAt(kSecond, 1'000'000);
  EXPECT_EQ(proven(kSecond), asked_ - 2);
}

TEST_F(RedisReplicasTest, AreAskedFastWhileSomebodyWaits) {
  EXPECT_EQ(replicas_.askInterval(now_), milliseconds(500)) << "often enough for max_replica_lag";
  replicas_.wanted(now_);
  EXPECT_EQ(replicas_.askInterval(now_), RedisReplicas::kAskFast);
  pass(RedisReplicas::kWanted);
  EXPECT_EQ(replicas_.askInterval(now_), milliseconds(500));
  EXPECT_EQ(RedisReplicas({}).askInterval(now_), RedisReplicas::kAskEvery);
}

}  // namespace
}  // namespace forebay::failover
