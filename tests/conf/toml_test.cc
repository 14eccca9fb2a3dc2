// What a forebay.toml says, and what is said of a wrong one: the exact words, at the exact place.
#include <gtest/gtest.h>

#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

std::shared_ptr<const Config> configOf(const std::string& text) {
  const Result<ConfigPtr> loaded = loadToml(text);
  EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error());
  return loaded ? *loaded : std::make_shared<const Config>();
}

TEST(ForebayToml, HasTheDefaultsWhereItIsSilent) {
  const auto config = configOf(postgresWith(""));
  Config expected;
  expected.postgres.auth_type = AuthType::kTrust;
  expected.postgres.databases["app"].name = "app";
  expected.postgres.databases["app"].hosts = {{"pg", 5432}};
  EXPECT_EQ(config->listen, expected.listen);
  EXPECT_EQ(config->postgres, expected.postgres);
  EXPECT_EQ(config->log, expected.log);
}

TEST(ForebayToml, ReadsEverySection) {
  const auto config = configOf(R"(
[listen]
postgres = ["0.0.0.0:6432", "unix:/run/forebay"]
http = []
workers = 4
[postgres]
auth_type = "trust"
peer_id = 1
pool_mode = "session"
server_idle_timeout = "5m"
query_timeout = 2.5
max_packet_size = "64MiB"
track_extra_parameters = ["IntervalStyle", "search_path"]
tcp_user_timeout = 1500
[postgres.databases.app]
hosts = ["pg-0:5433", "pg-1"]
port = 6000
dbname = "orders"
user = "app"
pool_size = 7
application_name = "web"
[postgres.databases."*"]
host = "pg-0,pg-1"
port = 5433
target_session_attrs = "any"
[postgres.users.report]
pool_mode = "session"
max_user_connections = 5
query_timeout = "1h"
[postgres.peers.2]
host = "other"
[log]
level = "debug"
format = "json"
)");
  EXPECT_EQ(config->listen.postgres, (std::vector<ListenAddress>{{"0.0.0.0", 6432}, {"/run/forebay", 6432}}));
  EXPECT_TRUE(config->listen.http.empty());
  EXPECT_EQ(config->listen.workers, 4u);
  const PostgresSettings& postgres = config->postgres;
  EXPECT_EQ(postgres.pool_mode, PoolMode::kSession);
  EXPECT_EQ(postgres.server_idle_timeout, seconds(300));
  EXPECT_EQ(postgres.query_timeout, milliseconds(2500));
  EXPECT_EQ(postgres.max_packet_size, 64u << 20);
  EXPECT_EQ(postgres.track_extra_parameters, (std::vector<std::string>{"IntervalStyle", "search_path"}));
  EXPECT_EQ(postgres.tcp.user_timeout, milliseconds(1500));
  const Database& app = postgres.databases.at("app");
  EXPECT_EQ(app.hosts, (std::vector<HostPort>{{"pg-0", 5433}, {"pg-1", 6000}}));
  EXPECT_EQ(app.dbname, "orders");
  EXPECT_EQ(app.pool_size, 7u);
  EXPECT_EQ(app.startup_parameters, (std::map<std::string, std::string>{{"application_name", "web"}}));
  EXPECT_EQ(postgres.databases.at("*").hosts, (std::vector<HostPort>{{"pg-0", 5433}, {"pg-1", 5433}}));
  EXPECT_EQ(postgres.users.at("report").pool_mode, PoolMode::kSession);
  EXPECT_EQ(postgres.users.at("report").max_user_connections, 5u);
  EXPECT_EQ(postgres.users.at("report").query_timeout, seconds(3600));
  EXPECT_EQ(postgres.peers, (std::vector<Peer>{{2, {"other", 6432}, 0}}));
  EXPECT_EQ(config->log.level, LogLevel::kDebug);
  EXPECT_EQ(config->log.format, LogFormat::kJson);
}

TEST(ForebayToml, TakesPgbouncersNamesInPostgresAndAtHome) {
  const auto config = configOf(R"(
[listen]
listen_backlog = 500
[postgres]
auth_type = "trust"
log_connections = 0
unix_socket_mode = "0770"
databases.app.host = "pg"
[log]
log_disconnections = false
)");
  EXPECT_EQ(config->listen.listen_backlog, 500u);
  EXPECT_EQ(config->listen.unix_socket_mode, 0770u);
  EXPECT_FALSE(config->log.log_connections);
  EXPECT_FALSE(config->log.log_disconnections);
}

TEST(ForebayToml, ReadsNumbersAsTheyAreMeant) {
  for (const auto& [given, deferred] : {std::pair("45", true), std::pair("0", false)}) {
    const auto config = configOf(
        "[listen]\nunix_socket_mode = 0o770\n[postgres]\nauth_type = 'trust'\n"
        "databases.app.host = 'pg'\ntcp_defer_accept = " +
        std::string(given));
    EXPECT_EQ(config->listen.unix_socket_mode, 0770u);
    EXPECT_EQ(config->postgres.tcp.defer_accept, deferred) << given;
  }
}

TEST(ForebayToml, PutsTheEnvironmentIn) {
  const std::string text = R"([postgres]
auth_type = "trust"
default_pool_size = "${SIZE}"
[postgres.databases]
app = "${DATABASE_URL}"
)";
  const World world{
      .files = {{"forebay.toml", text}},
      .environment = {{"SIZE", "12"}, {"DATABASE_URL", "postgres://app:s3cret@pg:5433/orders"}}};
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->postgres.default_pool_size, 12u);
  EXPECT_EQ((*loaded)->findDatabase("app")->dbname, "orders");
  EXPECT_EQ((*loaded)->findDatabase("app")->password, "s3cret");
  EXPECT_EQ(errorOf(text),
            "forebay.toml:3:21: default_pool_size needs the environment variable 'SIZE', which is not set\n"
            "forebay.toml:5:7: url needs the environment variable 'DATABASE_URL', which is not set");
}

TEST(ForebayToml, LetsSettingsOverrideTheUrlBesideThem) {
  const auto config = configOf(R"(
[postgres.databases.app]
url = "postgres://app:s3cret@pg:5433/orders?application_name=a"
port = 6000
dbname = "other"
application_name = "b"
server_tls_sslmode = "require"
sslnegotiation = "direct"
)");
  const Database& app = config->postgres.databases.at("app");
  EXPECT_EQ(app.hosts, (std::vector<HostPort>{{"pg", 6000}}));
  EXPECT_EQ(app.user, "app");
  EXPECT_EQ(app.dbname, "other");
  EXPECT_EQ(app.startup_parameters.at("application_name"), "b");
  EXPECT_TRUE(app.server_direct_tls);
}

TEST(ForebayToml, SortsPeersByNumber) {
  const auto config = configOf(postgresWith("peer_id = 1\npeers.10.host = \"b\"\npeers.9.host = \"a\"\n"));
  ASSERT_EQ(config->postgres.peers.size(), 2u);
  EXPECT_EQ(config->postgres.peers[0].peer_id, 9u);
}

struct Wrong {
  const char* text;
  const char* error;  // without the file's name
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.text; }

class WrongToml : public testing::TestWithParam<Wrong> {};

TEST_P(WrongToml, IsToldAtItsPlace) {
  EXPECT_EQ(errorOf(GetParam().text), "forebay.toml:" + std::string(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, WrongToml,
    testing::Values(Wrong{"[postgres]\npool_mod = 1",
                          "2:1: 'pool_mod' is not a setting of [postgres]; did you mean 'pool_mode'?"},
                    Wrong{"[postgres]\ndatabase.app.host = 'x'",
                          "2:1: 'database' is not a setting of [postgres]; did you mean 'databases'?"},
                    Wrong{"[postgres]\nfrobnicate = 1", "2:1: 'frobnicate' is not a setting of [postgres]"},
                    Wrong{"[postgress]\n", "1:2: 'postgress' is not a section; did you mean 'postgres'?"},
                    Wrong{"[log]\npool_mode = 'session'", "2:1: 'pool_mode' belongs in [postgres]"},
                    Wrong{"[postgres]\nworkers = 2", "2:1: 'workers' belongs in [listen]"},
                    Wrong{"[postgres]\npidfile = '/x'",
                          "2:1: 'pidfile' has no meaning here: the service manager, or the shell that "
                          "starts forebay, knows its process id"},
                    Wrong{"[postgres]\nlisten_port = 1",
                          "2:1: 'listen_port' has no meaning here: addresses and ports stand in [listen], as "
                          "postgres = [\"ADDRESS:PORT\", \"unix:/FOLDER\"]"},
                    Wrong{"[postgres.databases.a]\nhost = 'x'\npool_sise = 1",
                          "3:1: 'pool_sise' is not a setting of a database; did you mean 'pool_size'?"},
                    Wrong{"[postgres.users.a]\npool_sise = 1",
                          "2:1: 'pool_sise' is not a setting of a user; did you mean 'pool_size'?"},
                    Wrong{"[postgres.peers.1]\nhots = 'x'",
                          "2:1: 'hots' is not a setting of a peer; did you mean 'host'?"},
                    Wrong{"[postgres.peers.zwei]\nhost = 'x'",
                          "1:17: a peer's name must be its peer_id, from 1 to 127, not 'zwei'"},
                    Wrong{"[postgres]\nlog_stats = true\n[log]\nlog_stats = true",
                          "4:13: log_stats is set twice, first in line 2"},
                    Wrong{"postgres = 5", "1:12: postgres must be a table, [postgres]"},
                    Wrong{"[postgres]\ndatabases = 5", "2:13: databases must be a table, [databases]"}));

INSTANTIATE_TEST_SUITE_P(LaterParts, WrongToml,
                         testing::Values(Wrong{"[backup]\n", "1:2: backup: not part of this version yet"},
                                         Wrong{"[[alerts]]\n", "1:3: alerts: not part of this version yet"}));

INSTANTIATE_TEST_SUITE_P(
    Values, WrongToml,
    testing::Values(
        Wrong{"[postgres]\ndefault_pool_size = \"many\"",
              "2:21: default_pool_size must be a whole number above 0, not 'many'"},
        Wrong{"[postgres]\ndefault_pool_size = 0",
              "2:21: default_pool_size must be a whole number above 0, not '0'"},
        Wrong{"[postgres]\nmin_pool_size = -1",
              "2:17: min_pool_size must be a whole number, 0 or above, not '-1'"},
        Wrong{"[postgres]\nmin_pool_size = 2.5",
              "2:17: min_pool_size must be a whole number, 0 or above, not '2.5'"},
        Wrong{"[postgres]\npool_mode = \"transact\"",
              "2:13: pool_mode must be transaction, session or statement, not 'transact'"},
        Wrong{"[postgres]\nauth_type = \"pam\"",
              "2:13: auth_type must be scram-sha-256, md5, plain, cert, hba, trust or any, not 'pam'"},
        Wrong{"[postgres]\nquery_timeout = \"5 apples\"",
              "2:17: query_timeout must be a duration such as \"250ms\", \"10s\" or \"5m\", or a number of "
              "seconds, "
              "not '5 apples'"},
        Wrong{"[postgres]\nquery_timeout = -5",
              "2:17: query_timeout must be a duration such as \"250ms\", \"10s\" or \"5m\", or a number of "
              "seconds, "
              "not '-5'"},
        Wrong{"[postgres]\ntcp_user_timeout = 'x'",
              "2:20: tcp_user_timeout must be a duration such as \"30s\", or a number of milliseconds, not "
              "'x'"},
        Wrong{"[postgres]\nserver_round_robin = 7",
              "2:22: server_round_robin must be true or false, not '7'"},
        Wrong{"[postgres]\nmax_packet_size = '3GiB'",
              "2:19: max_packet_size must be a size such as \"64MiB\" or a number of bytes from 1024 to "
              "2147483647, "
              "not '3GiB'"},
        Wrong{"[postgres]\npeer_id = 20000",
              "2:11: peer_id must be a whole number from 0 to 127, not '20000'"},
        Wrong{"[postgres]\nauth_file = ['a']", "2:13: auth_file must be a text, not 'a'"},
        Wrong{"[postgres]\nauth_file = 2020-01-01", "2:13: auth_file must be a text, not a date"},
        Wrong{"[postgres]\npool_mode = { a = 1 }",
              "2:13: pool_mode must be transaction, session or statement, not a table"},
        Wrong{"[postgres]\nadmin_users = [['a']]", "2:16: admin_users must be a list of names, not a list"},
        Wrong{"[listen]\nunix_socket_mode = '99'",
              "2:20: unix_socket_mode must be a file mode such as \"0770\", not '99'"},
        Wrong{"[listen]\nunix_socket_mode = 777",
              "2:20: unix_socket_mode must be a file mode such as \"0770\", not '777'"},
        Wrong{"[listen]\npostgres = ['localhost']",
              "2:12: postgres must be a list of addresses such as [\"0.0.0.0:6432\", \"[::1]:6432\", "
              "\"unix:/run/forebay\"], not 'localhost'"}));

INSTANTIATE_TEST_SUITE_P(
    Databases, WrongToml,
    testing::Values(
        Wrong{"[postgres.databases.a]\nhosts = ['pg:x']",
              "2:9: hosts must be a list of hosts such as [\"pg-0:5432\", \"/run/postgresql\"], not 'pg:x'"},
        Wrong{"[postgres.databases.a]\nhost = 'b'\nport = 0",
              "3:8: port must be a whole number from 1 to 65535, not '0'"},
        Wrong{"[postgres.databases.a]\nport = 5433", "2:8: port needs host"},
        Wrong{"[postgres.databases.a]\nhost = 'b'\nhosts = ['b']",
              "3:9: hosts and host say the same: write one of them"},
        Wrong{"[postgres.databases.a]\nhost = 'b'\nuser = 'u'\npassword = 'p'\npassword_file = 'f'",
              "5:17: password and password_file exclude each other"},
        Wrong{"[postgres.databases.a]\nurl = 'postgres://pg/db?sslrootcert=/ca'",
              "2:7: the URL sets server_tls_ca_file, which holds for all servers: write it in [postgres]"},
        Wrong{"[postgres.databases.a]\nurl = 'redis://pg'",
              "2:7: the URL must begin with postgres:// or postgresql://"},
        Wrong{"[postgres.databases.a]\nhost = 'b'\nuser = 'u'\npassword_file = 'f'",
              "4:17: password_file: cannot read f: No such file or directory"},
        Wrong{"[postgres.databases.a]\nhost = 'b'\nuser = 'u'\npassword = ['s3', 'cret']",
              "4:12: password must be a text"}));

TEST(ForebayToml, IsToldAllThatIsWrongWithItInItsOrder) {
  EXPECT_EQ(
      errorOf(R"([postgres]
pool_mode = "x"
max_client_con = 5
[postgres.databases.app]
hosts = ["pg"]
pool_size = 0
[listen]
workers = "all"
)"),
      "forebay.toml:2:13: pool_mode must be transaction, session or statement, not 'x'\n"
      "forebay.toml:3:1: 'max_client_con' is not a setting of [postgres]; did you mean 'max_client_conn'?\n"
      "forebay.toml:6:13: pool_size must be a whole number above 0, not '0'\n"
      "forebay.toml:8:11: workers must be a whole number from 0 to 1024, not 'all'");
}

TEST(ForebayToml, IsToldWhereItsSyntaxBreaks) {
  const std::string error = errorOf("[postgres]\npool_mode = \n");
  EXPECT_TRUE(error.starts_with("forebay.toml:2:13: ")) << error;
}

TEST(ForebayToml, NamesTheLinesOfABrokenUserlist) {
  const World world{
      .files = {{"forebay.toml", "[postgres]\nauth_file = \"users\"\n[postgres.databases.a]\nhost = 'b'\n"},
                {"users", "\"ann\" \"pw\"\nbob\n"}},
      .environment = {}};
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error(), "users:2:1: a line must begin with a \"user\" in double quotes");
}

}  // namespace
}  // namespace forebay::conf
