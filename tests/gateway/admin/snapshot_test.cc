#include "gateway/admin/snapshot.h"

#include <gtest/gtest.h>

namespace forebay::admin {
namespace {

WallTime at(int second) { return WallTime(seconds(second)); }

Snapshot workersPart(uint32_t active, microseconds oldest_wait) {
  Snapshot out;
  PoolRow& pool = out.pool("orders", "app");
  pool.cl_active = pool.sv_active = active;
  pool.cl_waiting = 1;
  pool.oldest_wait = oldest_wait;
  pool.pool_size = 20;
  pool.pinned["listen"] = active;
  pool.counters.queries = 100 * active;
  pool.counters.rejected["pool_full"] = 1;
  pool.counters.wait.counts[3] = active;
  out.process.connections_accepted = 10;
  out.process.workers = 2;
  return out;
}

TEST(Snapshot, AddsUpWhatTheWorkersCounted) {
  Snapshot all = workersPart(2, milliseconds(5));
  all.merge(workersPart(3, milliseconds(7)));

  ASSERT_EQ(all.pools.size(), 1u);
  const PoolRow& pool = all.pool("orders", "app");
  EXPECT_EQ(pool.sv_active, 5u);
  EXPECT_EQ(pool.cl_waiting, 2u);
  EXPECT_EQ(pool.pinned.at("listen"), 5u);
  EXPECT_EQ(pool.counters.queries, 500u);
  EXPECT_EQ(pool.counters.rejected.at("pool_full"), 2u);
  EXPECT_EQ(pool.counters.wait.counts[3], 5u);
  EXPECT_EQ(all.process.connections_accepted, 20u);
}

TEST(Snapshot, TakesLimitsOnceAndTheLongestWait) {
  Snapshot all = workersPart(2, milliseconds(5));
  all.merge(workersPart(3, milliseconds(7)));
  EXPECT_EQ(all.pool("orders", "app").pool_size, 20u);
  EXPECT_EQ(all.pool("orders", "app").oldest_wait, milliseconds(7));
  EXPECT_EQ(all.process.workers, 2u);
}

TEST(Snapshot, ShowsTheSizeOfTheLargestOfThePoolsInARow) {
  Snapshot all = workersPart(2, {}), other;
  other.pool("orders", "app").pool_size = 2;  // auth_query's
  all.merge(std::move(other));
  EXPECT_EQ(all.pool("orders", "app").pool_size, 20u);
}

TEST(Snapshot, KeepsPoolsApartByDatabaseAndUser) {
  Snapshot all = workersPart(2, {}), other;
  other.pool("orders", "report").sv_active = 1;
  other.pool("billing", "app").sv_active = 1;
  all.merge(std::move(other));
  EXPECT_EQ(all.pools.size(), 3u);
  EXPECT_EQ(all.pool("orders", "app").sv_active, 2u);
}

TEST(Snapshot, KnowsADatabaseByTheNewestEventOnAnyWorker) {
  Snapshot all, other;
  all.database("orders").last_unreachable = at(10);
  all.database("orders").last_error = "connection refused";
  all.database("orders").last_reached = at(20);
  other.database("orders").last_unreachable = at(15);
  other.database("orders").last_error = "timed out";
  other.database("orders").paused = true;
  all.merge(std::move(other));
  EXPECT_EQ(all.database("orders").last_reached, at(20));
  EXPECT_EQ(all.database("orders").last_error, "timed out");
  EXPECT_TRUE(all.database("orders").paused);
}

TEST(Snapshot, AddsUpMemoryByNameAndListsConnectionsAfterEachOther) {
  Snapshot all, other;
  all.memory = {{"client_cache", 100, 3, 1}};
  other.memory = {{"client_cache", 100, 2, 4}, {"server_cache", 200, 1, 0}};
  all.clients.resize(2);
  other.clients.resize(3);
  all.merge(std::move(other));
  ASSERT_EQ(all.memory.size(), 2u);
  EXPECT_EQ(all.memory[0].used, 5u);
  EXPECT_EQ(all.memory[0].free, 5u);
  EXPECT_EQ(all.clients.size(), 5u);
}

TEST(Snapshot, ShowsAHostOnceWithItsFreshestAnswer) {
  Snapshot all, other;
  all.dns = {{"pg-0", seconds(3), "10.0.0.1"}};
  other.dns = {{"pg-0", seconds(9), "10.0.0.2"}, {"pg-1", seconds(1), "10.0.0.3"}};
  all.merge(std::move(other));
  ASSERT_EQ(all.dns.size(), 2u);
  EXPECT_EQ(all.dns[0].addrs, "10.0.0.2");
}

TEST(Snapshot, IsAsFarFromNormalAsItsFarthestPart) {
  Snapshot all, other;
  other.phase = Phase::kDraining;
  other.pause = Pause::kSuspended;
  all.merge(std::move(other));
  all.merge(Snapshot{});
  EXPECT_EQ(all.phase, Phase::kDraining);
  EXPECT_EQ(all.pause, Pause::kSuspended);
}

}  // namespace
}  // namespace forebay::admin
