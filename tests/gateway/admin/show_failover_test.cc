#include "tests/gateway/admin/show_fixture.h"
#include "tests/gateway/admin/topologies.h"

namespace forebay::admin {
namespace {

using Row = std::vector<std::optional<std::string>>;
constexpr std::nullopt_t kNull = std::nullopt;

class ShowFailover : public ShowTest {};

TEST_F(ShowFailover, TopologyHasARowForEachServer) {
  addTopology(fleet_.snapshot, "app", threeNodes());
  EXPECT_EQ(show("TOPOLOGY").rows,
            (std::vector<Row>{{"app", "pg-0:5432", "primary", "3", kNull, kNull, "250", "up", "7", kNull},
                              {"app", "pg-1:5432", "replica", "3", "4096", "1500", "500", "up", "7", kNull},
                              {"app", "pg-2:5432", "unknown", kNull, kNull, kNull, kNull, "down", "7",
                               "connection refused"}}));
}

TEST_F(ShowFailover, TopologySaysWhyThereIsNoPrimary) {
  addTopology(fleet_.snapshot, "app", headless());
  const WireAnswer topology = show("TOPOLOGY");
  ASSERT_EQ(topology.rows.size(), 4u);
  EXPECT_EQ(topology.rows.back(), (Row{"app", kNull, "primary", kNull, kNull, kNull, kNull, "missing", "7",
                                       "no server that can be reached is a primary"}));
}

TEST_F(ShowFailover, TopologyIsEmptyWhileNothingIsKnown) {
  fleet_.snapshot.topology("app");
  EXPECT_TRUE(show("TOPOLOGY").rows.empty());
}

TEST_F(ShowFailover, WhatAServerSaidIsMadePrintable) {
  failover::Topology topology = threeNodes();
  topology.nodes[2].why = "FATAL: \xff\n";
  addTopology(fleet_.snapshot, "app", std::move(topology));
  EXPECT_EQ(show("TOPOLOGY").rows[2].back(), "FATAL: \\xff\\n");
}

TEST_F(ShowFailover, EventsAreNewestFirst) {
  const auto at = [](int ms) { return WallTime(milliseconds(ms)); };
  fleet_.snapshot.events = {{at(1000), "app", "", "no primary"},
                            {at(1000), "app", "pg-1:5432", "replica, up"},
                            {at(3056), "app", "pg-1:5432", "accepted as primary"}};
  EXPECT_EQ(show("EVENTS").rows,
            (std::vector<Row>{{"1970-01-01 00:00:03.056 UTC", "app", "pg-1:5432", "accepted as primary"},
                              {"1970-01-01 00:00:01.000 UTC", "app", "pg-1:5432", "replica, up"},
                              {"1970-01-01 00:00:01.000 UTC", "app", kNull, "no primary"}}));
}

}  // namespace
}  // namespace forebay::admin
