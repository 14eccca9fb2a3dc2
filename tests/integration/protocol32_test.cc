// What is new with PostgreSQL 18: protocol 3.2 with its long cancel keys, direct TLS, search_path that is
// reported. The server comes from npm; where that is out of reach, ctest counts the whole program as skipped.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/postgres_template.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

std::unique_ptr<PostgresServer> postgres18;

class Protocol32 : public testing::Test {
 protected:
  static ForebayConfig poolOf(int size) {
    ForebayConfig config;
    config.addDatabase("app", *postgres18);
    config.postgres["default_pool_size"] = size;
    return config;
  }
  static RawClient loggedIn(const Forebay& forebay, uint32_t version) {
    RawClient client(forebay.port());
    client.login("app", "postgres", {.version = version});
    return client;
  }
  static bool runs(const std::string& query) {
    return postgres18->query("select count(*) from pg_stat_activity where state = 'active' and query = '" +
                             query + "'") == "1";
  }
};

TEST_F(Protocol32, KeysAreLongForWhoSpeaksItAndShortForOthers) {
  const Forebay forebay(poolOf(2));
  EXPECT_EQ(loggedIn(forebay, wire::kProtocol32).secret().size(), 16u);
  EXPECT_EQ(loggedIn(forebay, wire::kProtocol30).secret().size(), 4u);
}

TEST_F(Protocol32, CancelsTravelOnLongKeysBothWays) {
  const Forebay forebay(poolOf(2));
  RawClient client = loggedIn(forebay, wire::kProtocol32);
  const std::string query = "select pg_sleep(60)";
  client.send(wire::query(query));
  ASSERT_TRUE(eventually([&] { return runs(query); }));

  std::string other = client.secret();
  other.back() = static_cast<char>(other.back() ^ 1);
  for (const std::string& wrong : {client.secret().substr(0, 4), client.secret() + "x", other}) {
    RawClient stranger(forebay.port());
    stranger.send(wire::cancelRequest(client.pid(), wrong));
    EXPECT_TRUE(stranger.readToEnd().empty());
  }
  EXPECT_TRUE(runs(query));

  RawClient canceler(forebay.port());
  canceler.send(wire::cancelRequest(client.pid(), client.secret()));
  EXPECT_TRUE(canceler.readToEnd().empty());
  const std::vector<Message> answer = client.readUntil('Z');
  EXPECT_EQ(answer[answer.size() - 2].field('C'), "57014");
}

// PostgreSQL 19's libpq asks for 3.9999 and an option that nobody knows, to see that it is negotiated.
TEST_F(Protocol32, WhatIsNotKnownIsNegotiatedAsPostgresDoes) {
  const Forebay forebay(poolOf(2));
  const auto negotiate = [](uint16_t port, const std::string& database, uint32_t version,
                            std::vector<std::pair<std::string, std::string>> parameters) {
    RawClient client(port);
    parameters.insert(parameters.begin(), {{"user", "postgres"}, {"database", database}});
    client.send(wire::startup(parameters, version));
    return *client.read();
  };
  constexpr uint32_t kGrease = (3 << 16) | 9999;
  for (const uint32_t version : {wire::kProtocol30, wire::kProtocol32, kGrease}) {
    for (const auto& options : std::vector<std::vector<std::pair<std::string, std::string>>>{
             {}, {{"_pq_.test_protocol_negotiation", ""}}, {{"_pq_.one", "1"}, {"_pq_.two", "2"}}}) {
      const Message expected = negotiate(postgres18->port(), "postgres", version, options);
      const Message message = negotiate(forebay.port(), "app", version, options);
      EXPECT_EQ(message.type, expected.type) << version << " " << options.size();
      EXPECT_EQ(message.body, expected.body) << version << " " << options.size();
    }
  }
  EXPECT_EQ(loggedIn(forebay, kGrease).secret().size(), 16u);
}

TEST_F(Protocol32, Libpq18MayInsistOnIt) {
  const Forebay forebay(poolOf(2));
  const std::filesystem::path lib =
      std::filesystem::path(std::getenv("FOREBAY_PG18_BIN")).parent_path() / "lib";
  const Finished psql = run(
      {.argv = {"psql", "-XAt", "-c", "select 6 * 7", forebay.conninfo("app") + " min_protocol_version=3.2"},
       .environment = {"LD_LIBRARY_PATH=" + lib.string()}});
  EXPECT_EQ(psql.status, 0) << psql.output;
  EXPECT_NE(psql.output.find("42\n"), std::string::npos) << psql.output;
}

TEST_F(Protocol32, ServersAreReachedByDirectTls) {
  ForebayConfig config;
  const auto url = [](const PostgresServer& server) {
    return "postgres://127.0.0.1:" + std::to_string(server.port()) +
           "/postgres?sslmode=require&sslnegotiation=direct";
  };
  config.databases["app"]["url"] = url(*postgres18);
  config.databases["old"]["url"] = url(sharedPostgres());
  const Forebay forebay(config);
  EXPECT_EQ(
      Connection(forebay.conninfo("app")).query("select ssl from pg_stat_ssl where pid = pg_backend_pid()"),
      "t");
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("old")), "") << "PostgreSQL 15 knows SSLRequest only";
}

TEST_F(Protocol32, ASearchPathThatIsReportedFollowsItsClient) {
  const Forebay forebay(poolOf(1));
  Connection first(forebay.conninfo("app")), second(forebay.conninfo("app"));
  EXPECT_EQ(first.parameter("search_path"), "\"$user\", public");
  first.run("set search_path = pg_catalog");
  EXPECT_EQ(first.parameter("search_path"), "pg_catalog");
  EXPECT_EQ(second.query("show search_path"), "\"$user\", public");
  EXPECT_EQ(second.parameter("search_path"), "\"$user\", public");
  EXPECT_EQ(first.query("show search_path"), "pg_catalog");
}

}  // namespace
}  // namespace forebay::rig

int main(int count, char** arguments) {
  using namespace forebay::rig;
  testing::InitGoogleTest(&count, arguments);
  const Finished installed = run({.argv = {FOREBAY_POSTGRES18, FOREBAY_RIG_CACHE}}, std::chrono::minutes(5));
  if (installed.status == 77) {
    std::printf("skipped: %s\n", installed.output.c_str());
    return 77;
  }
  if (installed.status != 0) fail("cannot install PostgreSQL 18: " + installed.output);
  const std::string bin = installed.output.substr(0, installed.output.find('\n'));
  setenv("FOREBAY_PG18_BIN", bin.c_str(), 1);
  postgres18 = std::make_unique<PostgresServer>(PostgresOptions{.tls = true, .bin_dir = bin});
  const int status = RUN_ALL_TESTS();
  postgres18.reset();
  return status;
}
