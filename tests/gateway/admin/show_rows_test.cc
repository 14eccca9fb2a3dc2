// What stands in the rows of each SHOW.
#include <gtest/gtest.h>

#include "gateway/admin/console.h"
#include "tests/gateway/admin/fake_fleet.h"
#include "tests/gateway/admin/wire.h"

namespace forebay::admin {
namespace {

class ShowRows : public testing::Test {
 protected:
  ShowRows() : console_(fleet_, [this] { return now_; }) {}

  WireAnswer show(const std::string& what) {
    std::string wire;
    console_.handle("SHOW " + what, Role::kAdmin, [&](std::string bytes) { wire = std::move(bytes); });
    return readAnswer(wire);
  }

  PoolRow& ordersPool() {
    PoolRow& pool = fleet_.snapshot.pool("orders", "app");
    pool.cl_active = 2, pool.cl_idle = 30, pool.cl_waiting = 4;
    pool.sv_active = 2, pool.sv_idle = 5, pool.sv_login = 1, pool.sv_active_cancel = 1;
    pool.oldest_wait = microseconds(2'500'000);
    return pool;
  }

  FakeFleet fleet_;
  Instant now_{seconds(1000)};
  Console console_;
};

TEST_F(ShowRows, PoolsCountIdleClientsAsActiveAndSplitTheWait) {
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

TEST_F(ShowRows, TheConsoleIsAPoolOfItsOwn) {
  fleet_.snapshot.process.console_clients = 3;
  EXPECT_EQ(show("POOLS").at("pgbouncer", "cl_active"), "3");
  EXPECT_EQ(show("POOLS").at("pgbouncer", "pool_mode"), "statement");
  EXPECT_EQ(show("STATS").at("pgbouncer", "total_query_count"), "0");
  EXPECT_EQ(show("DATABASES").at("pgbouncer", "force_user"), "pgbouncer");
  EXPECT_EQ(show("DATABASES").at("pgbouncer", "current_client_connections"), "3");
}

TEST_F(ShowRows, DatabasesShowWhatHoldsForThem) {
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

TEST_F(ShowRows, DatabasesListWhatTheFallbackServesButNotTheFallback) {
  fleet_.addDatabase("*");
  fleet_.config->postgres.databases["*"].hosts = {{"pg-0", 5432}};
  ordersPool();
  const WireAnswer databases = show("DATABASES");
  EXPECT_EQ(databases.rows.size(), 2u);
  EXPECT_EQ(databases.at("orders", "host"), "pg-0");
  EXPECT_EQ(databases.at("orders", "database"), "orders");
}

TEST_F(ShowRows, UsersShowTheirOwnSettingsOnly) {
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

TEST_F(ShowRows, StatsAddUpADatabaseAndLookBackForAverages) {
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

TEST_F(ShowRows, AveragesFollowTheStatsPeriod) {
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

ClientRow client(uint64_t id, ClientState state, uint64_t server) {
  ClientRow row;
  row.id = id, row.link_id = server, row.state = state, row.fd = static_cast<int>(id) + 100;
  row.user = "app", row.database = "orders", row.addr = "10.0.3.7", row.port = 51522;
  row.connect_time = WallTime(seconds(1'700'000'000));
  return row;
}

ServerRow server(uint64_t id, ServerState state, uint64_t of_client) {
  ServerRow row;
  row.id = id, row.link_id = of_client, row.state = state, row.fd = static_cast<int>(id) + 200;
  row.remote_pid = 4711;
  return row;
}

TEST_F(ShowRows, ClientsAndServersAreNamedAsInTheLogAndPointToEachOther) {
  fleet_.snapshot.clients = {client(17, ClientState::kActive, 4), client(18, ClientState::kIdle, 0),
                             client(19, ClientState::kLogin, 0)};
  fleet_.snapshot.clients[1].wait = microseconds(3'000'007);
  fleet_.snapshot.servers = {server(4, ServerState::kActive, 17), server(5, ServerState::kLogin, 0)};

  const WireAnswer clients = show("CLIENTS");
  ASSERT_EQ(clients.rows.size(), 2u) << "who has not logged in yet is in no pool";
  EXPECT_EQ(clients.at("C", "ptr"), "C-17");
  EXPECT_EQ(clients.at("C", "link"), "S-4");
  EXPECT_EQ(clients.at("C", "id"), "17");
  EXPECT_EQ(clients.at("C", "connect_time"), "2023-11-14 22:13:20 UTC");
  EXPECT_EQ(clients.at("C", "request_time"), "NULL");
  EXPECT_EQ(clients.rows[1][4], "idle");
  EXPECT_EQ(clients.rows[1][11], "3");
  EXPECT_EQ(clients.rows[1][12], "7");

  const WireAnswer servers = show("SERVERS");
  EXPECT_EQ(servers.at("S", "link"), "C-17");
  EXPECT_EQ(servers.at("S", "remote_pid"), "4711");
  EXPECT_EQ(servers.rows[1][1], "(nouser)");
  EXPECT_EQ(servers.rows[1][4], "new");
}

TEST_F(ShowRows, SocketsSayWhichHoldBytes) {
  fleet_.snapshot.clients = {client(17, ClientState::kActive, 4), client(19, ClientState::kLogin, 0),
                             client(20, ClientState::kWaitingCancelReq, 0)};
  fleet_.snapshot.servers = {server(4, ServerState::kIdle, 0)};
  fleet_.snapshot.servers[0].unsent_bytes = 99;
  EXPECT_EQ(show("SOCKETS").rows.size(), 3u);
  EXPECT_EQ(show("SOCKETS").rows[1][4], "cl_login");
  const WireAnswer active = show("ACTIVE_SOCKETS");
  ASSERT_EQ(active.rows.size(), 1u);
  EXPECT_EQ(active.at("S", "state"), "sv_idle");
  EXPECT_EQ(active.at("S", "send_avail"), "99");
}

TEST_F(ShowRows, FdsNeverHoldASecret) {
  fleet_.snapshot.listeners = {{7, "0.0.0.0", 6432}};
  fleet_.snapshot.clients = {client(17, ClientState::kActive, 4)};
  fleet_.snapshot.clients[0].client_encoding = "UTF8";
  fleet_.snapshot.servers = {server(4, ServerState::kActive, 17)};
  const WireAnswer fds = show("FDS");
  EXPECT_EQ(fds.at("7", "task"), "pooler");
  EXPECT_EQ(fds.at("117", "link"), "204");
  EXPECT_EQ(fds.at("117", "client_encoding"), "UTF8");
  EXPECT_EQ(fds.at("204", "task"), "server");
  for (const char* fd : {"7", "117", "204"}) {
    EXPECT_EQ(fds.at(fd, "cancel"), "0");
    for (const char* secret : {"password", "scram_client_key", "scram_server_key"})
      EXPECT_EQ(fds.at(fd, secret), "NULL");
  }
}

TEST_F(ShowRows, PreparedShowsAHashInPlaceOfTheText) {
  fleet_.snapshot.prepared = {{4, "orders", "app", "F_1", 3, 0xabc, 21}};
  const WireAnswer prepared = show("PREPARED");
  EXPECT_EQ(prepared.at("4", "name"), "F_1");
  EXPECT_EQ(prepared.at("4", "clients"), "3");
  EXPECT_EQ(prepared.at("4", "sql_hash"), "0000000000000abc");
  EXPECT_EQ(prepared.at("4", "sql_length"), "21");
}

TEST_F(ShowRows, PinsNameTheReason) {
  fleet_.snapshot.pins = {{17, 4, "orders", "app", "temporary table", WallTime(seconds(1'700'000'000))}};
  EXPECT_EQ(show("PINS").at("17", "reason"), "temporary table");
  EXPECT_EQ(show("PINS").at("17", "server"), "4");
}

TEST_F(ShowRows, ListsHaveEveryRowInOrder) {
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

TEST_F(ShowRows, StateIsOneOfThree) {
  EXPECT_EQ(show("STATE").at("active", "value"), "yes");
  fleet_.snapshot.pause = Pause::kPaused;
  EXPECT_EQ(show("STATE").at("active", "value"), "no");
  EXPECT_EQ(show("STATE").at("paused", "value"), "yes");
  EXPECT_EQ(show("STATE").at("suspended", "value"), "no");
}

TEST_F(ShowRows, MemoryDnsAndPeers) {
  fleet_.snapshot.memory = {{"client_cache", 600, 10, 5}};
  fleet_.snapshot.dns = {{"pg-0", seconds(12), "10.0.0.1:0"}};
  fleet_.snapshot.peer_pools = {{2, 1, 0, 1, 0}};
  fleet_.config->postgres.peers = {{2, {"forebay-1", 6432}, 0}};
  EXPECT_EQ(show("MEM").at("client_cache", "memtotal"), "9000");
  EXPECT_EQ(show("DNS_HOSTS").at("pg-0", "ttl"), "12");
  EXPECT_TRUE(show("DNS_ZONES").rows.empty());
  EXPECT_EQ(show("PEERS").at("2", "pool_size"), "25");
  EXPECT_EQ(show("PEER_POOLS").at("2", "sv_active_cancel"), "1");
}

TEST_F(ShowRows, VersionStartsLikePgbouncers) {
  const std::string version = show("VERSION").rows.at(0).at(0).value();
  EXPECT_EQ(version.rfind("PgBouncer 1.25.", 0), 0u) << version;
  EXPECT_NE(version.find("Forebay"), std::string::npos);
}

TEST_F(ShowRows, ConfigHasWhatExportersReadAsNumbers) {
  const WireAnswer config = show("CONFIG");
  EXPECT_EQ(config.at("max_client_conn", "value"), "10000");
  EXPECT_EQ(config.at("max_client_conn", "changeable"), "yes");
  EXPECT_EQ(config.at("max_user_connections", "value"), "0");
}

}  // namespace
}  // namespace forebay::admin
