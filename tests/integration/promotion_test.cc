// A primary that dies, a replica that is promoted, and clients that are not to notice: with real servers.
#include <gtest/gtest.h>

#include <map>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

std::string address(const PostgresServer& server) { return "127.0.0.1:" + std::to_string(server.port()); }

// A primary with replicas, and a gateway in front that is told their addresses and nothing else.
class Promotion : public testing::Test {
 protected:
  explicit Promotion(int count = 1) {
    primary.run("create table kept (id int primary key, value text)");
    for (int i = 0; i < count; ++i) {
      replicas.push_back(PostgresServer::replicaOf(primary));
      primary.waitForReplay(*replicas.back());
    }
  }

  ForebayConfig config() {
    ForebayConfig config;
    TomlTable& app = config.databases["app"];
    std::vector<std::string> hosts;
    for (const auto& each : replicas) hosts.push_back(address(*each));  // the primary is not the first one
    hosts.push_back(address(primary));
    app["hosts"] = hosts;
    app["dbname"] = "postgres";
    app["user"] = "postgres";
    config.postgres["default_pool_size"] = 5;
    return config;
  }

  // The port that answers is the server's own.
  static std::string portOf(Connection& client) { return client.query("select inet_server_port()"); }
  static std::string portOf(const PostgresServer& server) { return std::to_string(server.port()); }
  PostgresServer& replica(size_t index = 0) { return *replicas[index]; }

  PostgresServer primary;
  std::vector<std::unique_ptr<PostgresServer>> replicas;
};

class PromotionOfOneOfTwo : public Promotion {
 protected:
  PromotionOfOneOfTwo() : Promotion(2) {}
};

// What the console knows of one server.
std::string state(const Forebay& forebay, const PostgresServer& server, const std::string& column = "state") {
  Connection console(forebay.consoleConninfo());
  const QueryResult shown = console.exec("show topology");
  for (int row = 0; row < shown.rows(); ++row)
    if (shown.value(row, "node") == address(server)) return shown.value(row, column);
  return {};
}

TEST_F(Promotion, ClientsOfAListOfHostsGetThePrimary) {
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(portOf(client), portOf(primary));
  client.run("insert into kept values (1, 'one')");
}

TEST_F(Promotion, IdleClientsAreOnTheNewPrimaryWithoutNoticing) {
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"));
  client.run("insert into kept values (1, 'before')");
  primary.waitForReplay(replica());
  primary.stop(Stop::kKill);
  replica().promote();
  client.run("insert into kept values (2, 'after')");
  EXPECT_EQ(portOf(client), portOf(replica()));
  EXPECT_EQ(client.query("select count(*) from kept"), "2");
}

TEST_F(Promotion, WhatIsAskedWhileThereIsNoPrimaryWaitsAndIsAnswered) {
  const Forebay forebay(config());
  ConsoleView console(forebay);
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  primary.stop(Stop::kKill);
  ASSERT_TRUE(eventually([&] { return state(forebay, primary) == "down"; }));
  client.send("insert into kept values (1, 'held')");
  EXPECT_TRUE(console.clientsWait(1));
  replica().promote();
  std::optional<QueryResult> answer = client.next();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->ok()) << answer->error();
  EXPECT_EQ(replica().query("select value from kept"), "held");
}

TEST_F(Promotion, WhoLogsInWhileThereIsNoPrimaryWaitsToo) {
  primary.stop(Stop::kKill);
  const Forebay forebay(config());
  ConsoleView console(forebay);
  std::string error = "nothing came of it";
  std::thread client([&] { error = Connection::tryConnect(forebay.conninfo("app")); });
  EXPECT_TRUE(eventually([&] { return state(forebay, primary) == "down"; }));
  replica().promote();
  client.join();
  EXPECT_EQ(error, "");
}

TEST_F(Promotion, AWaitThatIsTooLongEndsWithAnErrorThatSaysWhy) {
  ForebayConfig impatient = config();
  impatient.more = "[failover]\nhold_timeout = \"200ms\"\n";
  const Forebay forebay(impatient);
  ConsoleView console(forebay);
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  primary.stop(Stop::kKill);
  ASSERT_TRUE(eventually([&] { return state(forebay, primary) == "down"; }));
  client.send("insert into kept values (1, 'late')");
  const QueryResult answer = *client.next();
  EXPECT_EQ(answer.sqlstate(), "57P03");
  EXPECT_NE(answer.error().find("hold_timeout has passed"), std::string::npos) << answer.error();
  EXPECT_NE(answer.errorField(PG_DIAG_MESSAGE_DETAIL).find("no server that can be reached is a primary"),
            std::string::npos)
      << answer.error();
}

TEST_F(Promotion, NoMoreAreHeldThanTheSettingsSay) {
  ForebayConfig small = config();
  small.more = "[failover]\nhold_max_clients = 1\n";
  const Forebay forebay(small);
  ConsoleView console(forebay);
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app"));
  first.run("select 1");
  primary.stop(Stop::kKill);
  ASSERT_TRUE(eventually([&] { return state(forebay, primary) == "down"; }));
  first.send("insert into kept values (1, 'held')");
  ASSERT_TRUE(console.clientsWait(1));
  second.send("insert into kept values (2, 'refused')");
  const QueryResult refused = *second.next();
  EXPECT_EQ(refused.sqlstate(), "57P03") << refused.error();
  replica().promote();
  EXPECT_TRUE(first.next()->ok());
}

TEST_F(Promotion, ReplicasAreShownToTakeNoReadsUnlessToldTo) {
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  const QueryResult routes = Connection(forebay.consoleConninfo()).exec("show routes");
  std::map<std::string, std::string> why;
  for (int row = 0; row < routes.rows(); ++row) why[routes.value(row, "node")] = routes.value(row, "why");
  EXPECT_EQ(why[address(primary)], "it is the primary");
  EXPECT_EQ(why[address(replica())], "reads = \"primary\"");
}

// What it asks is in the middle of its answer when the primary dies.
TEST_F(Promotion, AReadThatWasUnderWayIsAskedOfTheNewPrimary) {
  primary.run(
      "create function slow_there() returns int stable language plpgsql as $$ begin "
      "if inet_server_port() = " +
      portOf(primary) + " then perform pg_sleep(60); end if; return inet_server_port(); end $$");
  primary.waitForReplay(replica());
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"));
  client.run("insert into kept values (1, 'before')");
  const auto readsAreKnown = [&] {  // the catalog is loaded when a text first needs it
    const QueryResult routes = Connection(forebay.consoleConninfo()).exec("show routes");
    return client.exec("select count(*) from kept").ok() && routes.rows() == 2 &&
           std::stoi(routes.value(0, "reads")) + std::stoi(routes.value(1, "reads")) > 0;
  };
  ASSERT_TRUE(eventually(readsAreKnown));
  client.send("select slow_there()");
  ASSERT_TRUE(eventually([&] {
    return primary.query("select count(*) from pg_stat_activity where query = 'select slow_there()'") == "1";
  }));
  primary.stop(Stop::kKill);
  replica().promote();
  const std::optional<QueryResult> answer = client.next();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->ok()) << answer->error();
  EXPECT_EQ(answer->value(), portOf(replica()));
}

TEST_F(Promotion, AnOpenTransactionIsToldThatNothingWasCommitted) {
  const Forebay forebay(config());
  RawClient idle(forebay.port());
  Connection busy(forebay.conninfo("app"));
  idle.login("app", "postgres");
  idle.query("begin");
  busy.run("begin");
  busy.send("select pg_sleep(1000)");
  primary.stop(Stop::kKill);
  EXPECT_EQ(busy.next()->sqlstate(), "57P01");
  EXPECT_EQ(idle.readToEnd().back().field('C'), "57P01");
}

TEST_F(Promotion, WhoseCommitWasUnderWayIsToldThatNobodyKnows) {
  primary.run("alter system set synchronous_standby_names = '*'");
  primary.reload();
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app")), statement(forebay.conninfo("app"));
  client.run("begin; insert into kept values (1, 'one')");
  replica().freeze();  // so that COMMIT waits for it
  client.send("commit");
  statement.send("insert into kept values (2, 'two')");
  ASSERT_TRUE(eventually([&] {
    return primary.query("select count(*) from pg_stat_activity where wait_event = 'SyncRep'") == "2";
  }));
  primary.stop(Stop::kKill);
  EXPECT_EQ(client.next()->sqlstate(), "08007");
  EXPECT_EQ(statement.next()->sqlstate(), "08007");
  replica().thaw();
}

TEST_F(Promotion, AnOldPrimaryThatComesBackIsFenced) {
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  primary.stop(Stop::kKill);
  replica().promote();
  client.run("insert into kept values (1, 'new')");
  primary.start();
  EXPECT_TRUE(eventually([&] { return state(forebay, primary) == "fenced"; }));
  EXPECT_NE(state(forebay, primary, "why").find("timeline 2 exists"), std::string::npos);
  EXPECT_EQ(portOf(client), portOf(replica()));
  EXPECT_EQ(primary.query("select count(*) from kept"), "0") << "it got no write";
}

TEST_F(Promotion, APrimaryThatDoesNotAnswerStaysUntilAnotherIsPromoted) {
  const Forebay forebay(config());
  Connection asleep(forebay.conninfo("app")), client(forebay.conninfo("app"));
  client.run("select 1");
  asleep.run("select 1");
  primary.freeze();
  EXPECT_TRUE(eventually([&] { return state(forebay, primary) == "slow"; }));
  asleep.send("insert into kept values (2, 'perhaps')");
  replica().promote();
  client.run("insert into kept values (1, 'new')");
  EXPECT_EQ(portOf(client), portOf(replica()));
  EXPECT_EQ(asleep.next()->sqlstate(), "08007") << "its connection was reset";
  primary.thaw();
  EXPECT_TRUE(eventually([&] { return state(forebay, primary) == "fenced"; }));
  EXPECT_EQ(portOf(client), portOf(replica()));
}

TEST_F(PromotionOfOneOfTwo, TwoThatClaimTheSameTimelineGetNoWrites) {
  ForebayConfig impatient = config();
  impatient.more = "[failover]\nhold_timeout = \"1s\"\n";
  const Forebay forebay(impatient);
  ConsoleView console(forebay);
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  primary.stop(Stop::kKill);
  ASSERT_TRUE(eventually([&] { return state(forebay, primary) == "down"; }));
  replica(0).promote();
  replica(1).promote();
  EXPECT_TRUE(eventually(
      [&] { return state(forebay, replica(0)) == "fenced" && state(forebay, replica(1)) == "fenced"; }));
  client.send("insert into kept values (1, 'which?')");
  const QueryResult refused = *client.next();
  EXPECT_EQ(refused.sqlstate(), "57P03");
  EXPECT_NE(refused.errorField(PG_DIAG_MESSAGE_DETAIL).find("2 servers claim to be primary"),
            std::string::npos)
      << refused.error();
  for (int i : {0, 1}) EXPECT_EQ(replica(i).query("select count(*) from kept"), "0");
}

TEST_F(Promotion, AServerOfAnotherClusterIsLeftAlone) {
  ForebayConfig mixed = config();
  PostgresServer stranger({.another_cluster = true});
  mixed.databases["app"]["hosts"] =
      std::vector<std::string>{address(primary), address(replica()), address(stranger)};
  const Forebay forebay(mixed);
  Connection client(forebay.conninfo("app"));
  EXPECT_TRUE(eventually(
      [&] { return state(forebay, stranger) == "foreign" || state(forebay, primary) == "foreign"; }));
  const std::string port = portOf(client);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(portOf(client), port);
}

TEST_F(Promotion, ANameForReadsGoesToReplicas) {
  ForebayConfig both = config();
  both.databases["app_ro"] = both.databases["app"];
  both.databases["app_ro"]["target_session_attrs"] = "standby";
  both.databases["app_reads"] = both.databases["app"];
  both.databases["app_reads"]["target_session_attrs"] = "prefer-standby";
  const Forebay forebay(both);
  Connection standby(forebay.conninfo("app_ro")), preferred(forebay.conninfo("app_reads"));
  EXPECT_EQ(portOf(standby), portOf(replica()));
  EXPECT_EQ(portOf(preferred), portOf(replica()));
  EXPECT_EQ(standby.exec("insert into kept values (1, 'no')").sqlstate(), "25006");
  replica().stop(Stop::kFast);
  EXPECT_TRUE(eventually([&] { return state(forebay, replica()) == "down"; }));
  EXPECT_EQ(portOf(preferred), portOf(primary));
}

TEST_F(Promotion, WhatWasSeenIsRememberedOverARestart) {
  const TempDir kept("state");
  ForebayConfig remembering = config();
  remembering.more = "[state]\ndir = \"" + kept.path().string() + "\"\n[failover]\nhold_timeout = \"3s\"\n";
  primary.stop(Stop::kKill);
  replica().promote();
  {
    const Forebay forebay(remembering);
    Connection client(forebay.conninfo("app"));
    EXPECT_EQ(portOf(client), portOf(replica()));
  }
  replica().stop(Stop::kFast);
  primary.start();
  const Forebay forebay(remembering);
  EXPECT_TRUE(eventually([&] { return state(forebay, primary) == "fenced"; }));
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app")), "") << "nobody gets the old primary";
}

TEST_F(Promotion, AnotherClusterIsLearntInAPause) {
  ForebayConfig alone = config();
  PostgresServer restored({.another_cluster = true});
  alone.databases["app"]["hosts"] = std::vector<std::string>{address(primary), address(restored)};
  alone.more = "[failover]\nhold_timeout = \"10s\"\n";
  const Forebay forebay(alone);
  Connection client(forebay.conninfo("app"));
  const std::string first = portOf(client);
  PostgresServer& one = first == portOf(primary) ? primary : restored;
  PostgresServer& other = first == portOf(primary) ? restored : primary;
  ConsoleView console(forebay);
  EXPECT_TRUE(eventually([&] { return state(forebay, other) == "foreign"; }));
  console.connection().run("pause app");
  one.stop(Stop::kFast);
  console.connection().run("reconnect app");
  console.connection().run("resume app");
  EXPECT_EQ(portOf(client), portOf(other));
  one.start();
}

}  // namespace
}  // namespace forebay::rig
