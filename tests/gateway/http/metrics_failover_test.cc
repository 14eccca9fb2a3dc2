#include <gtest/gtest.h>

#include "gateway/http/metrics.h"
#include "tests/gateway/admin/topologies.h"
#include "tests/gateway/http/metrics_text.h"

namespace forebay::http {
namespace {

const std::string kApp = R"({database="app")";

std::string nodeLabels(const std::string& name) { return kApp + R"(,node=")" + name + R"(:5432")"; }

TEST(FailoverMetrics, AreAbsentWhereNoRolesAreDiscovered) {
  const std::string text = metricsText({});
  EXPECT_EQ(text.find("forebay_failover_"), std::string::npos);
  EXPECT_EQ(text.find("forebay_postgres_node_"), std::string::npos);
}

TEST(FailoverMetrics, TellOfEachServer) {
  admin::Snapshot snapshot;
  addTopology(snapshot, "app", admin::threeNodes());
  const std::string text = metricsText(snapshot);
  const std::string primary = nodeLabels("pg-0"), replica = nodeLabels("pg-1"), gone = nodeLabels("pg-2");
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_up" + primary + "}"), 1);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_up" + gone + "}"), 0);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_role" + primary + R"(,role="primary"})"), 1);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_role" + primary + R"(,role="replica"})"), 0);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_role" + gone + R"(,role="unknown"})"), 1);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_state" + gone + R"(,state="down"})"), 1);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_state" + gone + R"(,state="fenced"})"), 0);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_timeline" + replica + "}"), 3);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_lag_bytes" + replica + "}"), 4096);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_lag_seconds" + replica + "}"), 1.5);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_evidence_age_seconds" + replica + "}"), 0.5);
}

TEST(FailoverMetrics, LeaveOutWhatIsUnknown) {
  admin::Snapshot snapshot;
  failover::Topology unknown;
  unknown.nodes = {admin::nodeOf("pg-0", failover::Role::kUnknown, failover::NodeState::kUnknown)};
  addTopology(snapshot, "app", unknown);
  const std::string text = metricsText(snapshot);
  EXPECT_EQ(numberOf(text, "forebay_postgres_node_up" + nodeLabels("pg-0") + "}"), 0);
  for (const char* name : {"forebay_postgres_node_timeline", "forebay_postgres_node_lag_bytes",
                           "forebay_postgres_node_lag_seconds", "forebay_postgres_node_evidence_age_seconds"})
    EXPECT_FALSE(hasSeries(text, name)) << name;
}

TEST(FailoverMetrics, CountOutagesAndWhatWasHeld) {
  admin::Snapshot snapshot;
  admin::DatabaseTopology& row = addTopology(snapshot, "app", admin::threeNodes());
  row.primary_changes = 1;
  row.outages = 2;
  row.outage_time = milliseconds(2500);
  row.last_outage = milliseconds(500);
  row.held = 3;
  row.held_total = 9;
  row.released = 5;
  row.held_refused = 1;
  const std::string text = metricsText(snapshot), labels = kApp + "}";
  EXPECT_EQ(numberOf(text, "forebay_failover_primary_changes_total" + labels), 1);
  EXPECT_EQ(numberOf(text, "forebay_failover_outages_total" + labels), 2);
  EXPECT_EQ(numberOf(text, "forebay_failover_outage_seconds_total" + labels), 2.5);
  EXPECT_EQ(numberOf(text, "forebay_failover_last_outage_seconds" + labels), 0.5);
  EXPECT_EQ(numberOf(text, "forebay_failover_held_clients" + labels), 3);
  EXPECT_EQ(numberOf(text, "forebay_failover_held_total" + labels), 9);
  EXPECT_EQ(numberOf(text, "forebay_failover_released_total" + labels), 5);
  EXPECT_EQ(numberOf(text, "forebay_failover_held_refused_total" + labels), 1);
  EXPECT_EQ(numberOf(text, "forebay_failover_epoch" + labels), 7);
}

TEST(FailoverMetrics, SayForHowLongThereIsNoPrimary) {
  admin::Snapshot snapshot;
  addTopology(snapshot, "app", admin::threeNodes());
  EXPECT_EQ(numberOf(metricsText(snapshot), "forebay_failover_primary_up" + kApp + "}"), 1);
  EXPECT_EQ(numberOf(metricsText(snapshot), "forebay_failover_without_primary_seconds" + kApp + "}"), 0);
  addTopology(snapshot, "app", admin::headless());
  EXPECT_EQ(numberOf(metricsText(snapshot), "forebay_failover_primary_up" + kApp + "}"), 0);
  EXPECT_EQ(numberOf(metricsText(snapshot), "forebay_failover_without_primary_seconds" + kApp + "}"), 2);
}

}  // namespace
}  // namespace forebay::http
