// pgbouncer.ini to forebay.toml, there and back through loadConfig().
#include <gtest/gtest.h>

#include "conf/ini.h"
#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

using Files = std::map<std::string, std::string>;

Result<std::string> imported(const std::string& ini, Files more = {}) {
  World world{.files = std::move(more), .environment = {}};
  world.files["pgbouncer.ini"] = ini;
  return importPgbouncerIni("pgbouncer.ini", world.sources());
}

std::string errorOfImport(const std::string& ini, Files more = {}) {
  const Result<std::string> toml = imported(ini, std::move(more));
  return toml ? "" : toml.error();
}

// The Config that the import of `ini` loads to.
Config throughToml(const std::string& ini, Files more = {}) {
  const Result<std::string> toml = imported(ini, more);
  EXPECT_TRUE(toml.ok()) << (toml.ok() ? "" : toml.error());
  if (!toml) return {};
  World world{.files = std::move(more), .environment = {}};
  world.files["forebay.toml"] = *toml;
  const Result<ConfigPtr> loaded = world.load();
  EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error()) << "\n" << *toml;
  return loaded ? **loaded : Config{};
}

// What PgBouncer means where an ini says nothing.
PostgresSettings pgbouncersDefaults() {
  PostgresSettings settings;
  settings.pool_mode = PoolMode::kSession;
  settings.max_client_conn = 100;
  settings.default_pool_size = 20;
  settings.auth_type = AuthType::kMd5;
  return settings;
}

constexpr const char* kDebians = R"(;;;
;;; PgBouncer configuration file
;;;
[databases]
;foodb =
orders = host=127.0.0.1 port=5433 dbname=shop
[users]
[pgbouncer]
logfile = /var/log/postgresql/pgbouncer.log
pidfile = /var/run/postgresql/pgbouncer.pid
listen_addr = localhost
listen_port = 6432
unix_socket_dir = /var/run/postgresql
auth_type = md5
auth_file = /etc/pgbouncer/userlist.txt
;admin_users = user2, someadmin, otheradmin
# comment
)";

TEST(ImportIni, ReadsDebiansFile) {
  const Config config = throughToml(kDebians, {{"/etc/pgbouncer/userlist.txt", "\"ann\" \"pw\"\n"}});
  PostgresSettings expected = pgbouncersDefaults();
  expected.auth_file = "/etc/pgbouncer/userlist.txt";
  Database& orders = expected.databases["orders"];
  orders.name = "orders";
  orders.hosts = {{"127.0.0.1", 5433}};
  orders.dbname = "shop";
  EXPECT_EQ(config.postgres, expected);
  EXPECT_EQ(config.listen.postgres,
            (std::vector<ListenAddress>{{"localhost", 6432}, {"/var/run/postgresql", 6432}}));
  EXPECT_EQ(config.log.logfile, "/var/log/postgresql/pgbouncer.log");
  EXPECT_NE(config.userlist.find("ann"), nullptr);
}

TEST(ImportIni, WritesWhatAPersonWouldWrite) {
  EXPECT_EQ(*imported(kDebians),
            R"(# Written by forebay import.
#
# Left out, since it has no meaning here:
#   pidfile: the service manager, or the shell that starts forebay, knows its process id

[listen]
postgres = ["localhost:6432", "unix:/var/run/postgresql:6432"]

[postgres]
pool_mode = "session"
max_client_conn = 100
default_pool_size = 20
auth_type = "md5"
auth_file = "/etc/pgbouncer/userlist.txt"

[postgres.databases.orders]
hosts = ["127.0.0.1:5433"]
dbname = "shop"

[log]
logfile = "/var/log/postgresql/pgbouncer.log"
)");
}

TEST(ImportIni, UnderstandsEveryFormOfALine) {
  const Config config = throughToml(R"(
[databases]
foodb =
forced = host=localhost port=300 user=baz password='it''s foo' client_encoding=UNICODE datestyle=ISO connect_query='SELECT 1'
"my ""db""" = host = h1,h2 pool_size=50 reserve_pool=10 pool_mode=statement load_balance_hosts=disable
* = host=testserver auth_user=lookup max_db_client_connections=10 query_wait_timeout=-1 server_lifetime=60
[users]
user1 = pool_size=5 reserve_pool_size=2 pool_mode=transaction max_user_connections=10 max_user_client_connections=20
'user two' = query_timeout=1.5
[peers]
1 = host=/tmp/pgbouncer1
2 = host=other port=7000 pool_size=3
[pgbouncer]
listen_addr = *
unix_socket_dir = /run/pg
auth_type = trust
  pool_mode=transaction
server_idle_timeout = 2.5
tcp_defer_accept = 45
admin_users = ann,  bob
server_check_query = select 1 ; -- still the value
peer_id = 1
unix_socket_mode = 0700
server_reset_query =
client_tls_protocols = tlsv1.1,tlsv1.2
)");
  PostgresSettings expected = pgbouncersDefaults();
  expected.pool_mode = PoolMode::kTransaction;
  expected.auth_type = AuthType::kTrust;
  expected.server_idle_timeout = milliseconds(2500);
  expected.admin_users = {"ann", "bob"};
  expected.server_check_query = "select 1 ; -- still the value";
  expected.peer_id = 1;
  expected.server_reset_query = "";
  expected.client_tls.protocols = "tlsv1.2";
  expected.databases["foodb"].hosts = {{"/run/pg", 5432}};
  Database& forced = expected.databases["forced"];
  forced.hosts = {{"localhost", 300}};
  forced.user = "baz";
  forced.password = "it's foo";
  forced.startup_parameters = {{"client_encoding", "UNICODE"}, {"datestyle", "ISO"}};
  forced.connect_query = "SELECT 1";
  Database& mine = expected.databases["my \"db\""];
  mine.hosts = {{"h1", 5432}, {"h2", 5432}};
  mine.target_session_attrs = TargetSessionAttrs::kAny;
  mine.pool_size = 50;
  mine.reserve_pool_size = 10;
  mine.pool_mode = PoolMode::kStatement;
  mine.load_balance_hosts = LoadBalanceHosts::kDisable;
  Database& fallback = expected.databases["*"];
  fallback.hosts = {{"testserver", 5432}};
  fallback.auth_user = "lookup";
  fallback.max_db_client_connections = 10;
  fallback.server_lifetime = seconds(60);
  for (auto& [name, database] : expected.databases) database.name = name;
  User& user1 = expected.users["user1"];
  user1.pool_size = 5;
  user1.reserve_pool_size = 2;
  user1.pool_mode = PoolMode::kTransaction;
  user1.max_user_connections = 10;
  user1.max_user_client_connections = 20;
  expected.users["user two"].query_timeout = milliseconds(1500);
  for (auto& [name, user] : expected.users) user.name = name;
  expected.peers = {{1, {"/tmp/pgbouncer1", 6432}, 0}, {2, {"other", 7000}, 3}};
  EXPECT_EQ(config.postgres, expected);
  EXPECT_EQ(config.listen.postgres, (std::vector<ListenAddress>{{"", 6432}, {"/run/pg", 6432}}));
  EXPECT_EQ(config.listen.unix_socket_mode, 0700u);
}

TEST(ImportIni, ListensWherePgbouncerDoesWhenTheFileSaysNothing) {
  const Config config = throughToml("[databases]\na = host=pg\n[pgbouncer]\nauth_type = trust\n");
  EXPECT_EQ(config.listen.postgres, (std::vector<ListenAddress>{{"/tmp", 6432}}));
  const Config tcp_only = throughToml(
      "[databases]\na = host=pg\n[pgbouncer]\nauth_type = trust\nlisten_addr = 127.0.0.1, "
      "::1\nunix_socket_dir =\n");
  EXPECT_EQ(tcp_only.listen.postgres, (std::vector<ListenAddress>{{"127.0.0.1", 6432}, {"::1", 6432}}));
}

TEST(ImportIni, SpreadsOverSeveralHostsAsPgbouncerDoes) {
  const Config config =
      throughToml("[databases]\na = host=pg-0,pg-1\nb = host=pg-0\n[pgbouncer]\nauth_type = trust\n");
  EXPECT_EQ(config.postgres.databases.at("a").target_session_attrs, TargetSessionAttrs::kAny);
  EXPECT_EQ(config.postgres.databases.at("b").target_session_attrs, std::nullopt);
}

TEST(ImportIni, FollowsIncludes) {
  const Config config =
      throughToml("%include main.ini\n[databases]\n%include dbs.ini\n",
                  {{"main.ini", "[pgbouncer]\nauth_type = trust\n"}, {"dbs.ini", "a = host=pg\n"}});
  EXPECT_EQ(config.postgres.auth_type, AuthType::kTrust);
  EXPECT_EQ(config.postgres.databases.size(), 1u);
}

TEST(ImportIni, ExplainsEveryKeyThatItLeavesOut) {
  const Result<std::string> toml =
      imported("[pgbouncer]\nuser = pg\nresolv_conf = /x\nserver_tls_protocols = legacy\n");
  ASSERT_TRUE(toml.ok()) << toml.error();
  EXPECT_NE(toml->find("#   user: start forebay as the user it should run as\n"), std::string::npos);
  EXPECT_NE(toml->find("#   resolv_conf: host names are resolved as the system does it"), std::string::npos);
  EXPECT_NE(toml->find("#   server_tls_protocols: TLS below 1.2 is not offered\n"), std::string::npos);
  EXPECT_NE(toml->find("server_tls_protocols = \"secure\"\n"), std::string::npos);
}

TEST(ImportIni, SaysWhenAllDatabasesAreCommentedOut) {
  const Result<std::string> toml = imported("[databases]\n;foodb =\n[pgbouncer]\n");
  ASSERT_TRUE(toml.ok()) << toml.error();
  EXPECT_NE(toml->find("# The file has no database; Forebay needs one to start:\n"), std::string::npos);
}

TEST(ImportIni, NeverTakesATextForAVariable) {
  const Config config =
      throughToml("[databases]\na = host=pg user=u password=${HOME}\n[pgbouncer]\nauth_type = trust\n");
  EXPECT_EQ(config.postgres.databases.at("a").password, "${HOME}");
}

TEST(ImportIni, TellsEachWrongLine) {
  EXPECT_EQ(
      errorOfImport(
          "[pgbouncer]\npool_mod = session\nmax_client_conn = many\nauth_type = pam\nworkers = 3\n"),
      "pgbouncer.ini:2: 'pool_mod' is not a setting of PgBouncer; did you mean 'pool_mode'?\n"
      "pgbouncer.ini:3: max_client_conn must be a whole number above 0, not 'many'\n"
      "pgbouncer.ini:4: auth_type must be scram-sha-256, md5, plain, cert, hba, trust or any, not 'pam'\n"
      "pgbouncer.ini:5: 'workers' is not a setting of PgBouncer");
  EXPECT_EQ(errorOfImport("pool_mode = session\n[pgbouncer\nno equals sign\n"),
            "pgbouncer.ini:1: 'pool_mode' stands before the first [section]\n"
            "pgbouncer.ini:2: a section must end with ']'\n"
            "pgbouncer.ini:3: a line must be: key = value, [section], %include FILE or a comment");
  EXPECT_EQ(
      errorOfImport("[databases]\na = host\nb = host=\nc = password='s3cret\nd = hots=x\npgbouncer = host=x\n"
                    "e = port=0\n[other]\nx = y\n[users]\nann = pool_sise=3\n[peers]\nzwei = host=x\n"),
      "pgbouncer.ini:2: the connection string must be key=value pairs; after 'host' there is no '='\n"
      "pgbouncer.ini:3: 'host' has no value\n"
      "pgbouncer.ini:4: the quote at the value of 'password' is not closed\n"
      "pgbouncer.ini:5: 'hots' is not a setting of a database\n"
      "pgbouncer.ini:6: the database name 'pgbouncer' is reserved for the admin console\n"
      "pgbouncer.ini:7: port must be a whole number from 1 to 65535, not '0'\n"
      "pgbouncer.ini:9: [other] must be databases, users, peers or pgbouncer\n"
      "pgbouncer.ini:11: 'pool_sise' is not a setting of a user\n"
      "pgbouncer.ini:13: a peer's key must be its peer_id, from 1 to 127; PgBouncer's go up to 16383: give "
      "all peers smaller numbers");
  EXPECT_EQ(errorOfImport("[pgbouncer]\npeer_id = 300\n"),
            "pgbouncer.ini:2: peer_id must be a whole number from 0 to 127, not '300'; PgBouncer's go up to "
            "16383: give all peers smaller numbers");
}

TEST(ImportIni, TellsFilesThatCannotBeRead) {
  const World world;
  const Result<std::string> toml = importPgbouncerIni("nowhere.ini", world.sources());
  ASSERT_FALSE(toml.ok());
  EXPECT_EQ(toml.error(), "nowhere.ini: No such file or directory");
  EXPECT_EQ(errorOfImport("\n%include more.ini\n"),
            "pgbouncer.ini:2: cannot read more.ini: No such file or directory");
  EXPECT_EQ(errorOfImport("%include pgbouncer.ini\n"), "pgbouncer.ini:1: %include is nested too deeply");
}

}  // namespace
}  // namespace forebay::conf
