#include <gtest/gtest.h>

#include "gateway/http/metrics.h"
#include "tests/gateway/http/metrics_text.h"

namespace forebay::http {
namespace {

using admin::RedisClientState;
using admin::RedisConnectionKind;
using admin::RedisConnectionState;
using redisproto::Group;

const std::string kMain = R"({cache="main")";
const std::string kNode = R"({cache="main",node="10.0.0.7:6379")";

admin::RedisNodeRow& nodeOf(admin::Snapshot& snapshot) {
  return snapshot.redisNode("main", "10.0.0.7", 6379);
}

TEST(RedisMetrics, AreAbsentWithoutCaches) {
  EXPECT_EQ(metricsText({}).find("forebay_redis_"), std::string::npos);
}

TEST(RedisMetrics, ShowClientsAndConnectionsByState) {
  admin::Snapshot snapshot;
  admin::RedisCacheRow& cache = snapshot.redisCache("main");
  cache.in(RedisClientState::kBlocked) = 3;
  cache.in(RedisConnectionKind::kLeased, RedisConnectionState::kActive) = 5;
  cache.leases_used = 6;
  cache.lease_limit = 10;
  cache.leases_waiting = 2;
  cache.oldest_wait = milliseconds(250);
  cache.patterns = 4;
  const std::string text = metricsText(snapshot);
  EXPECT_EQ(numberOf(text, "forebay_redis_clients" + kMain + R"(,state="blocked"})"), 3);
  EXPECT_EQ(numberOf(text, "forebay_redis_connections" + kMain + R"(,kind="leased",state="active"})"), 5);
  EXPECT_EQ(numberOf(text, "forebay_redis_leases_used" + kMain + "}"), 6);
  EXPECT_EQ(numberOf(text, "forebay_redis_lease_saturation_ratio" + kMain + "}"), 0.5);
  EXPECT_EQ(numberOf(text, "forebay_redis_lease_queue_depth" + kMain + "}"), 2);
  EXPECT_EQ(numberOf(text, "forebay_redis_oldest_wait_seconds" + kMain + "}"), 0.25);
  EXPECT_EQ(numberOf(text, "forebay_redis_subscriptions" + kMain + R"(,kind="pattern"})"), 4);
}

TEST(RedisMetrics, CountByClassAndByGroup) {
  admin::Snapshot snapshot;
  admin::RedisCounters& counters = snapshot.redisCache("main").counters;
  counters.reads = 7;
  counters.local = 2;
  counters.commands[static_cast<size_t>(Group::kSortedSet)] = 5;
  counters.misses = 1;
  counters.client_bytes_sent = 90;
  const std::string text = metricsText(snapshot);
  EXPECT_EQ(numberOf(text, "forebay_redis_commands_total" + kMain + R"(,class="read"})"), 7);
  EXPECT_EQ(numberOf(text, "forebay_redis_commands_total" + kMain + R"(,class="local"})"), 2);
  EXPECT_EQ(numberOf(text, "forebay_redis_answers_total" + kMain + R"(,group="sorted_set"})"), 5);
  EXPECT_EQ(numberOf(text, "forebay_redis_misses_total" + kMain + "}"), 1);
  EXPECT_EQ(numberOf(text, "forebay_redis_client_bytes_total" + kMain + R"(,direction="sent"})"), 90);
}

TEST(RedisMetrics, HaveLatenciesOfTheGroupsInUse) {
  admin::Snapshot snapshot;
  admin::RedisCounters& counters = snapshot.redisCache("main").counters;
  counters.commands[static_cast<size_t>(Group::kString)] = 4;
  counters.latency[static_cast<size_t>(Group::kString)].counts[0] = 4;
  const std::string text = metricsText(snapshot);
  EXPECT_EQ(numberOf(text, "forebay_redis_latency_seconds_count" + kMain + R"(,group="string"})"), 4);
  EXPECT_EQ(text.find(R"(forebay_redis_latency_seconds_count{cache="main",group="hash"})"),
            std::string::npos);
}

TEST(RedisMetrics, ShowWhatInfoSaidAndHowOldThatIs) {
  admin::Snapshot snapshot;
  snapshot.taken = WallTime(seconds(1'000'010));
  snapshot.redisCache("main");
  admin::RedisNodeRow& node = nodeOf(snapshot);
  node.version = "7.0.15";
  node.info.at = WallTime(seconds(1'000'007));
  node.info.role = "master";
  node.info.used_memory = 1'048'576;
  node.info.used_memory_peak = 2'097'152;
  node.info.maxmemory = 0;
  node.info.commands_processed = 77;
  const std::string text = metricsText(snapshot);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_memory_used_bytes" + kNode + "}"), 1'048'576);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_memory_peak_bytes" + kNode + "}"), 2'097'152);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_memory_max_bytes" + kNode + "}"), 0);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_commands_total" + kNode + "}"), 77);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_info_age_seconds" + kNode + "}"), 3);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_info" + kNode + R"(,version="7.0.15",role="master"})"), 1);
}

TEST(RedisMetrics, TellOfThePrimaryThatSentinelsName) {
  admin::Snapshot snapshot;
  admin::RedisFollowedRow& followed = snapshot.redisCache("main").followed.emplace();
  followed.switches = 2;
  followed.outages = 3;
  followed.outage_time = milliseconds(4500);
  followed.last_outage = milliseconds(1500);
  followed.without_primary = milliseconds(250);
  nodeOf(snapshot).topology = {false, "replica", "up", "", 77};
  snapshot.redisCache("another");
  const std::string text = metricsText(snapshot);
  EXPECT_EQ(numberOf(text, "forebay_redis_primary_switches_total" + kMain + "}"), 2);
  EXPECT_EQ(numberOf(text, "forebay_redis_primary_outages_total" + kMain + "}"), 3);
  EXPECT_EQ(numberOf(text, "forebay_redis_primary_outage_seconds_total" + kMain + "}"), 4.5);
  EXPECT_EQ(numberOf(text, "forebay_redis_primary_last_outage_seconds" + kMain + "}"), 1.5);
  EXPECT_EQ(numberOf(text, "forebay_redis_primary_missing_seconds" + kMain + "}"), 0.25);
  EXPECT_EQ(text.find(R"(forebay_redis_primary_switches_total{cache="another")"), std::string::npos)
      << "it has no Sentinels";
  EXPECT_EQ(numberOf(text, "forebay_redis_node_role" + kNode + R"(,role="replica"})"), 1);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_is_primary" + kNode + "}"), 0);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_lag_bytes" + kNode + "}"), 77);
}

TEST(RedisMetrics, TellWhereReadsGo) {
  admin::Snapshot snapshot;
  admin::RedisCacheRow& cache = snapshot.redisCache("main");
  cache.followed.emplace();
  cache.counters.replica_reads = 1;
  cache.counters.reads_behind = 2;
  cache.counters.reads_without_replica = 3;
  cache.counters.replica_waits = 4;
  cache.counters.reads_moved = 5;
  nodeOf(snapshot).topology = {false, "replica", "up", "", 77, milliseconds(1500), true};
  nodeOf(snapshot).reads = 6;
  const std::string text = metricsText(snapshot);
  EXPECT_EQ(numberOf(text, "forebay_redis_replica_reads_total" + kMain + "}"), 1);
  EXPECT_EQ(numberOf(text, "forebay_redis_primary_fallbacks_total" + kMain + R"(,reason="behind"})"), 2);
  EXPECT_EQ(numberOf(text, "forebay_redis_primary_fallbacks_total" + kMain + R"(,reason="none"})"), 3);
  EXPECT_EQ(numberOf(text, "forebay_redis_replica_waits_total" + kMain + "}"), 4);
  EXPECT_EQ(numberOf(text, "forebay_redis_replica_reads_moved_total" + kMain + "}"), 5);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_reads_total" + kNode + "}"), 6);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_serves_reads" + kNode + "}"), 1);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_lag_seconds" + kNode + "}"), 1.5);
}

TEST(RedisMetrics, LeaveOutWhatIsUnknown) {
  admin::Snapshot snapshot;
  snapshot.redisCache("main");
  nodeOf(snapshot);
  const std::string text = metricsText(snapshot);
  EXPECT_EQ(numberOf(text, "forebay_redis_node_status" + kNode + R"(,status="unknown"})"), 1);
  for (const char* name : {"forebay_redis_node_memory_used_bytes", "forebay_redis_node_memory_max_bytes",
                           "forebay_redis_node_evicted_keys_total", "forebay_redis_node_keyspace_hits_total",
                           "forebay_redis_node_clients", "forebay_redis_node_ops_per_second",
                           "forebay_redis_node_info_age_seconds"})
    EXPECT_FALSE(hasSeries(text, name)) << name;
}

}  // namespace
}  // namespace forebay::http
