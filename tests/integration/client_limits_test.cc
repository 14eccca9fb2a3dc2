// How many clients may come, and what they may bring along and ask for.
#include <gtest/gtest.h>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig withSettings(const TomlTable& settings) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.addDatabase("other", sharedPostgres());
  for (const auto& [key, value] : settings) config.postgres[key] = value;
  return config;
}

// The error that a login ends with; nothing when it succeeds.
std::optional<Message> refused(const Forebay& forebay, const std::string& database,
                               const std::string& user = "postgres") {
  RawClient client(forebay.port());
  client.send(wire::startup({{"user", user}, {"database", database}}));
  for (;;) {
    const std::optional<Message> message = client.read();
    if (!message) fail("the login ended without a word");
    if (message->type == 'E') return message;
    if (message->type == 'Z') return std::nullopt;
  }
}

// "" or the SQLSTATE.
std::string refusal(const Forebay& forebay, const std::string& database,
                    const std::string& user = "postgres") {
  const std::optional<Message> error = refused(forebay, database, user);
  return error ? error->field('C') : "";
}

// The limit of clients that is reached; the rest of the error is as it should be.
std::string limitReached(const Forebay& forebay, const std::string& database) {
  const std::optional<Message> error = refused(forebay, database);
  if (!error) return "";
  EXPECT_EQ(error->field('C'), "53300");
  EXPECT_NE(error->field('H'), "");
  return error->field('D');
}

TEST(ClientLimits, MaxClientConnHoldsForAllButTheConsole) {
  const Forebay forebay(withSettings({{"max_client_conn", 2}}));
  {
    Connection first(forebay.conninfo("app")), second(forebay.conninfo("other"));
    EXPECT_EQ(limitReached(forebay, "app"), "max_client_conn is 2.");
    EXPECT_EQ(ConsoleView(forebay).servers("app"), 1);
  }
  EXPECT_TRUE(eventually([&] { return refusal(forebay, "app").empty(); }));
}

TEST(ClientLimits, MaxClientConnIsWarnedOfAtFourFifths) {
  const Forebay forebay(withSettings({{"max_client_conn", 10}}));
  const std::string warning = " WARNING 80 % of max_client_conn are reached: 8 clients of 10";
  std::vector<std::unique_ptr<Connection>> clients;
  const auto come = [&](size_t count) {
    while (clients.size() < count) clients.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
  };
  const auto warned = [&] {
    int times = 0;
    const std::string log = forebay.log();
    for (size_t at = 0; (at = log.find(warning, at)) != std::string::npos; ++at) ++times;
    return times;
  };
  come(7);
  EXPECT_EQ(warned(), 0);
  come(9);
  EXPECT_TRUE(eventually([&] { return warned() == 1; })) << forebay.log();
  const std::string metrics = forebay.get("/metrics");
  EXPECT_NE(metrics.find("\nforebay_clients 9\n"), std::string::npos);
  EXPECT_NE(metrics.find("\nforebay_clients_limit 10\n"), std::string::npos);
  clients.clear();
  ASSERT_TRUE(
      eventually([&] { return forebay.get("/metrics").find("\nforebay_clients 0\n") != std::string::npos; }));
  come(8);
  EXPECT_TRUE(eventually([&] { return warned() == 2; })) << forebay.log();
}

TEST(ClientLimits, OfADatabase) {
  ForebayConfig config = withSettings({});
  config.databases["app"]["max_db_client_connections"] = 1;
  const Forebay forebay(config);
  {
    Connection first(forebay.conninfo("app"));
    EXPECT_EQ(limitReached(forebay, "app"), "max_db_client_connections of database \"app\" is 1.");
    EXPECT_EQ(refusal(forebay, "other"), "");
  }
  EXPECT_TRUE(eventually([&] { return refusal(forebay, "app").empty(); }));
}

TEST(ClientLimits, OfAUserOverAllDatabases) {
  ForebayConfig config = withSettings({});
  config.users["postgres"]["max_user_client_connections"] = 1;
  config.databases["app"]["user"] = "postgres";
  config.userlist = "\"ann\" \"\"\n\"postgres\" \"\"\n";
  const Forebay forebay(config);
  {
    Connection first(forebay.conninfo("app"));
    EXPECT_EQ(limitReached(forebay, "other"), "max_user_client_connections of user \"postgres\" is 1.");
    EXPECT_EQ(refusal(forebay, "app", "ann"), "");  // it is the client's user that counts, not the server's
  }
  EXPECT_TRUE(eventually([&] { return refusal(forebay, "other").empty(); }));
}

TEST(ClientLimits, AskOfADatabaseThatThereIsAnEntry) {
  const Forebay forebay(withSettings({}));
  const std::optional<Message> error = refused(forebay, "nowhere");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->field('C'), "3D000");
  EXPECT_NE(error->field('D'), "");
  EXPECT_NE(error->field('H'), "");
}

TEST(ClientLimits, AskOfADatabaseThatItIsNotDisabled) {
  const Forebay forebay(withSettings({}));
  Connection(forebay.consoleConninfo()).run("disable app");
  const std::optional<Message> error = refused(forebay, "app");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->field('C'), "57P03");
  EXPECT_NE(error->field('D'), "");
  EXPECT_NE(error->field('H').find("ENABLE"), std::string::npos);
}

TEST(ClientSession, MaySendItsFirstQueryBehindItsLogin) {
  const Forebay forebay(withSettings({}));
  RawClient client(forebay.port());
  client.send(wire::startup({{"user", "postgres"}, {"database", "app"}}) + wire::query("select 1"));
  client.readUntil('Z');
  EXPECT_EQ(types(client.readUntil('Z')), "TDCZ");
}

TEST(ClientSession, IsRefusedSimpleQueriesWhereTheyAreDisabled) {
  const Forebay forebay(withSettings({{"disable_pqexec", true}}));
  Connection extended(forebay.conninfo("app"));
  EXPECT_EQ(extended.execParams("select $1::int + 1", {"1"}).value(), "2");
  RawClient simple(forebay.port());
  simple.login("app", "postgres");
  simple.send(wire::query("select 1"));
  const std::vector<Message> all = simple.readToEnd();
  ASSERT_EQ(types(all), "E");
  EXPECT_EQ(all[0].field('C'), "08P01");
  EXPECT_NE(all[0].field('M').find("disable_pqexec"), std::string::npos);
  EXPECT_TRUE(all[0].field('D').starts_with("Pool app/postgres, host ")) << all[0].field('D');
}

TEST(ClientSession, CarriesItsStartupParametersToEveryServer) {
  const Forebay forebay(withSettings({{"server_lifetime", 0}}));  // each query on a new server
  RawClient client(forebay.port());
  client.login("app", "postgres",
               {.parameters = {{"application_name", "mine"},
                               {"TimeZone", "Asia/Tokyo"},
                               {"options", "-c work_mem=3MB --statement_timeout=77s"}}});
  EXPECT_EQ(client.parameters().at("application_name"), "mine");
  EXPECT_EQ(client.parameters().at("TimeZone"), "Asia/Tokyo");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.rows("show application_name")[0][0], "mine");
    EXPECT_EQ(client.rows("show timezone")[0][0], "Asia/Tokyo");
    EXPECT_EQ(client.rows("show work_mem")[0][0], "3MB");
    EXPECT_EQ(client.rows("show statement_timeout")[0][0], "77s");
  }
}

TEST(ClientSession, DoesNotLeakItsParametersIntoTheNext) {
  const Forebay forebay(withSettings({{"default_pool_size", 1}}));
  RawClient first(forebay.port());
  first.login("app", "postgres",
              {.parameters = {{"TimeZone", "Asia/Tokyo"}, {"options", "-c work_mem=3MB"}}});
  EXPECT_EQ(first.rows("show timezone")[0][0], "Asia/Tokyo");
  Connection second(forebay.conninfo("app"));
  EXPECT_NE(second.query("show timezone"), "Asia/Tokyo");
  EXPECT_NE(second.query("show work_mem"), "3MB");
  EXPECT_EQ(first.rows("show work_mem")[0][0], "3MB");
}

TEST(ClientSession, IsToldWhichStartupParameterIsWrong) {
  const Forebay forebay(withSettings({}));
  RawClient client(forebay.port());
  client.send(wire::startup({{"user", "postgres"}, {"database", "app"}, {"no_such_setting", "1"}}) +
              wire::query("select 1"));
  const std::vector<Message> all = client.readToEnd();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().field('C'), "42704");
}

TEST(ClientSession, MayBringStartupParametersThatAreToBeIgnored) {
  const Forebay forebay(withSettings(
      {{"ignore_startup_parameters", std::vector<std::string>{"no_such_setting", "search_path"}}}));
  RawClient client(forebay.port());
  client.login("app", "postgres",
               {.parameters = {{"no_such_setting", "1"}, {"options", "-c search_path=nowhere"}}});
  EXPECT_NE(client.rows("show search_path")[0][0], "nowhere");
}

TEST(ClientSession, TellsItsAddressInTheApplicationNameWhereAskedTo) {
  const Forebay forebay(withSettings({{"application_name_add_host", true}}));
  Connection client(forebay.conninfo("app") + " application_name=shop");
  const std::string name = client.query("show application_name");
  EXPECT_TRUE(name.starts_with("shop - 127.0.0.1:")) << name;
  RawClient nameless(forebay.port());
  nameless.login("app", "postgres");
  const std::string own = nameless.rows("show application_name")[0][0];
  EXPECT_TRUE(own.starts_with("app - 127.0.0.1:")) << own;
}

}  // namespace
}  // namespace forebay::rig
