// Servers that are down, hang, or break off in the middle: who notices, and what they are told.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr const char* kServerPid = "select pg_backend_pid()";

ForebayConfig overRelay(const Relay& relay, int pool_size = 1) {
  ForebayConfig config;
  config.addDatabase("app", relay.port());
  config.postgres["default_pool_size"] = pool_size;
  config.postgres["server_login_retry"] = "200ms";
  return config;
}

// Up to the end, which may come in the middle of a message.
bool isClosed(const RawClient& client) {
  char rest[65536];
  while (waitFor(client.fd(), POLLIN, kPatience))
    if (recv(client.fd(), rest, sizeof rest, 0) <= 0) return true;
  return false;
}

TEST(Faults, AServerThatIsDownIsReportedAtOnceWithTheReason) {
  ForebayConfig config;
  config.addDatabase("app", freePort());
  const Forebay forebay(config);
  for (int i = 0; i < 2; ++i) {  // the second one hears the same, though nobody dials in between
    RawClient client(forebay.port());
    client.send(wire::startup({{"user", "postgres"}, {"database", "app"}}));
    const std::vector<Message> last = client.readToEnd();
    ASSERT_EQ(types(last), "E");
    EXPECT_EQ(last[0].field('C'), "08006");
    EXPECT_NE(last[0].field('D').find("Connection refused"), std::string::npos) << last[0].field('D');
    EXPECT_NE(last[0].field('D').find("pool app/postgres"), std::string::npos);
    EXPECT_NE(last[0].field('H'), "");
  }
}

TEST(Faults, ClientsWaitForAServerThatGoesDownAndComesBack) {
  PostgresServer server;
  ForebayConfig config;
  config.addDatabase("app", server);
  config.postgres["server_login_retry"] = "200ms";
  const Forebay forebay(config);
  ConsoleView console(forebay);
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  server.stop();
  ASSERT_TRUE(console.serversBecome(0));
  client.send("select 2");
  EXPECT_TRUE(console.clientsWait(1));
  server.start();
  EXPECT_EQ(client.next()->value(), "2");
}

TEST(Faults, AServerThatHangsIsReplacedOnceItAnswersAgainOrTimesOut) {
  PostgresServer server;
  ForebayConfig config;
  config.addDatabase("app", server);
  config.postgres["query_timeout"] = "300ms";
  const Forebay forebay(config);
  RawClient client(forebay.port());
  client.login("app", "postgres");
  client.query("select 1");
  server.freeze();
  client.send(wire::query("select 2"));
  EXPECT_EQ(client.readToEnd().back().field('C'), "57014");
  server.thaw();
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 3"), "3");
}

TEST(Faults, AResetInAQueryReachesThatClientAlone) {
  Relay relay(sharedPostgres().port());
  const Forebay forebay(overRelay(relay, 2));
  ConsoleView console(forebay);
  RawClient victim(forebay.port());
  Connection bystander(forebay.conninfo("app"));
  victim.login("app", "postgres");
  victim.send(wire::query("select pg_sleep(60)"));
  ASSERT_TRUE(eventually([&] { return console.pools("sv_active") == 1; }));
  relay.reset();
  const std::vector<Message> last = victim.readToEnd();
  ASSERT_EQ(types(last), "E");
  EXPECT_EQ(last[0].field('C'), "08007");
  EXPECT_NE(last[0].field('H'), "");
  EXPECT_EQ(bystander.query("select 1"), "1");
}

TEST(Faults, ACutInEachPhaseEndsInAnErrorOrAClosedConnectionAndNeverInAHang) {
  Relay relay(sharedPostgres().port());
  const Forebay forebay(overRelay(relay));
  for (const size_t bytes : {1, 5, 20, 200, 1000, 20'000, 400'000}) {
    relay.resetAfter(bytes);
    RawClient client(forebay.port());
    client.send(wire::startup({{"user", "postgres"}, {"database", "app"}}) +
                wire::query("select repeat('x', 1000) from generate_series(1, 1000)"));
    EXPECT_TRUE(isClosed(client)) << bytes;
    EXPECT_TRUE(eventually([&] { return Connection::tryConnect(forebay.conninfo("app")).empty(); })) << bytes;
    EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
  }
}

TEST(Faults, ARestartUnderLoadReachesOnlyWhoWasInATransaction) {
  PostgresServer server;
  ForebayConfig config;
  config.addDatabase("app", server);
  config.postgres["default_pool_size"] = 3;
  config.postgres["server_login_retry"] = "100ms";
  const Forebay forebay(config);
  std::vector<std::unique_ptr<Connection>> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
    idle.back()->run("select 1");
  }
  Connection busy(forebay.conninfo("app"));
  busy.run("begin");
  server.stop(Stop::kImmediate);
  server.start();
  EXPECT_FALSE(busy.exec("select 1").ok());
  EXPECT_TRUE(busy.broken());
  for (const auto& client : idle) EXPECT_EQ(client->query("select 2"), "2");
}

TEST(Faults, ADownHostIsPassedOverForOneThatWorks) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.databases["app"]["hosts"] = std::vector<std::string>{
      "127.0.0.1:" + std::to_string(freePort()), "127.0.0.1:" + std::to_string(sharedPostgres().port())};
  config.databases["app"]["target_session_attrs"] = "any";
  const Forebay forebay(config);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
}

TEST(Faults, WithoutFileDescriptorsItRestsAndKeepsServing) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  Forebay forebay(config);
  Connection client(forebay.conninfo("app"));
  const std::string server = client.query(kServerPid);
  runOrFail({.argv = {"prlimit", "--pid", std::to_string(forebay.process().pid()), "--nofile=48:48"}});
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 60; ++i) {
    crowd.push_back(std::make_unique<RawClient>(forebay.port()));
    crowd.back()->send(wire::startup({{"user", "postgres"}, {"database", "app"}}));
  }
  forebay.process().waitForOutput("cannot accept connections");
  EXPECT_EQ(client.query(kServerPid), server);
  crowd.clear();
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
}

}  // namespace
}  // namespace forebay::rig
