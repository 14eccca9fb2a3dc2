#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/http/json.h"
#include "tests/gateway/admin/topologies.h"

namespace forebay::http {
namespace {

using nlohmann::json;

json topologyOf(const admin::Snapshot& snapshot) {
  return json::parse(topologyJson(snapshot)).at("databases").at(0);
}

TEST(TopologyJson, TellsOfEachServer) {
  admin::Snapshot snapshot;
  addTopology(snapshot, "app", admin::threeNodes());
  const json app = topologyOf(snapshot);
  EXPECT_EQ(app.at("database"), "app");
  EXPECT_EQ(app.at("epoch"), 7);
  EXPECT_EQ(app.at("primary"), "pg-0:5432");
  EXPECT_FALSE(app.contains("without_primary_seconds"));
  EXPECT_EQ(app.at("nodes").at(0), (json{{"node", "pg-0:5432"},
                                         {"role", "primary"},
                                         {"state", "up"},
                                         {"timeline", 3},
                                         {"lsn", "16/3000148"},
                                         {"evidence_age_seconds", 0.25}}));
  EXPECT_EQ(app.at("nodes").at(1), (json{{"node", "pg-1:5432"},
                                         {"role", "replica"},
                                         {"state", "up"},
                                         {"timeline", 3},
                                         {"lag_bytes", 4096},
                                         {"lag_seconds", 1.5},
                                         {"evidence_age_seconds", 0.5}}));
  EXPECT_EQ(
      app.at("nodes").at(2),
      (json{{"node", "pg-2:5432"}, {"role", "unknown"}, {"state", "down"}, {"why", "connection refused"}}));
}

TEST(TopologyJson, SaysWhyAndForHowLongThereIsNoPrimary) {
  admin::Snapshot snapshot;
  admin::DatabaseTopology& row = addTopology(snapshot, "app", admin::headless());
  row.held = 4;
  row.outages = 2;
  row.outage_time = milliseconds(2500);
  row.last_outage = milliseconds(500);
  const json app = topologyOf(snapshot);
  EXPECT_EQ(app.at("primary"), nullptr);
  EXPECT_EQ(app.at("without_primary_seconds"), 2.0);
  EXPECT_EQ(app.at("why"), "no server that can be reached is a primary");
  EXPECT_EQ(app.at("held").at("clients"), 4);
  EXPECT_EQ(app.at("outages_total"), 2);
  EXPECT_EQ(app.at("outage_seconds_total"), 2.5);
  EXPECT_EQ(app.at("last_outage_seconds"), 0.5);
}

TEST(TopologyJson, ClaimsNothingWhileNothingIsKnown) {
  admin::Snapshot snapshot;
  EXPECT_EQ(json::parse(topologyJson(snapshot)), (json{{"databases", json::array()}}));
  snapshot.topology("app");
  EXPECT_FALSE(topologyOf(snapshot).contains("primary"));
}

TEST(EventsJson, AreOldestFirstWithTheirMilliseconds) {
  admin::Snapshot snapshot;
  snapshot.events = {{WallTime(milliseconds(1000)), "app", "", "no primary"},
                     {WallTime(milliseconds(3056)), "app", "pg-1:5432", "accepted as primary"}};
  EXPECT_EQ(json::parse(eventsJson(snapshot)), (json{{"events",
                                                      {{{"time", "1970-01-01T00:00:01.000Z"},
                                                        {"database", "app"},
                                                        {"node", nullptr},
                                                        {"event", "no primary"}},
                                                       {{"time", "1970-01-01T00:00:03.056Z"},
                                                        {"database", "app"},
                                                        {"node", "pg-1:5432"},
                                                        {"event", "accepted as primary"}}}}}));
}

TEST(EventsJson, SurviveWhatIsNoUtf8) {
  admin::Snapshot snapshot;
  snapshot.events = {{WallTime(seconds(1)), "app", "", "FATAL: \xff"}};
  EXPECT_EQ(json::parse(eventsJson(snapshot)).at("events").at(0).at("event"), "FATAL: \\xff");
}

}  // namespace
}  // namespace forebay::http
