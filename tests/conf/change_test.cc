// A running gateway's settings: shown, set, compared, written down.
#include <gtest/gtest.h>

#include <algorithm>

#include "conf/settings.h"
#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

const ShownSetting* rowOf(const std::vector<ShownSetting>& rows, std::string_view key) {
  for (const ShownSetting& each : rows)
    if (each.key == key) return &each;
  return nullptr;
}

Config configOf(const std::string& text) {
  const Result<ConfigPtr> loaded = loadToml(text);
  EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error());
  return loaded ? **loaded : Config{};
}

TEST(ShowConfig, ShowsEachSettingAsPgbouncerDoes) {
  const std::vector<ShownSetting> rows =
      showSettings(configOf(postgresWith("default_pool_size = 7\nserver_idle_timeout = '90s'\nadmin_users = "
                                         "['a', 'b']\nserver_round_robin = true\n"
                                         "query_wait_notify = 0.5\n")));
  EXPECT_EQ(rowOf(rows, "default_pool_size")->value, "7");
  EXPECT_EQ(rowOf(rows, "default_pool_size")->default_value, "25");
  EXPECT_TRUE(rowOf(rows, "default_pool_size")->changeable);
  EXPECT_EQ(rowOf(rows, "server_idle_timeout")->value, "90");
  EXPECT_EQ(rowOf(rows, "query_wait_notify")->value, "0.5");
  EXPECT_EQ(rowOf(rows, "admin_users")->value, "a, b");
  EXPECT_EQ(rowOf(rows, "server_round_robin")->value, "1");
  EXPECT_EQ(rowOf(rows, "server_round_robin")->default_value, "0");
  EXPECT_EQ(rowOf(rows, "pool_mode")->value, "transaction");
  EXPECT_EQ(rowOf(rows, "unix_socket_mode")->value, "0777");
  EXPECT_EQ(rowOf(rows, "log_connections")->value, "1");
  EXPECT_EQ(rowOf(rows, "conffile")->value, "forebay.toml");
}

TEST(ShowConfig, IsSorted) {
  const std::vector<ShownSetting> rows = showSettings(Config{});
  EXPECT_TRUE(
      std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; }));
}

TEST(ShowConfig, ShowsListenersUnderPgbouncersNames) {
  Config config;
  config.listen.postgres = {{"", 6432}, {"::1", 6432}, {"/run/forebay", 6432}};
  const std::vector<ShownSetting> rows = showSettings(config);
  EXPECT_EQ(rowOf(rows, "listen_addr")->value, "*, ::1");
  EXPECT_EQ(rowOf(rows, "listen_port")->value, "6432");
  EXPECT_EQ(rowOf(rows, "unix_socket_dir")->value, "/run/forebay");
  EXPECT_FALSE(rowOf(rows, "listen_addr")->changeable);
}

// What PgBouncer 1.25 shows, less what has no meaning here.
TEST(ShowConfig, HasTheRowsThatToolsLookFor) {
  const std::vector<ShownSetting> rows = showSettings(Config{});
  for (const char* name : {"admin_users",
                           "application_name_add_host",
                           "auth_dbname",
                           "auth_file",
                           "auth_hba_file",
                           "auth_ident_file",
                           "auth_query",
                           "auth_type",
                           "auth_user",
                           "autodb_idle_timeout",
                           "cancel_wait_timeout",
                           "client_idle_timeout",
                           "client_login_timeout",
                           "client_tls13_ciphers",
                           "client_tls_ca_file",
                           "client_tls_cert_file",
                           "client_tls_ciphers",
                           "client_tls_dheparams",
                           "client_tls_ecdhcurve",
                           "client_tls_key_file",
                           "client_tls_protocols",
                           "client_tls_sslmode",
                           "conffile",
                           "default_pool_size",
                           "disable_pqexec",
                           "dns_max_ttl",
                           "dns_nxdomain_ttl",
                           "idle_transaction_timeout",
                           "ignore_startup_parameters",
                           "listen_addr",
                           "listen_backlog",
                           "listen_port",
                           "log_connections",
                           "log_disconnections",
                           "log_pooler_errors",
                           "log_stats",
                           "logfile",
                           "login_notify_message",
                           "max_client_conn",
                           "max_db_client_connections",
                           "max_db_connections",
                           "max_packet_size",
                           "max_prepared_statements",
                           "max_user_client_connections",
                           "max_user_connections",
                           "min_pool_size",
                           "peer_id",
                           "pkt_buf",
                           "pool_mode",
                           "pool_idle_timeout",
                           "query_timeout",
                           "query_wait_notify",
                           "query_wait_timeout",
                           "reserve_pool_size",
                           "reserve_pool_timeout",
                           "scram_iterations",
                           "server_check_delay",
                           "server_check_query",
                           "server_connect_timeout",
                           "server_fast_close",
                           "server_idle_timeout",
                           "server_lifetime",
                           "server_login_retry",
                           "server_reset_query",
                           "server_reset_query_always",
                           "server_round_robin",
                           "server_tls13_ciphers",
                           "server_tls_ca_file",
                           "server_tls_cert_file",
                           "server_tls_ciphers",
                           "server_tls_key_file",
                           "server_tls_protocols",
                           "server_tls_sslmode",
                           "so_reuseport",
                           "stats_period",
                           "stats_users",
                           "suspend_timeout",
                           "syslog",
                           "syslog_facility",
                           "syslog_ident",
                           "tcp_defer_accept",
                           "tcp_keepalive",
                           "tcp_keepcnt",
                           "tcp_keepidle",
                           "tcp_keepintvl",
                           "tcp_socket_buffer",
                           "tcp_user_timeout",
                           "track_extra_parameters",
                           "transaction_timeout",
                           "unix_socket_dir",
                           "unix_socket_group",
                           "unix_socket_mode",
                           "verbose"})
    EXPECT_NE(rowOf(rows, name), nullptr) << name;
}

std::string errorOfSet(std::string_view key, std::string_view value) {
  const Result<ConfigPtr> changed = withSetting(configOf(postgresWith("")), key, value);
  return changed ? "" : changed.error();
}

TEST(SetCommand, ChangesOneSettingInACopy) {
  const Config before = configOf(postgresWith(""));
  const Result<ConfigPtr> changed = withSetting(before, "default_pool_size", "40");
  ASSERT_TRUE(changed.ok()) << changed.error();
  EXPECT_EQ((*changed)->postgres.default_pool_size, 40u);
  EXPECT_EQ(before.postgres.default_pool_size, 25u);
  EXPECT_EQ(describeChanges(before, **changed),
            std::vector<std::string>{"postgres.default_pool_size: 25 -> 40"});
}

TEST(SetCommand, ReadsWhatShowConfigShows) {
  const Config standard = configOf(postgresWith(""));
  for (const ShownSetting& row : showSettings(standard)) {
    const GlobalSetting* setting = findSetting(globalSettings(), row.key);
    if (!setting || setting->traits.restart || setting->traits.loaded) continue;
    const Result<ConfigPtr> changed = withSetting(standard, row.key, row.value);
    ASSERT_TRUE(changed.ok()) << row.key << ": " << changed.error();
    EXPECT_EQ(describeChanges(standard, **changed), std::vector<std::string>{}) << row.key;
  }
}

TEST(SetCommand, SaysWhyNot) {
  EXPECT_EQ(errorOfSet("default_pool_size", "many"),
            "default_pool_size must be a whole number above 0, not 'many'");
  EXPECT_EQ(errorOfSet("pool_mod", "session"), "'pool_mod' is not a setting; did you mean 'pool_mode'?");
  EXPECT_EQ(errorOfSet("workers", "4"), "'workers' is not a setting");
  EXPECT_EQ(errorOfSet("maxclients", "4"),
            "maxclients belongs to [redis]: change it in the config file and RELOAD");
  EXPECT_EQ(errorOfSet("hold_timeout", "4"),
            "hold_timeout belongs to [failover]: change it in the config file and RELOAD");
  EXPECT_EQ(errorOfSet("listen_backlog", "4"),
            "listen_backlog is taken at start only: change it in the file and restart");
  EXPECT_EQ(
      errorOfSet("listen_port", "1"),
      "listen_port is taken at start only, from [listen] of the config file: change it there and restart");
  EXPECT_EQ(errorOfSet("auth_file", "x"),
            "auth_file decides which files are read: change it in the config file and RELOAD");
  EXPECT_EQ(errorOfSet("client_tls_sslmode", "require"),
            "client_tls_sslmode 'require' needs client_tls_key_file and client_tls_cert_file");
}

TEST(Changes, AreOneLineEach) {
  const Config before = configOf(R"(
[postgres]
auth_type = "trust"
server_idle_timeout = "10m"
[postgres.databases.app]
host = "pg-0"
user = "u"
password = "one"
pool_size = 5
[postgres.databases.old]
host = "pg"
[postgres.users.ann]
pool_size = 3
)");
  const Config after = configOf(R"(
[listen]
workers = 8
[postgres]
auth_type = "trust"
server_idle_timeout = "1m"
admin_users = ["ann"]
[postgres.databases.app]
host = "pg-0,pg-1"
user = "u"
password = "two"
[postgres.databases.new]
host = "pg"
[postgres.users.ann]
pool_size = 4
[log]
level = "debug"
)");
  EXPECT_EQ(
      describeChanges(before, after),
      (std::vector<std::string>{
          "listen.workers: 0 -> 8", "postgres.admin_users: '' -> ann",
          "postgres.server_idle_timeout: 600 -> 60", "log.level: info -> debug",
          "postgres.databases.app.hosts: pg-0:5432 -> pg-0:5432, pg-1:5432",
          "postgres.databases.app.password: (changed)", "postgres.databases.app.pool_size: 5 -> (unset)",
          "postgres.databases.new: added", "postgres.databases.old: removed",
          "postgres.users.ann.pool_size: 3 -> 4", "users and their secrets: 0 added, 0 removed, 1 changed"}));
  EXPECT_EQ(describeChanges(before, before), std::vector<std::string>{});
}

TEST(Changes, TellOfCachesAndTheirUsers) {
  const Config before = configOf(R"(
[redis]
timeout = 5
[redis.caches.main]
host = "cache"
password = "one"
users.ann.password = "a"
users.bob.password = "b"
[redis.caches.old]
host = "cache"
listen = ["127.0.0.1:1"]
)");
  const Config after = configOf(R"(
[redis]
timeout = "1m"
maxclients = 7
[redis.caches.main]
host = "cache:7000"
password = "two"
lease_pool_size = 9
users.ann.password = "x"
users.ann.keys = ["app:*"]
users.eve.password = "e"
[redis.caches.new]
host = "cache"
listen = ["127.0.0.1:2"]
)");
  EXPECT_EQ(
      describeChanges(before, after),
      (std::vector<std::string>{
          "redis.maxclients: 10000 -> 7", "redis.timeout: 5 -> 60",
          "redis.caches.main.host: cache:6379 -> cache:7000", "redis.caches.main.password: (changed)",
          "redis.caches.main.lease_pool_size: (unset) -> 9",
          "redis.caches.main.users.ann.password: (changed)",
          "redis.caches.main.users.ann.keys: (unset) -> app:*", "redis.caches.main.users.bob: removed",
          "redis.caches.main.users.eve: added", "redis.caches.new: added", "redis.caches.old: removed"}));
}

TEST(Changes, CountHbaRulesAndUsers) {
  Config before, after;
  after.hba.rules.resize(2);
  after.userlist.add("ann", "s3cret");
  EXPECT_EQ(describeChanges(before, after),
            (std::vector<std::string>{"users and their secrets: 1 added, 0 removed, 0 changed",
                                      "HBA rules: changed, 0 -> 2 rules"}));
}

TEST(Reload, IsRefusedWhenItOpensOrClosesListeners) {
  Config before;
  before.redis.caches["main"].name = "main";
  const auto refusal = [&](const Config& after) {
    const Status status = checkReloadable(before, after);
    return status ? "" : status.error();
  };
  Config after = before;
  after.redis.caches["main"].host.host = "other";
  after.redis.maxclients = 7;
  EXPECT_EQ(refusal(after), "");
  after.redis.caches["main"].listen = {{"127.0.0.1", 6380}};
  EXPECT_EQ(refusal(after), "") << "where it listened anyway";
  after.redis.caches["main"].listen = {{"127.0.0.1", 7000}};
  EXPECT_EQ(refusal(after), "redis.caches.main.listen: 127.0.0.1:6380 -> 127.0.0.1:7000: takes a restart");
  after.redis.caches.erase("main");
  after.redis.caches["new"];
  EXPECT_EQ(refusal(after),
            "redis.caches.new: added: takes a restart\nredis.caches.main: removed: takes a restart");
  after = before;
  after.listen.redis = {{"127.0.0.1", 7000}};
  EXPECT_EQ(refusal(after), "listen.redis: 127.0.0.1:6380 -> 127.0.0.1:7000: takes a restart");
  after = before;
  after.postgres.databases["app"];
  EXPECT_EQ(refusal(after), "listen.postgres: used from now on: takes a restart");
}

TEST(Reload, IsRefusedWhenListenersChange) {
  Config before, after;
  after.postgres.default_pool_size = 40;
  EXPECT_TRUE(checkReloadable(before, after).ok());
  after.listen.workers = 8;
  after.listen.postgres = {{"", 6432}};
  const Status status = checkReloadable(before, after);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error(),
            "listen.postgres: 127.0.0.1:6432 -> *:6432: takes a restart\n"
            "listen.workers: 0 -> 8: takes a restart");
}

TEST(EffectiveToml, LoadsAgainToTheSame) {
  const std::string text = R"(
[listen]
postgres = ["0.0.0.0:6432", "unix:/run/forebay:7000"]
unix_socket_mode = "0700"
[postgres]
auth_file = "/etc/users"
server_idle_timeout = 0.0015
query_wait_timeout = "1d"
login_notify_message = "say \"hi\" to $${USER}\n"
tcp_user_timeout = "30s"
peer_id = 1
[postgres.databases."my db"]
hosts = ["pg-0", "[::1]:5433", "/run/postgresql"]
user = "u"
password = "s3cret"
pool_mode = "session"
server_tls_sslmode = "require"
sslnegotiation = "direct"
options = "-c statement_timeout=30s"
[postgres.databases."*"]
host = "pg"
user = "v"
password_file = "/run/secrets/v"
[postgres.users."o'neil"]
query_timeout = 5
[postgres.peers.1]
host = "self"
[postgres.peers.2]
host = "other"
pool_size = 3
[log]
format = "json"
)";
  World world{
      .files = {{"forebay.toml", text}, {"/etc/users", "\"ann\" \"pw\""}, {"/run/secrets/v", "hidden"}},
      .environment = {}};
  const Result<ConfigPtr> first = world.load();
  ASSERT_TRUE(first.ok()) << first.error();
  const std::string written = effectiveToml(**first);
  EXPECT_EQ(written.find("s3cret"), std::string::npos);
  EXPECT_EQ(written.find("hidden"), std::string::npos);
  EXPECT_NE(written.find("password = \"********\"\n"), std::string::npos);

  world.files["forebay.toml"] = written;
  const Result<ConfigPtr> second = world.load();
  ASSERT_TRUE(second.ok()) << second.error() << "\n" << written;
  EXPECT_EQ(describeChanges(**first, **second),
            std::vector<std::string>{"postgres.databases.my db.password: (changed)"});
}

TEST(EffectiveToml, LoadsAgainToTheSameCaches) {
  World world{.files = {{"forebay.toml", R"(
[redis]
slowlog_log_slower_than = 1500
client_output_buffer_limit = "8GiB"
timeout = 0.25
[redis.caches.main]
url = "rediss://app:s3cret@cache:7000/3"
command_timeout = 0
users."o'neil" = { password = "s3cret", commands = "+@all -@admin", keys = ["a,b", "$${x}"] }
users.nobody.channels = ["news"]
[redis.caches."of files"]
host = "/run/redis.sock"
password_file = "/run/pw"
listen = ["*:7001", "unix:/run/forebay/redis.sock"]
users.ann.password_file = "/run/pw"
)"},
                        {"/run/pw", "hidden"}},
              .environment = {}};
  const Result<ConfigPtr> first = world.load();
  ASSERT_TRUE(first.ok()) << first.error();
  const std::string written = effectiveToml(**first);
  EXPECT_EQ(written.find("s3cret"), std::string::npos);
  EXPECT_EQ(written.find("hidden"), std::string::npos);
  const Result<std::string> json = effectiveJson(**first);
  ASSERT_TRUE(json.ok()) << json.error();
  EXPECT_NE(json->find("\"${x}\""), std::string::npos) << *json;
  EXPECT_EQ(json->find("s3cret"), std::string::npos);

  world.files["forebay.toml"] = written;
  const Result<ConfigPtr> second = world.load();
  ASSERT_TRUE(second.ok()) << second.error() << "\n" << written;
  EXPECT_EQ(describeChanges(**first, **second),
            (std::vector<std::string>{"redis.caches.main.password: (changed)",
                                      "redis.caches.main.users.o'neil.password: (changed)"}));
}

TEST(EffectiveToml, LoadsAgainForAUrl) {
  for (const char* url : {"postgres://app:s3cret@pg/orders", "postgres://app@pg/orders"}) {
    const Result<ConfigPtr> first = loadUrl(url);
    ASSERT_TRUE(first.ok()) << first.error();
    const std::string written = effectiveToml(**first);
    EXPECT_EQ(written.find("s3cret"), std::string::npos);
    const Result<ConfigPtr> second = loadToml(written);
    ASSERT_TRUE(second.ok()) << second.error() << "\n" << written;
    EXPECT_EQ((*first)->listen, (*second)->listen);
    EXPECT_EQ((*first)->postgres.databases.size(), (*second)->postgres.databases.size());
  }
}

TEST(EffectiveJson, SaysWhatTheTomlSays) {
  const Result<ConfigPtr> loaded =
      loadToml(postgresWith("pool_mode = \"session\"\nadmin_users = [\"a\", \"b\"]\n"
                            "server_reset_query = \"select '$${x}'\"") +
               "user = \"u\"\npassword = \"s3cret\"\n");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const Result<std::string> json = effectiveJson(**loaded);
  ASSERT_TRUE(json.ok()) << json.error();
  EXPECT_EQ(json->find("s3cret"), std::string::npos);
  for (const char* part : {R"("default_pool_size" : 25)", R"("pool_mode" : "session")",
                           R"("password" : "********")", R"("query_wait_timeout" : "2m")",
                           R"("server_reset_query" : "select '${x}'")", R"("server_round_robin" : false)"})
    EXPECT_NE(json->find(part), std::string::npos) << part << " in\n" << *json;
}

TEST(EffectiveJson, CannotHoldWhatIsNotUtf8) {
  const Result<ConfigPtr> loaded = loadUrl("postgres://%ff:p@pg/orders");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_FALSE(effectiveJson(**loaded).ok());
}

}  // namespace
}  // namespace forebay::conf
