// When a server connection is checked, reset and replaced.
#include <gtest/gtest.h>

#include <memory>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr const char* kServerPid = "select pg_backend_pid()";

ForebayConfig onServer(const TomlTable& settings) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["default_pool_size"] = 1;
  for (const auto& [key, value] : settings) config.postgres[key] = value;
  return config;
}

bool backendIsGone(const std::string& pid) {
  return eventually([&] {
    return sharedPostgres().query("select count(*) from pg_stat_activity where pid = " + pid) == "0";
  });
}

TEST(ServerLife, EndsAtServerLifetimeWhenIdle) {
  const Forebay forebay(onServer({{"server_lifetime", "200ms"}}));
  Connection client(forebay.conninfo("app"));
  EXPECT_TRUE(backendIsGone(client.query(kServerPid)));
}

TEST(ServerLife, EndsAtServerLifetimeEvenIfItNeverIdles) {
  const Forebay forebay(onServer({{"server_lifetime", "200ms"}}));
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app"));
  const std::string server = first.query(kServerPid);
  first.send("select 1");
  EXPECT_TRUE(eventually([&] {  // one of the two is always waiting
    second.send(kServerPid);
    while (first.next()) {
    }
    first.send("select 1");
    const std::string now = second.next()->value();
    second.next();
    return now != server;
  }));
}

TEST(ServerLife, IsNotCutShortInATransaction) {
  const Forebay forebay(onServer({{"server_lifetime", "50ms"}, {"server_idle_timeout", "50ms"}}));
  Connection client(forebay.conninfo("app"));
  client.run("begin");
  const std::string server = client.query(kServerPid);
  client.run("select pg_sleep(0.3)");
  EXPECT_EQ(client.query(kServerPid), server);
  client.run("commit");
  EXPECT_TRUE(backendIsGone(server));
}

TEST(ServerLife, OfZeroIsOneTransaction) {
  const Forebay forebay(onServer({{"server_lifetime", 0}}));
  Connection client(forebay.conninfo("app"));
  const std::string first = client.query(kServerPid);
  EXPECT_NE(client.query(kServerPid), first);
}

TEST(ServerLife, EndsAfterServerIdleTimeout) {
  const Forebay forebay(onServer({{"server_idle_timeout", "100ms"}}));
  Connection client(forebay.conninfo("app"));
  EXPECT_TRUE(backendIsGone(client.query(kServerPid)));
  EXPECT_EQ(client.query("select 1"), "1");
}

TEST(ServerLife, EndsAfterServerMaxQueries) {
  const Forebay forebay(onServer({{"server_max_queries", 3}}));
  Connection client(forebay.conninfo("app"));
  const std::string first = client.query(kServerPid);
  EXPECT_EQ(client.query(kServerPid), first);
  EXPECT_EQ(client.query(kServerPid), first);
  EXPECT_NE(client.query(kServerPid), first);
}

TEST(ServerCheck, ReplacesADeadServerAndNobodyNotices) {
  Relay relay(sharedPostgres().port());
  ForebayConfig config = onServer({{"server_check_delay", 0}, {"server_connect_timeout", "300ms"}});
  config.databases["app"]["hosts"] = std::vector<std::string>{"127.0.0.1:" + std::to_string(relay.port())};
  const Forebay forebay(config);
  Connection client(forebay.conninfo("app"));
  const std::string before = client.query(kServerPid);
  relay.pause();  // the server does not answer, and nothing says that it is gone
  client.send(kServerPid);
  ASSERT_TRUE(eventually([&] { return forebay.log().find("no answer to its check") != std::string::npos; }));
  relay.resume();
  EXPECT_NE(client.next()->value(), before);
}

TEST(ServerCheck, RunsTheQueryThatIsSet) {
  sharedPostgres().run("create sequence if not exists checks");
  const Forebay forebay(
      onServer({{"server_check_delay", 0}, {"server_check_query", "select nextval('checks')"}}));
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  const std::string before = sharedPostgres().query("select last_value from checks");
  client.run("select 1");
  EXPECT_NE(sharedPostgres().query("select last_value from checks"), before);
}

TEST(ServerCheck, ThatFailsGetsTheClientAnotherServer) {
  sharedPostgres().run("create table if not exists healthy (yes boolean); truncate healthy");
  sharedPostgres().run("insert into healthy values (true)");
  const Forebay forebay(onServer({{"server_check_delay", 0},
                                  {"server_check_query",
                                   "do $$ begin if exists (select from healthy where not yes) and "
                                   "pg_backend_pid() <= (select max(n) from sick) then raise 'sick'; end if; "
                                   "end $$"}}));
  sharedPostgres().run("create table if not exists sick (n int); truncate sick");
  Connection client(forebay.conninfo("app"));
  const std::string before = client.query(kServerPid);
  sharedPostgres().run("insert into sick values (" + before + "); update healthy set yes = false");
  EXPECT_NE(client.query(kServerPid), before);
}

TEST(ServerReset, CleansUpBehindASession) {
  const Forebay forebay(onServer({{"pool_mode", "session"}}));
  std::string server;
  {
    Connection first(forebay.conninfo("app"));
    server = first.query(kServerPid);
    first.run("create temp table mine (n int)");
    first.run("set work_mem = '1MB'");
    first.run("prepare p as select 1");
    first.run("listen news");
  }
  Connection second(forebay.conninfo("app"));
  EXPECT_EQ(second.query(kServerPid), server);
  EXPECT_EQ(second.query("select count(*) from pg_class where relname = 'mine'"), "0");
  EXPECT_NE(second.query("show work_mem"), "1MB");
  EXPECT_EQ(second.query("select count(*) from pg_prepared_statements"), "0");
  EXPECT_EQ(second.query("select count(*) from pg_listening_channels()"), "0");
}

TEST(ServerReset, IsTheQueryThatIsSet) {
  const Forebay forebay(
      onServer({{"pool_mode", "session"}, {"server_reset_query", "set work_mem = '77MB'"}}));
  std::string server;
  {
    Connection first(forebay.conninfo("app"));
    server = first.query(kServerPid);
  }
  Connection second(forebay.conninfo("app"));
  EXPECT_EQ(second.query(kServerPid), server);
  EXPECT_EQ(second.query("show work_mem"), "77MB");
}

TEST(ServerReset, AlwaysComesAfterEachTransactionToo) {
  sharedPostgres().run("create sequence if not exists resets");
  const Forebay forebay(
      onServer({{"server_reset_query", "select nextval('resets')"}, {"server_reset_query_always", true}}));
  Connection client(forebay.conninfo("app"));
  const auto count = [] { return std::stoi(sharedPostgres().query("select last_value from resets")); };
  client.run("select 1");
  ASSERT_TRUE(eventually([&] { return count() >= 1; }));
  client.run("begin");
  client.run("select 1");
  client.run("commit");
  EXPECT_TRUE(eventually([&] { return count() == 2; }));
}

TEST(ServerReset, ThatFailsCostsTheServer) {
  const Forebay forebay(onServer({{"pool_mode", "session"}, {"server_reset_query", "select 1/0"}}));
  std::string server;
  {
    Connection first(forebay.conninfo("app"));
    server = first.query(kServerPid);
  }
  EXPECT_TRUE(backendIsGone(server));
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
}

TEST(ConnectQuery, RunsOnEachNewServer) {
  ForebayConfig config = onServer({{"server_lifetime", 0}});
  config.databases["app"]["connect_query"] = "set work_mem = '55MB'";
  const Forebay forebay(config);
  Connection client(forebay.conninfo("app"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.query("show work_mem"), "55MB");
}

TEST(ConnectQuery, ThatFailsIsToldInTheLogAndIgnored) {
  ForebayConfig config = onServer({});
  config.databases["app"]["connect_query"] = "set no_such_setting = 1";
  const Forebay forebay(config);
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
  const std::string told =
      " connect_query failed: unrecognized configuration parameter \"no_such_setting\" (42704)";
  EXPECT_TRUE(eventually([&] { return forebay.log().find(told) != std::string::npos; })) << forebay.log();
}

}  // namespace
}  // namespace forebay::rig
