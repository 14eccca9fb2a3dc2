// What [redis] says, and what is said of a wrong one.
#include <gtest/gtest.h>

#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

RedisSettings redisOf(const std::string& text) {
  const Result<ConfigPtr> loaded = loadToml(text);
  EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error());
  return loaded ? (*loaded)->redis : RedisSettings{};
}

Cache cacheOf(const std::string& settings) {
  const RedisSettings redis = redisOf("[redis.caches.main]\n" + settings);
  return redis.caches.contains("main") ? redis.caches.at("main") : Cache{};
}

TEST(RedisToml, HasTheDefaultsWhereItIsSilent) {
  const Result<ConfigPtr> loaded = loadToml("[redis.caches.main]\nhost = 'cache'\n");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  RedisSettings expected;
  expected.caches["main"].name = "main";
  expected.caches["main"].host = {"cache", 6379};
  EXPECT_EQ((*loaded)->redis, expected);
  EXPECT_EQ((*loaded)->listen.redis, (std::vector<ListenAddress>{{"127.0.0.1", 6380}}));
}

TEST(RedisToml, ReadsEveryKindOfSetting) {
  const RedisSettings redis = redisOf(R"(
[listen]
redis = ["[::1]:7000", "unix:/run/forebay/redis.sock"]
[redis]
maxclients = 7
timeout = "5m"
command_timeout = 2.5
client_output_buffer_limit = "1GiB"
maxmemory_clients = "8GiB"
slowlog_log_slower_than = 2500
lease_pool_size = 20
min_lease_pool_size = 3
client_tls_sslmode = "require"
client_tls_key_file = "a.key"
client_tls_cert_file = "a.crt"
server_tls_sslmode = "verify-full"
[redis.caches]
main = "redis://cache/3"
)");
  EXPECT_EQ(redis.maxclients, 7u);
  EXPECT_EQ(redis.timeout, seconds(300));
  EXPECT_EQ(redis.command_timeout, milliseconds(2500));
  EXPECT_EQ(redis.client_output_buffer_limit, uint64_t{1} << 30);
  EXPECT_EQ(redis.maxmemory_clients, uint64_t{8} << 30) << "more than 32 bits hold";
  EXPECT_EQ(redis.slowlog_log_slower_than, microseconds(2500)) << "a bare number is Redis' own unit";
  EXPECT_EQ(redis.lease_pool_size, 20u);
  EXPECT_EQ(redis.min_lease_pool_size, 3u);
  EXPECT_EQ(redis.client_tls.sslmode, SslMode::kRequire);
  EXPECT_EQ(redis.client_tls.cert_file, "a.crt");
  EXPECT_EQ(redis.server_tls.sslmode, SslMode::kVerifyFull);
  EXPECT_EQ(redis.caches.at("main").host, (HostPort{"cache", 6379})) << "a cache may be its URL alone";
  EXPECT_EQ(redis.caches.at("main").database, 3u);
}

TEST(RedisToml, ReadsWhereTheSentinelsAre) {
  const Cache cache = cacheOf(R"(
sentinels = ["s-0:26380", "s-1", "[::1]:7000"]
master = "mymaster"
sentinel_user = "gate"
sentinel_password = "s3cret"
sentinel_tls_sslmode = "require"
password = "of the servers"
database = 3
)");
  EXPECT_EQ(cache.sentinels, (std::vector<HostPort>{{"s-0", 26380}, {"s-1", 26379}, {"::1", 7000}}));
  EXPECT_EQ(cache.master, "mymaster");
  EXPECT_EQ(cache.sentinel_user, "gate");
  EXPECT_EQ(cache.sentinel_password, "s3cret");
  EXPECT_EQ(cache.sentinel_tls_sslmode, SslMode::kRequire);
  EXPECT_EQ(cache.password, "of the servers");
  EXPECT_EQ(cache.database, 3u);
  EXPECT_TRUE(cache.host.host.empty());
}

TEST(RedisToml, ReadsTheSentinelsPasswordFromAFile) {
  World world{.files = {{"forebay.toml",
                         "[redis.caches.a]\nsentinels = ['s']\nmaster = 'm'\nsentinel_password_file = 'f'"},
                        {"f", "s3cret\n"}},
              .environment = {}};
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->redis.caches.at("a").sentinel_password, "s3cret");
  world.files["f"] = "\n";
  const Result<ConfigPtr> empty = world.load();
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error(), "forebay.toml:4:26: sentinel_password_file: f is empty");
}

TEST(RedisToml, PrintsSentinelsSoThatTheyLoadAgain) {
  const std::string text =
      "[redis.caches.a]\nsentinels = ['s-0', 's-1:7']\nmaster = 'm'\nsentinel_user = 'u'\n"
      "sentinel_password = 'secret'\n";
  const Result<ConfigPtr> loaded = loadToml(text);
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const std::string printed = effectiveToml(**loaded);
  EXPECT_NE(printed.find("sentinels = [\"s-0:26379\", \"s-1:7\"]"), std::string::npos) << printed;
  EXPECT_EQ(printed.find("secret\""), std::string::npos) << printed;
  const Result<ConfigPtr> again = loadToml(printed);
  ASSERT_TRUE(again.ok()) << again.error();
  EXPECT_EQ((*again)->redis.caches.at("a").sentinels, (*loaded)->redis.caches.at("a").sentinels);
}

TEST(RedisToml, ReadsTheSettingsOfACache) {
  const Cache cache = cacheOf(R"(
host = "cache:7000"
database = 2
user = "app"
password = "s3cret"
listen = ["127.0.0.1:6390", "unix:@forebay"]
lease_pool_size = 9
min_lease_pool_size = 1
command_timeout = "250ms"
command_wait_timeout = 0
server_tls_sslmode = "require"
)");
  EXPECT_EQ(cache.host, (HostPort{"cache", 7000}));
  EXPECT_EQ(cache.database, 2u);
  EXPECT_EQ(cache.user, "app");
  EXPECT_EQ(cache.password, "s3cret");
  EXPECT_EQ(cache.listen, (std::vector<ListenAddress>{{"127.0.0.1", 6390}, {"@forebay", 0}}));
  EXPECT_EQ(cache.lease_pool_size, 9u);
  EXPECT_EQ(cache.min_lease_pool_size, 1u);
  EXPECT_EQ(cache.command_timeout, milliseconds(250));
  EXPECT_EQ(cache.command_wait_timeout, seconds(0)) << "none, which is not the same as unset";
  EXPECT_EQ(cache.server_tls_sslmode, SslMode::kRequire);
}

TEST(RedisToml, TakesHostAndPortTogetherOrApart) {
  EXPECT_EQ(cacheOf("host = 'c'\nport = 7").host, (HostPort{"c", 7}));
  EXPECT_EQ(cacheOf("host = 'c:8'\nport = 7").host, (HostPort{"c", 8}));
  EXPECT_EQ(cacheOf("url = 'redis://c'\nport = 7").host, (HostPort{"c", 7}));
  EXPECT_EQ(cacheOf("url = 'redis://c:8'\nhost = 'd'").host, (HostPort{"d", 6379}));
  EXPECT_EQ(cacheOf("host = '/run/redis.sock'\nport = 7").host, (HostPort{"/run/redis.sock", 0}));
  EXPECT_EQ(cacheOf("url = 'unix:///run/redis.sock'\nport = 7").host, (HostPort{"/run/redis.sock", 0}));
}

TEST(RedisToml, LetsSettingsOverrideTheUrl) {
  const Cache cache =
      cacheOf("url = 'rediss://a:b@c/1'\ndatabase = 4\nuser = 'x'\nserver_tls_sslmode = 'require'");
  EXPECT_EQ(cache.database, 4u);
  EXPECT_EQ(cache.user, "x");
  EXPECT_EQ(cache.password, "b");
  EXPECT_EQ(cache.server_tls_sslmode, SslMode::kRequire);
}

TEST(RedisToml, ReadsUsersInBothWaysOfWritingThem) {
  const World world{.files = {{"forebay.toml", R"(
[redis.caches.main]
host = "cache"
users = { app = { password = "${APP}", commands = "+@all -@admin", keys = ["app:*", "a,b"], channels = "n,m" } }
[redis.caches.other]
host = "cache"
listen = ["127.0.0.1:7000"]
[redis.caches.other.users.ann]
)"}},
                    .environment = {{"APP", "pw"}}};
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const auto& caches = (*loaded)->redis.caches;
  const CacheUser& app = caches.at("main").users.at("app");
  EXPECT_EQ(app.name, "app");
  EXPECT_EQ(app.password, "pw");
  EXPECT_EQ(app.commands, "+@all -@admin");
  EXPECT_EQ(app.keys, (std::vector<std::string>{"app:*", "a,b"})) << "a pattern may hold a comma";
  EXPECT_EQ(app.channels, std::vector<std::string>{"n,m"}) << "a single one needs no list";
  EXPECT_EQ(caches.at("other").users.at("ann").password, "") << "needs none";
}

TEST(RedisToml, ReadsPasswordsFromFiles) {
  World world{.files = {{"/etc/f.toml", R"(
[redis.caches.main]
host = "cache"
password_file = "main.pw"
users.app.password_file = "/run/app.pw"
)"},
                        {"/etc/main.pw", "one\n"},
                        {"/run/app.pw", "two\r\n"}},
              .environment = {}};
  Sources sources = world.sources();
  sources.config_file = "/etc/f.toml";
  const Result<ConfigPtr> loaded = loadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->redis.caches.at("main").password, "one");
  EXPECT_EQ((*loaded)->redis.caches.at("main").users.at("app").password, "two");

  world.files["/run/app.pw"] = "\n";
  const Result<ConfigPtr> opened = loadConfig(sources);
  ASSERT_FALSE(opened.ok()) << "an empty file must not let everybody in";
  EXPECT_EQ(opened.error(), "/etc/f.toml:5:27: password_file: /run/app.pw is empty");
  world.files.erase("/run/app.pw");
  EXPECT_EQ(loadConfig(sources).error(),
            "/etc/f.toml:5:27: password_file: cannot read /run/app.pw: No such file or directory");
}

struct Wrong {
  const char* text;
  const char* error;  // without the file's name
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.text; }

class WrongRedisToml : public testing::TestWithParam<Wrong> {};

TEST_P(WrongRedisToml, IsToldAtItsPlace) {
  EXPECT_EQ(errorOf(GetParam().text), "forebay.toml:" + std::string(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, WrongRedisToml,
    testing::Values(
        Wrong{"[redis]\nmaxclient = 5",
              "2:1: 'maxclient' is not a setting of [redis]; did you mean 'maxclients'?"},
        Wrong{"[redis]\ncache = 5", "2:1: 'cache' is not a setting of [redis]; did you mean 'caches'?"},
        Wrong{"[redis]\npool_mode = 'session'", "2:1: 'pool_mode' belongs in [postgres]"},
        Wrong{"[postgres]\nmaxclients = 5", "2:1: 'maxclients' belongs in [redis]"},
        Wrong{"[redis.caches.a]\nhosts = ['x']",
              "2:1: 'hosts' is not a setting of a cache; did you mean 'host'?"},
        Wrong{"[redis.caches.a]\nuser = 'x'\nuserz = 'x'",
              "3:1: 'userz' is not a setting of a cache; did you mean 'user'?"},
        Wrong{"[redis.caches.a.users.b]\ncommand = '+@all'",
              "2:1: 'command' is not a setting of a cache's user; did you mean 'commands'?"},
        Wrong{"redis = 5", "1:9: redis must be a table, [redis]"},
        Wrong{"[redis]\ncaches = 5", "2:10: caches must be a table, [caches]"},
        Wrong{"[redis.caches.a]\nusers = 5", "2:9: users must be a table, [users]"},
        Wrong{"[redis.caches.a]\nsentinels = ['s:0']\nmaster = 'm'",
              "2:13: sentinels must be a list of addresses such as [\"s-0:26379\", \"s-1\"], not 's:0'"},
        Wrong{"[redis.caches.a]\nsentinels = ['s']\nmaster = 'm'\nsentinel_password = 'a'\n"
              "sentinel_password_file = 'b'",
              "5:26: sentinel_password and sentinel_password_file exclude each other"},
        Wrong{"[redis.caches.a]\ncluster = ['s']", "2:1: cluster: not part of this version yet"},
        Wrong{"[redis.caches.a]\nreads = 'all'",
              "2:9: reads must be primary, replicas or prefer-replicas, not 'all'"},
        Wrong{"[redis.caches.a]\nconsistency = 'strong'",
              "2:15: consistency must be eventual or session, not 'strong'"}));

INSTANTIATE_TEST_SUITE_P(
    Values, WrongRedisToml,
    testing::Values(
        Wrong{"[redis]\nmaxclients = 0", "2:14: maxclients must be a whole number above 0, not '0'"},
        Wrong{"[redis]\nmaxmemory_clients = '10%'",
              "2:21: maxmemory_clients must be a size such as \"64MiB\" or a number of bytes, not '10%'"},
        Wrong{"[redis]\nlarge_value = 5",
              "2:15: large_value must be a size such as \"64MiB\" or a number of bytes, at least 1024, not "
              "'5'"},
        Wrong{
            "[redis]\nslowlog_log_slower_than = -1",
            "2:27: slowlog_log_slower_than must be a duration such as \"10ms\", or a number of microseconds, "
            "not '-1'"},
        Wrong{"[listen]\nredis = ['6380']",
              "2:9: redis must be a list of addresses such as [\"0.0.0.0:6380\", \"[::1]:6380\", "
              "\"unix:/run/forebay/redis.sock\"], not '6380'"},
        Wrong{"[redis.caches.a]\nhost = 'c:x'",
              "2:8: host must be a host such as \"cache:6379\" or \"/run/redis/redis.sock\", not 'c:x'"},
        Wrong{"[redis.caches.a]\nport = 7", "2:8: port needs host"},
        Wrong{"[redis.caches.a]\nhost = 'c'\ndatabase = -1",
              "3:12: database must be a whole number, 0 or above, not '-1'"},
        Wrong{"[redis.caches.a]\nhost = 'c'\npassword = 'p'\npassword_file = 'f'",
              "4:17: password and password_file exclude each other"},
        Wrong{"[redis.caches.a]\nhost = 'c'\npassword = ''",
              "3:12: password must be a text that is not empty"},
        Wrong{"[redis.caches.a]\nhost = 'c'\nusers.b.password = ''",
              "3:20: password must be a text that is not empty"},
        Wrong{"[redis.caches.a]\nhost = 'c'\nusers.b = { password = 'p', password_file = 'f' }",
              "3:45: password and password_file exclude each other"},
        Wrong{"[redis.caches.a]\nhost = 'c'\nusers.b.keys = []",
              "3:16: keys must be a list of at least one pattern such as [\"app:*\"], not ''"},
        Wrong{"[redis.caches.a]\nurl = 'http://user:secret@cache'",
              "2:7: the URL must begin with redis://, rediss://, unix:// or redis+unix://"}));

}  // namespace
}  // namespace forebay::conf
