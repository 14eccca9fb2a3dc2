// Pools that nobody uses any more, and those of replication connections.
#include <gtest/gtest.h>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

ForebayConfig impatient(const TomlTable& settings) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.addDatabase("*", sharedPostgres(), "");
  config.postgres["server_idle_timeout"] = "100ms";
  config.postgres["autodb_idle_timeout"] = 0;
  for (const auto& [key, value] : settings) config.postgres[key] = value;
  return config;
}

class UnusedPools : public testing::Test {
 protected:
  bool known(Connection& console, const std::string& show, const std::string& database) {
    const QueryResult rows = console.exec("show " + show);
    for (int row = 0; row < rows.rows(); ++row)
      if (rows.value(row, show == "databases" ? "name" : "database") == database) return true;
    return false;
  }
  void use(const Forebay& forebay, const std::string& database) {
    EXPECT_EQ(Connection(forebay.conninfo(database)).query("select 1"), "1");
  }
};

TEST_F(UnusedPools, OfADatabaseThatCameFromTheFallbackAreForgotten) {
  const Forebay forebay(impatient({{"autodb_idle_timeout", "300ms"}}));
  Connection console(forebay.consoleConninfo());
  use(forebay, "template1");
  use(forebay, "app");
  EXPECT_TRUE(known(console, "pools", "template1"));
  EXPECT_TRUE(eventually([&] { return !known(console, "pools", "template1"); }));
  EXPECT_TRUE(eventually([&] { return !known(console, "databases", "template1"); }));
  EXPECT_TRUE(known(console, "pools", "app")) << "it has an entry of its own";
  use(forebay, "template1");  // and comes back
  EXPECT_TRUE(known(console, "pools", "template1"));
}

TEST_F(UnusedPools, OfARoleThatTheServerNeverLetInAreForgotten) {
  const Forebay forebay(impatient({{"server_login_retry", "200ms"}}));
  Connection console(forebay.consoleConninfo());
  use(forebay, "app");
  const auto knows = [&](const std::string& user) {
    return forebay.get("/metrics").find("user=\"" + user + "\"") != std::string::npos;
  };
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "stranger")), "");
  EXPECT_TRUE(eventually([&] { return !knows("stranger"); }));
  EXPECT_TRUE(knows("postgres")) << "it has been let in";
  EXPECT_TRUE(known(console, "pools", "app"));
}

TEST_F(UnusedPools, OfAServerThatWasNeverReachedStayAndGoOnTrying) {
  ForebayConfig config = impatient({{"server_login_retry", "100ms"}});
  Relay relay(sharedPostgres().port());
  relay.refuse(true);
  config.databases["app"]["hosts"] = std::vector<std::string>{"127.0.0.1:" + std::to_string(relay.port())};
  const Forebay forebay(config);
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app")), "");
  ASSERT_TRUE(eventually([&] { return relay.totalConnections() > 2; })) << "it is tried again by itself";
  relay.refuse(false);
  EXPECT_TRUE(eventually([&] { return forebay.httpStatus("/readyz") == 200; }));
}

TEST_F(UnusedPools, StayWhileAClientIsThere) {
  const Forebay forebay(impatient({{"autodb_idle_timeout", "200ms"}}));
  Connection console(forebay.consoleConninfo());
  Connection client(forebay.conninfo("template1"));
  client.run("select 1");
  use(forebay, "postgres");
  EXPECT_TRUE(eventually([&] { return !known(console, "pools", "postgres"); }));
  EXPECT_TRUE(known(console, "pools", "template1"));
  EXPECT_EQ(client.query("select 1"), "1");
}

TEST_F(UnusedPools, AreForgottenOfAnyDatabaseWithPoolIdleTimeout) {
  const Forebay forebay(impatient({{"pool_idle_timeout", "300ms"}}));
  Connection console(forebay.consoleConninfo());
  use(forebay, "app");
  use(forebay, "template1");
  EXPECT_TRUE(eventually([&] { return !known(console, "pools", "app"); }));
  EXPECT_TRUE(eventually([&] { return !known(console, "pools", "template1"); }));
  EXPECT_TRUE(known(console, "databases", "app"));
  use(forebay, "app");
}

TEST_F(UnusedPools, OfADisabledDatabaseLeaveItDisabled) {
  const Forebay forebay(impatient({{"autodb_idle_timeout", "200ms"}}));
  Connection console(forebay.consoleConninfo());
  use(forebay, "template1");
  console.run("disable template1");
  EXPECT_TRUE(eventually([&] { return !known(console, "pools", "template1"); }));
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("template1")), "");
}

TEST_F(UnusedPools, OfReplicationConnectionsAreForgottenThoughTheirDatabaseIsNot) {
  const Forebay forebay(impatient({{"autodb_idle_timeout", "200ms"}}));
  Connection console(forebay.consoleConninfo());
  Connection(forebay.conninfo("app") + " replication=database application_name=standby1")
      .run("IDENTIFY_SYSTEM");
  EXPECT_TRUE(known(console, "pools", "app"));
  EXPECT_TRUE(eventually([&] { return !known(console, "pools", "app"); }));
  EXPECT_TRUE(known(console, "databases", "app"));
}

}  // namespace
}  // namespace forebay::rig
