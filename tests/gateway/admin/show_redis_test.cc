#include "tests/gateway/admin/show_fixture.h"

namespace forebay::admin {
namespace {

class ShowRedis : public ShowTest {
 protected:
  RedisCacheRow& cache() { return fleet_.snapshot.redisCache("main"); }
  RedisNodeRow& node() { return fleet_.snapshot.redisNode("main", "10.0.0.7", 6379); }
};

TEST_F(ShowRedis, PoolsShowClientsConnectionsAndLeases) {
  cache().in(RedisClientState::kBlocked) = 3;
  cache().in(RedisConnectionKind::kShared, RedisConnectionState::kIdle) = 2;
  cache().in(RedisConnectionKind::kLeased, RedisConnectionState::kActive) = 3;
  cache().in_flight = 5;
  cache().leases_used = 4;
  cache().lease_limit = 500;
  cache().leases_waiting = 1;
  cache().oldest_wait = microseconds(2'500'000);
  const WireAnswer pools = show("REDIS_POOLS");
  EXPECT_EQ(pools.at("main", "cl_blocked"), "3");
  EXPECT_EQ(pools.at("main", "cl_idle"), "0");
  EXPECT_EQ(pools.at("main", "shared_idle"), "2");
  EXPECT_EQ(pools.at("main", "leased_active"), "3");
  EXPECT_EQ(pools.at("main", "in_flight"), "5");
  EXPECT_EQ(pools.at("main", "leases_used"), "4");
  EXPECT_EQ(pools.at("main", "lease_pool_size"), "500");
  EXPECT_EQ(pools.at("main", "leases_waiting"), "1");
  EXPECT_EQ(pools.at("main", "maxwait"), "2");
  EXPECT_EQ(pools.at("main", "maxwait_us"), "500000");
}

TEST_F(ShowRedis, ClientsAreListedInTheOrderOfTheirIds) {
  RedisClientRow& second = fleet_.snapshot.redis_clients.emplace_back();
  second.id = 12;
  RedisClientRow& first = fleet_.snapshot.redis_clients.emplace_back();
  first.id = 4;
  first.cache = "main";
  first.state = RedisClientState::kSubscribed;
  first.resp = 3;
  first.library = "redis-py 5.0.1";
  first.last_command = "subscribe";
  const WireAnswer clients = show("REDIS_CLIENTS");
  EXPECT_EQ(clients.rows[0][0], "4");
  EXPECT_EQ(clients.at("4", "state"), "subscribed");
  EXPECT_EQ(clients.at("4", "resp"), "3");
  EXPECT_EQ(clients.at("4", "library"), "redis-py 5.0.1");
  EXPECT_EQ(clients.at("4", "command"), "subscribe");
  EXPECT_EQ(clients.at("12", "user"), "NULL");
  EXPECT_EQ(clients.at("12", "lease"), "NULL");
}

TEST_F(ShowRedis, NodesShowWhatInfoSaid) {
  fleet_.snapshot.taken = WallTime(seconds(1'000'003));
  node().version = "7.0.15";
  node().connections = 2;
  node().up_since = node().last_reached = WallTime(seconds(1'000'000));
  node().info.at = WallTime(seconds(1'000'001));
  node().info.role = "master";
  node().info.keyspace_hits = 3;
  node().info.keyspace_misses = 1;
  const WireAnswer nodes = show("REDIS_NODES");
  EXPECT_EQ(nodes.at("main", "state"), "up");
  EXPECT_EQ(nodes.at("main", "since"), "1970-01-12 13:46:40 UTC");
  EXPECT_EQ(nodes.at("main", "role"), "master");
  EXPECT_EQ(nodes.at("main", "hit_ratio"), "0.7500");
  EXPECT_EQ(nodes.at("main", "info_age"), "2");
}

TEST_F(ShowRedis, WhatIsUnknownOfANodeIsNull) {
  node();
  const WireAnswer nodes = show("REDIS_NODES");
  EXPECT_EQ(nodes.at("main", "state"), "unknown");
  for (const char* column :
       {"role", "since", "error", "version", "databases", "used_memory", "maxmemory", "hit_ratio", "clients",
        "ops_per_second", "info_age", "lag_bytes", "lag_ms", "serves_reads", "reads"})
    EXPECT_EQ(nodes.at("main", column), "NULL") << column;
}

TEST_F(ShowRedis, NodesThatSentinelsTellOfShowTheirRoleStateAndLag) {
  node().epoch = 4;
  node().connections = 2;
  node().topology = {true, "primary", "up", "", std::nullopt};
  RedisNodeRow& replica = fleet_.snapshot.redisNode("of replicas", "10.0.0.8", 6379);
  replica.topology = {false, "replica", "up", "", 120};
  RedisNodeRow& old = fleet_.snapshot.redisNode("of the old one", "10.0.0.9", 6379);
  old.last_unreachable = WallTime(seconds(1'000'005));
  old.topology = {false, "primary", "fenced", "it calls itself a primary, and is not the accepted one", {}};
  const WireAnswer nodes = show("REDIS_NODES");
  EXPECT_EQ(nodes.at("main", "role"), "primary");
  EXPECT_EQ(nodes.at("main", "state"), "up");
  EXPECT_EQ(nodes.at("main", "epoch"), "4");
  EXPECT_EQ(nodes.at("main", "lag_bytes"), "NULL");
  EXPECT_EQ(nodes.at("of replicas", "role"), "replica");
  EXPECT_EQ(nodes.at("of replicas", "state"), "up") << "though no connection of a pool stands";
  EXPECT_EQ(nodes.at("of replicas", "lag_bytes"), "120");
  EXPECT_EQ(nodes.at("of the old one", "state"), "fenced");
  EXPECT_EQ(nodes.at("of the old one", "error"), "it calls itself a primary, and is not the accepted one");
}

TEST_F(ShowRedis, NodesTellWhereReadsGoAndWhyNot) {
  node().topology = {true, "primary", "up", "", std::nullopt};
  node().reads = 3;
  RedisNodeRow& near = fleet_.snapshot.redisNode("near", "10.0.0.8", 6379);
  near.topology = {false, "replica", "up", "", 0, milliseconds(0), true};
  near.reads = 40;
  RedisNodeRow of_another_worker = near;
  of_another_worker.reads = 2;
  near += of_another_worker;
  RedisNodeRow& far = fleet_.snapshot.redisNode("far", "10.0.0.9", 6379);
  far.topology = {false, "replica",   "up", "what it has may be older than max_replica_lag",
                  120,   seconds(12), false};
  const WireAnswer nodes = show("REDIS_NODES");
  EXPECT_EQ(nodes.at("main", "serves_reads"), "NULL") << "it is no replica";
  EXPECT_EQ(nodes.at("main", "reads"), "3");
  EXPECT_EQ(nodes.at("near", "serves_reads"), "1");
  EXPECT_EQ(nodes.at("near", "reads"), "42");
  EXPECT_EQ(nodes.at("near", "lag_ms"), "0");
  EXPECT_EQ(nodes.at("far", "serves_reads"), "0");
  EXPECT_EQ(nodes.at("far", "lag_ms"), "12000");
  EXPECT_EQ(nodes.at("far", "error"), "what it has may be older than max_replica_lag");
}

TEST_F(ShowRedis, ANodeThatIsDownSaysWhyAndSinceWhen) {
  node().last_unreachable = WallTime(seconds(1'000'005));
  node().down_since = WallTime(seconds(1'000'000));
  node().last_error = "connection refused";
  const WireAnswer nodes = show("REDIS_NODES");
  EXPECT_EQ(nodes.at("main", "state"), "down");
  EXPECT_EQ(nodes.at("main", "error"), "connection refused");
  EXPECT_EQ(nodes.at("main", "since"), "1970-01-12 13:46:40 UTC");
}

TEST_F(ShowRedis, ANodeThatIsUpMaySayWhyItsInfoIsMissing) {
  node().connections = 1;
  node().info.error = "NOPERM this user has no permissions to run the 'info' command";
  EXPECT_EQ(show("REDIS_NODES").at("main", "state"), "up");
  EXPECT_EQ(show("REDIS_NODES").at("main", "error"), node().info.error);
}

TEST_F(ShowRedis, SlowLogIsNewestFirstAndTellsTheTimesApart) {
  const auto slow = [](int second, const char* command) {
    return RedisSlowRow{
        "main", {WallTime(seconds(second)), command, microseconds(300), microseconds(20'000), 7, "::1"}};
  };
  fleet_.snapshot.redis_slow = {slow(10, "keys"), slow(20, "get")};
  const WireAnswer log = show("REDIS_SLOWLOG");
  ASSERT_EQ(log.rows.size(), 2u);
  EXPECT_EQ(log.rows[0][2], "get");
  EXPECT_EQ(log.at("1970-01-01 00:00:10 UTC", "total_us"), "20300");
  EXPECT_EQ(log.at("1970-01-01 00:00:10 UTC", "gateway_us"), "300");
  EXPECT_EQ(log.at("1970-01-01 00:00:10 UTC", "redis_us"), "20000");
}

TEST_F(ShowRedis, OfAllWorkersTheSlowLogIsNoLongerThanItsLimit) {
  fleet_.config->redis.slowlog_max_len = 2;
  fleet_.snapshot.redis_slow.resize(3);
  fleet_.snapshot.redis_slow[1].request = {WallTime(seconds(9)), "newest", {}, {}, 7, "::1"};
  const WireAnswer log = show("REDIS_SLOWLOG");
  ASSERT_EQ(log.rows.size(), 2u);
  EXPECT_EQ(log.rows[0][2], "newest");
}

TEST_F(ShowRedis, KeysAreMadePrintable) {
  fleet_.snapshot.redis_keys["main"].hot = {{std::string("a\0\xff\n", 4), 9}};
  fleet_.snapshot.redis_keys["main"].big = {{"huge", 1'000'000, now_ - seconds(3)}};
  EXPECT_EQ(show("REDIS_HOTKEYS").at("main", "key"), "a\\x00\\xff\\n");
  EXPECT_EQ(show("REDIS_HOTKEYS").at("main", "samples"), "9");
  EXPECT_EQ(show("REDIS_BIGKEYS").at("main", "bytes"), "1000000");
  EXPECT_EQ(show("REDIS_BIGKEYS").at("main", "seen_ago"), "3");
}

TEST_F(ShowRedis, KeysAreForAdminsOnly) {
  for (const char* what : {"REDIS_HOTKEYS", "REDIS_BIGKEYS"}) {
    std::string wire;
    console_.handle("SHOW " + std::string(what), Role::kStats,
                    [&](std::string bytes) { wire = std::move(bytes); });
    EXPECT_EQ(readAnswer(wire).sqlstate, "42501") << what;
  }
  EXPECT_TRUE(fleet_.collected.empty());
}

}  // namespace
}  // namespace forebay::admin
