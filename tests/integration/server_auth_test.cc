// How Forebay proves itself to PostgreSQL, what it demands of it, and what clients hear when PostgreSQL says
// no.
#include <gtest/gtest.h>

#include "tests/integration/fake_server.h"
#include "tests/integration/login_attempt.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/scram.h"

namespace forebay::rig {
namespace {

constexpr const char* kPassword = "open sesame";

class ServerAuth : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const std::pair<const char*, PasswordKind> users[] = {
        {"scram", PasswordKind::kScram}, {"md5", PasswordKind::kMd5}, {"plain", PasswordKind::kPlain}};
    for (const auto& [user, kind] : users) postgres().createUser(user, kPassword, kind);
  }
  static PostgresServer& postgres() { return sharedPostgres(); }
  static std::string storedSecret(const std::string& user) {
    return postgres().query("select rolpassword from pg_authid where rolname = '" + user + "'");
  }
  static ForebayConfig listing(const std::string& auth_type, const std::string& user,
                               const std::string& secret) {
    ForebayConfig config;
    config.addDatabase("app", postgres());
    config.postgres["auth_type"] = auth_type;
    config.userlist = "\"" + user + "\" \"" + secret + "\"\n";
    return config;
  }
  static std::string whoAmI(const Forebay& forebay, const std::string& user) {
    return Connection(forebay.conninfo("app", user) + " password='open sesame'").query("select current_user");
  }
};

TEST_F(ServerAuth, APlainPasswordAnswersEveryRequest) {
  for (const char* user : {"scram", "md5", "plain", "postgres"}) {
    const Forebay forebay(listing("scram-sha-256", user, kPassword));
    EXPECT_EQ(whoAmI(forebay, user), user);
  }
}

TEST_F(ServerAuth, AnMd5SecretAnswersMd5) {
  const Forebay forebay(listing("md5", "md5", storedSecret("md5")));
  EXPECT_EQ(whoAmI(forebay, "md5"), "md5");
}

TEST_F(ServerAuth, TheKeysOfAClientsScramLoginArePassedOn) {
  const Forebay forebay(listing("scram-sha-256", "scram", storedSecret("scram")));
  EXPECT_EQ(whoAmI(forebay, "scram"), "scram");
}

TEST_F(ServerAuth, ATypedPasswordIsPassedOn) {
  const Forebay forebay(listing("plain", "scram", storedSecret("scram")));
  EXPECT_EQ(whoAmI(forebay, "scram"), "scram");
}

TEST_F(ServerAuth, ASecretThatIsNotThePasswordIsTold) {
  const Forebay forebay(listing("scram-sha-256", "scram", scramSecret(kPassword)));  // another salt
  const std::string error =
      Connection::tryConnect(forebay.conninfo("app", "scram") + " password='open sesame'");
  EXPECT_NE(error.find("password authentication failed for user \"scram\""), std::string::npos) << error;
}

TEST_F(ServerAuth, TheDatabasesOwnUserServesEverybody) {
  ForebayConfig config = listing("scram-sha-256", "visitor", "let me in");
  config.databases["app"]["user"] = "scram";
  config.databases["app"]["password"] = kPassword;
  const Forebay forebay(config);
  EXPECT_EQ(
      Connection(forebay.conninfo("app", "visitor") + " password='let me in'").query("select current_user"),
      "scram");
}

TEST_F(ServerAuth, PostgresOwnWordsReachTheClient) {
  postgres().run("create role crowded login connection limit 0");
  struct Case {
    const char *user, *dbname, *error;
  };
  for (const Case& each :
       {Case{"scram", "postgres", "28P01 password authentication failed for user \"scram\""},
        Case{"postgres", "nowhere", "3D000 database \"nowhere\" does not exist"},
        Case{"crowded", "postgres", "53300 too many connections for role \"crowded\""}}) {
    ForebayConfig config;
    config.addDatabase("app", postgres(), each.dbname);
    config.userlist = "\"scram\" \"a mistake\"\n\"postgres\" \"\"\n\"crowded\" \"\"\n";
    const Forebay forebay(config);
    const LoginAttempt attempt(forebay.port(), "app", each.user, "");
    EXPECT_EQ(attempt.sqlstate() + " " + attempt.message(), each.error);
  }
}

// 57P03 while it starts, stops or recovers: the pool dials again by itself.
TEST_F(ServerAuth, AServerThatCannotTakeAnybodyNowIsTriedAgain) {
  FakeServer server([says_no = 3](RawServer& client) mutable {
    if (says_no-- > 0)
      return client.send(wire::message('E', "SFATAL" + std::string(1, '\0') + wire::cstring("C57P03") +
                                                wire::cstring("Mthe database system is starting up") +
                                                std::string(1, '\0')));
    client.send(wire::message('R', wire::int32(0)) + wire::message('K', wire::int32(1) + wire::int32(2)) +
                wire::message('Z', "I"));
    client.readMessage();
  });
  ForebayConfig config;
  config.addDatabase("app", server.port())["server_tls_sslmode"] = "disable";
  const Forebay forebay(config);
  const LoginAttempt attempt(forebay.port(), "app", "postgres", "");
  EXPECT_EQ(attempt.sqlstate() + " " + attempt.message(), "57P03 the database system is starting up");
  EXPECT_TRUE(eventually([&] { return Connection::tryConnect(forebay.conninfo("app")).empty(); }));
}

TEST_F(ServerAuth, OneUsersTroubleIsNobodyElses) {
  postgres().run("create role full_house login connection limit 1");
  const Connection only(postgres().tcpConninfo("postgres", "full_house"));
  ForebayConfig config;
  config.addDatabase("app", postgres());
  config.addDatabase("nowhere", postgres(), "nowhere");
  const Forebay forebay(config);
  for (int i = 0; i < 5; ++i) {
    EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "full_house")), "");
    EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "scram")), "");
    EXPECT_NE(Connection::tryConnect(forebay.conninfo("nowhere", "postgres")), "");
    postgres().run("create role fresh" + std::to_string(i) + " login");  // whose pool has to dial
    EXPECT_EQ(Connection::tryConnect(forebay.conninfo("app", "fresh" + std::to_string(i))), "");
  }
}

TEST_F(ServerAuth, TheFirstTryAfterTheTroubleIsOverMayWork) {
  postgres().run("create role healed login connection limit 0");
  ForebayConfig config;
  config.addDatabase("app", postgres());
  const Forebay forebay(config);
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "healed")), "");
  postgres().run("alter role healed connection limit 10");
  EXPECT_TRUE(eventually([&] { return Connection::tryConnect(forebay.conninfo("app", "healed")).empty(); }));
}

// ---- servers that are not what they should be

TEST_F(ServerAuth, AServerThatSkipsTheScramProofIsNotTrusted) {
  FakeServer server([](RawServer& client) {
    client.send(wire::message('R', wire::int32(10) + wire::cstring("SCRAM-SHA-256") + std::string(1, '\0')));
    client.readMessage();
    client.send(wire::message('R', wire::int32(0)) + wire::message('K', wire::int32(1) + wire::int32(2)) +
                wire::message('Z', "I"));
  });
  ForebayConfig config = listing("scram-sha-256", "scram", kPassword);
  config.addDatabase("app", server.port());
  config.databases["app"]["server_tls_sslmode"] = "disable";
  const Forebay forebay(config);
  const std::string error =
      Connection::tryConnect(forebay.conninfo("app", "scram") + " password='open sesame'");
  EXPECT_NE(error.find("did not prove that it knows the password"), std::string::npos) << error;
}

TEST_F(ServerAuth, AServerThatAsksForEndlessIterationsStopsNobody) {
  FakeServer server([](RawServer& client) {
    client.send(wire::message('R', wire::int32(10) + wire::cstring("SCRAM-SHA-256") + std::string(1, '\0')));
    const std::string first = client.readMessage();
    const std::string nonce = first.substr(first.find(",r=") + 3);
    client.send(wire::message('R', wire::int32(11) + "r=" + nonce + "x,s=c2FsdA==,i=9999999"));
    client.readMessage();
  });
  ForebayConfig config = listing("scram-sha-256", "scram", kPassword);
  config.userlist += "\"postgres\" \"open sesame\"\n";
  config.addDatabase("slow", server.port());
  config.databases["slow"]["server_tls_sslmode"] = "disable";
  const Forebay forebay(config);
  RawClient waiting(forebay.port());
  waiting.send(wire::startup({{"user", "scram"}, {"database", "slow"}}));
  ASSERT_EQ(waiting.read()->type, 'R');
  const ScramProver prover(kPassword);
  waiting.send(wire::saslInitialResponse("SCRAM-SHA-256", prover.first()));
  waiting.send(wire::saslResponse(prover.final(waiting.read()->body.substr(4))));
  server.waitForClient();
  EXPECT_EQ(whoAmI(forebay, "postgres"), "postgres");
  EXPECT_TRUE(waiting.silentFor(milliseconds(0)))
      << "the derivation was not in the way, but it was over already";
}

}  // namespace
}  // namespace forebay::rig
