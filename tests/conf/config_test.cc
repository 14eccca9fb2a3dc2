#include "conf/config.h"

#include <gtest/gtest.h>

namespace forebay::conf {
namespace {

TEST(FindDatabase, PrefersTheNameToTheFallback) {
  Config config;
  EXPECT_EQ(config.findDatabase("app"), nullptr);
  config.postgres.databases["*"].name = "*";
  config.postgres.databases["app"].name = "app";
  EXPECT_EQ(config.findDatabase("app")->name, "app");
  EXPECT_EQ(config.findDatabase("other")->name, "*");
}

TEST(FindUser, KnowsWhoHasSettingsOfTheirOwn) {
  Config config;
  config.postgres.users["ann"].name = "ann";
  EXPECT_EQ(config.findUser("ann")->name, "ann");
  EXPECT_EQ(config.findUser("bob"), nullptr);
}

TEST(ResolvePool, TakesGlobalValuesWhereNobodySaysMore) {
  PostgresSettings settings;
  settings.query_timeout = seconds(3);
  const PoolSettings pool = resolvePool(settings, Database{}, nullptr);
  EXPECT_EQ(pool.pool_mode, PoolMode::kTransaction);
  EXPECT_EQ(pool.pool_size, 25u);
  EXPECT_EQ(pool.query_timeout, seconds(3));
  EXPECT_EQ(pool.query_wait_timeout, seconds(120));
  EXPECT_EQ(pool.server_lifetime, seconds(3600));
}

TEST(ResolvePool, AsksTheUserFirstAndThenTheDatabase) {
  PostgresSettings settings;
  Database database;
  database.pool_mode = PoolMode::kSession;
  database.pool_size = 7;
  database.min_pool_size = 2;
  database.server_lifetime = seconds(60);
  database.query_wait_timeout = seconds(9);
  User user;
  user.pool_size = 3;
  user.query_wait_timeout = seconds(0);
  user.idle_transaction_timeout = seconds(5);
  const PoolSettings pool = resolvePool(settings, database, &user);
  EXPECT_EQ(pool.pool_mode, PoolMode::kSession) << "the database's: the user has none";
  EXPECT_EQ(pool.pool_size, 3u) << "the user's";
  EXPECT_EQ(pool.min_pool_size, 2u);
  EXPECT_EQ(pool.server_lifetime, seconds(60));
  EXPECT_EQ(pool.query_wait_timeout, seconds(0)) << "the user's 'no limit'";
  EXPECT_EQ(pool.idle_transaction_timeout, seconds(5));
}

TEST(ResolvePool, CapsTheMinimumAtThePoolSize) {
  PostgresSettings settings;
  settings.min_pool_size = 50;
  EXPECT_EQ(resolvePool(settings, Database{}, nullptr).min_pool_size, 25u);
  Database database;
  database.min_pool_size = 9;
  database.pool_size = 8;
  EXPECT_EQ(resolvePool(settings, database, nullptr).min_pool_size, 8u);
}

TEST(TargetOf, IsThePrimaryOfSeveralHostsUnlessSaidOtherwise) {
  Database database;
  database.hosts = {{"pg-0", 5432}};
  EXPECT_EQ(targetOf(database), TargetSessionAttrs::kAny);
  EXPECT_FALSE(discoversRoles(database));
  database.hosts.push_back({"pg-1", 5432});
  EXPECT_EQ(targetOf(database), TargetSessionAttrs::kPrimary);
  EXPECT_TRUE(discoversRoles(database));
  database.target_session_attrs = TargetSessionAttrs::kAny;
  EXPECT_EQ(targetOf(database), TargetSessionAttrs::kAny);
  EXPECT_FALSE(discoversRoles(database));
  database.hosts.pop_back();
  database.target_session_attrs = TargetSessionAttrs::kReadWrite;
  EXPECT_TRUE(discoversRoles(database)) << "one host, whose role matters";
}

TEST(ProbeLoginOf, IsThatOfTheProbeAndElseTheDatabasesOwn) {
  FailoverSettings settings;
  Database database;
  database.name = "app";
  EXPECT_EQ(probeLoginOf(settings, database), (ProbeLogin{"", "", "app"}));
  database.user = "u";
  database.password = "p";
  database.dbname = "shop";
  EXPECT_EQ(probeLoginOf(settings, database), (ProbeLogin{"u", "p", "shop"}));
  settings.probe_dbname = "postgres";
  EXPECT_EQ(probeLoginOf(settings, database), (ProbeLogin{"u", "p", "postgres"}));
  settings.probe_user = "probe";
  EXPECT_EQ(probeLoginOf(settings, database), (ProbeLogin{"probe", "", "postgres"}))
      << "never with another user's password";
}

TEST(ProbeLoginOf, AsksTheFallbacksServersInADatabaseThatEachHas) {
  Database fallback;
  fallback.name = "*";
  EXPECT_EQ(probeLoginOf({}, fallback).dbname, "postgres");
}

TEST(Names, AreTheWordsOfTheSettings) {
  EXPECT_EQ(nameOf(TargetSessionAttrs::kPreferStandby), "prefer-standby");
  EXPECT_EQ(nameOf(PoolMode::kTransaction), "transaction");
  EXPECT_EQ(nameOf(AuthType::kScramSha256), "scram-sha-256");
  EXPECT_EQ(nameOf(SslMode::kVerifyFull), "verify-full");
  EXPECT_EQ(nameOf(LoadBalanceHosts::kRoundRobin), "round-robin");
  EXPECT_EQ(nameOf(LogFormat::kJson), "json");
  EXPECT_EQ(nameOf(LogLevel::kWarning), "warning");
}

}  // namespace
}  // namespace forebay::conf
