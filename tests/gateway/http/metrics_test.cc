#include "gateway/http/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "tests/gateway/http/metrics_text.h"

namespace forebay::http {
namespace {

admin::Snapshot busySnapshot() {
  admin::Snapshot out;
  out.taken = WallTime(seconds(1'000'090));
  out.process.started = WallTime(seconds(1'000'000));
  out.process.workers = 4;
  out.process.rejected["max_client_conn"] = 9;
  out.process.reloads_failed = 1;
  for (const char* user : {"app", "report"}) {
    admin::PoolRow& pool = out.pool("orders", user);
    pool.sv_active = 5;
    pool.cl_waiting = 3;
    pool.pool_size = 8;
    pool.reserve_pool_size = 2;
    pool.oldest_wait = milliseconds(1500);
    pool.pinned["listen"] = 2;
    pool.counters.client_bytes = 100;
    pool.counters.server_bytes = 200;
    pool.counters.timeouts["query_wait_timeout"] = 7;
    pool.counters.rejected["pool_full"] = 6;
    pool.counters.wait.counts = {1, 2, 3};
    pool.counters.wait.counts.back() = 4;
    pool.counters.wait.sum_us = 2'500'000;
  }
  out.redisCache("main").counters.commands.fill(1);
  admin::RedisNodeRow& node = out.redisNode("main", "10.0.0.7", 6379);
  node.info.at = out.taken;
  node.info.used_memory = node.info.maxmemory = node.info.evicted_keys = 1;
  node.info.keyspace_hits = node.info.keyspace_misses = node.info.connected_clients = 1;
  node.info.blocked_clients = node.info.rejected_connections = node.info.ops_per_second = 1;
  return out;
}

TEST(Metrics, ShowAPoolsStateAndLimits) {
  const std::string text = metricsText(busySnapshot());
  const std::string pool = R"({database="orders",user="app")";
  EXPECT_EQ(numberOf(text, "forebay_pool_servers" + pool + R"(,state="active"})"), 5);
  EXPECT_EQ(numberOf(text, "forebay_pool_clients" + pool + R"(,state="waiting"})"), 3);
  EXPECT_EQ(numberOf(text, "forebay_pool_size" + pool + "}"), 8);
  EXPECT_EQ(numberOf(text, "forebay_pool_limit" + pool + "}"), 10);
  EXPECT_EQ(numberOf(text, "forebay_pool_saturation_ratio" + pool + "}"), 0.5);
  EXPECT_EQ(numberOf(text, "forebay_pool_queue_depth" + pool + "}"), 3);
  EXPECT_EQ(numberOf(text, "forebay_pool_oldest_wait_seconds" + pool + "}"), 1.5);
  EXPECT_EQ(numberOf(text, "forebay_pool_pinned_clients" + pool + R"(,reason="listen"})"), 2);
}

TEST(Metrics, CountPerPoolAndByReason) {
  const std::string text = metricsText(busySnapshot());
  const std::string pool = R"({database="orders",user="report")";
  EXPECT_EQ(numberOf(text, "forebay_pool_bytes_total" + pool + R"(,direction="received"})"), 100);
  EXPECT_EQ(numberOf(text, "forebay_pool_bytes_total" + pool + R"(,direction="sent"})"), 200);
  EXPECT_EQ(numberOf(text, "forebay_pool_timeouts_total" + pool + R"(,timeout="query_wait_timeout"})"), 7);
  EXPECT_EQ(numberOf(text, "forebay_pool_clients_rejected_total" + pool + R"(,reason="pool_full"})"), 6);
  EXPECT_EQ(numberOf(text, R"(forebay_clients_rejected_total{reason="max_client_conn"})"), 9);
}

TEST(Metrics, TellAboutTheProcess) {
  const std::string text = metricsText(busySnapshot());
  EXPECT_EQ(numberOf(text, "forebay_workers"), 4);
  EXPECT_EQ(numberOf(text, "forebay_uptime_seconds"), 90);
  EXPECT_EQ(numberOf(text, "forebay_start_time_seconds"), 1'000'000);
  EXPECT_EQ(numberOf(text, R"(forebay_config_reloads_total{result="failure"})"), 1);
  EXPECT_EQ(numberOf(text, "forebay_ready"), 1);
  EXPECT_EQ(numberOf(text, R"(forebay_database_status{database="orders",status="up"})"), 1);
  EXPECT_EQ(numberOf(text, R"(forebay_database_status{database="orders",status="down"})"), 0);
  EXPECT_NE(text.find("forebay_build_info{version=\""), std::string::npos);
}

TEST(Metrics, HistogramsAreCumulativeAndEndAtInfinity) {
  const std::string text = metricsText(busySnapshot());
  const std::string pool = R"({database="orders",user="app")";
  EXPECT_EQ(numberOf(text, "forebay_pool_wait_seconds_bucket" + pool + R"(,le="1.6e-05"})"), 1);
  EXPECT_EQ(numberOf(text, "forebay_pool_wait_seconds_bucket" + pool + R"(,le="3.2e-05"})"), 3);
  EXPECT_EQ(numberOf(text, "forebay_pool_wait_seconds_bucket" + pool + R"(,le="+Inf"})"), 10);
  EXPECT_EQ(numberOf(text, "forebay_pool_wait_seconds_count" + pool + "}"), 10);
  EXPECT_EQ(numberOf(text, "forebay_pool_wait_seconds_sum" + pool + "}"), 2.5);
}

TEST(Metrics, EscapeWhatClientsMadeUp) {
  admin::Snapshot snapshot;
  snapshot.pool("a\"b\\c\nd", "\xFF").sv_idle = 1;
  EXPECT_EQ(
      numberOf(metricsText(snapshot), R"(forebay_pool_queue_depth{database="a\"b\\c\nd",user="\\xff"})"), 0);
}

// What `promtool check metrics` looks for.
class MetricsLint : public testing::Test {
 protected:
  MetricsLint() {
    for (const std::string& line : linesOf(metricsText(busySnapshot()))) {
      std::istringstream words(line);
      std::string hash, keyword, name, rest;
      if (!line.starts_with("#")) {
        series_.push_back(line.substr(0, line.rfind(' ')));
        continue;
      }
      words >> hash >> keyword >> name;
      std::getline(words >> std::ws, rest);
      auto& target = keyword == "HELP" ? help_ : type_;
      EXPECT_TRUE(target.emplace(name, rest).second) << "a second " << keyword << " for " << name;
    }
  }

  static std::string familyOf(const std::string& series) { return series.substr(0, series.find('{')); }

  std::map<std::string, std::string> help_, type_;
  std::vector<std::string> series_;
};

TEST_F(MetricsLint, EachFamilyHasHelpAndType) {
  EXPECT_FALSE(type_.empty());
  for (const auto& [name, type] : type_) {
    EXPECT_TRUE(help_.contains(name)) << name;
    EXPECT_TRUE(type == "counter" || type == "gauge" || type == "histogram") << name << " is a " << type;
    EXPECT_TRUE(help_[name].ends_with(".")) << name << ": " << help_[name];
  }
}

TEST_F(MetricsLint, NamesFollowTheRules) {
  for (const auto& [name, type] : type_) {
    EXPECT_TRUE(name.starts_with("forebay_")) << name;
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) {
      return c == '_' || (c >= 'a' && c <= 'z');
    })) << name;
    EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
    for (const char* wrong :
         {"_count", "_sum", "_bucket", "_milliseconds", "_microseconds", "_percent", "_kilobytes"})
      EXPECT_FALSE(name.ends_with(wrong)) << name;
  }
}

TEST_F(MetricsLint, EachSeriesBelongsToAFamilyAndIsThereOnce) {
  std::set<std::string> seen;
  for (const std::string& series : series_) {
    EXPECT_TRUE(seen.insert(series).second) << "twice: " << series;
    std::string family = familyOf(series);
    for (const std::string suffix : {"_bucket", "_count", "_sum"}) {
      if (!type_.contains(family) && family.ends_with(suffix)) family.resize(family.size() - suffix.size());
    }
    EXPECT_TRUE(type_.contains(family)) << series;
  }
}

}  // namespace
}  // namespace forebay::http
