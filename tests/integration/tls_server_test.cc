// TLS between Forebay and PostgreSQL.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

constexpr const char* kUsesTls = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

// By the user's name: with TLS only, without only.
PostgresServer& withTls() {
  static PostgresServer server({.conf = {"listen_addresses = '127.0.0.1,127.0.0.2'"},
                                .hba = {"hostssl all only_tls all trust", "host all only_tls all reject",
                                        "hostnossl all no_tls all trust", "host all no_tls all reject"},
                                .tls = true});
  static const bool ready = [] {
    server.run("create role only_tls login; create role no_tls login");
    server.createUser("scram", "open sesame");
    return true;
  }();
  (void)ready;
  return server;
}

ForebayConfig reaching(PostgresServer& server, const std::string& sslmode,
                       const std::string& host = "127.0.0.1") {
  ForebayConfig config;
  config.addDatabase("app", server)["hosts"] =
      std::vector<std::string>{host + ":" + std::to_string(server.port())};
  config.postgres["server_tls_sslmode"] = sslmode;
  if (sslmode.starts_with("verify"))
    config.postgres["server_tls_ca_file"] = withTls().authority().certFile().string();
  return config;
}

// "t" or "f": whether the server connection has TLS; else the error.
std::string outcome(const ForebayConfig& config, const std::string& user = "postgres") {
  const Forebay forebay(config);
  const std::string conninfo = forebay.conninfo("app", user);
  const std::string error = Connection::tryConnect(conninfo);
  return error.empty() ? Connection(conninfo).query(kUsesTls) : error;
}

TEST(ServerTls, EachSslmodeMeansWhatItMeansToLibpq) {
  const std::pair<const char*, const char*> with_offer[] = {{"disable", "f"},   {"allow", "f"},
                                                            {"prefer", "t"},    {"require", "t"},
                                                            {"verify-ca", "t"}, {"verify-full", "t"}};
  for (const auto& [mode, uses_tls] : with_offer)
    EXPECT_EQ(outcome(reaching(withTls(), mode)), uses_tls) << mode;
}

TEST(ServerTls, WithoutAnOfferTheStrictModesFail) {
  for (const char* mode : {"disable", "allow", "prefer"})
    EXPECT_EQ(outcome(reaching(sharedPostgres(), mode)), "f") << mode;
  for (const char* mode : {"require", "verify-ca", "verify-full"}) {
    const std::string error = outcome(reaching(sharedPostgres(), mode));
    EXPECT_NE(error.find("does not offer TLS"), std::string::npos) << mode << ": " << error;
    EXPECT_NE(error.find("Check server_tls_sslmode"), std::string::npos) << mode << ": " << error;
  }
}

TEST(ServerTls, AllowAndPreferTryTheOtherWayWhenPgHbaSaysNo) {
  EXPECT_EQ(outcome(reaching(withTls(), "allow"), "only_tls"), "t");
  EXPECT_EQ(outcome(reaching(withTls(), "prefer"), "no_tls"), "f");
  EXPECT_NE(outcome(reaching(withTls(), "disable"), "only_tls").find("no encryption"), std::string::npos);
  EXPECT_NE(outcome(reaching(withTls(), "require"), "no_tls").find("pg_hba"), std::string::npos);
}

TEST(ServerTls, VerificationAsksWhoSignedAndForWhom) {
  CertificateAuthority stranger("A stranger");
  for (const char* mode : {"verify-ca", "verify-full"}) {
    ForebayConfig config = reaching(withTls(), mode);
    config.postgres["server_tls_ca_file"] = stranger.certFile().string();
    EXPECT_NE(outcome(config).find("certificate"), std::string::npos) << mode;
  }
  EXPECT_EQ(outcome(reaching(withTls(), "verify-full", "localhost")), "t");
  EXPECT_EQ(outcome(reaching(withTls(), "verify-ca", "127.0.0.2")), "t");
  EXPECT_NE(outcome(reaching(withTls(), "verify-full", "127.0.0.2")).find("mismatch"), std::string::npos)
      << outcome(reaching(withTls(), "verify-full", "127.0.0.2"));
}

TEST(ServerTls, TheDatabasesModeGoesBeforeTheGlobalOne) {
  ForebayConfig config = reaching(withTls(), "disable");
  config.databases["app"].erase("hosts");
  config.databases["app"].erase("dbname");
  config.databases["app"]["url"] =
      "postgres://127.0.0.1:" + std::to_string(withTls().port()) + "/postgres?sslmode=require";
  EXPECT_EQ(outcome(config), "t");
}

TEST(ServerTls, AnotherModeCountsForServersThatAreThereAlready) {
  Forebay forebay(reaching(withTls(), "disable"));
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query(kUsesTls), "f");
  forebay.rewrite(reaching(withTls(), "require"));
  Connection(forebay.consoleConninfo()).run("reload");
  EXPECT_TRUE(eventually([&] { return client.query(kUsesTls) == "t"; }));
}

TEST(ServerTls, ScramLogsInWithinTls) {
  ForebayConfig config = reaching(withTls(), "require");
  config.userlist = "\"scram\" \"open sesame\"\n";
  EXPECT_EQ(outcome(config, "scram"), "t");
}

TEST(ServerTls, LargeResultsAndQueriesPassThroughTinySockets) {
  ForebayConfig config = reaching(withTls(), "require");
  config.postgres["tcp_socket_buffer"] = 4096;
  const Forebay forebay(config);
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query("select repeat('x', 10 * 1000 * 1000)").size(), 10u * 1000 * 1000);
  EXPECT_EQ(client.query("select length('" + std::string(3 * 1000 * 1000, 'y') + "')"), "3000000");
}

TEST(ServerTls, CancelsGoThroughTlsToo) {
  const Forebay forebay(reaching(withTls(), "require"));
  Connection client(forebay.conninfo("app", "only_tls"));
  client.send("select pg_sleep(60)");
  ASSERT_TRUE(eventually([] {
    return withTls().query("select count(*) from pg_stat_activity where query = 'select pg_sleep(60)'") ==
           "1";
  }));
  EXPECT_EQ(client.cancel(), "");
  EXPECT_EQ(client.next()->sqlstate(), "57014");
}

}  // namespace
}  // namespace forebay::rig
