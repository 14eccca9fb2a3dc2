// Settings change while clients are at work: all of a new file, or nothing of it.
#include <gtest/gtest.h>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr const char* kServerPid = "select pg_backend_pid()";

ForebayConfig oneDatabase() {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["default_pool_size"] = 1;
  return config;
}

// RELOAD at the console, with what it says has changed.
std::string reload(const Forebay& forebay) {
  const std::string report = runOrFail({.argv = {"psql", "-X", "-c", "reload", forebay.consoleConninfo()}});
  EXPECT_NE(report.find("RELOAD"), std::string::npos) << report;
  return report;
}

TEST(Reload, BySignalTakesEffectAndSaysWhatChanged) {
  ForebayConfig config = oneDatabase();
  Forebay forebay(config);
  config.postgres["default_pool_size"] = 2;
  forebay.rewrite(config);
  forebay.reload();
  forebay.process().waitForOutput("reloaded: 1 change");
  EXPECT_NE(forebay.log().find("default_pool_size"), std::string::npos);
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app"));
  first.run("begin");
  second.run("begin");
}

TEST(Reload, FreesWhoWaitsForALargerPool) {
  ForebayConfig config = oneDatabase();
  Forebay forebay(config);
  ConsoleView console(forebay);
  Connection holder(forebay.conninfo("app")), waiter(forebay.conninfo("app"));
  holder.run("begin");
  waiter.send("select 1");
  ASSERT_TRUE(console.clientsWait(1));
  config.postgres["default_pool_size"] = 2;
  forebay.rewrite(config);
  EXPECT_NE(reload(forebay).find("default_pool_size"), std::string::npos);
  EXPECT_EQ(waiter.next()->value(), "1");
}

TEST(Reload, ShrinksAPoolAsItsServersComeFree) {
  ForebayConfig config = oneDatabase();
  config.postgres["default_pool_size"] = 3;
  Forebay forebay(config);
  ConsoleView console(forebay);
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app")), third(forebay.conninfo("app"));
  for (Connection* client : {&first, &second, &third}) client->run("begin");
  config.postgres["default_pool_size"] = 1;
  forebay.rewrite(config);
  reload(forebay);
  for (Connection* client : {&first, &second, &third}) client->run("commit");
  EXPECT_TRUE(console.serversBecome(1));
}

TEST(Reload, OfABadFileKeepsEverything) {
  ForebayConfig config = oneDatabase();
  Forebay forebay(config);
  Connection console(forebay.consoleConninfo());
  ForebayConfig bad = config;
  bad.postgres["default_pool_size"] = 7;
  bad.postgres["query_timeout"] = "soon";
  forebay.rewrite(bad);
  const QueryResult refused = console.exec("reload");
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.error().find("forebay.toml:"), std::string::npos) << refused.error();
  EXPECT_NE(refused.error().find("query_timeout"), std::string::npos) << refused.error();
  const QueryResult shown = console.exec("show config");
  for (int row = 0; row < shown.rows(); ++row) {
    if (shown.value(row, "key") == "default_pool_size") {
      EXPECT_EQ(shown.value(row, "value"), "1");
    }
  }
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
  EXPECT_NE(forebay.get("/metrics").find("forebay_config_reloads_total{result=\"failure\"} 1"),
            std::string::npos);
}

TEST(Reload, RefusesToMoveListenersAndKeepsEverything) {
  ForebayConfig config = oneDatabase();
  Forebay forebay(config);
  Connection console(forebay.consoleConninfo());
  config.listen["postgres"] = std::vector<std::string>{"127.0.0.1:0", "127.0.0.2:0"};
  config.postgres["default_pool_size"] = 7;
  forebay.rewrite(config);
  const QueryResult refused = console.exec("reload");
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.error().find("listen"), std::string::npos) << refused.error();
}

TEST(Reload, AddsAndRemovesDatabases) {
  ForebayConfig config = oneDatabase();
  config.addDatabase("old", sharedPostgres());
  Forebay forebay(config);
  RawClient idle(forebay.port()), waiting(forebay.port());
  idle.login("old", "postgres");
  idle.query("select 1");
  Connection kept(forebay.conninfo("app"));
  const std::string server = kept.query(kServerPid);
  config.databases.erase("old");
  config.addDatabase("new", sharedPostgres());
  forebay.rewrite(config);
  reload(forebay);
  const std::vector<Message> last = idle.readToEnd();
  ASSERT_EQ(types(last), "E");
  EXPECT_EQ(last[0].field('C'), "3D000");
  EXPECT_EQ(Connection(forebay.conninfo("new")).query("select 1"), "1");
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("old")), "");
  EXPECT_EQ(kept.query(kServerPid), server);  // whose settings did not change keeps its connections
}

TEST(Reload, OfAnotherHostMovesEachClientWhenItsTransactionEnds) {
  Relay first(sharedPostgres().port()), second(sharedPostgres().port());
  const auto hostOf = [](const Relay& relay) {
    return std::vector<std::string>{"127.0.0.1:" + std::to_string(relay.port())};
  };
  ForebayConfig config = oneDatabase();
  config.databases["app"]["hosts"] = hostOf(first);
  Forebay forebay(config);
  Connection client(forebay.conninfo("app"));
  client.run("begin");
  const std::string server = client.query(kServerPid);
  config.databases["app"]["hosts"] = hostOf(second);
  forebay.rewrite(config);
  reload(forebay);
  EXPECT_EQ(client.query(kServerPid), server);
  EXPECT_EQ(second.totalConnections(), 0u);
  client.run("commit");
  EXPECT_NE(client.query(kServerPid), server);
  EXPECT_EQ(second.connections(), 1u);
  EXPECT_TRUE(eventually([&] { return first.connections() == 0; }));
}

TEST(Reload, LeavesReplicationConnectionsAlone) {
  ForebayConfig config = oneDatabase();
  Forebay forebay(config);
  Connection walsender(forebay.conninfo("app") + " replication=database");
  EXPECT_TRUE(walsender.exec("IDENTIFY_SYSTEM").ok());
  config.postgres["default_pool_size"] = 2;
  forebay.rewrite(config);
  reload(forebay);
  EXPECT_TRUE(walsender.exec("IDENTIFY_SYSTEM").ok());
}

TEST(Reload, OfPasswordsCountsFromTheNextLogin) {
  ForebayConfig config = oneDatabase();
  config.postgres["auth_type"] = "scram-sha-256";
  config.databases["app"]["user"] = "postgres";
  config.userlist = "\"ann\" \"old\"\n\"admin\" \"admin\"\n";
  Forebay forebay(config);
  Connection there(forebay.conninfo("app", "ann", "old"));
  config.userlist = "\"ann\" \"new\"\n\"admin\" \"admin\"\n";
  forebay.rewrite(config);
  forebay.reload();
  EXPECT_TRUE(
      eventually([&] { return Connection::tryConnect(forebay.conninfo("app", "ann", "new")).empty(); }));
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "ann", "old")), "");
  EXPECT_EQ(there.query("select 1"), "1");
}

}  // namespace
}  // namespace forebay::rig
