#include "tests/gateway/admin/show_fixture.h"

namespace forebay::admin {
namespace {

using ShowPools = ShowTest;

TEST_F(ShowPools, PoolsCountIdleClientsAsActiveAndSplitTheWait) {
  fleet_.addDatabase("orders");
  fleet_.config->postgres.databases["orders"].hosts = {{"pg-0", 5432}, {"pg-1", 5432}};
  ordersPool();
  const WireAnswer pools = show("POOLS");
  EXPECT_EQ(pools.at("orders", "cl_active"), "32");
  EXPECT_EQ(pools.at("orders", "cl_waiting"), "4");
  EXPECT_EQ(pools.at("orders", "sv_login"), "1");
  EXPECT_EQ(pools.at("orders", "maxwait"), "2");
  EXPECT_EQ(pools.at("orders", "maxwait_us"), "500000");
  EXPECT_EQ(pools.at("orders", "pool_mode"), "transaction");
  EXPECT_EQ(pools.at("orders", "load_balance_hosts"), "round-robin");
}

TEST_F(ShowPools, TheConsoleIsAPoolOfItsOwn) {
  fleet_.snapshot.process.console_clients = 3;
  EXPECT_EQ(show("POOLS").at("pgbouncer", "cl_active"), "3");
  EXPECT_EQ(show("POOLS").at("pgbouncer", "pool_mode"), "statement");
  EXPECT_EQ(show("STATS").at("pgbouncer", "total_query_count"), "0");
  EXPECT_EQ(show("DATABASES").at("pgbouncer", "force_user"), "pgbouncer");
  EXPECT_EQ(show("DATABASES").at("pgbouncer", "current_client_connections"), "3");
}

}  // namespace
}  // namespace forebay::admin
