// What /readyz and /health say while databases go down and come back.
#include <gtest/gtest.h>

#include "tests/integration/console_view.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

bool refused(const Forebay& forebay, const std::string& database = "app") {
  return !Connection::tryConnect(forebay.conninfo(database)).empty();
}

bool becomes(const Forebay& forebay, int status) {
  return eventually([&] { return forebay.httpStatus("/readyz") == status; });
}

ForebayConfig over(uint16_t port) {
  ForebayConfig config;
  config.addDatabase("app", port);
  config.postgres["server_login_retry"] = "200ms";
  return config;
}

TEST(Readiness, ComesBackWithTheDatabaseThoughNoClientDoes) {
  PostgresServer server;
  for (const int workers : {1, 2}) {
    ForebayConfig config = over(server.port());
    config.listen["workers"] = workers;
    const Forebay forebay(config);
    server.stop();
    EXPECT_TRUE(refused(forebay));
    EXPECT_EQ(forebay.httpStatus("/readyz"), 503);
    server.start();
    EXPECT_TRUE(becomes(forebay, 200)) << forebay.log();
  }
}

TEST(Readiness, ComesBackAfterAnOutageThatTheLastServerWasLostIn) {
  PostgresServer server;
  const Forebay forebay(over(server.port()));
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  server.stop();
  {
    Connection another(forebay.conninfo("app"));  // it is greeted with what is known, and waits in vain
    another.send("select 1");
    EXPECT_TRUE(becomes(forebay, 503));
  }
  server.start();
  EXPECT_TRUE(becomes(forebay, 200)) << forebay.log();
  EXPECT_EQ(client.query("select 2"), "2");
}

TEST(Readiness, IsNotSoughtForAPausedDatabaseButAfterItsResume) {
  PostgresServer server;
  const Forebay forebay(over(server.port()));
  ConsoleView console(forebay);
  server.stop();
  EXPECT_TRUE(refused(forebay));
  console.connection().run("pause app");
  server.start();
  console.connection().run("resume app");
  EXPECT_TRUE(becomes(forebay, 200)) << forebay.log();
}

TEST(Readiness, IsGoneWithTheOnlyDatabaseWhateverPoolsItHas) {
  PostgresServer server;
  server.run("create role asker login; create role ann login password 'secret'");
  ForebayConfig config = over(server.port());
  config.postgres["auth_type"] = "scram-sha-256";
  config.postgres["auth_user"] = "asker";
  config.postgres["auth_query"] = "select rolname, null::text from pg_catalog.pg_roles where rolname = $1";
  config.userlist = "\"bob\" \"secret\"\n";
  const Forebay forebay(config);
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "ann", "secret")), "");  // the question was asked
  EXPECT_EQ(forebay.httpStatus("/readyz"), 200);
  server.stop();
  EXPECT_TRUE(eventually([&] {
    (void)Connection::tryConnect(forebay.conninfo("app", "bob", "secret"));  // his secret is known
    return forebay.httpStatus("/readyz") == 503;
  }));
}

TEST(HealthReport, NamesEveryConfiguredDatabaseAndNoPoolOfOne) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.addDatabase("unused", sharedPostgres());
  const Forebay forebay(config);
  EXPECT_NE(forebay.get("/health").find("\"unused\""), std::string::npos);
  const Connection walsender(forebay.conninfo("app") + " replication=database application_name=standby1");
  for (const char* path : {"/health", "/api/pools", "/metrics"}) {
    const std::string body = forebay.get(path);
    EXPECT_NE(body.find("app"), std::string::npos) << body;
    EXPECT_EQ(body.find("standby1"), std::string::npos) << body;
  }
}

// The trial hangs in a connection that nothing comes out of: that is no use of the pool.
TEST(Readiness, DoesNotKeepAPoolThatNobodyUses) {
  Relay relay(sharedPostgres().port());
  ForebayConfig config = over(relay.port());
  config.postgres["pool_idle_timeout"] = "1500ms";
  const Forebay forebay(config);
  relay.refuse(true);
  EXPECT_TRUE(refused(forebay));
  EXPECT_EQ(forebay.httpStatus("/readyz"), 503);
  relay.pause();
  relay.refuse(false);
  EXPECT_TRUE(eventually([&] { return relay.connections() == 1; }));
  EXPECT_TRUE(eventually([&] { return forebay.get("/api/pools").find("app") == std::string::npos; }));
  EXPECT_TRUE(becomes(forebay, 200)) << "nobody needs the database";
  relay.resume();
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
}

}  // namespace
}  // namespace forebay::rig
