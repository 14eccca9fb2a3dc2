#include "tests/gateway/admin/show_fixture.h"

namespace forebay::admin {
namespace {

using ShowProcess = ShowTest;

TEST_F(ShowProcess, ListsHaveEveryRowInOrder) {
  ordersPool();
  fleet_.snapshot.process.login_clients = 2;
  const WireAnswer lists = show("LISTS");
  std::string names;
  for (const auto& row : lists.rows) names += *row[0] + " ";
  EXPECT_EQ(names,
            "databases users peers pools peer_pools free_clients used_clients login_clients free_servers "
            "used_servers "
            "dns_names dns_zones dns_queries dns_pending ");
  EXPECT_EQ(lists.at("databases", "items"), "2");
  EXPECT_EQ(lists.at("pools", "items"), "2");
  EXPECT_EQ(lists.at("used_clients", "items"), "38");
  EXPECT_EQ(lists.at("used_servers", "items"), "8");
}

TEST_F(ShowProcess, StateIsOneOfThree) {
  EXPECT_EQ(show("STATE").at("active", "value"), "yes");
  fleet_.snapshot.pause = Pause::kPaused;
  EXPECT_EQ(show("STATE").at("active", "value"), "no");
  EXPECT_EQ(show("STATE").at("paused", "value"), "yes");
  EXPECT_EQ(show("STATE").at("suspended", "value"), "no");
}

TEST_F(ShowProcess, MemoryDnsAndPeers) {
  fleet_.snapshot.memory = {{"client_cache", 600, 10, 5}};
  fleet_.snapshot.dns = {{"pg-0", seconds(12), "10.0.0.1:0"}};
  fleet_.snapshot.peer_pools = {{2, 1, 0, 1, 0}};
  fleet_.config->postgres.peers = {{2, {"forebay-1", 6432}, 0}, {3, {"forebay-2", 6432}, 0}};
  EXPECT_EQ(show("MEM").at("client_cache", "memtotal"), "9000");
  EXPECT_EQ(show("DNS_HOSTS").at("pg-0", "ttl"), "12");
  EXPECT_TRUE(show("DNS_ZONES").rows.empty());
  EXPECT_EQ(show("PEERS").at("2", "pool_size"), "25");
  EXPECT_EQ(show("PEER_POOLS").at("2", "sv_active_cancel"), "1");
  EXPECT_EQ(show("PEER_POOLS").at("3", "sv_active_cancel"), "0");
}

TEST_F(ShowProcess, VersionStartsLikePgbouncers) {
  const std::string version = show("VERSION").rows.at(0).at(0).value();
  EXPECT_EQ(version.rfind("PgBouncer 1.25.", 0), 0u) << version;
  EXPECT_NE(version.find("Forebay"), std::string::npos);
}

TEST_F(ShowProcess, ConfigHasWhatExportersReadAsNumbers) {
  const WireAnswer config = show("CONFIG");
  EXPECT_EQ(config.at("max_client_conn", "value"), "10000");
  EXPECT_EQ(config.at("max_client_conn", "changeable"), "yes");
  EXPECT_EQ(config.at("max_user_connections", "value"), "0");
}

}  // namespace
}  // namespace forebay::admin
