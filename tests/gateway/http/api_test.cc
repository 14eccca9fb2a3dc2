#include "gateway/http/api.h"

#include <gtest/gtest.h>

#include "tests/gateway/admin/fake_fleet.h"

namespace forebay::http {
namespace {

class ApiTest : public testing::Test {
 protected:
  Response ask(const std::string& path, const std::string& method = "GET") {
    Response out;
    out.status = 0;
    Api(fleet_).handle({method, path}, [&](Response response) { out = std::move(response); });
    return out;
  }

  admin::FakeFleet fleet_;
};

TEST_F(ApiTest, IsAliveWithoutAskingAnybody) {
  fleet_.snapshot.phase = admin::Phase::kDraining;
  EXPECT_EQ(ask("/livez").status, 200u);
  EXPECT_TRUE(fleet_.collected.empty());
}

TEST_F(ApiTest, IsReadyOrSaysWhyNot) {
  EXPECT_EQ(ask("/readyz").status, 200u);
  EXPECT_EQ(ask("/readyz").body, "ok\n");
  fleet_.snapshot.phase = admin::Phase::kDraining;
  EXPECT_EQ(ask("/readyz").status, 503u);
  EXPECT_EQ(ask("/readyz").body, "draining\n");
}

TEST_F(ApiTest, HealthIsReadinessWithReasons) {
  fleet_.snapshot.database("orders").disabled = true;
  for (const char* path : {"/health", "/api/health"}) {
    const Response response = ask(path);
    EXPECT_EQ(response.status, 503u);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_NE(response.body.find(R"("status": "disabled")"), std::string::npos) << response.body;
  }
}

TEST_F(ApiTest, ListsPools) {
  fleet_.snapshot.pool("orders", "app").cl_waiting = 3;
  const Response response = ask("/api/pools");
  EXPECT_EQ(response.status, 200u);
  EXPECT_NE(response.body.find(R"("database": "orders")"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find(R"("waiting": 3)"), std::string::npos) << response.body;
}

TEST_F(ApiTest, ListsCaches) {
  fleet_.snapshot.redisCache("main").in(admin::RedisClientState::kWaiting) = 3;
  const Response pools = ask("/api/pools");
  EXPECT_NE(pools.body.find(R"("cache": "main")"), std::string::npos) << pools.body;
  EXPECT_NE(pools.body.find(R"("waiting": 3)"), std::string::npos) << pools.body;
}

TEST_F(ApiTest, ShowsTopologiesAndEvents) {
  fleet_.snapshot.topology("orders");
  fleet_.snapshot.events = {{WallTime(seconds(1)), "orders", "", "no primary"}};
  const Response topology = ask("/api/topology"), events = ask("/api/events");
  EXPECT_EQ(topology.status, 200u);
  EXPECT_EQ(topology.content_type, "application/json");
  EXPECT_NE(topology.body.find(R"("database": "orders")"), std::string::npos) << topology.body;
  EXPECT_EQ(events.status, 200u);
  EXPECT_NE(events.body.find(R"("event": "no primary")"), std::string::npos) << events.body;
}

TEST_F(ApiTest, CacheHealthIsTheCachesPartOfHealth) {
  admin::RedisNodeRow& node = fleet_.snapshot.redisNode("main", "10.0.0.7", 6379);
  fleet_.snapshot.redisCache("main");
  fleet_.snapshot.database("orders").disabled = true;
  EXPECT_EQ(ask("/cache/health").status, 200u);
  EXPECT_EQ(ask("/cache/health").body.find("orders"), std::string::npos);
  node.last_unreachable = WallTime(seconds(1));
  EXPECT_EQ(ask("/cache/health").status, 503u);
  EXPECT_EQ(ask("/health").status, 503u);
}

TEST_F(ApiTest, ServesMetricsAsPrometheusText) {
  const Response response = ask("/metrics");
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(response.body.find("# TYPE forebay_build_info gauge"), std::string::npos);
}

TEST_F(ApiTest, RefusesInJson) {
  EXPECT_EQ(ask("/nothing").status, 404u);
  EXPECT_EQ(ask("/nothing").body, "{\"error\":\"there is nothing at /nothing\"}\n");
  const Response refusal = ask("/metrics", "POST");
  EXPECT_EQ(refusal.status, 405u);
  EXPECT_EQ(refusal.content_type, "application/json");
  EXPECT_EQ(refusal.allow, "GET, HEAD");
  EXPECT_EQ(ask("/livez", "DELETE").status, 405u);
}

TEST_F(ApiTest, WaitsForTheWorkers) {
  fleet_.holds_answers = true;
  Response answer;
  answer.status = 0;
  const Api api(fleet_);
  api.handle({"GET", "/readyz"}, [&](Response response) { answer = std::move(response); });
  EXPECT_EQ(answer.status, 0u);
  fleet_.answerOpen();
  EXPECT_EQ(answer.status, 200u);
}

}  // namespace
}  // namespace forebay::http
