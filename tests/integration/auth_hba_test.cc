// auth_type = hba: which method a client must pass depends on where it comes from; and the methods that need
// no password, cert and peer.
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

CertificateAuthority& authority() {
  static CertificateAuthority made;
  return made;
}

class Hba : public testing::Test {
 protected:
  void start(const std::string& hba, const std::string& ident = "", const char* sslmode = "allow") {
    const Certificate own = authority().issue("localhost");
    ForebayConfig config;
    config.addDatabase("app", sharedPostgres())["user"] = "postgres";
    config.addDatabase("other", sharedPostgres())["user"] = "postgres";
    config.postgres["auth_type"] = "hba";
    config.postgres["client_tls_sslmode"] = sslmode;
    config.postgres["client_tls_key_file"] = own.key_file.string();
    config.postgres["client_tls_cert_file"] = own.cert_file.string();
    config.postgres["client_tls_ca_file"] = authority().certFile().string();
    config.userlist = "\"ann\" \"of green gables\"\n\"bob\" \"the builder\"\n";
    config.hba = hba;
    config.unix_socket = true;
    if (!ident.empty()) config.postgres["auth_ident_file"] = dir_.write("ident.conf", ident).string();
    forebay_ = std::make_unique<Forebay>(config);
  }

  std::string tcp(const std::string& user, const std::string& more = "sslmode=disable",
                  const std::string& database = "app") const {
    return Connection::tryConnect(forebay_->conninfo(database, user) + " " + more);
  }
  std::string local(const std::string& user, const std::string& more = "") const {
    return Connection::tryConnect(forebay_->unixConninfo("app", user) + " " + more);
  }
  static std::string showing(const Certificate& certificate) {
    return "sslmode=require sslcert=" + certificate.cert_file.string() +
           " sslkey=" + certificate.key_file.string();
  }

  TempDir dir_{"hba"};
  std::unique_ptr<Forebay> forebay_;
};

TEST_F(Hba, TheFirstRuleThatFitsDecides) {
  start(
      "host app ann 127.0.0.1/32 scram-sha-256\n"
      "host app ann 127.0.0.1/32 trust\n"
      "host other all 127.0.0.1/32 trust\n"
      "host all bob 10.0.0.0/8 trust\n");
  EXPECT_NE(tcp("ann"), "");
  EXPECT_EQ(tcp("ann", "sslmode=disable password='of green gables'"), "");
  EXPECT_EQ(tcp("ann", "sslmode=disable", "other"), "");
  EXPECT_NE(tcp("bob").find("no rule of the HBA file"), std::string::npos) << tcp("bob");
}

TEST_F(Hba, WhoIsTurnedAwayIsToldWhichRuleIsMissing) {
  start("host other all 127.0.0.1/32 trust\n");
  const auto expect = [](const std::string& error, const std::string& detail) {
    EXPECT_NE(error.find("DETAIL:  " + detail), std::string::npos) << error;
    EXPECT_NE(error.find("HINT:  "), std::string::npos) << error;
  };
  expect(tcp("bob"), R"(Connection from host "127.0.0.1", user "bob", database "app", without TLS.)");
  expect(tcp("bob", "sslmode=require"),
         R"(Connection from host "127.0.0.1", user "bob", database "app", with TLS.)");
  expect(local("bob"), R"(Connection over a Unix socket, user "bob", database "app".)");
  expect(tcp("bob", "sslmode=disable replication=true"),
         R"(Replication connection from host "127.0.0.1", user "bob", database "app", without TLS.)");
}

TEST_F(Hba, WhoMayNotUseTheConsoleIsToldHowTo) {
  start("host all all 127.0.0.1/32 trust\n");
  const std::string error = tcp("bob", "sslmode=disable", "forebay");
  EXPECT_NE(error.find("not allowed"), std::string::npos) << error;
  EXPECT_NE(error.find("HINT:  Add the user to one of them"), std::string::npos) << error;
}

TEST_F(Hba, EachMethodAsksInItsOwnWay) {
  const std::pair<const char*, int> methods[] = {{"password", 3}, {"md5", 5}, {"scram-sha-256", 10}};
  for (const auto& [method, request] : methods) {
    start(std::string("host all all all ") + method + "\n");
    RawClient client(forebay_->port());
    client.send(wire::startup({{"user", "ann"}, {"database", "app"}}));
    EXPECT_EQ(client.read()->body.substr(0, 4), wire::int32(static_cast<uint32_t>(request))) << method;
    EXPECT_EQ(tcp("ann", "password='of green gables'"), "") << method;
    EXPECT_NE(tcp("ann", "password=wrong"), "") << method;
  }
}

TEST_F(Hba, RejectIsFinal) {
  start("host all ann all reject\nhost all all all trust\n");
  EXPECT_NE(tcp("ann"), "");
  EXPECT_EQ(tcp("bob"), "");
  RawClient client(forebay_->port());
  client.send(wire::startup({{"user", "ann"}, {"database", "app"}}));
  const std::vector<Message> answer = client.readToEnd();
  ASSERT_EQ(types(answer), "E");
  EXPECT_EQ(answer[0].field('C'), "28000");
}

TEST_F(Hba, OnlyPhysicalReplicationHasLinesOfItsOwn) {
  start("host replication ann all trust\nhost app bob all trust\n");
  const auto login = [&](const std::string& user, const std::string& replication) {
    return tcp(user, "sslmode=disable replication=" + replication);
  };
  for (const char* physical : {"true", "on", "yes", "1", "T"}) {
    EXPECT_EQ(login("ann", physical), "") << physical;
    EXPECT_NE(login("bob", physical).find("no rule of the HBA file"), std::string::npos) << physical;
  }
  for (const char* not_physical : {"database", "false", "off", "no", "0", "F"}) {
    EXPECT_NE(login("ann", not_physical).find("no rule of the HBA file"), std::string::npos) << not_physical;
    EXPECT_EQ(login("bob", not_physical), "") << not_physical;
  }
  EXPECT_NE(login("bob", "perhaps").find("invalid value for parameter \"replication\""), std::string::npos);
}

TEST_F(Hba, TheConsoleTellsBothKindsOfReplicationApart) {
  start("host replication,app,forebay all all trust\n");
  const std::string bob = forebay_->conninfo("app", "bob");
  const Connection ordinary(bob), physical(bob + " replication=true"), logical(bob + " replication=database");
  Connection console(forebay_->consoleConninfo());
  for (const char* list : {"show clients", "show servers"}) {
    const QueryResult shown = console.exec(list);
    std::multiset<std::string> kinds;
    for (int row = 0; row < shown.rows(); ++row)
      if (shown.value(row, "database").starts_with("app")) kinds.insert(shown.value(row, "replication"));
    EXPECT_EQ(kinds, (std::multiset<std::string>{"logical", "none", "physical"})) << list;
  }
}

TEST_F(Hba, TlsAndTheKindOfSocketCount) {
  start("local all all reject\nhostssl all ann all trust\nhostnossl all bob all trust\n");
  EXPECT_EQ(tcp("ann", "sslmode=require"), "");
  EXPECT_NE(tcp("ann", "sslmode=disable"), "");
  EXPECT_EQ(tcp("bob", "sslmode=disable"), "");
  EXPECT_NE(tcp("bob", "sslmode=require"), "");
  EXPECT_NE(local("ann"), "");
}

TEST_F(Hba, ACertificateSpeaksForItsOwnName) {
  start("hostssl all all all cert\n", "", "verify-ca");
  const Certificate ann = authority().issue("ann", {});
  EXPECT_EQ(tcp("ann", showing(ann)), "");
  EXPECT_NE(tcp("bob", showing(ann)), "");
  EXPECT_NE(tcp("ann", "sslmode=require"), "");
  EXPECT_NE(tcp("ann", "sslmode=disable"), "");
}

TEST_F(Hba, ACertificateOfAnotherAuthorityProvesNothing) {
  start("hostssl all all all cert\n", "", "verify-ca");
  CertificateAuthority stranger("A stranger");
  EXPECT_NE(tcp("ann", showing(stranger.issue("ann", {}))), "");
}

TEST_F(Hba, AMapSaysWhichNamesACertificateMayUse) {
  start("hostssl all all all cert map=people\n",
        "people  \"Ann of Avonlea\"  ann\n"
        "people  /^(.*)@example\\.org$  \\1\n",
        "verify-full");
  EXPECT_EQ(tcp("ann", showing(authority().issue("Ann of Avonlea", {}))), "");
  EXPECT_NE(tcp("bob", showing(authority().issue("Ann of Avonlea", {}))), "");
  EXPECT_EQ(tcp("bob", showing(authority().issue("bob@example.org", {}))), "");
  EXPECT_NE(tcp("ann", showing(authority().issue("ann", {}))), "");
}

TEST_F(Hba, PeerAsksTheKernelWhoIsThere) {
  const std::string me = geteuid() == 0 ? "root" : std::string(getlogin());
  start("local all " + me + " peer\nlocal all all peer map=staff\n", "staff " + me + " ann\n");
  EXPECT_EQ(local(me), "");
  EXPECT_EQ(local("ann"), "");
  EXPECT_NE(local("bob").find("peer authentication failed"), std::string::npos) << local("bob");
  EXPECT_NE(tcp("ann"), "");
}

TEST_F(Hba, ANewFileCountsFromTheReloadOn) {
  start("host all all all trust\n");
  EXPECT_EQ(tcp("ann"), "");
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres())["user"] = "postgres";
  config.postgres["auth_type"] = "hba";
  config.userlist = "\"ann\" \"of green gables\"\n";
  config.hba = "host all all all reject\n";
  config.unix_socket = true;
  forebay_->rewrite(config);
  forebay_->reload();
  forebay_->process().waitForOutput("reload");
  EXPECT_NE(tcp("ann"), "");
}

TEST(CertificateLogin, WorksAsAuthTypeToo) {
  const Certificate own = authority().issue("localhost"), ann = authority().issue("ann", {});
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres())["user"] = "postgres";
  config.postgres["auth_type"] = "cert";
  config.postgres["client_tls_sslmode"] = "verify-full";
  config.postgres["client_tls_key_file"] = own.key_file.string();
  config.postgres["client_tls_cert_file"] = own.cert_file.string();
  config.postgres["client_tls_ca_file"] = authority().certFile().string();
  const Forebay forebay(config);
  const std::string with_key =
      " sslmode=require sslcert=" + ann.cert_file.string() + " sslkey=" + ann.key_file.string();
  EXPECT_EQ(Connection::tryConnect(forebay.conninfo("app", "ann") + with_key), "");
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "bob") + with_key), "");
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("app", "ann") + " sslmode=require"), "");
}

}  // namespace
}  // namespace forebay::rig
