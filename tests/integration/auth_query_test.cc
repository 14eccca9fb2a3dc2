// auth_query: users whom the userlist does not name are looked up in the database.
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "tests/integration/login_attempt.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

// The question goes through a function that writes down who was asked for.
constexpr const char* kCountingQuery = "select * from lookup.secret_of($1)";
constexpr const char* kSchema =
    "create schema lookup;"
    "create table lookup.asked (name text);"
    "create function lookup.secret_of(wanted text) returns table (name text, secret text) security definer "
    "language sql as $$"
    "  insert into lookup.asked values (wanted);"
    "  select rolname::text, case when rolvaliduntil < now() then null else rolpassword::text end"
    "  from pg_catalog.pg_authid where rolname = wanted and rolcanlogin $$;"
    "create role asker login password 'may I?';"
    "grant usage on schema lookup to asker";

class AuthQuery : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    postgres().run(kSchema);
    for (const char* user : {"ann", "bob", "changing", "busy"}) postgres().createUser(user, kPassword);
    postgres().createUser("md5", kPassword, PasswordKind::kMd5);
    postgres().createUser("late", kPassword);
    postgres().run("alter role late valid until '2001-01-01'");
    postgres().run("create role nologin password 'open sesame'");
  }
  static PostgresServer& postgres() { return sharedPostgres(); }

  static ForebayConfig asking(const char* query = kCountingQuery) {
    ForebayConfig config;
    config.addDatabase("app", postgres());
    config.postgres["auth_type"] = "scram-sha-256";
    config.postgres["auth_user"] = "asker";
    config.postgres["auth_query"] = query;
    config.userlist = "\"asker\" \"may I?\"\n";
    return config;
  }
  static ForebayConfig withHba(const std::string& hba) {
    ForebayConfig config = asking();
    config.postgres["auth_type"] = "hba";
    config.hba = hba;
    return config;
  }
  static std::string tryLogin(const Forebay& forebay, const std::string& user,
                              const std::string& password = kPassword) {
    return Connection::tryConnect(forebay.conninfo("app", user) + " password='" + password + "'");
  }
  static int timesAsked(const std::string& user) {
    return std::stoi(postgres().query("select count(*) from lookup.asked where name = '" + user + "'"));
  }

  static constexpr const char* kPassword = "open sesame";
};

TEST_F(AuthQuery, LetsInWhoCanLogInToTheDatabase) {
  const Forebay forebay(asking());
  EXPECT_EQ(
      Connection(forebay.conninfo("app", "ann") + " password='open sesame'").query("select current_user"),
      "ann");
  EXPECT_NE(tryLogin(forebay, "ann", "guess"), "");
  EXPECT_NE(tryLogin(forebay, "eve"), "");
  EXPECT_NE(tryLogin(forebay, "nologin"), "");
}

TEST_F(AuthQuery, TheUserlistGoesFirst) {
  ForebayConfig config = asking();
  config.databases["app"]["user"] = "postgres";
  config.userlist += "\"bob\" \"listed\"\n";
  const Forebay forebay(config);
  EXPECT_EQ(tryLogin(forebay, "bob", "listed"), "");
  EXPECT_NE(tryLogin(forebay, "bob", kPassword), "");
  EXPECT_EQ(timesAsked("bob"), 0);
}

// The query that is asked when none is set reads pg_authid, which takes a superuser.
TEST_F(AuthQuery, TheDefaultHonoursValidUntil) {
  ForebayConfig config = asking();
  config.postgres.erase("auth_query");
  config.postgres["auth_user"] = "postgres";
  const Forebay forebay(config);
  EXPECT_EQ(tryLogin(forebay, "ann"), "");
  EXPECT_NE(tryLogin(forebay, "late"), "");
  EXPECT_NE(tryLogin(forebay, "nologin"), "");
  EXPECT_NE(tryLogin(forebay, "x' or '1'='1"), "");
}

TEST_F(AuthQuery, WhoeverComesAtOnceSharesOneQuestionOnAnyWorker) {
  ForebayConfig config = asking();
  config.listen["workers"] = 4;
  const Forebay forebay(config);
  std::vector<std::thread> clients;
  std::atomic<int> in = 0;
  for (int i = 0; i < 30; ++i) clients.emplace_back([&] { in += tryLogin(forebay, "busy").empty() ? 1 : 0; });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(in, 30);
  EXPECT_EQ(timesAsked("busy"), 1);
}

TEST_F(AuthQuery, AnAnswerThatFailsIsAskedForAgain) {
  const Forebay forebay(asking());
  EXPECT_EQ(tryLogin(forebay, "changing"), "");
  postgres().run("alter role changing password 'changed'");
  EXPECT_EQ(tryLogin(forebay, "changing"), "") << "the answer is still the old one";
  EXPECT_NE(tryLogin(forebay, "changing", "changed"), "");
  EXPECT_EQ(tryLogin(forebay, "changing", "changed"), "");
}

TEST_F(AuthQuery, AnAnswerThatFailsIsForgottenByAllWorkers) {
  ForebayConfig config = asking();
  config.listen["workers"] = 4;
  const Forebay forebay(config);
  postgres().run("alter role changing password 'open sesame'");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(tryLogin(forebay, "changing"), "");
  postgres().run("alter role changing password 'changed'");
  EXPECT_NE(tryLogin(forebay, "changing", "changed"), "");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(tryLogin(forebay, "changing", "changed"), "");
}

// What the same database says to another question is another answer.
TEST_F(AuthQuery, EachEntryHasTheAnswersOfItsOwnQuestion) {
  ForebayConfig config = asking();
  config.addDatabase("closed", postgres())["auth_query"] = "select $1, null where false";
  config.addDatabase("directory", postgres());
  config.postgres["auth_dbname"] = "directory";
  const Forebay forebay(config);
  EXPECT_EQ(tryLogin(forebay, "ann"), "");
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("closed", "ann", kPassword)), "");
  EXPECT_EQ(tryLogin(forebay, "ann"), "");
}

TEST_F(AuthQuery, NothingIsKeptWhenTheCacheLivesForNoTime) {
  ForebayConfig config = asking();
  config.postgres["auth_query_cache_ttl"] = 0;
  const Forebay forebay(config);
  const int before = timesAsked("ann");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(tryLogin(forebay, "ann"), "");
  EXPECT_EQ(timesAsked("ann"), before + 3);
}

TEST_F(AuthQuery, StrangersLookLikeUsersWithAnotherPassword) {
  for (const char* auth_type : {"plain", "md5", "scram-sha-256"}) {
    ForebayConfig config = asking();
    config.postgres["auth_type"] = auth_type;
    const Forebay forebay(config);
    const std::string known = LoginAttempt(forebay.port(), "app", "ann", "guess").shape();
    for (const char* stranger : {"eve", "late", "nologin"})
      EXPECT_EQ(LoginAttempt(forebay.port(), "app", stranger, "guess").shape(), known)
          << auth_type << " " << stranger;
  }
}

// Whom trust, a certificate or the kernel vouches for needs a secret all the same: for the server.
TEST_F(AuthQuery, TrustTakesTheSecretForTheServer) {
  for (const char* auth_type : {"hba", "trust"}) {
    ForebayConfig config = withHba("host all all 127.0.0.1/32 trust\n");
    config.postgres["auth_type"] = auth_type;
    const Forebay forebay(config);
    EXPECT_EQ(Connection(forebay.conninfo("app", "md5")).query("select current_user"), "md5") << auth_type;
    EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "eve")).find("authentication failed"),
              std::string::npos)
        << auth_type;
  }
}

TEST_F(AuthQuery, TrustLetsInWhoHasNoPassword) {
  postgres().run("create role \"no password\" login");
  const Forebay forebay(withHba("host all all 127.0.0.1/32 trust\n"));
  EXPECT_EQ(Connection::tryConnect(forebay.conninfo("app", "'no password'")), "");
}

TEST_F(AuthQuery, PeerTakesTheSecretForTheServer) {
  const std::string me = geteuid() == 0 ? "root" : std::string(getlogin());
  postgres().createUser(me, kPassword, PasswordKind::kMd5);
  ForebayConfig config = withHba("local all all peer map=staff\n");
  const TempDir dir("ident");
  config.postgres["auth_ident_file"] =
      dir.write("ident.conf", "staff " + me + " " + me + "\nstaff " + me + " eve\n").string();
  config.unix_socket = true;
  const Forebay forebay(config);
  EXPECT_EQ(Connection(forebay.unixConninfo("app", me)).query("select current_user"), me);
  EXPECT_NE(Connection::tryConnect(forebay.unixConninfo("app", "eve")).find("peer authentication failed"),
            std::string::npos);
}

TEST_F(AuthQuery, ACertificateTakesTheSecretForTheServer) {
  CertificateAuthority authority;
  const Certificate own = authority.issue("localhost");
  ForebayConfig config = withHba("hostssl all all all cert\n");
  config.postgres["client_tls_sslmode"] = "verify-ca";
  config.postgres["client_tls_key_file"] = own.key_file.string();
  config.postgres["client_tls_cert_file"] = own.cert_file.string();
  config.postgres["client_tls_ca_file"] = authority.certFile().string();
  const Forebay forebay(config);
  const auto showing = [&](const std::string& name) {
    const Certificate certificate = authority.issue(name, {});
    return forebay.conninfo("app", name) + " sslmode=require sslcert=" + certificate.cert_file.string() +
           " sslkey=" + certificate.key_file.string();
  };
  EXPECT_EQ(Connection(showing("md5")).query("select current_user"), "md5");
  EXPECT_NE(Connection::tryConnect(showing("eve")).find("certificate authentication failed"),
            std::string::npos);
}

// Whoever may create objects could otherwise decide what runs with the rights of auth_user.
TEST_F(AuthQuery, NobodyPutsTheirOwnTablesInBetween) {
  postgres().run("create database playground");
  postgres().run(
      "create table public.pg_authid (rolname text, rolpassword text, rolvaliduntil timestamptz, rolcanlogin "
      "bool);"
      "insert into public.pg_authid values ('eve', 'i am in', null, true);"
      "create table public.users as select * from public.pg_authid;"
      "grant select on all tables in schema public to public;"
      "alter database playground set search_path = public, pg_catalog;"
      "alter role postgres in database playground set search_path = public, pg_catalog",
      "playground");
  for (const char* query : {"", "select rolname, rolpassword from pg_authid where rolname = $1",
                            "select rolname, rolpassword from users where rolname = $1"}) {
    ForebayConfig config = asking(query);
    config.addDatabase("app", postgres(), "playground");
    config.postgres["auth_user"] = "postgres";
    if (*query == '\0') config.postgres.erase("auth_query");
    const Forebay forebay(config);
    EXPECT_NE(tryLogin(forebay, "eve", "i am in"), "") << query;
  }
}

TEST_F(AuthQuery, MayAskAnotherDatabase) {
  postgres().run("create database without_lookup");
  ForebayConfig config = asking();
  config.addDatabase("app", postgres(), "without_lookup");
  {
    const Forebay forebay(config);
    EXPECT_NE(tryLogin(forebay, "ann"), "") << "there is no lookup.secret_of() in this database";
  }
  config.addDatabase("directory", postgres());
  config.postgres["auth_dbname"] = "directory";
  const Forebay forebay(config);
  EXPECT_EQ(Connection(forebay.conninfo("app", "ann") + " password='open sesame'")
                .query("select current_database()"),
            "without_lookup");
}

TEST_F(AuthQuery, AQuestionThatFailsIsToldAsSuch) {
  const std::pair<const char*, const char*> cases[] = {
      {"select * from lookup.nothing where $1 = ''", "lookup.nothing"},
      {"select $1::text", "two columns"},
      {"select rolname, rolpassword from pg_catalog.pg_authid where rolname = $1", "permission denied"}};
  for (const auto& [query, reason] : cases) {
    const Forebay forebay(asking(query));
    const std::string error = tryLogin(forebay, "ann");
    EXPECT_NE(error.find("auth_query could not be asked"), std::string::npos) << error;
    EXPECT_NE(error.find(reason), std::string::npos) << error;
  }
}

TEST_F(AuthQuery, TellsWhyItsOwnLoginFailed) {
  ForebayConfig config = asking();
  postgres().createUser("careful asker", "may I?");
  config.postgres["auth_user"] = "careful asker";
  config.userlist = "\"careful asker\" \"I may not\"\n";
  const Forebay forebay(config);
  const std::string error = tryLogin(forebay, "ann");
  EXPECT_NE(error.find("password authentication failed for user \"careful asker\""), std::string::npos)
      << error;
}

TEST_F(AuthQuery, GoesOnAfterAReload) {
  Forebay forebay(asking());
  EXPECT_EQ(tryLogin(forebay, "ann"), "");
  const int before = timesAsked("ann");
  forebay.reload();
  forebay.process().waitForOutput("reload");
  EXPECT_EQ(tryLogin(forebay, "ann"), "");
  EXPECT_EQ(timesAsked("ann"), before + 1);
  EXPECT_EQ(forebay.log().find("its database was removed"), std::string::npos);
}

}  // namespace
}  // namespace forebay::rig
