// Every timeout of PgBouncer's: who is told what, with which SQLSTATE, and what becomes of the server.
#include <gtest/gtest.h>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

ForebayConfig withSettings(const TomlTable& settings) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["default_pool_size"] = 1;
  for (const auto& [key, value] : settings) config.postgres[key] = value;
  return config;
}

RawClient loggedIn(const Forebay& forebay) {
  RawClient client(forebay.port());
  client.login("app", "postgres");
  return client;
}

// The error that ends the connection.
Message lastWords(RawClient& client) {
  const std::vector<Message> all = client.readToEnd();
  if (all.empty() || all.back().type != 'E') fail("closed without an error: " + types(all));
  return all.back();
}

// That an error says where, for how long, and what to do.
void expectExplained(const Message& error, const std::string& place, const std::string& setting,
                     const std::string& limit) {
  const std::string detail = error.field('D');
  EXPECT_TRUE(detail.starts_with(place + ": ")) << detail;
  EXPECT_TRUE(detail.ends_with(", the limit is " + limit + ".")) << detail;
  EXPECT_NE(error.field('H').find(setting), std::string::npos) << error.field('H');
}

const std::string kPool = "Pool app/postgres";
// A client with a server is told which.
std::string poolAndHost() { return kPool + ", host 127.0.0.1:" + std::to_string(sharedPostgres().port()); }

bool counted(const Forebay& forebay, const std::string& timeout) {
  const std::string line =
      "forebay_pool_timeouts_total{database=\"app\",user=\"postgres\",timeout=\"" + timeout + "\"} 1";
  return forebay.get("/metrics").find(line) != std::string::npos;
}

TEST(Timeouts, QueryWaitSaysWhoHasTheServers) {
  const Forebay forebay(withSettings({{"query_wait_timeout", "100ms"}}));
  Connection holder(forebay.conninfo("app"));
  RawClient waiter = loggedIn(forebay);
  holder.run("begin");
  waiter.send(wire::query("select 1"));
  const Message error = lastWords(waiter);
  EXPECT_EQ(error.field('C'), "53300");
  EXPECT_NE(error.field('M').find("query_wait_timeout"), std::string::npos);
  EXPECT_NE(error.field('D').find(": 1 server connections, 1 clients waiting, this one for "),
            std::string::npos)
      << error.field('D');
  expectExplained(error, poolAndHost(), "pool_size", "100ms");
  EXPECT_TRUE(counted(forebay, "query_wait_timeout"));
  holder.run("commit");
}

TEST(Timeouts, QueryWaitHoldsForWhoWaitsInTheLogin) {
  const Forebay forebay(withSettings({{"query_wait_timeout", "150ms"}, {"max_db_connections", 1}}));
  Connection holder(forebay.conninfo("app"));
  holder.run("begin");
  RawClient waiter(forebay.port());  // the first of its pool: what its servers report is not known yet
  waiter.send(wire::startup({{"user", "ann"}, {"database", "app"}}));
  const Message error = lastWords(waiter);
  EXPECT_EQ(error.field('C'), "53300");
  EXPECT_NE(error.field('M').find("query_wait_timeout"), std::string::npos) << error.field('M');
  EXPECT_TRUE(error.field('D').starts_with("Pool app/ann, host ")) << error.field('D');
  holder.run("commit");
}

TEST(Timeouts, QueryWaitNotifyIsForWhoHasLoggedIn) {
  ForebayConfig config = withSettings(
      {{"query_wait_notify", "50ms"}, {"query_wait_timeout", "300ms"}, {"max_db_connections", 1}});
  const Forebay forebay(config);
  Connection holder(forebay.conninfo("app"));
  holder.run("begin");
  RawClient waiter(forebay.port());
  waiter.send(wire::startup({{"user", "ann"}, {"database", "app"}}));
  EXPECT_EQ(types(waiter.readToEnd()), "E");
  holder.run("commit");
}

TEST(Timeouts, QueryWaitNotifyTellsTheClientThatItIsQueued) {
  const Forebay forebay(withSettings({{"query_wait_notify", "50ms"}}));
  Connection holder(forebay.conninfo("app"));
  RawClient waiter = loggedIn(forebay);
  holder.run("begin");
  waiter.send(wire::query("select 1"));
  const std::optional<Message> notice = waiter.read();
  ASSERT_TRUE(notice && notice->type == 'N');
  EXPECT_EQ(notice->field('M'), "No server connection available, client being queued");
  holder.run("commit");
  EXPECT_EQ(types(waiter.readUntil('Z')), "TDCZ");
  EXPECT_TRUE(eventually([&] {
    return forebay.log().find(" WARNING pool app/postgres: 1 client has waited long for a server") !=
           std::string::npos;
  })) << forebay.log();
}

TEST(Timeouts, QueryTimeoutCancelsTheQuery) {
  const Forebay forebay(withSettings({{"query_timeout", "200ms"}}));
  RawClient client = loggedIn(forebay);
  client.send(wire::query("select pg_sleep(60) /* too long */"));
  const Message error = lastWords(client);
  EXPECT_EQ(error.field('C'), "57014");
  EXPECT_NE(error.field('M').find("query_timeout"), std::string::npos);
  expectExplained(error, poolAndHost(), "query_timeout", "200ms");
  EXPECT_TRUE(counted(forebay, "query_timeout"));
  EXPECT_TRUE(eventually([] {
    return sharedPostgres().query(
               "select count(*) from pg_stat_activity where state = 'active' and query like "
               "'%/* too long */' and pid <> pg_backend_pid()") == "0";
  }));
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
}

TEST(Timeouts, QueryTimeoutCountsFromEachQuery) {
  const Forebay forebay(withSettings({{"query_timeout", "400ms"}}));
  Connection client(forebay.conninfo("app"));
  client.run("begin");
  for (int i = 0; i < 6; ++i) client.run("select pg_sleep(0.1)");
  client.run("commit");
}

TEST(Timeouts, IdleTransactionEndsOnlyWhoIdlesInATransaction) {
  const Forebay forebay(withSettings({{"idle_transaction_timeout", "150ms"}}));
  Connection busy(forebay.conninfo("app"));
  busy.run("begin");
  busy.run("select pg_sleep(0.4)");  // not idle
  busy.run("commit");
  RawClient idle = loggedIn(forebay);
  idle.query("begin");
  const Message error = lastWords(idle);
  EXPECT_EQ(error.field('C'), "25P03");
  expectExplained(error, poolAndHost(), "idle_transaction_timeout", "150ms");
  EXPECT_TRUE(counted(forebay, "idle_transaction_timeout"));
  EXPECT_EQ(busy.query("select 1"), "1");  // outside a transaction it may idle
}

TEST(Timeouts, TransactionTimeoutEndsItHoweverBusy) {
  const Forebay forebay(withSettings({{"transaction_timeout", "300ms"}}));
  RawClient client = loggedIn(forebay);
  client.query("begin");
  client.send(wire::query("select pg_sleep(60)"));
  const Message error = lastWords(client);
  EXPECT_EQ(error.field('C'), "25P04");
  expectExplained(error, poolAndHost(), "transaction_timeout", "300ms");
  EXPECT_TRUE(counted(forebay, "transaction_timeout"));
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
}

TEST(Timeouts, ClientIdleTimeoutClosesIdleClients) {
  const Forebay forebay(withSettings({{"client_idle_timeout", "150ms"}}));
  RawClient client = loggedIn(forebay);
  client.query("select 1");
  const Message error = lastWords(client);
  EXPECT_EQ(error.field('C'), "57P05");
  expectExplained(error, poolAndHost(), "client_idle_timeout", "150ms");
  EXPECT_TRUE(counted(forebay, "client_idle_timeout"));
}

TEST(Timeouts, OfAUserGoBeforeTheGlobalOnes) {
  ForebayConfig config = withSettings({{"query_timeout", "60s"}});
  config.users["postgres"]["query_timeout"] = "100ms";
  const Forebay forebay(config);
  RawClient client = loggedIn(forebay);
  client.send(wire::query("select pg_sleep(60)"));
  EXPECT_EQ(lastWords(client).field('C'), "57014");
}

TEST(Timeouts, ClientLoginTimeoutEndsEveryPhaseOfALogin) {
  ForebayConfig config = withSettings(
      {{"client_login_timeout", "150ms"}, {"auth_type", "scram-sha-256"}, {"tcp_defer_accept", false}});
  config.userlist = "\"ann\" \"secret\"\n";
  const Forebay forebay(config);
  RawClient silent(forebay.port()), half(forebay.port()), undecided(forebay.port());
  const std::string startup = wire::startup({{"user", "ann"}, {"database", "app"}});
  half.send(startup.substr(0, 5));
  undecided.send(startup);
  const Message error = lastWords(undecided);
  EXPECT_EQ(error.field('C'), "28000");
  expectExplained(error, "Login", "client_login_timeout", "150ms");
  EXPECT_EQ(lastWords(half).field('C'), "28000");
  silent.readToEnd();
}

TEST(Timeouts, ClientLoginTimeoutTellsWhoWaitedForAServer) {
  Relay relay(sharedPostgres().port());
  relay.pause();
  ForebayConfig config = withSettings({{"client_login_timeout", "150ms"}, {"server_connect_timeout", 600}});
  const std::string host = "127.0.0.1:" + std::to_string(relay.port());
  config.databases["app"]["hosts"] = std::vector<std::string>{host};
  const Forebay forebay(config);
  RawClient client(forebay.port());
  client.send(wire::startup({{"user", "postgres"}, {"database", "app"}}));
  const Message error = lastWords(client);
  EXPECT_EQ(error.field('C'), "53300");
  expectExplained(error, kPool + ", host " + host, "client_login_timeout", "150ms");
}

TEST(Timeouts, ServerConnectTimeoutReachesTheClientWithTheReason) {
  Relay relay(sharedPostgres().port());
  relay.pause();
  ForebayConfig config = withSettings({{"server_connect_timeout", "200ms"}});
  config.databases["app"]["hosts"] = std::vector<std::string>{"127.0.0.1:" + std::to_string(relay.port())};
  const Forebay forebay(config);
  RawClient client(forebay.port());
  client.send(wire::startup({{"user", "postgres"}, {"database", "app"}}));
  const Message error = lastWords(client);
  EXPECT_EQ(error.field('C'), "08006");
  EXPECT_NE(error.field('D').find("server_connect_timeout"), std::string::npos) << error.field('D');
}

}  // namespace
}  // namespace forebay::rig
