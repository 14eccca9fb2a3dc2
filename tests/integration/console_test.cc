// The admin console, as psql and the exporters made for PgBouncer see it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig oneDatabase() {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["default_pool_size"] = 2;
  return config;
}

TEST(Console, ShowsPoolsWithPgBouncersColumns) {
  const Forebay forebay(oneDatabase());
  Connection client(forebay.conninfo("app"));
  client.run("begin");
  Connection console(forebay.consoleConninfo());
  const QueryResult pools = console.exec("show pools");
  ASSERT_TRUE(pools.ok()) << pools.error();
  EXPECT_EQ(pools.columnNames(),
            (std::vector<std::string>{"database", "user", "cl_active", "cl_waiting", "cl_active_cancel_req",
                                      "cl_waiting_cancel_req", "sv_active", "sv_active_cancel",
                                      "sv_being_canceled", "sv_idle", "sv_used", "sv_tested", "sv_login",
                                      "maxwait", "maxwait_us", "pool_mode", "load_balance_hosts"}));
  int row = 0;
  while (row < pools.rows() && pools.value(row, "database") != "app") ++row;
  ASSERT_LT(row, pools.rows());
  EXPECT_EQ(pools.value(row, "user"), "postgres");
  EXPECT_EQ(pools.value(row, "cl_active"), "1");
  EXPECT_EQ(pools.value(row, "sv_active"), "1");
  EXPECT_EQ(pools.value(row, "pool_mode"), "transaction");
}

TEST(Console, AnswersToBothNames) {
  const Forebay forebay(oneDatabase());
  for (const char* name : {"forebay", "pgbouncer"}) {
    EXPECT_TRUE(Connection(forebay.conninfo(name, "admin")).exec("show version").ok()) << name;
  }
}

TEST(Console, IsForAdminsAndForStatsUsersOnly) {
  const Forebay forebay(oneDatabase());
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("forebay", "ann")), "");
  Connection stats(forebay.conninfo("forebay", "stats"));
  EXPECT_TRUE(stats.exec("show stats").ok());
  EXPECT_FALSE(stats.exec("pause").ok());
}

TEST(Console, ShowsClientsUnderTheNamesThatTheyLoggedInWith) {
  ForebayConfig config = oneDatabase();
  config.databases["app"]["user"] = "postgres";
  config.userlist = "\"ann\" \"\"\n\"bob\" \"\"\n\"admin\" \"\"\n";
  const Forebay forebay(config);
  const Connection ann(forebay.conninfo("app", "ann")), bob(forebay.conninfo("app", "bob"));
  Connection console(forebay.consoleConninfo());
  const QueryResult clients = console.exec("show clients");
  std::set<std::string> shown;
  for (int row = 0; row < clients.rows(); ++row)
    shown.insert(clients.value(row, "user") + "/" + clients.value(row, "database"));
  EXPECT_EQ(shown, (std::set<std::string>{"ann/app", "bob/app", "admin/pgbouncer"}));
  const QueryResult users = console.exec("show users");
  for (int row = 0; row < users.rows(); ++row) {
    const std::string name = users.value(row, "name");
    const bool one = name == "ann" || name == "bob";
    EXPECT_EQ(users.value(row, "current_client_connections"), one ? "1" : "0") << name;
  }
  const auto logged = [&](const char* client) {
    return eventually([&] { return forebay.log().find(client) != std::string::npos; });
  };
  EXPECT_TRUE(logged(" app/ann@")) << forebay.log();
  EXPECT_TRUE(logged(" pgbouncer/admin@")) << forebay.log();
}

TEST(Console, ShowsItsOwnClientAsAnyOther) {
  const Forebay forebay(oneDatabase());
  Connection console(forebay.consoleConninfo() + " application_name=psql");
  const QueryResult clients = console.exec("show clients");
  ASSERT_EQ(clients.rows(), 1);
  EXPECT_EQ(clients.value(0, "application_name"), "psql");
  EXPECT_GE(clients.value(0, "request_time"), clients.value(0, "connect_time"));
}

TEST(Console, ShowsWhichProcessIsAtTheOtherEndOfAUnixSocket) {
  ForebayConfig config = oneDatabase();
  config.unix_socket = true;
  const Forebay forebay(config);
  const Connection client(forebay.unixConninfo("app"));
  Connection console(forebay.consoleConninfo());
  const QueryResult clients = console.exec("show clients");
  std::string pids;
  for (int row = 0; row < clients.rows(); ++row)
    pids += clients.value(row, "database") + "=" + clients.value(row, "remote_pid") + " ";
  EXPECT_EQ(pids, "app=" + std::to_string(getpid()) + " pgbouncer=0 ");
}

TEST(Console, ShowsWhenAServerWasAskedLast) {
  const Forebay forebay(oneDatabase());
  Connection client(forebay.conninfo("app")), console(forebay.consoleConninfo());
  client.run("select 1");
  const auto asked = [&] { return console.exec("show servers").value(0, "request_time"); };
  const std::string connected = console.exec("show servers").value(0, "connect_time");
  EXPECT_TRUE(eventually([&] {  // it counts whole seconds
    client.run("select 1");
    return asked() > connected;
  }));
}

TEST(Console, ShowsWhoWaitsForAServerInsideTheLogin) {
  ForebayConfig config = oneDatabase();
  config.postgres["max_db_connections"] = 1;
  const Forebay forebay(config);
  ConsoleView console(forebay);
  Connection holder(forebay.conninfo("app"));
  holder.run("begin");
  RawClient waiter(forebay.port());  // the first of its pool
  waiter.send(wire::startup({{"user", "ann"}, {"database", "app"}}));
  ASSERT_TRUE(console.clientsWait(1));
  const QueryResult clients = console.connection().exec("show clients");
  std::string states;
  for (int row = 0; row < clients.rows(); ++row)
    if (clients.value(row, "user") == "ann") states += clients.value(row, "state") + " ";
  EXPECT_EQ(states, "waiting ");
  EXPECT_NE(forebay.get("/metrics").find("forebay_pool_queue_depth{database=\"app\",user=\"ann\"} 1\n"),
            std::string::npos);
  holder.run("commit");
}

TEST(Console, PausesAndResumes) {
  const Forebay forebay(oneDatabase());
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  Connection console(forebay.consoleConninfo());
  console.run("pause app");
  client.send("select 2");
  console.run("resume app");
  EXPECT_EQ(client.next()->value(), "2");
}

TEST(Console, ReadsLikeATableInPsql) {
  const Forebay forebay(oneDatabase());
  const std::string table =
      runOrFail({.argv = {"psql", "-X", "-c", "show pools", forebay.consoleConninfo()}});
  EXPECT_NE(table.find("cl_waiting"), std::string::npos) << table;
}

}  // namespace
}  // namespace forebay::rig
