#include "gateway/admin/redis_rows.h"

#include <gtest/gtest.h>

#include "gateway/admin/snapshot.h"

namespace forebay::admin {
namespace {

WallTime at(int second) { return WallTime(seconds(second)); }

TEST(RedisRows, AddUpOverTheWorkersButLimitsDoNot) {
  Snapshot all, other;
  for (Snapshot* part : {&all, &other}) {
    RedisCacheRow& cache = part->redisCache("main");
    cache.in(RedisClientState::kIdle) = 2;
    cache.in(RedisConnectionKind::kShared, RedisConnectionState::kActive) = 1;
    cache.leases_used = 7;
    cache.lease_limit = 10;
    cache.leases_waiting = 3;
    cache.counters.hits = 5;
    cache.counters.latency[1].counts[0] = 4;
  }
  other.redisCache("main").oldest_wait = microseconds(9);
  all.merge(std::move(other));
  const RedisCacheRow& cache = all.redisCache("main");
  EXPECT_EQ(cache.clientsInAll(), 4u);
  EXPECT_EQ(cache.in(RedisConnectionKind::kShared, RedisConnectionState::kActive), 2u);
  EXPECT_EQ(cache.leases_used, 7u);
  EXPECT_EQ(cache.lease_limit, 10u);
  EXPECT_EQ(cache.leases_waiting, 6u);
  EXPECT_EQ(cache.oldest_wait, microseconds(9));
  EXPECT_EQ(cache.counters.hits, 10u);
  EXPECT_EQ(cache.counters.latency[1].total(), 8u);
}

TEST(RedisRows, ANodeIsKnownByItsNewestEventAndItsNewestInfo) {
  Snapshot all, other;
  all.redisNode("main", "r", 6379).info.at = at(10);
  all.redisNode("main", "r", 6379).info.used_memory = 100;
  all.redisNode("main", "r", 6379).connections = 1;
  RedisNodeRow& there = other.redisNode("main", "r", 6379);
  there.info.at = at(15);
  there.info.used_memory = 200;
  there.last_unreachable = at(12);
  there.last_error = "connection refused";
  there.connections = 2;
  other.redisNode("main", "another", 6379);
  all.merge(std::move(other));
  ASSERT_EQ(all.redis_nodes.size(), 2u);
  const RedisNodeRow& node = all.redisNode("main", "r", 6379);
  EXPECT_EQ(node.info.used_memory, 200u);
  EXPECT_EQ(node.last_error, "connection refused");
  EXPECT_EQ(node.connections, 3u);
}

TEST(RedisRows, WhyInfoSaysNothingIsKept) {
  Snapshot all, other;
  other.redisNode("main", "r", 6379).info.error = "NOPERM";
  all.merge(std::move(other));
  EXPECT_EQ(all.redisNode("main", "r", 6379).info.error, "NOPERM");
}

TEST(RedisRows, ANodeIsDownWhenTheLastTryHasFailedAndNoConnectionStands) {
  RedisNodeRow node;
  EXPECT_EQ(stateOf(node), RedisNodeState::kUnknown);
  node.last_reached = node.up_since = at(10);
  EXPECT_EQ(stateOf(node), RedisNodeState::kUp);
  node.last_unreachable = node.down_since = at(20);
  EXPECT_EQ(stateOf(node), RedisNodeState::kDown);
  EXPECT_EQ(stateSince(node), at(20));
  node.connections = 1;
  EXPECT_EQ(stateOf(node), RedisNodeState::kUp);
  EXPECT_EQ(stateSince(node), at(10));
  node.info.loading = true;
  EXPECT_EQ(stateOf(node), RedisNodeState::kLoading);
}

TEST(RedisRows, KeysOfSeveralWorkersBecomeOneListByCache) {
  Snapshot all, other;
  all.redis_keys["main"].hot = {{"a", 10}, {"b", 6}};
  other.redis_keys["main"].hot = {{"b", 5}};
  other.redis_keys["main"].big = {{"huge", 1 << 30, Instant(seconds(1))}};
  all.merge(std::move(other));
  const RedisKeys& keys = all.redis_keys["main"];
  ASSERT_EQ(keys.hot.size(), 2u);
  EXPECT_EQ(keys.hot[0].key, "b");
  EXPECT_EQ(keys.hot[0].count, 11u);
  ASSERT_EQ(keys.big.size(), 1u);
}

}  // namespace
}  // namespace forebay::admin
