#include "conf/url.h"

#include <gtest/gtest.h>

namespace forebay::conf {
namespace {

Database parsed(std::string_view url) {
  const Result<DatabaseUrl> out = parseDatabaseUrl(url);
  EXPECT_TRUE(out.ok()) << url << ": " << (out.ok() ? "" : out.error());
  return out ? out->database : Database{};
}

std::string errorOfUrl(std::string_view url) {
  const Result<DatabaseUrl> out = parseDatabaseUrl(url);
  return out ? "" : out.error();
}

using Hosts = std::vector<HostPort>;

TEST(DatabaseUrl, HasAllItsParts) {
  const Database database = parsed("postgres://app:s3cret@pg-0:5433/orders");
  EXPECT_EQ(database.user, "app");
  EXPECT_EQ(database.password, "s3cret");
  EXPECT_EQ(database.hosts, (Hosts{{"pg-0", 5433}}));
  EXPECT_EQ(database.dbname, "orders");
}

TEST(DatabaseUrl, MayLeaveEverythingOut) {
  const Database database = parsed("postgresql://");
  EXPECT_EQ(database.user, "");
  EXPECT_EQ(database.dbname, "");
  EXPECT_EQ(database.hosts, (Hosts{{"/run/postgresql", 5432}}));
}

TEST(DatabaseUrl, DecodesEachPart) {
  const Database database = parsed("postgres://us%40r:p%2Fa%3As%25s@pg/my%20db");
  EXPECT_EQ(database.user, "us@r");
  EXPECT_EQ(database.password, "p/a:s%s");
  EXPECT_EQ(database.dbname, "my db");
}

TEST(DatabaseUrl, ForgivesAnAtSignInThePassword) {
  const Database database = parsed("postgres://app:p@ss@pg/db");
  EXPECT_EQ(database.password, "p@ss");
  EXPECT_EQ(database.hosts, (Hosts{{"pg", 5432}}));
}

TEST(DatabaseUrl, ListsHosts) {
  EXPECT_EQ(parsed("postgres://a:1,b,[::1]:3/db").hosts, (Hosts{{"a", 1}, {"b", 5432}, {"::1", 3}}));
  EXPECT_EQ(parsed("postgres:///db?host=a,b&port=1,2").hosts, (Hosts{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(parsed("postgres:///db?host=a,b&port=7").hosts, (Hosts{{"a", 7}, {"b", 7}}));
}

TEST(DatabaseUrl, FindsUnixSockets) {
  EXPECT_EQ(parsed("postgres:///db?host=/run/pg").hosts, (Hosts{{"/run/pg", 5432}}));
  EXPECT_EQ(parsed("postgres://%2Frun%2Fpg:5433/db").hosts, (Hosts{{"/run/pg", 5433}}));
}

TEST(DatabaseUrl, TakesParametersOfTheConnection) {
  const Database database = parsed(
      "postgres://pg/db?user=u&password=p&application_name=web&options=-c%20statement_timeout%3D5s"
      "&sslmode=verify-full&sslnegotiation=direct&load_balance_hosts=disable");
  EXPECT_EQ(database.user, "u");
  EXPECT_EQ(database.password, "p");
  EXPECT_EQ(database.startup_parameters,
            (std::map<std::string, std::string>{{"application_name", "web"},
                                                {"options", "-c statement_timeout=5s"}}));
  EXPECT_EQ(database.server_tls_sslmode, SslMode::kVerifyFull);
  EXPECT_TRUE(database.server_direct_tls);
  EXPECT_EQ(database.load_balance_hosts, LoadBalanceHosts::kDisable);
}

TEST(DatabaseUrl, TakesTheRoleThatItsClientsAreFor) {
  EXPECT_EQ(parsed("postgres://u@a,b/db").target_session_attrs, std::nullopt);
  EXPECT_EQ(parsed("postgres://u@a,b/db?target_session_attrs=any").target_session_attrs,
            TargetSessionAttrs::kAny);
  EXPECT_EQ(parsed("postgres://u@a,b/db?target_session_attrs=read-write").target_session_attrs,
            TargetSessionAttrs::kReadWrite);
  EXPECT_EQ(parsed("postgres://u@a,b/db?target_session_attrs=prefer-standby").target_session_attrs,
            TargetSessionAttrs::kPreferStandby);
}

TEST(DatabaseUrl, KeepsWhatHoldsForAllServersApart) {
  const Result<DatabaseUrl> out =
      parseDatabaseUrl("postgres://pg/db?connect_timeout=3&sslrootcert=/ca&keepalives=0");
  ASSERT_TRUE(out.ok()) << out.error();
  EXPECT_EQ(out->global,
            (std::map<std::string, std::string>{
                {"server_connect_timeout", "3"}, {"server_tls_ca_file", "/ca"}, {"tcp_keepalive", "0"}}));
}

TEST(DatabaseUrl, IgnoresWhatHappensAnyway) {
  EXPECT_EQ(errorOfUrl("postgres://pg/db?channel_binding=prefer&gssencmode=disable"), "");
}

TEST(DatabaseUrl, RefusesAPromiseItCannotKeep) {
  EXPECT_EQ(errorOfUrl("postgres://pg/db?channel_binding=require"),
            "the URL's parameter 'channel_binding' cannot be 'require' here");
  EXPECT_EQ(errorOfUrl("postgres://pg/db?target_session_attrs=master"),
            "the URL's parameter 'target_session_attrs' cannot be 'master' here");
  EXPECT_EQ(errorOfUrl("postgres://pg/db?sslmode=full"),
            "the URL's parameter 'sslmode' cannot be 'full' here");
  EXPECT_EQ(errorOfUrl("postgres://pg/db?schema=x"), "the URL's parameter 'schema' is not known here");
}

TEST(DatabaseUrl, SaysWhichPartIsWrongAndNothingOfThePassword) {
  EXPECT_EQ(errorOfUrl("http://pg/db"), "the URL must begin with postgres:// or postgresql://");
  EXPECT_EQ(errorOfUrl("postgres://app:s3%zz@pg/db"),
            "the URL's password has a '%' without two hex digits (write %25 for '%')");
  EXPECT_EQ(errorOfUrl("postgres://app:s3%0@pg/db"),
            "the URL's password has a '%' without two hex digits (write %25 for '%')");
  EXPECT_EQ(errorOfUrl("postgres://a%00b@pg/db"), "the URL's user name has a zero byte");
  EXPECT_EQ(errorOfUrl("postgres://app:s3cret@pg:x/db"),
            "the URL's host must be HOST or HOST:PORT, with [] around an IPv6 address");
  EXPECT_EQ(errorOfUrl("postgres://pg/db?port=0"), "the URL's port must be a number from 1 to 65535");
  EXPECT_EQ(errorOfUrl("postgres://a,b/db?port=1,2,3"), "the URL has 3 ports for 2 hosts");
  EXPECT_EQ(errorOfUrl("postgres://pg/db?sslmode"), "the URL has a parameter without '='");
}

}  // namespace
}  // namespace forebay::conf
