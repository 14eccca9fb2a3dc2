#include "gateway/admin/averages.h"

#include <gtest/gtest.h>

namespace forebay::admin {
namespace {

constexpr Instant kStart{seconds(1000)};
constexpr auto kPeriod = seconds(60);

StatTotals queries(uint64_t count, uint64_t time = 0) {
  StatTotals out;
  out.queries = count;
  out.query_time = time;
  return out;
}

TEST(AverageBetween, CountsPerSecondAndTimesPerEvent) {
  StatTotals before, after;
  after.queries = 500, after.query_time = 1'000'000;
  after.transactions = 100, after.transaction_time = 900'000;
  after.server_assignments = 50, after.wait_time = 5'000;
  after.client_bytes = 40'000, after.server_bytes = 80'000;
  after.client_parses = 20, after.server_parses = 10, after.binds = 30;
  const StatTotals average = averageBetween(before, after, seconds(10));
  EXPECT_EQ(average.queries, 50u);
  EXPECT_EQ(average.query_time, 2'000u);
  EXPECT_EQ(average.transactions, 10u);
  EXPECT_EQ(average.transaction_time, 9'000u);
  EXPECT_EQ(average.server_assignments, 5u);
  EXPECT_EQ(average.wait_time, 100u);
  EXPECT_EQ(average.client_bytes, 4'000u);
  EXPECT_EQ(average.server_bytes, 8'000u);
  EXPECT_EQ(average.client_parses, 2u);
  EXPECT_EQ(average.server_parses, 1u);
  EXPECT_EQ(average.binds, 3u);
}

TEST(AverageBetween, IsNothingWhenNothingHappenedOrNoTimeHasPassed) {
  EXPECT_EQ(averageBetween(queries(5, 100), queries(5, 100), seconds(10)), StatTotals{});
  EXPECT_EQ(averageBetween({}, queries(5, 100), seconds(0)), StatTotals{});
}

TEST(AverageBetween, StartsAgainWithADatabaseThatHasComeBack) {
  EXPECT_EQ(averageBetween(queries(1000), queries(20), seconds(10)).queries, 2u);
}

TEST(Averages, LookBackToTheStartUntilTheSecondTick) {
  Averages averages(kStart);
  EXPECT_EQ(averages.of("orders", queries(300), kStart + seconds(30)).queries, 10u);
  averages.tick({{"orders", queries(600)}}, kStart + kPeriod);
  EXPECT_EQ(averages.of("orders", queries(900), kStart + seconds(90)).queries, 10u);
}

TEST(Averages, LookBackOverOneToTwoPeriodsThen) {
  Averages averages(kStart);
  averages.tick({{"orders", queries(600)}}, kStart + kPeriod);
  averages.tick({{"orders", queries(600)}}, kStart + 2 * kPeriod);
  // Nothing came in the second minute, 1200 in the third: 1200 in 120 seconds.
  EXPECT_EQ(averages.of("orders", queries(1800), kStart + 3 * kPeriod).queries, 10u);
  averages.tick({{"orders", queries(1800)}}, kStart + 3 * kPeriod);
  EXPECT_EQ(averages.of("orders", queries(1800), kStart + 3 * kPeriod).queries, 20u);
}

TEST(Averages, SumUpAllDatabases) {
  Averages averages(kStart);
  averages.tick({{"orders", queries(100)}, {"billing", queries(200)}}, kStart + kPeriod);
  averages.tick({{"orders", queries(100)}, {"billing", queries(200)}}, kStart + 2 * kPeriod);
  EXPECT_EQ(averages.ofAll(queries(900), kStart + 2 * kPeriod).queries, 10u);
}

TEST(TotalsByDatabase, AddUpThePoolsOfADatabase) {
  Snapshot snapshot;
  snapshot.pool("orders", "app").counters.queries = 3;
  snapshot.pool("orders", "report").counters.queries = 4;
  snapshot.pool("orders", "report").counters.query.sum_us = 70;
  snapshot.pool("billing", "app").counters.queries = 5;
  const DatabaseTotals totals = totalsByDatabase(snapshot);
  EXPECT_EQ(totals.at("orders"), queries(7, 70));
  EXPECT_EQ(sumOf(totals).queries, 12u);
}

}  // namespace
}  // namespace forebay::admin
