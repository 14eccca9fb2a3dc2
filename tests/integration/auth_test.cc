// Who may come in, and with what proof: the methods of auth_type and the secrets of the userlist.
#include <gtest/gtest.h>

#include "tests/integration/login_attempt.h"
#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

constexpr const char* kPassword = "open sesame";

std::string line(const std::string& user, const std::string& secret) {
  return "\"" + user + "\" \"" + secret + "\"\n";
}

// PostgreSQL makes the secrets itself: ours must be what it makes.
const std::string& userlist() {
  static const std::string made = [] {
    sharedPostgres().createUser("scram", kPassword);
    sharedPostgres().createUser("md5", kPassword, PasswordKind::kMd5);
    const std::string secret_of = "select rolpassword from pg_authid where rolname = ";
    return line("plain", kPassword) + line("scram", sharedPostgres().query(secret_of + "'scram'")) +
           line("md5", sharedPostgres().query(secret_of + "'md5'")) + line("nobody", "");
  }();
  return made;
}

ForebayConfig asking(const std::string& auth_type) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres())["user"] = "postgres";
  config.postgres["auth_type"] = auth_type;
  config.userlist = userlist();
  return config;
}

std::string tryLogin(const Forebay& forebay, const std::string& user, const std::string& password) {
  return Connection::tryConnect(forebay.conninfo("app", user) + " password='" + password + "'");
}

TEST(Auth, EachMethodTakesTheSecretsThatItCanCheck) {
  struct Method {
    const char* name;
    std::vector<std::string> takes, cannot_check;
  };
  for (const Method& method : std::initializer_list<Method>{{"plain", {"plain", "md5", "scram"}, {}},
                                                            {"md5", {"plain", "md5", "scram"}, {}},
                                                            {"scram-sha-256", {"plain", "scram"}, {"md5"}}}) {
    const Forebay forebay(asking(method.name));
    for (const std::string& user : method.takes) {
      EXPECT_EQ(tryLogin(forebay, user, kPassword), "") << method.name << " " << user;
      EXPECT_NE(tryLogin(forebay, user, "guess"), "") << method.name << " " << user;
      EXPECT_NE(tryLogin(forebay, user, ""), "") << method.name << " " << user;
    }
    for (const std::string& user : method.cannot_check)
      EXPECT_NE(tryLogin(forebay, user, kPassword), "") << method.name << " " << user;
  }
}

TEST(Auth, TrustAsksForNothingButTheNameInTheList) {
  const Forebay forebay(asking("trust"));
  EXPECT_EQ(tryLogin(forebay, "scram", ""), "");
  EXPECT_EQ(tryLogin(forebay, "nobody", ""), "");
  EXPECT_NE(tryLogin(forebay, "eve", ""), "");
}

TEST(Auth, AnyLetsEverybodyInEvenToTheConsole) {
  const Forebay forebay(asking("any"));
  EXPECT_EQ(tryLogin(forebay, "eve", ""), "");
  EXPECT_TRUE(Connection(forebay.conninfo("forebay", "eve")).exec("reload").ok());
}

// libpq refuses to send an empty password, so nobody would notice; others send it.
TEST(Auth, AnEmptySecretIsNeverProved) {
  for (const char* auth_type : {"plain", "md5", "scram-sha-256"}) {
    const Forebay forebay(asking(auth_type));
    for (const char* user : {"nobody", "plain", "md5", "scram"}) {
      LoginAttempt attempt(forebay.port(), "app", user, "");
      EXPECT_EQ(attempt.sqlstate(), "28P01") << auth_type << " " << user;
    }
  }
}

TEST(Auth, WhoIsNotKnownIsRefusedAsForAWrongPassword) {
  struct Case {
    const char* auth_type;
    std::string list;
    const char* known;
  };
  for (const Case& each :
       {Case{"plain", userlist(), "scram"}, Case{"md5", userlist(), "scram"},
        Case{"md5", line("plain", kPassword), "plain"}, Case{"scram-sha-256", userlist(), "plain"},
        Case{"scram-sha-256", userlist(), "scram"}, Case{"scram-sha-256", userlist(), "md5"},
        Case{"scram-sha-256", userlist(), "nobody"}}) {
    ForebayConfig config = asking(each.auth_type);
    config.userlist = each.list;
    const Forebay forebay(config);
    const LoginAttempt known(forebay.port(), "app", each.known, "guess");
    const LoginAttempt unknown(forebay.port(), "app", "eve", "guess");
    EXPECT_EQ(known.sqlstate(), "28P01");
    EXPECT_EQ(unknown.shape(), known.shape()) << each.auth_type << " " << each.known;
  }
}

TEST(Auth, TheSaltTellsNobodyWhoIsKnown) {
  const Forebay forebay(asking("scram-sha-256"));
  for (const char* user : {"plain", "scram", "nobody", "eve"}) {
    const std::string first = LoginAttempt(forebay.port(), "app", user, "guess").salt();
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(LoginAttempt(forebay.port(), "app", user, "guess").salt(), first) << user;
  }
}

// The keys of a plain secret take a second or so here. Meanwhile the worker serves others, and whoever is
// refused waits as long, known or not.
TEST(Auth, MakingKeysKeepsNobodyElseWaiting) {
  ForebayConfig config = asking("scram-sha-256");
  config.postgres["scram_iterations"] = 4000000;
  const Forebay forebay(config);
  Connection other(forebay.conninfo("app", "scram") + " password='open sesame'");
  for (const char* user : {"plain", "eve"}) {
    RawClient guesser(forebay.port());
    guesser.send(wire::startup({{"user", user}, {"database", "app"}}));
    ASSERT_EQ(guesser.read()->type, 'R');
    guesser.send(wire::saslInitialResponse("SCRAM-SHA-256", ScramProver("guess").first()));
    ASSERT_EQ(guesser.read()->type, 'R');
    guesser.send(wire::saslResponse("c=biws,r=guess,p=guess"));
    EXPECT_EQ(other.query("select 1"), "1");
    EXPECT_TRUE(guesser.silentFor(milliseconds(0))) << user;
    EXPECT_EQ(guesser.read()->field('C'), "28P01") << user;
  }
  {
    RawClient leaver(forebay.port());
    leaver.send(wire::startup({{"user", "eve"}, {"database", "app"}}));
    leaver.read();
    leaver.send(wire::saslInitialResponse("SCRAM-SHA-256", ScramProver("guess").first()));
    leaver.read();
    leaver.send(wire::saslResponse("c=biws,r=guess,p=guess"));
  }
  EXPECT_EQ(tryLogin(forebay, "plain", kPassword), "");
}

TEST(Auth, AScramProofOfAnotherLoginIsWorthNothing) {
  const Forebay forebay(asking("scram-sha-256"));
  RawClient first(forebay.port()), second(forebay.port());
  std::string proof;
  for (RawClient* client : {&first, &second}) {
    client->send(wire::startup({{"user", "plain"}, {"database", "app"}}));
    client->read();
    const ScramProver prover(kPassword);
    client->send(wire::saslInitialResponse("SCRAM-SHA-256", prover.first()));
    const std::string challenge = client->read()->body.substr(4);
    if (proof.empty()) proof = prover.final(challenge);
    client->send(wire::saslResponse(proof));
    EXPECT_EQ(client->read()->type, client == &first ? 'R' : 'E');
  }
}

TEST(Auth, ASecretThatTakesMinutesToCheckIsRefusedAtOnce) {
  ForebayConfig config = asking("plain");
  config.userlist += line("slow", scramSecret(kPassword, 1).replace(14, 1, "2147483647"));
  const Forebay forebay(config);
  EXPECT_NE(tryLogin(forebay, "slow", kPassword), "");
  EXPECT_TRUE(
      eventually([&] { return forebay.log().find("takes 2147483647 iterations") != std::string::npos; }));
}

TEST(Auth, MessagesOutOfTurnEndTheLogin) {
  for (const char* auth_type : {"plain", "md5", "scram-sha-256"}) {
    const Forebay forebay(asking(auth_type));
    for (const std::string& message :
         {wire::query("select 1"), wire::message('p', ""), wire::message('p', std::string(9000, 'x')),
          wire::message('p', std::string(20000, 'x')),
          wire::saslInitialResponse("SCRAM-SHA-1", "n,,n=,r=abc"), wire::startup({{"user", "plain"}})}) {
      RawClient client(forebay.port());
      client.send(wire::startup({{"user", "plain"}, {"database", "app"}}));
      ASSERT_EQ(client.read()->type, 'R');
      client.send(message);
      const std::vector<Message> answer = client.readToEnd();
      ASSERT_EQ(types(answer), "E") << auth_type;
      EXPECT_TRUE(answer[0].field('C').starts_with("08P01") || answer[0].field('C') == "28P01")
          << answer[0].field('C') << " " << answer[0].field('M');
    }
    EXPECT_EQ(tryLogin(forebay, "plain", kPassword), "");
  }
}

TEST(Auth, TheConsoleIsForAdminsAndTheCuriousForReading) {
  ForebayConfig config = asking("scram-sha-256");
  config.userlist += line("admin", "a d m i n") + line("stats", "s t a t s");
  const Forebay forebay(config);
  const auto console = [&](const std::string& user, const std::string& password) {
    return forebay.conninfo("forebay", user) + " password='" + password + "'";
  };
  EXPECT_TRUE(Connection(console("admin", "a d m i n")).exec("reload").ok());
  Connection stats(console("stats", "s t a t s"));
  EXPECT_TRUE(stats.exec("show pools").ok());
  EXPECT_FALSE(stats.exec("reload").ok());
  EXPECT_NE(Connection::tryConnect(console("plain", kPassword)), "");
  EXPECT_NE(Connection::tryConnect(console("admin", "guess")), "");
}

TEST(Auth, ChangedSecretsCountFromTheReloadOn) {
  ForebayConfig config = asking("scram-sha-256");
  Forebay forebay(config);
  Connection early(forebay.conninfo("app", "plain") + " password='open sesame'");
  config.userlist = line("plain", "another");
  forebay.rewrite(config);
  forebay.reload();
  forebay.process().waitForOutput("reload");
  EXPECT_EQ(tryLogin(forebay, "plain", "another"), "");
  EXPECT_NE(tryLogin(forebay, "plain", kPassword), "");
  EXPECT_EQ(early.query("select 1"), "1");
}

}  // namespace
}  // namespace forebay::rig
