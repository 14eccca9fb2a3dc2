// What settings demand of each other.
#include <gtest/gtest.h>

#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

// The complaint about a file whose [postgres] holds `more`, without "forebay.toml:LINE:COLUMN: ".
std::string complaint(const std::string& more) {
  const std::string error = errorOf("[postgres]\n" + more + "\n[postgres.databases.app]\nhost = \"pg\"\n");
  const size_t at = error.find(": ");
  return at == std::string::npos ? error : error.substr(at + 2);
}

TEST(Rules, NameThePlaceOfTheSetting) {
  EXPECT_EQ(
      errorOf(postgresWith("client_tls_sslmode = \"require\"")),
      "forebay.toml:3:22: client_tls_sslmode 'require' needs client_tls_key_file and client_tls_cert_file");
}

TEST(Rules, AskForADatabaseOrACache) {
  EXPECT_EQ(errorOf("[postgres]\nauth_type = \"trust\"\n"),
            "forebay.toml:1:2: neither a database nor a cache is configured: write "
            "[postgres.databases.NAME] with hosts or url, or [redis.caches.NAME] with host or url");
  EXPECT_EQ(errorOf("[log]\nlevel = \"info\"\n[postgres.databases.a]\n"),
            "forebay.toml:3:2: auth_type 'scram-sha-256' needs to know passwords: set auth_file or "
            "auth_user, or user "
            "and password of a database\n"
            "forebay.toml:3:21: database 'a' needs hosts, host or url");
}

TEST(Rules, ReserveTheConsolesNames) {
  for (const char* name : {"forebay", "pgbouncer"})
    EXPECT_EQ(
        errorOf("[postgres]\nauth_type = \"trust\"\n[postgres.databases." + std::string(name) +
                "]\nhost = \"a\"\n"),
        "forebay.toml:3:21: the database name '" + std::string(name) + "' is reserved for the admin console");
}

TEST(Rules, AskForPasswordsWhereTheyAreChecked) {
  for (const char* type : {"scram-sha-256", "md5", "plain"})
    EXPECT_EQ(
        complaint("auth_type = \"" + std::string(type) + "\""),
        "auth_type '" + std::string(type) +
            "' needs to know passwords: set auth_file or auth_user, or user and password of a database");
  EXPECT_EQ(complaint("auth_user = \"lookup\""), "");
  EXPECT_EQ(complaint("databases.b = { host = \"pg\", user = \"u\", password = \"p\" }"), "");
  EXPECT_NE(complaint("databases.b = { host = \"pg\", user = \"u\" }"), "") << "a user, but no password";
}

TEST(Rules, AskForAUserWhereTheClientsNameIsNotChecked) {
  EXPECT_EQ(complaint("auth_type = \"any\""),
            "database 'app' needs user: with auth_type 'any' the client's own name is not checked");
}

TEST(Rules, AskForTheFileOfHba) {
  EXPECT_EQ(complaint("auth_type = \"hba\""), "auth_type 'hba' needs auth_hba_file");
}

TEST(Rules, LetCertificatesInOnlyWhereTheyAreVerified) {
  EXPECT_EQ(complaint("auth_type = \"cert\""),
            "auth_type 'cert' needs client_tls_sslmode 'verify-ca' or 'verify-full', not 'disable'");
  EXPECT_EQ(
      complaint("auth_type = \"cert\"\nclient_tls_sslmode = \"verify-ca\"\nclient_tls_key_file = \"k\"\n"
                "client_tls_cert_file = \"c\""),
      "client_tls_sslmode 'verify-ca' needs client_tls_ca_file");
  EXPECT_EQ(
      complaint("auth_type = \"cert\"\nclient_tls_sslmode = \"verify-ca\"\nclient_tls_key_file = \"k\"\n"
                "client_tls_cert_file = \"c\"\nclient_tls_ca_file = \"a\""),
      "");
}

TEST(Rules, HoldHbaToTheSame) {
  const auto load = [](const std::string& rule) {
    const World world{.files = {{"forebay.toml",
                                 "[postgres]\nauth_type = \"hba\"\nauth_hba_file = \"hba\"\n"
                                 "[postgres.databases.app]\nhost = \"pg\"\n"},
                                {"hba", rule}},
                      .environment = {}};
    const Result<ConfigPtr> loaded = world.load();
    return loaded ? std::string() : loaded.error();
  };
  EXPECT_EQ(load("host all all all trust\n"), "");
  EXPECT_EQ(load("hostssl all all all md5\n"), "")
      << "it never matches while there is no TLS; that is no fault";
  EXPECT_EQ(
      load("hostssl all all all cert\n"),
      "forebay.toml:2:13: hba:1: method 'cert' needs client_tls_sslmode 'verify-ca' or 'verify-full', not "
      "'disable'");
  EXPECT_EQ(load("\nhost all all elsewhere trust\n"),
            "hba:2:14: the address must be all, an IP address with /bits or a mask, not 'elsewhere'");
}

TEST(Rules, PairKeysWithCertificates) {
  EXPECT_EQ(complaint("auth_type = \"trust\"\nserver_tls_key_file = \"k\""),
            "server_tls_key_file and server_tls_cert_file belong together: set both or neither");
}

TEST(Rules, RefuseTlsBelowOneDotTwo) {
  EXPECT_EQ(complaint("auth_type = \"trust\"\nserver_tls_protocols = \"tlsv1.1, tlsv1.2\""),
            "server_tls_protocols must be secure, all, tlsv1.2 or tlsv1.3, not 'tlsv1.1'");
}

TEST(Rules, WantDirectTlsOnlyWhereTlsIsCertain) {
  EXPECT_EQ(errorOf(postgresWith("") + "sslnegotiation = \"direct\"\n"),
            "forebay.toml:6:18: sslnegotiation 'direct' needs server_tls_sslmode 'require' or stricter, not "
            "'prefer'");
}

TEST(Rules, CheckTheLookupOfUsers) {
  EXPECT_EQ(complaint("auth_user = \"a\"\nauth_query = \"SELECT 1\""),
            "auth_query must use $1, the name of the user to look up");
  EXPECT_EQ(complaint("auth_user = \"a\"\nauth_dbname = \"nowhere\""),
            "auth_dbname must name a database of [postgres.databases], not 'nowhere'");
}

TEST(Rules, LetAMinimumBeAboveThePoolSizeWhichCapsIt) {
  EXPECT_EQ(errorOf(postgresWith("min_pool_size = 50")), "");
  EXPECT_EQ(errorOf(postgresWith("") + "min_pool_size = 9\npool_size = 8\n"), "");
}

TEST(Rules, WantAUserForAPassword) {
  EXPECT_EQ(errorOf(postgresWith("") + "password = \"s3cret\"\n"),
            "forebay.toml:6:12: database 'app' has a password but no user to log in as");
}

TEST(Rules, CheckWhereToListen) {
  const auto listen = [](const std::string& line) {
    return errorOf("[listen]\n" + line + "\n" + postgresWith(""));
  };
  EXPECT_EQ(listen("postgres = []"),
            "forebay.toml:2:12: postgres must name at least one address to listen on");
  EXPECT_EQ(listen("postgres = [\"*:1\", \"*:1\"]"), "forebay.toml:2:12: '*:1' is listed twice");
  EXPECT_EQ(listen("postgres = [\"*:0\", \"*:0\"]"), "");
  EXPECT_EQ(listen("postgres = [\"unix:/run:0\"]"),
            "forebay.toml:2:12: a Unix socket needs a port above 0: it is part of the socket's name");
  EXPECT_EQ(listen("http = [\"unix:/run\"]"),
            "forebay.toml:2:8: http must be TCP addresses; the Unix socket for commands is 'control'");
  EXPECT_EQ(listen("control = \"/" + std::string(120, 'x') + "\""),
            "forebay.toml:2:11: control must be a path of at most 107 characters");
}

TEST(Rules, WantPeersToKnowThemselves) {
  EXPECT_EQ(complaint("auth_type = \"trust\"\npeers.2.host = \"other\""),
            "peers need peer_id, this gateway's own number among them");
  EXPECT_EQ(complaint("auth_type = \"trust\"\npeer_id = 1\npeers.2.port = 1"), "peer 2 needs host");
}

}  // namespace
}  // namespace forebay::conf
