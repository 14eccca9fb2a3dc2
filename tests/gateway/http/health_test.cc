#include "gateway/http/health.h"

#include <gtest/gtest.h>

#include "gateway/http/json.h"
#include "tests/gateway/admin/topologies.h"

namespace forebay::http {
namespace {

using admin::Phase;
using admin::Snapshot;

WallTime at(int second) { return WallTime(seconds(second)); }

void markDown(Snapshot& snapshot, std::string_view name) {
  snapshot.database(name).last_reached = at(10);
  snapshot.database(name).last_unreachable = at(20);
  snapshot.database(name).last_error = "pg-0:5432: connection refused";
}

const DatabaseHealth& of(const Health& health, std::string_view name) {
  for (const DatabaseHealth& database : health.databases) {
    if (database.name == name) return database;
  }
  ADD_FAILURE() << "no database " << name;
  return health.databases.front();
}

TEST(Health, IsGoodBeforeAnyDatabaseWasNeeded) {
  Snapshot snapshot;
  EXPECT_TRUE(judge(snapshot).ready);
  snapshot.database("orders");
  EXPECT_TRUE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).reason, "ok");
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kUp);
}

TEST(Health, IsNotReadyWhileStartingAndWhileDraining) {
  Snapshot snapshot;
  snapshot.phase = Phase::kStarting;
  EXPECT_FALSE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).reason, "starting");
  snapshot.phase = Phase::kDraining;
  EXPECT_FALSE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).reason, "draining");
}

TEST(Health, StaysReadyWhenOneOfSeveralDatabasesIsDown) {
  Snapshot snapshot;
  snapshot.database("billing");
  markDown(snapshot, "orders");
  const Health health = judge(snapshot);
  EXPECT_TRUE(health.ready);
  EXPECT_TRUE(health.degraded);
  EXPECT_EQ(of(health, "orders").status, DatabaseStatus::kDown);
  EXPECT_EQ(of(health, "orders").error, "pg-0:5432: connection refused");
}

TEST(Health, IsNotReadyWhenNoDatabaseAtAllCanBeServed) {
  Snapshot snapshot;
  markDown(snapshot, "orders");
  snapshot.database("billing").disabled = true;
  EXPECT_FALSE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).reason, "no database can be served");
}

TEST(Health, HoldsForAPausedDatabaseEvenOneThatIsDown) {
  Snapshot snapshot;
  markDown(snapshot, "orders");
  snapshot.database("orders").paused = true;
  EXPECT_TRUE(judge(snapshot).ready);
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kPaused);
}

TEST(Health, ADatabaseIsUpAgainWhenReachedAgain) {
  Snapshot snapshot;
  markDown(snapshot, "orders");
  snapshot.database("orders").last_reached = at(30);
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kUp);
}

TEST(Health, AConnectedServerOutweighsAFailedLoginButOneLoggingInDoesNot) {
  Snapshot snapshot;
  markDown(snapshot, "orders");
  snapshot.pool("orders", "app").sv_login = 1;
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kDown);
  snapshot.pool("orders", "app").sv_idle = 1;
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kUp);
}

TEST(Health, ShowsTheFullestPoolOfADatabase) {
  Snapshot snapshot;
  snapshot.pool("orders", "app").sv_active = 5;
  snapshot.pool("orders", "app").pool_size = 8;
  snapshot.pool("orders", "app").reserve_pool_size = 2;
  snapshot.pool("orders", "report").pool_size = 10;
  snapshot.pool("orders", "report").cl_waiting = 3;
  const DatabaseHealth orders = of(judge(snapshot), "orders");
  EXPECT_DOUBLE_EQ(orders.saturation, 0.5);
  EXPECT_EQ(orders.waiting, 3u);
  EXPECT_EQ(orders.servers, 5u);
}

// ---- databases whose servers are asked for their roles

TEST(TopologyHealth, HoldsClientsForAPrimaryAsLongAsTheSettingsSay) {
  Snapshot snapshot;
  admin::DatabaseTopology& row = addTopology(snapshot, "orders", admin::headless());
  row.hold_timeout = seconds(3);
  EXPECT_TRUE(judge(snapshot).ready);
  EXPECT_TRUE(judge(snapshot).degraded);
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kHolding);
  snapshot.taken_at += seconds(1);
  EXPECT_FALSE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).reason, "no database can be served");
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kDown);
  EXPECT_EQ(of(judge(snapshot), "orders").error, "no server that can be reached is a primary");
}

TEST(TopologyHealth, CountsMoreThanWhatAPoolMetLast) {
  Snapshot snapshot;
  markDown(snapshot, "orders");  // the old primary; nobody has asked for the new one yet
  addTopology(snapshot, "orders", admin::threeNodes());
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kUp);
  EXPECT_EQ(of(judge(snapshot), "orders").error, "");
  snapshot.pool("orders", "app").sv_idle = 1;  // to what is primary no more
  addTopology(snapshot, "orders", admin::headless());
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kDown);
}

TEST(TopologyHealth, LeavesPausedAndDisabledDatabasesSo) {
  Snapshot snapshot;
  addTopology(snapshot, "orders", admin::headless());
  snapshot.database("orders").paused = true;
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kPaused);
  snapshot.database("orders").disabled = true;
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kDisabled);
}

TEST(TopologyHealth, NeedsNoPrimaryWhereClientsAreForStandbys) {
  Snapshot snapshot;
  addTopology(snapshot, "orders", admin::headless()).target = conf::TargetSessionAttrs::kStandby;
  EXPECT_EQ(of(judge(snapshot), "orders").status, DatabaseStatus::kUp);
}

TEST(TopologyHealth, CountsRolesAndShowsTheLagOfTheLastReplica) {
  Snapshot snapshot;
  failover::Topology topology = admin::threeNodes();
  failover::Node behind = topology.nodes[1];
  behind.lag_bytes = 9000;
  behind.lag.reset();
  topology.nodes.push_back(behind);
  addTopology(snapshot, "orders", topology);
  const TopologyHealth health = of(judge(snapshot), "orders").topology.value();
  EXPECT_EQ(health.primary, "pg-0:5432");
  EXPECT_EQ(health.primaries, 1u);
  EXPECT_EQ(health.replicas, 2u);
  EXPECT_EQ(health.others, 1u);
  EXPECT_EQ(health.lag_bytes, 9000u);
  EXPECT_EQ(health.lag, 1.5);
  EXPECT_EQ(health.without_primary, std::nullopt);
}

TEST(TopologyHealth, StandsInTheBodyOfHealth) {
  Snapshot snapshot;
  addTopology(snapshot, "orders", admin::threeNodes());
  std::string json = healthJson(judge(snapshot));
  for (const char* part : {R"("primary": "pg-0:5432")", R"("replica": 1)", R"("lag_seconds": 1.5)"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in\n" << json;
  addTopology(snapshot, "orders", admin::headless()).hold_timeout = seconds(30);
  json = healthJson(judge(snapshot));
  for (const char* part :
       {R"("status": "holding")", R"("primary": null)", R"("without_primary_seconds": 2.0)"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in\n" << json;
}

// ---- caches

admin::RedisNodeRow& addCache(Snapshot& snapshot, std::string_view name) {
  snapshot.redisCache(name);
  return snapshot.redisNode(name, "10.0.0.7", 6379);
}

void markDown(admin::RedisNodeRow& node) {
  node.last_reached = at(10);
  node.last_unreachable = at(20);
  node.last_error = "connection refused";
}

TEST(CacheHealth, ACacheThatWasNotAskedForYetMayBeServed) {
  Snapshot snapshot;
  snapshot.any_database = false;
  addCache(snapshot, "main");
  EXPECT_TRUE(judge(snapshot).ready);
  EXPECT_FALSE(judge(snapshot).degraded);
}

TEST(CacheHealth, IsDegradedWhileOneOfSeveralCachesIsDown) {
  Snapshot snapshot;
  snapshot.any_database = false;
  markDown(addCache(snapshot, "main"));
  addCache(snapshot, "sessions").connections = 1;
  EXPECT_TRUE(judge(snapshot).ready);
  EXPECT_TRUE(judge(snapshot).degraded);
}

TEST(CacheHealth, IsNotReadyWhenThereAreOnlyCachesAndNoneCanBeServed) {
  Snapshot snapshot;
  snapshot.any_database = false;
  markDown(addCache(snapshot, "main"));
  EXPECT_FALSE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).reason, "no cache can be served");
}

TEST(CacheHealth, IsReadyWhileRequestsMayWaitForSentinelsToNameAPrimary) {
  Snapshot snapshot;
  snapshot.any_database = false;
  admin::RedisFollowedRow& followed = snapshot.redisCache("main").followed.emplace();
  followed.why = "no Sentinel can be reached";
  EXPECT_TRUE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).caches.at(0).error, "no Sentinel can be reached");
  followed.holds = false;
  EXPECT_FALSE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).reason, "no cache can be served");
}

TEST(CacheHealth, LooksAtTheAcceptedPrimaryOnly) {
  Snapshot snapshot;
  snapshot.any_database = false;
  addCache(snapshot, "main").connections = 1;
  snapshot.redisCache("main").followed.emplace().has_primary = true;
  snapshot.redisNode("main", "10.0.0.7", 6379).topology = {true, "primary", "up", "", {}};
  admin::RedisNodeRow& replica = snapshot.redisNode("main", "10.0.0.8", 6379);
  replica.topology = {false, "replica", "down", "Connection refused", {}};
  markDown(replica);
  EXPECT_EQ(judge(snapshot).caches.at(0).status, admin::RedisNodeState::kUp);
  EXPECT_FALSE(judge(snapshot).degraded);
}

TEST(CacheHealth, OneDatabaseOrOneCacheIsEnoughToBeReady) {
  Snapshot snapshot;
  markDown(addCache(snapshot, "main"));
  snapshot.database("orders");
  EXPECT_TRUE(judge(snapshot).ready);
  markDown(snapshot, "orders");
  EXPECT_FALSE(judge(snapshot).ready);
  EXPECT_EQ(judge(snapshot).reason, "no database and no cache can be served");
  addCache(snapshot, "main").connections = 1;
  EXPECT_TRUE(judge(snapshot).ready);
}

TEST(CacheHealth, OfTheCachesAloneDoesNotMindTheDatabases) {
  Snapshot snapshot;
  EXPECT_TRUE(judgeCaches(snapshot).ready);
  markDown(snapshot, "orders");
  addCache(snapshot, "main").connections = 1;
  EXPECT_TRUE(judgeCaches(snapshot).ready);
  EXPECT_FALSE(judgeCaches(snapshot).degraded);
  addCache(snapshot, "main").info.loading = true;
  EXPECT_FALSE(judgeCaches(snapshot).ready);
}

TEST(CacheHealth, ShowsRoleReachAndSaturation) {
  Snapshot snapshot;
  admin::RedisNodeRow& node = addCache(snapshot, "main");
  node.connections = 3;
  node.info.role = "master";
  admin::RedisCacheRow& cache = snapshot.redisCache("main");
  cache.in(admin::RedisConnectionKind::kLeased, admin::RedisConnectionState::kActive) = 5;
  cache.lease_limit = 10;
  const std::string json = healthJson(judge(snapshot));
  for (const char* part : {R"("name": "main")", R"("status": "up")", R"("reachable": true)",
                           R"("role": "master")", R"("lease_saturation": 0.5)"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in\n" << json;
}

TEST(HealthJson, NamesEachDatabaseAndWhyItIsDown) {
  Snapshot snapshot;
  snapshot.database("billing");
  markDown(snapshot, "orders");
  const std::string json = healthJson(judge(snapshot));
  for (const char* part : {R"("status": "degraded")", R"("ready": true)", R"("name": "orders")",
                           R"("status": "down")", R"("error": "pg-0:5432: connection refused")"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in\n" << json;
}

TEST(HealthJson, SurvivesNamesThatAreNoUtf8) {
  Snapshot snapshot;
  snapshot.database("or\xff\"ders");
  EXPECT_NE(healthJson(judge(snapshot)).find(R"("or\\xff\"ders")"), std::string::npos);
}

}  // namespace
}  // namespace forebay::http
