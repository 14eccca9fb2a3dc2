#include "tests/gateway/admin/show_fixture.h"

namespace forebay::admin {
namespace {

using ShowStats = ShowTest;

TEST_F(ShowStats, StatsAddUpADatabaseAndLookBackForAverages) {
  PoolCounters& counters = ordersPool().counters;
  counters.queries = 6000;
  counters.query.sum_us = 12'000'000;
  counters.server_assignments = 100;
  counters.client_bytes = 1;
  counters.server_bytes = 2;
  fleet_.snapshot.pool("orders", "report").counters.queries = 600;
  now_ += seconds(60);
  const WireAnswer stats = show("STATS");
  EXPECT_EQ(stats.at("orders", "total_query_count"), "6600");
  EXPECT_EQ(stats.at("orders", "total_received"), "1");
  EXPECT_EQ(stats.at("orders", "total_sent"), "2");
  EXPECT_EQ(stats.at("orders", "avg_query_count"), "110");
  EXPECT_EQ(stats.at("orders", "avg_query_time"), "1818");
  EXPECT_EQ(show("STATS_TOTALS").at("orders", "query_time"), "12000000");
  EXPECT_EQ(show("STATS_AVERAGES").at("orders", "query_count"), "110");
  EXPECT_EQ(show("TOTALS").at("total_query_count", "value"), "6600");
  EXPECT_EQ(show("TOTALS").at("avg_query_count", "value"), "110");
  EXPECT_EQ(show("TOTALS").at("total_ps_bind_count", "value"), "0");
}

TEST_F(ShowStats, AveragesFollowTheStatsPeriod) {
  PoolCounters& counters = ordersPool().counters;
  counters.queries = 600;
  now_ += seconds(60);
  uint64_t logged = 0;
  console_.endStatsPeriod([&](const StatTotals& averages) { logged = averages.queries; });
  EXPECT_EQ(logged, 10u);
  now_ += seconds(60);
  console_.endStatsPeriod();
  EXPECT_EQ(show("TOTALS").at("avg_query_count", "value"), "0");
}

}  // namespace
}  // namespace forebay::admin
