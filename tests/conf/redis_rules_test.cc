// What the settings of [redis] demand of each other.
#include <gtest/gtest.h>

#include "conf/listeners.h"
#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

// The complaint about a file with a cache "a", without "forebay.toml:LINE:COLUMN: ".
std::string complaint(const std::string& of_cache, const std::string& before = {}) {
  const std::string error = errorOf(before + "\n[redis.caches.a]\nhost = 'cache'\n" + of_cache);
  const size_t at = error.find(": ");
  return at == std::string::npos ? error : error.substr(at + 2);
}

TEST(RedisRules, NameThePlaceOfTheSetting) {
  EXPECT_EQ(errorOf("[redis.caches.a]\nhost = 'c'\nlease_pool_size = 2\nmin_lease_pool_size = 3"),
            "forebay.toml:4:23: cache 'a': min_lease_pool_size is 3, more than lease_pool_size, which is 2");
}

TEST(RedisRules, AskForAServerOfEachCache) {
  EXPECT_EQ(errorOf("[redis.caches.a]\n"), "forebay.toml:1:15: cache 'a' needs host, url or sentinels");
}

TEST(RedisRules, LetACacheHaveOneNodeOrSentinels) {
  const std::string sentinels = "[redis.caches.a]\nsentinels = ['s']\n";
  EXPECT_EQ(errorOf(sentinels + "master = 'm'"), "");
  EXPECT_EQ(errorOf(sentinels),
            "forebay.toml:2:13: cache 'a' needs master, the name that its sentinels know it by");
  for (const char* place : {"host = 'c'", "url = 'redis://c'"})
    EXPECT_EQ(
        errorOf(sentinels + "master = 'm'\n" + place),
        "forebay.toml:2:13: cache 'a' has sentinels, which tell where Redis is: host and url exclude them");
  EXPECT_EQ(errorOf("[redis.caches.a]\nsentinels = ['s', 's:26379']\nmaster = 'm'"),
            "forebay.toml:2:13: 's:26379' is listed twice");
  EXPECT_EQ(errorOf(sentinels + "master = 'm'\nsentinel_user = 'u'"),
            "forebay.toml:4:17: cache 'a' has a sentinel_user but no sentinel_password");
  EXPECT_EQ(
      errorOf(sentinels + "master = 'm'\nsentinel_tls_sslmode = 'prefer'"),
      "forebay.toml:4:24: sentinel_tls_sslmode 'prefer' is not possible with Redis: choose disable, require, "
      "verify-ca or verify-full");
}

TEST(RedisRules, WantNothingOfSentinelsWhereThereAreNone) {
  for (const std::string name : {"master", "sentinel_user", "sentinel_password"})
    EXPECT_EQ(complaint(name + " = 'x'"), name + " is of use only with sentinels");
  EXPECT_EQ(complaint("sentinel_tls_sslmode = 'require'"),
            "sentinel_tls_sslmode is of use only with sentinels");
}

TEST(RedisRules, LetReplicasTakeReadsWhereSentinelsTellOfThem) {
  const std::string cache = "[redis.caches.a]\nsentinels = ['s']\nmaster = 'm'\n";
  for (const char* reads : {"primary", "replicas", "prefer-replicas"})
    EXPECT_EQ(errorOf(cache + "reads = '" + reads + "'"), "");
  EXPECT_EQ(complaint("reads = 'primary'"), "");
  EXPECT_EQ(complaint("reads = 'replicas'"), "reads is of use only with sentinels");
}

TEST(RedisRules, LeaveNoReadWithoutANodeThatMayAnswer) {
  const std::string cache =
      "[redis.caches.a]\nsentinels = ['s']\nmaster = 'm'\nprimary_fallback = false\nreads = ";
  EXPECT_EQ(errorOf(cache + "'primary'"), "");
  EXPECT_EQ(
      errorOf(cache + "'replicas'"),
      "forebay.toml:4:20: cache 'a' has primary_fallback off: set replica_wait_timeout, which is how long a "
      "read may wait for a replica to have what its client has written");
  EXPECT_EQ(errorOf(cache + "'replicas'\nreplica_wait_timeout = '1s'"), "");
  EXPECT_EQ(errorOf(cache + "'replicas'\nconsistency = 'eventual'"), "");
  EXPECT_EQ(
      errorOf(cache + "'prefer-replicas'\nreplica_wait_timeout = '1s'"),
      "forebay.toml:4:20: cache 'a' has primary_fallback off, but with reads 'prefer-replicas' the primary "
      "takes its share");
}

TEST(RedisRules, AskForNoDatabaseAndNoLoginOfPostgres) {
  EXPECT_EQ(complaint(""), "");
  EXPECT_EQ(complaint("", "[listen]\npostgres = []"), "") << "nobody would connect there";
}

TEST(RedisRules, WantLoginsForAConsoleWithoutDatabases) {
  EXPECT_EQ(complaint("", "[postgres]\nadmin_users = ['ann']"),
            "auth_type 'scram-sha-256' needs to know passwords: set auth_file or auth_user, or user and "
            "password of a database");
}

TEST(RedisRules, WantAPasswordForAUser) {
  EXPECT_EQ(complaint("user = 'app'"),
            "cache 'a' has a user but no password: with a password alone the user is \"default\"");
  EXPECT_EQ(complaint("user = 'app'\npassword = 'x'"), "");
}

TEST(RedisRules, LetLeasesHaveNoMinimumAboveTheirLimit) {
  EXPECT_EQ(complaint("", "[redis]\nmin_lease_pool_size = 501"),
            "min_lease_pool_size is 501, more than lease_pool_size, which is 500");
  EXPECT_EQ(complaint("lease_pool_size = 5", "[redis]\nmin_lease_pool_size = 6"),
            "cache 'a': min_lease_pool_size is 6, more than lease_pool_size, which is 5");
  EXPECT_EQ(complaint("lease_pool_size = 5\nmin_lease_pool_size = 5"), "");
}

TEST(RedisRules, KnowNoTlsThatIsTriedFirst) {
  for (const char* mode : {"allow", "prefer"}) {
    const std::string wanted =
        "server_tls_sslmode '" + std::string(mode) +
        "' is not possible with Redis: choose disable, require, verify-ca or verify-full";
    EXPECT_EQ(complaint("server_tls_sslmode = '" + std::string(mode) + "'"), wanted);
    EXPECT_EQ(complaint("", "[redis]\nserver_tls_sslmode = '" + std::string(mode) + "'"), wanted);
  }
}

TEST(RedisRules, WantAKeyAndACertificateForTlsOfClients) {
  EXPECT_EQ(complaint("", "[redis]\nclient_tls_sslmode = 'require'"),
            "client_tls_sslmode 'require' needs client_tls_key_file and client_tls_cert_file");
  EXPECT_EQ(complaint("", "[redis]\nserver_tls_key_file = 'k'"),
            "server_tls_key_file and server_tls_cert_file belong together: set both or neither");
}

constexpr char kOpen[] = " lets everybody in at *:6380: set a password, or listen on loopback addresses only";

TEST(RedisRules, LetNobodyInFromOutsideWithoutAPassword) {
  const std::string outside = "listen = ['127.0.0.1:6380', '*:6380']\n";
  EXPECT_EQ(complaint(outside), std::string("cache 'a'") + kOpen);
  EXPECT_EQ(complaint("", "[listen]\nredis = ['*:6380']"), std::string("cache 'a'") + kOpen);
  EXPECT_EQ(complaint(outside + "password = 'x'"), "");
  EXPECT_EQ(complaint(outside + "users.app.password = 'x'"), "");
  EXPECT_EQ(complaint(outside + "password = 'x'\nusers.app.keys = ['app:*']"),
            std::string("user 'app' of cache 'a'") + kOpen);
}

TEST(RedisRules, LetAnybodyInFromThisMachineOrWithACertificate) {
  for (const char* address : {"127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "localhost:1", "unix:/run/a.sock"})
    EXPECT_EQ(complaint("listen = ['" + std::string(address) + "']"), "") << address;
  for (const char* address : {"10.0.0.1:1", "127.example.com:1", "[::]:1", "cache:1"})
    EXPECT_NE(complaint("listen = ['" + std::string(address) + "']"), "") << address;
  EXPECT_EQ(complaint("listen = ['*:6380']",
                      "[redis]\nclient_tls_sslmode = 'verify-ca'\nclient_tls_key_file = 'k'\n"
                      "client_tls_cert_file = 'c'\nclient_tls_ca_file = 'a'"),
            "");
}

TEST(RedisRules, GiveEachCacheAnAddressOfItsOwn) {
  const auto other = [](const std::string& settings) {
    return "[redis.caches.b]\nhost = 'cache'\n" + settings;
  };
  EXPECT_EQ(complaint(other("")),
            "cache 'a' and cache 'b' both need a listen of their own: [listen] redis serves one cache only");
  EXPECT_EQ(complaint(other("listen = ['127.0.0.1:1']")), "");
  EXPECT_EQ(complaint(other("listen = ['127.0.0.1:6380']")),
            "cache 'a' and cache 'b' cannot both listen on 127.0.0.1:6380");
  EXPECT_EQ(complaint(other("listen = ['127.0.0.1:0', 'localhost:0', '127.0.0.1:0']")), "")
      << "any free ones";
  EXPECT_EQ(complaint("", "[listen]\nredis = []"), "cache 'a' needs listen: [listen] redis has no address");
}

TEST(RedisRules, KeepOutOfThePortsOfOthers) {
  EXPECT_EQ(complaint("listen = ['127.0.0.1:6433']"),
            "[listen] http and cache 'a' cannot both listen on 127.0.0.1:6433");
  EXPECT_EQ(complaint("listen = ['127.0.0.1:6432']"), "") << "without databases nobody is there";
  EXPECT_EQ(complaint("listen = ['127.0.0.1:6432']", postgresWith("")),
            "[listen] postgres and cache 'a' cannot both listen on 127.0.0.1:6432");
  EXPECT_EQ(complaint("listen = ['127.0.0.1:1', '127.0.0.1:1']"), "'127.0.0.1:1' is listed twice");
  EXPECT_EQ(complaint("listen = ['unix:/" + std::string(107, 'x') + "']"),
            "the Unix socket /" + std::string(107, 'x') +
                " has a longer name than the system's limit of 107 characters");
}

TEST(Listeners, AreTheCachesOwnOrTheCommonOnes) {
  Config config;
  EXPECT_FALSE(listensForPostgres(config));
  config.redis.caches["a"];
  config.redis.caches["b"].listen = {{"/run/b.sock", 0}};
  const std::map<std::string, std::vector<ListenAddress>> expected = {{"a", {{"127.0.0.1", 6380}}},
                                                                      {"b", {{"/run/b.sock", 0}}}};
  EXPECT_EQ(redisListeners(config), expected);
  EXPECT_FALSE(listensForPostgres(config));
  config.postgres.stats_users = {"ann"};
  EXPECT_TRUE(listensForPostgres(config)) << "for the console";
}

}  // namespace
}  // namespace forebay::conf
