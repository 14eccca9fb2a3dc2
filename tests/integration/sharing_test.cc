// Many clients, few servers: who gets which server, and for how long.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

constexpr const char* kServerPid = "select pg_backend_pid()";

TEST(Sharing, TwoClientsTakeTurnsOnOneServer) {
  const Forebay forebay(appPool(1));
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app"));
  const std::string server = first.query(kServerPid);
  EXPECT_EQ(second.query(kServerPid), server);
  EXPECT_EQ(first.query(kServerPid), server);
}

TEST(Sharing, AClientKeepsItsServerToTheEndOfTheTransaction) {
  const Forebay forebay(appPool(1));
  Connection first(forebay.conninfo("app"));
  RawClient second(forebay.port());
  second.login("app", "postgres");
  first.run("begin");
  const std::string server = first.query(kServerPid);
  second.send(wire::query(kServerPid));
  EXPECT_TRUE(second.silentFor(milliseconds(50)));
  EXPECT_EQ(first.query(kServerPid), server);
  first.run("commit");
  const std::vector<Message> answer = second.readUntil('Z');
  ASSERT_EQ(types(answer), "TDCZ");
  EXPECT_EQ(answer[1].row(), std::vector<std::string>{server});
}

TEST(Sharing, ATransactionLeftOpenIsNobodyElsesBusiness) {
  const Forebay forebay(appPool(1));
  sharedPostgres().run("create table if not exists left_open (n int)");
  {
    Connection leaver(forebay.conninfo("app"));
    leaver.run("begin");
    leaver.run("insert into left_open values (1)");
  }
  Connection next(forebay.conninfo("app"));
  EXPECT_EQ(next.transactionStatus(), PQTRANS_IDLE);
  EXPECT_EQ(next.query("select count(*) from left_open"), "0");
}

TEST(Sharing, ResultsAndCopyPassThroughWhole) {
  const Forebay forebay(appPool(2));
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query("select repeat('x', 5000000)").size(), 5000000u);
  EXPECT_EQ(client.exec("select generate_series(1, 50000)").rows(), 50000);
  ASSERT_EQ(client.exec("copy (select generate_series(1, 50000)) to stdout").status(), PGRES_COPY_OUT);
  const std::string copied = client.copyOut();
  EXPECT_EQ(std::count(copied.begin(), copied.end(), '\n'), 50000);
}

TEST(Sharing, PreparedStatementsFollowTheirClient) {
  const Forebay forebay(appPool(2));
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app"));
  ASSERT_TRUE(first.prepare("s", "select 'first' || $1").ok());
  ASSERT_TRUE(second.prepare("s", "select 'second' || $1").ok());
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(first.execPrepared("s", {"!"}).value(), "first!");
    EXPECT_EQ(second.execPrepared("s", {"!"}).value(), "second!");
  }
}

TEST(Sharing, PgbenchRunsInEachProtocolThroughFewServers) {
  sharedPostgres().run("create database bench");
  runOrFail({.argv = {"pgbench", "-i", "-q", sharedPostgres().conninfo("bench")}});
  ForebayConfig config = appPool(4);
  config.addDatabase("bench", sharedPostgres(), "bench");
  const Forebay forebay(config);
  const auto bench = [&](const std::string& protocol, const std::string& script) {
    const std::string report = runOrFail({.argv = {"pgbench", "-n", "-c", "40", "-j", "2", "-t", "25", "-M",
                                                   protocol, "-b", script, forebay.conninfo("bench")}},
                                         seconds(120));
    EXPECT_NE(report.find("actually processed: 1000/1000"), std::string::npos) << protocol << report;
    EXPECT_NE(report.find("failed transactions: 0 "), std::string::npos) << protocol << report;
  };
  bench("simple", "simple-update");
  bench("extended", "simple-update");
  // Single statements: pgbench prepares one client's statement with a call that keeps its whole thread
  // waiting, other clients' open transactions included, and would lock itself out of the pool.
  bench("prepared", "select-only");
  EXPECT_LE(
      std::stoi(sharedPostgres().query("select count(*) from pg_stat_activity where datname = 'bench'")), 4);
}

}  // namespace
}  // namespace forebay::rig
