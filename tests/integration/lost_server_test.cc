// A server that is lost: its own words reach its client, and nobody else notices.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr const char* kServerPid = "select pg_backend_pid()";

TEST(LostServer, InTheMiddleOfAQueryItsOwnWordsReachTheClient) {
  const Forebay forebay(appPool(2));
  RawClient client(forebay.port());
  Connection other(forebay.conninfo("app"));
  client.login("app", "postgres");
  other.run("begin");
  client.send(wire::query("select pg_backend_pid(), pg_terminate_backend(pg_backend_pid()), pg_sleep(1000)"));
  const std::vector<Message> answer = client.readToEnd();
  ASSERT_FALSE(answer.empty());
  EXPECT_EQ(answer.back().type, 'E');
  EXPECT_EQ(answer.back().field('C'), "57P01");
  EXPECT_EQ(other.query("select 'undisturbed'"), "undisturbed");
  other.run("commit");
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
}

// The answer to a query and the server's farewell, in one read.
class FarewellAfterTheAnswer : public testing::Test {
 protected:
  static ForebayConfig config(const Relay& relay, const std::string& pool_mode) {
    ForebayConfig config = appPool(2);
    config.databases.clear();
    config.addDatabase("app", relay.port());
    config.postgres["pool_mode"] = pool_mode;
    return config;
  }
  void sendAndTerminate(RawClient& client) {
    const std::string pid = client.rows(kServerPid)[0][0];
    relay.pauseFromTarget();
    client.send(wire::query("select 'answered'"));
    const std::string ran =
        "select count(*) from pg_stat_activity where state = 'idle' and query like '%answered%' and pid = " +
        pid;
    ASSERT_TRUE(eventually([&] { return sharedPostgres().query(ran) == "1"; }));
    ASSERT_EQ(sharedPostgres().query("select pg_terminate_backend(" + pid + ", 30000)"), "t");
    relay.resume();
  }

  Relay relay{sharedPostgres().port()};
};

TEST_F(FarewellAfterTheAnswer, IsNothingToAClientThatNeedsThatServerNoMore) {
  const Forebay forebay(config(relay, "transaction"));
  RawClient client(forebay.port());
  client.login("app", "postgres");
  sendAndTerminate(client);
  EXPECT_EQ(types(client.readUntil('Z')), "TDCZ");
  EXPECT_EQ(client.rows("select 'served'")[0][0], "served");
}

TEST_F(FarewellAfterTheAnswer, ReachesAClientWhoseSessionEndsWithItsServer) {
  const Forebay forebay(config(relay, "session"));
  RawClient client(forebay.port());
  client.login("app", "postgres");
  sendAndTerminate(client);
  const std::vector<Message> all = client.readToEnd();
  EXPECT_EQ(types(all), "TDCZE");
  EXPECT_EQ(all.back().field('C'), "57P01");
}

TEST(LostServer, WithoutAWordTheClientIsToldThatItIsGone) {
  Relay relay(sharedPostgres().port());
  for (const bool with_reset : {false, true}) {
    ForebayConfig config = appPool(2);
    config.databases.clear();
    config.addDatabase("app", relay.port());
    config.addDatabase("direct", sharedPostgres());
    const Forebay forebay(config);
    RawClient client(forebay.port());
    Connection other(forebay.conninfo("direct"));
    client.login("app", "postgres");
    client.query("begin");
    client.send(wire::query("select 'row one' union all select pg_sleep(1000)::text"));
    const uint64_t before = relay.bytesToTarget();
    ASSERT_TRUE(eventually([&] { return relay.bytesToTarget() >= before; }));
    with_reset ? relay.reset() : relay.cut();
    const std::vector<Message> answer = client.readToEnd();
    ASSERT_FALSE(answer.empty());
    EXPECT_EQ(answer.back().type, 'E');
    EXPECT_EQ(answer.back().field('C'), "57P01") << "no COMMIT was under way";
    EXPECT_NE(answer.back().field('D').find("app/postgres"), std::string::npos) << answer.back().field('D');
    EXPECT_EQ(other.query("select 'undisturbed'"), "undisturbed");
    EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
  }
}

TEST(LostServer, KilledTakesNobodyAlongWhoseServerLives) {
  PostgresServer fragile;  // PostgreSQL restarts every backend when one is killed
  ForebayConfig config = appPool(2);
  config.addDatabase("fragile", fragile);
  const Forebay forebay(config);
  RawClient client(forebay.port());
  Connection other(forebay.conninfo("app"));
  client.login("fragile", "postgres");
  const pid_t backend = std::stoi(client.rows(kServerPid)[0][0]);
  client.query("begin");
  client.send(wire::query("select pg_sleep(1000)"));
  ::kill(backend, SIGKILL);
  const std::vector<Message> answer = client.readToEnd();
  ASSERT_FALSE(answer.empty());
  EXPECT_EQ(answer.back().field('C'), "57P01") << "no COMMIT was under way";
  EXPECT_EQ(other.query("select 'undisturbed'"), "undisturbed");
  EXPECT_TRUE(eventually([&] { return Connection::tryConnect(fragile.conninfo()).empty(); }));
  EXPECT_EQ(Connection(forebay.conninfo("fragile")).query("select 'served'"), "served");
}

TEST(LostServer, Pitfall21OneThatDiedWhileIdleIsNotHandedOut) {
  const Forebay forebay(appPool(2));
  Connection client(forebay.conninfo("app"));
  ConsoleView console(forebay);
  for (int round = 0; round < 3; ++round) {
    const std::string server = client.query(kServerPid);
    sharedPostgres().run("select pg_terminate_backend(" + server + ", 30000)");
    ASSERT_TRUE(console.serversBecome(0));
    EXPECT_NE(client.query(kServerPid), server);
  }
}

TEST(LostServer, Pitfall21WhatAnIdleServerSaysIsNobodysAnswer) {
  const Forebay forebay(appPool(1));
  Connection client(forebay.conninfo("app"));
  const std::string server = client.query(kServerPid);
  // A parameter that changes under an idle connection is reported by it unasked.
  sharedPostgres().run("alter system set intervalstyle = 'sql_standard'");
  sharedPostgres().run("select pg_reload_conf()");
  EXPECT_TRUE(eventually([] { return sharedPostgres().query("show intervalstyle") == "sql_standard"; }));
  EXPECT_EQ(client.query(kServerPid), server);
  EXPECT_EQ(client.query("select 'goes on'"), "goes on");
  sharedPostgres().run("alter system reset intervalstyle");
  sharedPostgres().run("select pg_reload_conf()");
}

}  // namespace
}  // namespace forebay::rig
