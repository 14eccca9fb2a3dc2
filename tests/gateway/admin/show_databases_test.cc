#include "tests/gateway/admin/show_fixture.h"

namespace forebay::admin {
namespace {

using ShowDatabases = ShowTest;

TEST_F(ShowDatabases, DatabasesShowWhatHoldsForThem) {
  fleet_.config->postgres.default_pool_size = 25;
  fleet_.addDatabase("orders");
  conf::Database& orders = fleet_.config->postgres.databases["orders"];
  orders.hosts = {{"pg-0", 5433}, {"pg-1", 5433}};
  orders.dbname = "orders_v2";
  orders.user = "app";
  orders.max_db_connections = 40;
  orders.server_lifetime = seconds(120);
  fleet_.addDatabase("plain");
  fleet_.snapshot.database("orders").paused = true;
  ordersPool();

  const WireAnswer databases = show("DATABASES");
  EXPECT_EQ(databases.at("orders", "host"), "pg-0,pg-1");
  EXPECT_EQ(databases.at("orders", "port"), "5433");
  EXPECT_EQ(databases.at("orders", "database"), "orders_v2");
  EXPECT_EQ(databases.at("orders", "force_user"), "app");
  EXPECT_EQ(databases.at("orders", "pool_size"), "25");
  EXPECT_EQ(databases.at("orders", "server_lifetime"), "120");
  EXPECT_EQ(databases.at("orders", "pool_mode"), "NULL");
  EXPECT_EQ(databases.at("orders", "max_connections"), "40");
  EXPECT_EQ(databases.at("orders", "current_connections"), "8");
  EXPECT_EQ(databases.at("orders", "current_client_connections"), "36");
  EXPECT_EQ(databases.at("orders", "paused"), "1");
  EXPECT_EQ(databases.at("plain", "database"), "plain");
  EXPECT_EQ(databases.at("plain", "load_balance_hosts"), "NULL");
  EXPECT_EQ(databases.at("plain", "disabled"), "0");
}

TEST_F(ShowDatabases, DatabasesListWhatTheFallbackServesButNotTheFallback) {
  fleet_.addDatabase("*");
  fleet_.config->postgres.databases["*"].hosts = {{"pg-0", 5432}};
  ordersPool();
  const WireAnswer databases = show("DATABASES");
  EXPECT_EQ(databases.rows.size(), 2u);
  EXPECT_EQ(databases.at("orders", "host"), "pg-0");
  EXPECT_EQ(databases.at("orders", "database"), "orders");
}

TEST_F(ShowDatabases, UsersShowTheirOwnSettingsOnly) {
  conf::User& app = fleet_.config->postgres.users["app"];
  app.name = "app";
  app.pool_size = 7;
  app.pool_mode = conf::PoolMode::kSession;
  fleet_.config->userlist.add("listed", "secret");
  fleet_.config->postgres.max_user_connections = 50;
  ordersPool();
  const WireAnswer users = show("USERS");
  EXPECT_EQ(users.at("app", "pool_size"), "7");
  EXPECT_EQ(users.at("app", "pool_mode"), "session");
  EXPECT_EQ(users.at("app", "current_connections"), "8");
  EXPECT_EQ(users.at("listed", "pool_size"), "");
  EXPECT_EQ(users.at("listed", "pool_mode"), "NULL");
  EXPECT_EQ(users.at("listed", "max_user_connections"), "50");
}

TEST_F(ShowDatabases, UsersHaveTheClientsThatLoggedInAsThemAndTheServersOfTheirPools) {
  ordersPool();  // of "app"
  fleet_.snapshot.logins["ann"] = 3;
  fleet_.snapshot.logins["gone"] = 0;
  const WireAnswer users = show("USERS");
  EXPECT_EQ(users.at("ann", "current_client_connections"), "3");
  EXPECT_EQ(users.at("ann", "current_connections"), "0");
  EXPECT_EQ(users.at("app", "current_client_connections"), "0");
  EXPECT_EQ(users.at("app", "current_connections"), "8");
  EXPECT_EQ(users.rows.size(), 3u);
}

}  // namespace
}  // namespace forebay::admin
