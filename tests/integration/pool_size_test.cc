// How many server connections there are, of which pool, and which of them is lent.
#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr const char* kServerPid = "select pg_backend_pid()";

void createRole(const std::string& name) {
  if (sharedPostgres().query("select count(*) from pg_roles where rolname = '" + name + "'") == "0")
    sharedPostgres().run("create role " + name + " login");
}

// Opens `count` servers at once and leaves them idle.
void fillPool(const Forebay& forebay, int count, const std::string& database = "app") {
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<Connection>(forebay.conninfo(database)));
    clients.back()->run("begin");
  }
  for (const auto& client : clients) client->run("commit");
}

TEST(PoolSize, IsHowManyServersThereAreAtMost) {
  const Forebay forebay(appPool(2));
  ConsoleView console(forebay);
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app")), third(forebay.conninfo("app"));
  first.run("begin");
  second.run("begin");
  third.send("select 3");
  EXPECT_TRUE(console.clientsWait(1));
  EXPECT_EQ(console.servers(), 2);
  first.run("commit");
  EXPECT_EQ(third.next()->value(), "3");
  EXPECT_EQ(console.servers(), 2);
}

TEST(PoolSize, OfADatabaseOrAUserGoesBeforeTheDefault) {
  createRole("ann");
  ForebayConfig config = appPool(1);
  config.addDatabase("app", sharedPostgres())["pool_size"] = 2;
  config.users["ann"]["pool_size"] = 3;
  const Forebay forebay(config);
  ConsoleView console(forebay);
  const auto fiveClientsShare = [&](int servers, const std::string& user) {
    std::vector<std::unique_ptr<Connection>> clients;
    for (int i = 0; i < 5; ++i) {
      clients.push_back(std::make_unique<Connection>(forebay.conninfo("app", user)));
      clients.back()->send("begin");
    }
    EXPECT_TRUE(eventually(
        [&] { return console.pools("sv_active") == servers && console.pools("cl_waiting") == 5 - servers; }));
    EXPECT_EQ(console.pools("sv_login"), 0);  // and no more are on their way
  };
  fiveClientsShare(2, "postgres");
  EXPECT_TRUE(eventually([&] { return console.pools("sv_active") == 0; }));
  fiveClientsShare(3, "ann");
}

TEST(PoolSize, GrowsByTheReserveForWhoWaitsLong) {
  ForebayConfig config = appPool(1);
  config.postgres["reserve_pool_size"] = 1;
  config.postgres["reserve_pool_timeout"] = "50ms";
  const Forebay forebay(config);
  ConsoleView console(forebay);
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app")), third(forebay.conninfo("app"));
  first.run("begin");
  second.run("begin");  // on the reserve: the first one's transaction is still open
  EXPECT_EQ(console.servers(), 2);
  third.send("select 3");
  EXPECT_TRUE(console.clientsWait(1));
  second.run("commit");
  EXPECT_EQ(third.next()->value(), "3");
  EXPECT_EQ(console.servers(), 2);
}

class SharedBudget : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    createRole("ann");
    createRole("bob");
  }
};

TEST_F(SharedBudget, OfADatabaseMovesToWhoNeedsItWhenItIdles) {
  ForebayConfig config = appPool(5);
  config.postgres["max_db_connections"] = 1;
  const Forebay forebay(config);
  ConsoleView console(forebay);
  Connection ann(forebay.conninfo("app", "ann"));
  ann.run("select 1");
  Connection bob(forebay.conninfo("app", "bob"));
  EXPECT_EQ(bob.query("select current_user"), "bob");
  EXPECT_EQ(ann.query("select current_user"), "ann");
  EXPECT_EQ(console.servers(), 1);
}

TEST_F(SharedBudget, OfADatabaseMovesToWhoNeedsItWhenItComesFree) {
  for (const int workers : {1, 3}) {
    ForebayConfig config = appPool(5);
    config.listen["workers"] = workers;
    config.postgres["max_db_connections"] = 1;
    const Forebay forebay(config);
    ConsoleView console(forebay);
    Connection ann(forebay.conninfo("app", "ann"));
    for (int i = 0; i < 4; ++i) {  // on several workers
      Connection bob(forebay.conninfo("app", "bob"));
      ann.run("begin");
      bob.send("select current_user");
      EXPECT_TRUE(console.clientsWait(1));
      ann.run("commit");
      EXPECT_EQ(bob.next()->value(), "bob");
    }
    EXPECT_EQ(console.servers(), 1);
  }
}

TEST_F(SharedBudget, OfAUserSpansDatabases) {
  ForebayConfig config = appPool(5);
  config.addDatabase("other", sharedPostgres());
  config.users["ann"]["max_user_connections"] = 1;
  const Forebay forebay(config);
  ConsoleView console(forebay);
  Connection other(forebay.conninfo("other", "ann"));
  Connection app(forebay.conninfo("app", "ann"));
  Connection bob(forebay.conninfo("other", "bob"));  // has a budget of his own
  app.run("begin");
  bob.run("select 1");
  other.send("select 2");
  EXPECT_TRUE(console.clientsWait(1, "other"));
  app.run("commit");
  EXPECT_EQ(other.next()->value(), "2");
  EXPECT_EQ(console.servers("app"), 0);
}

TEST(MinPoolSize, IsThereBeforeTheFirstClientWhereTheUserIsKnown) {
  ForebayConfig config = appPool(5);
  TomlTable& app = config.addDatabase("app", sharedPostgres());
  app["user"] = "postgres";
  app["min_pool_size"] = 2;
  Forebay forebay(config);
  ConsoleView console(forebay);
  EXPECT_TRUE(console.serversBecome(2));

  config.databases["app"]["min_pool_size"] = 3;
  forebay.rewrite(config);
  console.connection().run("reload");
  EXPECT_TRUE(console.serversBecome(3));

  config.addDatabase("later", sharedPostgres())["user"] = "postgres";
  config.databases["later"]["min_pool_size"] = 1;
  forebay.rewrite(config);
  console.connection().run("reload");
  EXPECT_TRUE(console.serversBecome(1, "later"));
}

TEST(MinPoolSize, IsKeptWhenServersAreLostOrIdle) {
  ForebayConfig config = appPool(5);
  TomlTable& app = config.addDatabase("app", sharedPostgres());
  app["user"] = "postgres";
  app["min_pool_size"] = 2;
  app["dbname"] = "kept";
  config.postgres["server_idle_timeout"] = "100ms";
  sharedPostgres().run("create database kept");
  const Forebay forebay(config);
  ConsoleView console(forebay);
  const auto pids = [] {
    return sharedPostgres().query(
        "select string_agg(pid::text, ',' order by pid) from pg_stat_activity where datname = 'kept'");
  };
  ASSERT_TRUE(console.serversBecome(2));
  const std::string before = pids();
  fillPool(forebay, 4);
  EXPECT_TRUE(console.serversBecome(2));  // the others idle too long
  sharedPostgres().run("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'kept'");
  EXPECT_TRUE(eventually([&] { return console.servers() == 2 && pids() != before; }));
}

TEST(MinPoolSize, OfClientsOwnUsersIsKeptWhileTheyAreThere) {
  ForebayConfig config = appPool(5);
  config.postgres["min_pool_size"] = 2;
  const Forebay forebay(config);
  ConsoleView console(forebay);
  EXPECT_EQ(console.servers(), 0);
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  EXPECT_TRUE(console.serversBecome(2));
}

TEST(ChoiceOfServer, IsTheOneUsedLastSoThatTheOthersMayGrowOld) {
  const Forebay forebay(appPool(3));
  fillPool(forebay, 3);
  Connection client(forebay.conninfo("app"));
  std::set<std::string> used;
  for (int i = 0; i < 6; ++i) used.insert(client.query(kServerPid));
  EXPECT_EQ(used.size(), 1u);
}

TEST(ChoiceOfServer, GoesRoundWhereServerRoundRobinSaysSo) {
  ForebayConfig config = appPool(3);
  config.postgres["server_round_robin"] = true;
  const Forebay forebay(config);
  fillPool(forebay, 3);
  Connection client(forebay.conninfo("app"));
  std::set<std::string> used;
  for (int i = 0; i < 3; ++i) used.insert(client.query(kServerPid));
  EXPECT_EQ(used.size(), 3u);
}

// Like PgBouncer, which asks no host for its role.
void spreadOver(const Relay& one, const Relay& two, ForebayConfig& config) {
  config.databases["app"]["hosts"] = std::vector<std::string>{"127.0.0.1:" + std::to_string(one.port()),
                                                              "127.0.0.1:" + std::to_string(two.port())};
  config.databases["app"]["target_session_attrs"] = "any";
}

TEST(LoadBalanceHosts, DealsNewServersOutInTurn) {
  Relay one(sharedPostgres().port()), two(sharedPostgres().port());
  ForebayConfig config = appPool(4);
  spreadOver(one, two, config);
  const Forebay forebay(config);
  fillPool(forebay, 4);
  EXPECT_EQ(one.connections(), 2u);
  EXPECT_EQ(two.connections(), 2u);
}

TEST(LoadBalanceHosts, DisabledStaysWithTheFirstHostThatWorks) {
  Relay one(sharedPostgres().port()), two(sharedPostgres().port());
  ForebayConfig config = appPool(4);
  spreadOver(one, two, config);
  config.databases["app"]["load_balance_hosts"] = "disable";
  const Forebay forebay(config);
  fillPool(forebay, 3);
  EXPECT_EQ(one.connections(), 3u);
  EXPECT_EQ(two.connections(), 0u);
  one.refuse(true);
  one.cut();
  ConsoleView console(forebay);
  ASSERT_TRUE(console.serversBecome(0));
  fillPool(forebay, 2);
  EXPECT_EQ(two.connections(), 2u);
}

}  // namespace
}  // namespace forebay::rig
