#include "conf/load.h"

#include <gtest/gtest.h>

#include "conf/listeners.h"
#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

TEST(LoadFromUrl, IsEnoughToRun) {
  const Result<ConfigPtr> loaded = loadUrl("postgres://app:s3cret@pg-0:5433/orders");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const Config& config = **loaded;
  EXPECT_EQ(config.listen.postgres, (std::vector<ListenAddress>{{"127.0.0.1", 6432}}));
  EXPECT_EQ(config.listen.http, (std::vector<ListenAddress>{{"127.0.0.1", 6433}}));
  EXPECT_EQ(config.postgres.pool_mode, PoolMode::kTransaction);
  EXPECT_EQ(config.source, "");

  const Database* orders = config.findDatabase("orders");
  ASSERT_NE(orders, nullptr);
  EXPECT_EQ(orders->name, "orders");
  EXPECT_EQ(orders->dbname, "orders");
  EXPECT_EQ(orders->hosts, (std::vector<HostPort>{{"pg-0", 5433}}));
  EXPECT_EQ(orders->user, "app");
  EXPECT_EQ(orders->password, "s3cret");
}

TEST(LoadFromUrl, ServesTheOtherDatabasesOfTheHostToo) {
  const Result<ConfigPtr> loaded = loadUrl("postgres://app:s3cret@pg-0/orders");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const Database* other = (*loaded)->findDatabase("stock");
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->name, "*");
  EXPECT_EQ(other->dbname, "") << "the name that the client asks for";
  EXPECT_EQ(other->hosts, (std::vector<HostPort>{{"pg-0", 5432}}));
}

TEST(LoadFromUrl, LetsClientsInWithTheUrlsOwnUserAndPassword) {
  const Result<ConfigPtr> loaded = loadUrl("postgres://app:s3cret@pg-0/orders");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->postgres.auth_type, AuthType::kScramSha256);
  EXPECT_EQ((*loaded)->postgres.admin_users, std::vector<std::string>{"app"});
  ASSERT_NE((*loaded)->userlist.find("app"), nullptr);
  EXPECT_EQ(*(*loaded)->userlist.find("app"), "s3cret");
}

TEST(LoadFromUrl, TrustsLoopbackClientsWhenItHasNoPassword) {
  const Result<ConfigPtr> loaded = loadUrl("postgres:///");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->postgres.auth_type, AuthType::kTrust);
  EXPECT_EQ((*loaded)->listen.postgres, (std::vector<ListenAddress>{{"127.0.0.1", 6432}}));
  EXPECT_NE((*loaded)->findDatabase("ann"), nullptr) << "user and database are called as the system's user";
}

TEST(LoadFromUrl, TakesWhatHoldsForAllServersFromTheUrl) {
  const Result<ConfigPtr> loaded =
      loadUrl("postgres://app:p@pg/orders?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=3");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->findDatabase("orders")->server_tls_sslmode, SslMode::kVerifyFull);
  EXPECT_EQ((*loaded)->postgres.server_tls.ca_file, "/ca.pem");
  EXPECT_EQ((*loaded)->postgres.server_connect_timeout, seconds(3));
}

TEST(LoadFromUrl, SaysWhereTheUrlCameFromAndNeverRepeatsIt) {
  const Result<ConfigPtr> loaded = loadUrl("mysql://app:s3cret@pg/orders");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error(), "DATABASE_URL: the URL must begin with postgres:// or postgresql://");
}

World redisWorld(const std::string& url) { return World{.files = {}, .environment = {{"REDIS_URL", url}}}; }

TEST(LoadFromRedisUrl, IsEnoughToRun) {
  const Result<ConfigPtr> loaded = redisWorld("redis://app:s3cret@cache:7000/2").load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const Cache& cache = (*loaded)->redis.caches.at("main");
  EXPECT_EQ(cache.name, "main");
  EXPECT_EQ(cache.host, (HostPort{"cache", 7000}));
  EXPECT_EQ(cache.database, 2u);
  EXPECT_EQ(cache.user, "app");
  EXPECT_EQ(cache.password, "s3cret");
  EXPECT_TRUE(cache.users.empty()) << "clients log in as the URL's user";
  EXPECT_EQ(redisListeners(**loaded).at("main"), (std::vector<ListenAddress>{{"127.0.0.1", 6380}}));
  EXPECT_FALSE(listensForPostgres(**loaded));
}

TEST(LoadFromRedisUrl, MayHaveNoPasswordOnTheLoopback) {
  EXPECT_TRUE(redisWorld("redis://cache").load().ok());
}

TEST(LoadFromRedisUrl, StandsBesideADatabase) {
  World world = redisWorld("redis://cache");
  world.environment["DATABASE_URL"] = "postgres://app:s3cret@pg-0/orders";
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->redis.caches.size(), 1u);
  EXPECT_NE((*loaded)->findDatabase("orders"), nullptr);
  EXPECT_TRUE(listensForPostgres(**loaded));
}

TEST(LoadFromRedisUrl, IsNotThereWhenItIsEmpty) {
  World world = redisWorld("");
  world.environment["DATABASE_URL"] = "postgres://app:s3cret@pg-0/orders";
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_TRUE((*loaded)->redis.caches.empty());
}

TEST(LoadFromRedisUrl, SaysWhereTheUrlCameFromAndNeverRepeatsIt) {
  EXPECT_EQ(redisWorld("http://app:s3cret@cache").load().error(),
            "REDIS_URL: the URL must begin with redis://, rediss://, unix:// or redis+unix://");
  EXPECT_EQ(
      redisWorld("redis://s3cret@cache").load().error(),
      "REDIS_URL: cache 'main' has a user but no password: with a password alone the user is \"default\"");
}

TEST(LoadFromRedisUrl, LetsOptionsAloneDecideWhenThereIsOne) {
  World world = redisWorld("redis://cache");
  Sources sources = world.sources();
  sources.database_url = "postgres://app:s3cret@pg-0/orders";
  const Result<ConfigPtr> postgres = loadConfig(sources);
  ASSERT_TRUE(postgres.ok()) << postgres.error();
  EXPECT_TRUE((*postgres)->redis.caches.empty());
  sources.redis_url = "redis://other";
  const Result<ConfigPtr> both = loadConfig(sources);
  ASSERT_TRUE(both.ok()) << both.error();
  EXPECT_EQ((*both)->redis.caches.at("main").host.host, "other");
  sources.database_url.reset();
  sources.config_file = "a.toml";
  EXPECT_EQ(loadConfig(sources).error(),
            "--config and --redis-url exclude each other: a file may use ${REDIS_URL}");
}

TEST(LoadConfig, PrefersAFileToTheEnvironment) {
  World world{.files = {{"forebay.toml", postgresWith("")}},
              .environment = {{"DATABASE_URL", "postgres://u@h/x"}}};
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->source, "forebay.toml");
  EXPECT_EQ((*loaded)->findDatabase("x"), nullptr);
}

TEST(LoadConfig, WaitsBeforeItClosesItsListenersInKubernetes) {
  const auto delay = [](const std::string& text, const std::map<std::string, std::string>& environment) {
    const Result<ConfigPtr> loaded =
        World{.files = {{"forebay.toml", text}}, .environment = environment}.load();
    return loaded ? (*loaded)->postgres.shutdown_delay : seconds(-1);
  };
  const std::map<std::string, std::string> kubernetes = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}};
  EXPECT_EQ(delay(postgresWith(""), {}), seconds(0));
  EXPECT_EQ(delay(postgresWith(""), kubernetes), seconds(5));
  EXPECT_EQ(delay(postgresWith("shutdown_delay = 0"), kubernetes), seconds(0));
  EXPECT_EQ(delay(postgresWith("shutdown_delay = 7"), kubernetes), seconds(7));
}

TEST(LoadFromUrl, WaitsBeforeItClosesItsListenersInKubernetes) {
  const World world{.files = {},
                    .environment = {{"DATABASE_URL", "postgres://app@pg/orders"},
                                    {"KUBERNETES_SERVICE_HOST", "10.96.0.1"}}};
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->postgres.shutdown_delay, seconds(5));
}

TEST(LoadConfig, LooksInEtcWhenThereIsNoFileHere) {
  const World world{.files = {{"/etc/forebay/forebay.toml", postgresWith("")}}, .environment = {}};
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->source, "/etc/forebay/forebay.toml");
}

TEST(LoadConfig, SaysWhatItLookedFor) {
  const World empty_world{};
  const Result<ConfigPtr> loaded = empty_world.load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error(),
            "nothing to do: there is no forebay.toml here, no /etc/forebay/forebay.toml, no DATABASE_URL "
            "(postgres://user:password@host/dbname) and no REDIS_URL (redis://user:password@host/0)");
}

TEST(LoadConfig, RefusesAFileAndAUrlTogether) {
  const World empty_world{};
  Sources sources = empty_world.sources();
  sources.config_file = "a.toml";
  sources.database_url = "postgres://u@h/x";
  const Result<ConfigPtr> loaded = loadConfig(sources);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error(), "--config and --database-url exclude each other: a file may use ${DATABASE_URL}");
}

TEST(LoadConfig, NamesAFileThatCannotBeRead) {
  Sources sources = systemSources();
  sources.config_file = "/nowhere/forebay.toml";
  const Result<ConfigPtr> loaded = loadConfig(sources);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error(), "/nowhere/forebay.toml: No such file or directory");
}

TEST(LoadConfig, ReadsFilesNamedInsideRelativeToTheConfigFile) {
  const std::string text = R"(
[postgres]
auth_file = "users/list.txt"
[postgres.databases.app]
host = "pg"
user = "app"
password_file = "/run/secrets/app"
)";
  const World world{.files = {{"/etc/forebay/forebay.toml", text},
                              {"/etc/forebay/users/list.txt", "\"ann\" \"pw\"\n"},
                              {"/run/secrets/app", "s3cret\n"}},
                    .environment = {}};
  const Result<ConfigPtr> loaded = world.load();
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->postgres.auth_file, "/etc/forebay/users/list.txt");
  EXPECT_EQ(*(*loaded)->userlist.find("ann"), "pw");
  EXPECT_EQ((*loaded)->findDatabase("app")->password, "s3cret") << "without the line's end";
}

TEST(LoadConfig, TakesItsUsersFromTheDatabasesWhenThereIsNoList) {
  const Result<ConfigPtr> loaded = loadToml(R"(
[postgres.databases]
app = "postgres://app:one@pg/app"
report.url = "postgres://report:two@pg/app"
)");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ(*(*loaded)->userlist.find("app"), "one");
  EXPECT_EQ(*(*loaded)->userlist.find("report"), "two");
}

TEST(LoadConfig, AsksForAListWhenTheDatabasesDisagree) {
  EXPECT_EQ(
      errorOf(R"([postgres.databases]
a = "postgres://app:one@pg/app"
b = "postgres://app:two@pg/app"
)"),
      "forebay.toml:3:1: user 'app' has another password in another database: set auth_file to say which "
      "one clients log in with");
}

}  // namespace
}  // namespace forebay::conf
