// The console's commands do what they say to clients and servers that are busy meanwhile.
#include <gtest/gtest.h>

#include <memory>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

constexpr const char* kServerPid = "select pg_backend_pid()";

ForebayConfig twoDatabases(int workers = 2) {
  ForebayConfig config;
  config.listen["workers"] = workers;
  config.addDatabase("app", sharedPostgres());
  config.addDatabase("other", sharedPostgres());
  config.postgres["default_pool_size"] = 2;
  return config;
}

class Steering : public testing::Test {
 protected:
  explicit Steering(const ForebayConfig& config = twoDatabases()) : forebay_(config), view_(forebay_) {}

  Connection& console() { return view_.connection(); }
  // Has come to the control thread, though it is not answered.
  bool isUnderWay(const std::string& command) {
    return eventually([&] { return forebay_.log().find("admin console: " + command) != std::string::npos; });
  }
  bool answered(Connection& asker) {
    PQconsumeInput(asker.handle());
    return PQisBusy(asker.handle()) == 0;
  }
  std::string state(const std::string& column, const std::string& database = "app") {
    const QueryResult shown = console().exec("show databases");
    for (int row = 0; row < shown.rows(); ++row)
      if (shown.value(row, "name") == database) return shown.value(row, column);
    return "no such database";
  }

  Forebay forebay_;
  ConsoleView view_;
};

TEST_F(Steering, PauseWaitsForTransactionsAndHoldsNewOnes) {
  Connection busy(forebay_.conninfo("app")), late(forebay_.conninfo("app")),
      elsewhere(forebay_.conninfo("other"));
  busy.run("begin");
  Connection pauser(forebay_.consoleConninfo());
  pauser.send("pause app");
  ASSERT_TRUE(isUnderWay("PAUSE app"));
  late.send("select 'late'");
  EXPECT_TRUE(view_.clientsWait(1));
  EXPECT_EQ(busy.query("select 1"), "1");
  EXPECT_EQ(elsewhere.query("select 2"), "2");
  EXPECT_FALSE(answered(pauser));
  busy.run("commit");
  EXPECT_EQ(pauser.next()->tag(), "PAUSE");
  EXPECT_EQ(view_.servers("app"), 0);
  EXPECT_EQ(state("paused"), "1");
  EXPECT_EQ(view_.pools("cl_waiting"), 1);
  console().run("resume app");
  EXPECT_EQ(late.next()->value(), "late");
  EXPECT_EQ(state("paused"), "0");
}

TEST_F(Steering, PauseOfEverythingHoldsEveryDatabase) {
  Connection app(forebay_.conninfo("app")), other(forebay_.conninfo("other"));
  console().run("pause");
  EXPECT_EQ(view_.servers("app") + view_.servers("other"), 0);
  app.send("select 1");
  other.send("select 2");
  EXPECT_TRUE(view_.clientsWait(1, "app") && view_.clientsWait(1, "other"));
  EXPECT_FALSE(console().exec("pause").ok());
  console().run("resume");
  EXPECT_EQ(app.next()->value(), "1");
  EXPECT_EQ(other.next()->value(), "2");
  EXPECT_FALSE(console().exec("resume").ok());
}

TEST_F(Steering, ResumeEndsAPauseThatStillWaits) {
  Connection busy(forebay_.conninfo("app"));
  busy.run("begin");
  Connection pauser(forebay_.consoleConninfo());
  pauser.send("pause app");
  ASSERT_TRUE(isUnderWay("PAUSE app"));
  console().run("resume app");
  EXPECT_FALSE(pauser.next()->ok());
  EXPECT_EQ(Connection(forebay_.conninfo("app")).query("select 1"), "1");
}

TEST_F(Steering, CtrlCEndsAPauseThatStillWaits) {
  Connection busy(forebay_.conninfo("app"));
  busy.run("begin");
  Connection pauser(forebay_.consoleConninfo());
  pauser.send("pause");
  ASSERT_TRUE(isUnderWay("PAUSE"));
  EXPECT_EQ(pauser.cancel(), "");
  EXPECT_FALSE(pauser.next()->ok());
  EXPECT_EQ(Connection(forebay_.conninfo("other")).query("select 1"), "1");
}

TEST_F(Steering, WhoHangsUpOnItsPauseEndsIt) {
  Connection busy(forebay_.conninfo("app"));
  busy.run("begin");
  {
    RawClient pauser(forebay_.port());
    pauser.login("forebay", "admin");
    pauser.send(wire::query("pause app"));
    ASSERT_TRUE(isUnderWay("PAUSE app"));
  }
  EXPECT_TRUE(eventually([&] { return state("paused") == "0"; }));
}

TEST_F(Steering, SuspendHoldsAllTraffic) {
  Connection client(forebay_.conninfo("app"));
  const std::string server = client.query(kServerPid);
  console().run("suspend");
  client.send(kServerPid);
  EXPECT_TRUE(view_.clientsWait(1));
  console().run("resume");
  EXPECT_EQ(client.next()->value(), server);  // connections are kept
}

TEST_F(Steering, PauseAndDisableReachReplicationConnectionsToo) {
  const std::string replication =
      forebay_.conninfo("app") + " replication=database application_name=standby1";
  auto walsender = std::make_unique<Connection>(replication);
  walsender->run("IDENTIFY_SYSTEM");
  Connection pauser(forebay_.consoleConninfo());
  pauser.send("pause app");
  ASSERT_TRUE(isUnderWay("PAUSE app"));
  EXPECT_FALSE(answered(pauser));
  walsender.reset();
  EXPECT_EQ(pauser.next()->tag(), "PAUSE");
  console().run("resume app");
  console().run("disable app");
  EXPECT_NE(Connection::tryConnect(replication).find("is disabled"), std::string::npos);
}

TEST(SuspendTimeout, ClosesTheConnectionsThatDoNotComeToAnEnd) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["suspend_timeout"] = "100ms";
  const Forebay forebay(config);
  Connection console(forebay.consoleConninfo()), idle(forebay.conninfo("app"));
  RawClient busy(forebay.port());
  busy.login("app", "postgres");
  idle.run("select 1");
  busy.query("begin");
  EXPECT_TRUE(console.exec("suspend").ok());
  const std::vector<Message> last_words = busy.readToEnd();
  ASSERT_EQ(types(last_words), "E");
  EXPECT_EQ(last_words[0].field('C'), "57P01");
  EXPECT_NE(last_words[0].field('D').find("suspend_timeout"), std::string::npos);
  console.run("resume");
  EXPECT_EQ(idle.query("select 1"), "1");
}

TEST_F(Steering, ReconnectReplacesServersAsTheirClientsLetGo) {
  Connection busy(forebay_.conninfo("app")), idle(forebay_.conninfo("app"));
  busy.run("begin");
  const std::string held = busy.query(kServerPid), idling = idle.query(kServerPid);
  ASSERT_NE(held, idling);
  console().run("reconnect app");
  EXPECT_EQ(busy.query(kServerPid), held);
  Connection waiter(forebay_.consoleConninfo());
  waiter.send("wait_close app");
  EXPECT_NE(idle.query(kServerPid), idling);
  EXPECT_FALSE(answered(waiter));
  busy.run("commit");
  EXPECT_EQ(waiter.next()->tag(), "WAIT_CLOSE");
  EXPECT_NE(busy.query(kServerPid), held);
}

TEST_F(Steering, KillClosesClientsAndServersAtOnceAndLeavesThePause) {
  RawClient busy(forebay_.port()), idle(forebay_.port());
  busy.login("app", "postgres");
  idle.login("app", "postgres");
  Connection elsewhere(forebay_.conninfo("other"));
  busy.send(wire::query("select pg_sleep(60)"));
  ASSERT_TRUE(eventually([&] { return view_.pools("sv_active") == 1; }));
  console().run("kill app");
  for (RawClient* client : {&busy, &idle}) {
    const std::vector<Message> last = client->readToEnd();
    ASSERT_EQ(types(last), "E");
    EXPECT_EQ(last[0].field('C'), "57P01");
  }
  EXPECT_EQ(view_.servers("app"), 0);
  EXPECT_EQ(state("paused"), "1");
  EXPECT_EQ(elsewhere.query("select 1"), "1");
  console().run("resume app");
  EXPECT_EQ(Connection(forebay_.conninfo("app")).query("select 1"), "1");
}

TEST_F(Steering, KillClientClosesThatOne) {
  RawClient victim(forebay_.port());
  victim.login("app", "postgres", {.parameters = {{"application_name", "victim"}}});
  Connection bystander(forebay_.conninfo("app"));
  victim.query("begin");
  const QueryResult clients = console().exec("show clients");
  std::string id;
  for (int row = 0; row < clients.rows(); ++row)
    if (clients.value(row, "application_name") == "victim") id = clients.value(row, "id");
  ASSERT_NE(id, "");
  console().run("kill_client " + id);
  EXPECT_EQ(victim.readToEnd().back().field('C'), "57P01");
  EXPECT_EQ(bystander.query("select 1"), "1");
  EXPECT_FALSE(console().exec("kill_client " + id).ok());
}

TEST_F(Steering, DisableKeepsNewClientsOut) {
  Connection old(forebay_.conninfo("app"));
  console().run("disable app");
  EXPECT_NE(Connection::tryConnect(forebay_.conninfo("app")).find("disabled"), std::string::npos);
  EXPECT_EQ(old.query("select 1"), "1");
  EXPECT_EQ(state("disabled"), "1");
  console().run("enable app");
  EXPECT_EQ(Connection::tryConnect(forebay_.conninfo("app")), "");
}

TEST_F(Steering, SetTakesEffectAtOnce) {
  console().run("set query_wait_timeout = '100ms'");
  console().run("set default_pool_size = 1");
  Connection holder(forebay_.conninfo("app"));
  RawClient waiter(forebay_.port());
  waiter.login("app", "postgres");
  holder.run("begin");
  waiter.send(wire::query("select 1"));
  EXPECT_EQ(waiter.readToEnd().back().field('C'), "53300");
  const QueryResult config = console().exec("show config");
  for (int row = 0; row < config.rows(); ++row) {
    if (config.value(row, "key") == "default_pool_size") {
      EXPECT_EQ(config.value(row, "value"), "1");
    }
  }
  EXPECT_FALSE(console().exec("set no_such_thing = 1").ok());
  EXPECT_FALSE(console().exec("set default_pool_size = 'many'").ok());
}

TEST_F(Steering, CommandsForUnknownDatabasesAreRefused) {
  for (const char* command : {"pause", "resume", "reconnect", "kill", "wait_close", "disable", "enable"}) {
    const QueryResult result = console().exec(command + std::string(" nowhere"));
    EXPECT_EQ(result.sqlstate(), "3D000") << command << ": " << result.error();
  }
}

TEST_F(Steering, ExtendedQueriesAreRefusedInWords) {
  RawClient client(forebay_.port());
  client.login("forebay", "admin");
  client.send(wire::parse("", "show pools") + wire::sync());
  const std::vector<Message> last = client.readToEnd();
  ASSERT_EQ(types(last), "E");
  EXPECT_NE(last[0].field('M').find("extended query protocol"), std::string::npos);
}

TEST_F(Steering, ShutdownClosesTheConsoleWhenTheProcessEnds) {
  Connection client(forebay_.conninfo("app"));
  RawClient admin(forebay_.port());
  admin.login("forebay", "admin");
  admin.send(wire::query("shutdown"));
  admin.readToEnd();
  EXPECT_EQ(forebay_.process().wait(kPatience), 0);
}

TEST(Shutdown, WaitForClientsLetsThemStayAsLongAsTheyLike) {
  ForebayConfig config = twoDatabases();
  config.postgres["shutdown_timeout"] = "50ms";
  Forebay forebay(config);
  {
    Connection client(forebay.conninfo("app"));
    Connection(forebay.consoleConninfo()).run("shutdown wait_for_clients");
    EXPECT_TRUE(eventually([&] { return !Connection::tryConnect(forebay.conninfo("app")).empty(); }));
    EXPECT_EQ(client.query("select pg_sleep(0.2), 2"), "");
    EXPECT_EQ(client.query("select 3"), "3");
  }
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(Shutdown, WaitForServersLetsTransactionsEndHoweverLongTheyTake) {
  ForebayConfig config = twoDatabases();
  config.postgres["shutdown_timeout"] = "50ms";
  Forebay forebay(config);
  Connection busy(forebay.conninfo("app"));
  RawClient idle(forebay.port());
  idle.login("app", "postgres");
  busy.run("begin");
  Connection(forebay.consoleConninfo()).run("shutdown wait_for_servers");
  EXPECT_EQ(idle.readToEnd().back().field('C'), "57P01");
  busy.run("select pg_sleep(0.2)");
  busy.run("commit");
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST_F(Steering, MetricsAndHealthTellOfItMeanwhile) {
  const auto metric = [&](const std::string& line) {
    return forebay_.get("/metrics").find(line) != std::string::npos;
  };
  Connection client(forebay_.conninfo("app"));
  client.run("select 1");
  EXPECT_TRUE(
      metric("forebay_pool_timeouts_total{database=\"app\",user=\"postgres\",timeout=\"query_timeout\"} 0"));
  EXPECT_EQ(forebay_.httpStatus("/readyz"), 200);
  EXPECT_EQ(forebay_.httpStatus("/livez"), 200);
  console().run("pause app");
  client.send("select 1");
  ASSERT_TRUE(view_.clientsWait(1));
  EXPECT_NE(forebay_.get("/api/pools").find("\"app\""), std::string::npos);
  EXPECT_EQ(forebay_.httpStatus("/livez"), 200);
  console().run("resume app");
  client.next();
}

}  // namespace
}  // namespace forebay::rig
