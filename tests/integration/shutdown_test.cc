// The graceful stop, step by step, and the ways to cut it short.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig twoWorkers() {
  ForebayConfig config;
  config.listen["workers"] = 2;
  config.addDatabase("app", sharedPostgres());
  return config;
}

// What a client hears that is sent away.
void expectGoodbye(RawClient& client) {
  const std::vector<Message> last = client.readToEnd();
  ASSERT_FALSE(last.empty());
  EXPECT_EQ(last.back().type, 'E');
  EXPECT_EQ(last.back().field('C'), "57P01");
  EXPECT_NE(last.back().field('D'), "");
  EXPECT_NE(last.back().field('H'), "");
}

RawClient loggedIn(const Forebay& forebay) {
  RawClient client(forebay.port());
  client.login("app", "postgres");
  return client;
}

TEST(Shutdown, IsNotReadyAtOnceButStillAcceptsForShutdownDelay) {
  ForebayConfig config = twoWorkers();
  config.postgres["shutdown_delay"] = 600;
  Forebay forebay(config);
  EXPECT_EQ(forebay.httpStatus("/readyz"), 200);
  RawClient idle = loggedIn(forebay);
  forebay.terminate();
  EXPECT_TRUE(eventually([&] { return forebay.httpStatus("/readyz") == 503; }));
  EXPECT_EQ(forebay.httpStatus("/livez"), 200);
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
  EXPECT_EQ(types(idle.query("select 1")), "TDCZ");
  forebay.terminate();  // the second one: now
  expectGoodbye(idle);
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(Shutdown, ClosesEachClientAtItsNextTransactionBoundary) {
  ForebayConfig config = twoWorkers();
  config.postgres["shutdown_timeout"] = 2;
  Forebay forebay(config);
  std::vector<RawClient> idle;
  for (int i = 0; i < 10; ++i) idle.push_back(loggedIn(forebay));
  RawClient busy = loggedIn(forebay);
  busy.query("begin");
  forebay.terminate();
  for (RawClient& client : idle) expectGoodbye(client);
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app")), "");
  EXPECT_EQ(types(busy.query("select 1")), "TDCZ");
  busy.send(wire::query("commit"));
  const std::vector<Message> last = busy.readToEnd();
  ASSERT_EQ(types(last), "CZE");
  EXPECT_EQ(last.back().field('C'), "57P01");
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(Shutdown, EndsOpenTransactionsAfterTheGracePeriod) {
  ForebayConfig config = twoWorkers();
  config.postgres["shutdown_timeout"] = "200ms";
  Forebay forebay(config);
  RawClient busy = loggedIn(forebay);
  busy.query("begin");
  forebay.terminate();
  expectGoodbye(busy);
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(Shutdown, BySigquitIsAtOnce) {
  Forebay forebay(twoWorkers());
  RawClient busy = loggedIn(forebay);
  busy.send(wire::query("select pg_sleep(60)"));
  ASSERT_TRUE(eventually([&] { return ConsoleView(forebay).pools("sv_active") == 1; }));
  forebay.process().signal(SIGQUIT);
  expectGoodbye(busy);
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(Shutdown, RemovesItsUnixSocket) {
  ForebayConfig config = twoWorkers();
  config.unix_socket = true;
  Forebay forebay(config);
  const std::string path = forebay.socketDir() + "/.s.PGSQL.6432";
  EXPECT_EQ(Connection(forebay.unixConninfo("app")).query("select 1"), "1");
  EXPECT_TRUE(std::filesystem::exists(path));
  forebay.terminate();
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Shutdown, SendsAwayWhoIsStillLoggingIn) {
  ForebayConfig config = twoWorkers();
  config.postgres["auth_type"] = "scram-sha-256";
  config.postgres["shutdown_timeout"] = 2;
  config.userlist = "\"ann\" \"secret\"\n";
  Forebay forebay(config);
  RawClient undecided(forebay.port());
  undecided.send(wire::startup({{"user", "ann"}, {"database", "app"}}));
  undecided.readUntil('R');
  forebay.terminate();
  expectGoodbye(undecided);
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(Shutdown, ServesWhoWasInTheAcceptQueueARefusalNotAReset) {
  ForebayConfig config = twoWorkers();
  config.postgres["tcp_defer_accept"] = false;
  config.postgres["shutdown_timeout"] = 600;
  Forebay forebay(config);
  RawClient holder = loggedIn(forebay);
  holder.query("begin");
  RawClient early(forebay.port());  // has come, but not said anything yet
  forebay.terminate();
  ASSERT_TRUE(eventually([&] { return !Connection::tryConnect(forebay.conninfo("app")).empty(); }));
  early.send(wire::startup({{"user", "postgres"}, {"database", "app"}}));
  const std::vector<Message> last = early.readToEnd();
  ASSERT_EQ(types(last), "E");
  EXPECT_EQ(last[0].field('C').substr(0, 3), "57P");
  EXPECT_NE(last[0].field('D'), "");
  EXPECT_NE(last[0].field('H'), "");
}

}  // namespace
}  // namespace forebay::rig
