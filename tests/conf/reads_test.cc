// What is set for the reads of a database, and where it may be set.
#include <gtest/gtest.h>

#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

constexpr const char* kCluster = "hosts = ['pg-0', 'pg-1:6000']\nuser = 'u'\n";

std::string database(const std::string& settings) {
  return "[postgres]\nauth_type = \"trust\"\n[postgres.databases.app]\n" + settings;
}

// Of a database whose settings begin in the sixth line.
std::string errorOfCluster(const std::string& settings) { return errorOf(database(kCluster + settings)); }

ReadSettings readingOf(const std::string& settings) {
  const Result<ConfigPtr> loaded = loadToml(database(kCluster + settings));
  EXPECT_TRUE(loaded.ok()) << loaded.error();
  return loaded ? (*loaded)->findDatabase("app")->reading : ReadSettings{};
}

TEST(Reads, GoToThePrimaryUnlessSaidOtherwise) {
  EXPECT_EQ(readingOf(""), ReadSettings{});
  EXPECT_EQ(ReadSettings{}.reads, Reads::kPrimary);
  EXPECT_EQ(ReadSettings{}.consistency, Consistency::kSession);
}

TEST(Reads, AreRead) {
  const ReadSettings expected{.reads = Reads::kPreferReplicas,
                              .primary_fallback = false,
                              .consistency = Consistency::kStrong,
                              .balance = Balance::kIpHash,
                              .weights = {{{"pg-0", 5432}, 0}, {{"pg-1", 6000}, 3}},
                              .max_replica_lag = milliseconds(1500),
                              .max_replica_lag_bytes = uint64_t{5} << 30,
                              .replica_wait_timeout = {}};
  EXPECT_EQ(readingOf(R"(
reads = "prefer-replicas"
primary_fallback = false
consistency = "strong"
balance = "ip_hash"
weights = { "pg-0:5432" = 0, "pg-1:6000" = 3 }
max_replica_lag = 1.5
max_replica_lag_bytes = "5GiB"
replica_wait_timeout = 0
)"),
            expected);
}

TEST(Reads, HaveTheWordsOfTheSettings) {
  EXPECT_EQ(nameOf(Reads::kPreferReplicas), "prefer-replicas");
  EXPECT_EQ(nameOf(Consistency::kEventual), "eventual");
  EXPECT_EQ(nameOf(Balance::kLeastConnections), "least_connections");
  EXPECT_EQ(errorOfCluster("reads = 'replica'"),
            "forebay.toml:6:9: reads must be primary, replicas or prefer-replicas, not 'replica'");
  EXPECT_EQ(errorOfCluster("consistency = 'none'"),
            "forebay.toml:6:15: consistency must be eventual, session or strong, not 'none'");
  EXPECT_EQ(errorOfCluster("balance = 'round-robin'"),
            "forebay.toml:6:11: balance must be round_robin, least_connections, weighted or ip_hash, not "
            "'round-robin'");
  EXPECT_EQ(errorOfCluster("max_replicas_lag = 1"),
            "forebay.toml:6:1: 'max_replicas_lag' is not a setting of a database; did you mean "
            "'max_replica_lag'?");
}

TEST(Reads, NeedReplicasThatAreKnown) {
  EXPECT_EQ(errorOf(database("host = 'pg'\nreads = 'replicas'")),
            "forebay.toml:5:9: database 'app' has reads 'replicas', but its servers are not asked which of "
            "them is a replica, since it has one host: list all its servers in hosts, or leave reads out");
  EXPECT_EQ(errorOfCluster("target_session_attrs = 'any'\nreads = 'prefer-replicas'"),
            "forebay.toml:7:9: database 'app' has reads 'prefer-replicas', but its servers are not asked "
            "which of them is a replica, since target_session_attrs is 'any': leave that out, or reads");
  EXPECT_EQ(errorOfCluster("target_session_attrs = 'read-write'\nreads = 'replicas'"), "");
  EXPECT_EQ(errorOf(database("host = 'pg'\nreads = 'primary'")), "");
}

TEST(Reads, AreNotSplitWhereEverythingGoesToReplicas) {
  for (const std::string target : {"standby", "prefer-standby", "read-only"})
    EXPECT_EQ(errorOfCluster("target_session_attrs = '" + target + "'\nreads = 'replicas'"),
              "forebay.toml:7:9: database 'app' has reads 'replicas', but with target_session_attrs '" +
                  target +
                  "' a replica takes all that its clients send already: leave reads out here, or set "
                  "target_session_attrs = \"primary\"");
}

TEST(Reads, OfAUserComeBeforeTheDatabasesWhereThatCanSplitThem) {
  const Result<ConfigPtr> loaded = loadToml(database(kCluster) + R"(reads = "replicas"
[postgres.databases.one]
host = "pg"
[postgres.users.writer]
reads = "primary"
[postgres.users.reader]
reads = "prefer-replicas"
)");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const auto readsOf = [&](const char* name, const char* user) {
    const Config& config = **loaded;
    return resolvePool(config.postgres, *config.findDatabase(name), config.findUser(user)).reads;
  };
  EXPECT_EQ(readsOf("app", "ann"), Reads::kReplicas);
  EXPECT_EQ(readsOf("app", "writer"), Reads::kPrimary);
  EXPECT_EQ(readsOf("app", "reader"), Reads::kPreferReplicas);
  EXPECT_EQ(readsOf("one", "reader"), Reads::kPrimary) << "whether its host is a replica is not known";
}

TEST(Weights, AreOneUnlessSaidOtherwise) {
  const ReadSettings settings = readingOf("weights = { 'pg-1' = 3 }");
  EXPECT_EQ(weightOf(settings, {"pg-0", 5432}), 1u);
  EXPECT_EQ(weightOf(settings, {"pg-1", 6000}), 3u) << "without a port a host stands for all its ports";
  EXPECT_EQ(weightOf(ReadSettings{}, {"pg-1", 6000}), 1u);
}

TEST(Weights, OfAHostWithItsPortComeBeforeThoseOfTheHost) {
  const ReadSettings settings = readingOf("weights = { 'pg-1:6000' = 2, 'pg-1' = 7, 'pg-0' = 4 }");
  EXPECT_EQ(weightOf(settings, {"pg-1", 6000}), 2u);
  EXPECT_EQ(weightOf(settings, {"pg-1", 6001}), 7u);
}

TEST(Weights, MayBeATableOfTheirOwn) {
  EXPECT_EQ(readingOf("[postgres.databases.app.weights]\n'pg-1:6000' = '5'\n").weights,
            (std::vector<HostWeight>{{{"pg-1", 6000}, 5}}));
}

TEST(Weights, AreToldWhereTheyAreWrong) {
  const std::string expected =
      "forebay.toml:6:11: weights must be a table of hosts and whole numbers from 0 to 1000 such as { "
      "\"pg-0:5432\" = 3 }, not ";
  EXPECT_EQ(errorOfCluster("weights = 3"), expected + "'3'");
  EXPECT_EQ(errorOfCluster("weights = { pg-1 = 'many' }"), expected + "'{ pg-1 = many }'");
  EXPECT_EQ(errorOfCluster("weights = { pg-1 = -1 }"), expected + "'{ pg-1 = -1 }'");
  EXPECT_EQ(errorOfCluster("weights = { 'pg-1:0' = 1 }"), expected + "'{ \"pg-1:0\" = 1 }'");
  EXPECT_EQ(errorOfCluster("weights = { pg-1 = { a = 1 } }"),
            "forebay.toml:6:20: weights.pg-1 must be a single value, not a table");
}

TEST(Weights, NameHostsOfTheDatabase) {
  EXPECT_EQ(errorOfCluster("weights = { pg-0 = 2, 'pg-1:5432' = 3 }"),
            "forebay.toml:6:37: weights must name hosts of database 'app' (pg-0:5432, pg-1:6000), not "
            "'pg-1:5432'");
}

TEST(Weights, LeaveAHostThatTakesReads) {
  EXPECT_EQ(
      errorOfCluster("weights = { pg-0 = 0, pg-1 = 0 }"),
      "forebay.toml:6:11: weights leaves database 'app' no host that takes reads: give one of them more "
      "than 0, or leave reads to the primary with reads = \"primary\"");
}

TEST(ReadSettings, AreWrittenSoThatTheyReadBackTheSame) {
  const Result<ConfigPtr> loaded =
      loadToml(database(kCluster) +
               "reads = 'replicas'\nweights = { 'pg-1:6000' = 3, pg-0 = 0 }\n"
               "replica_wait_timeout = '5ms'\n[postgres.users.report]\nreads = 'primary'");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const std::string effective = effectiveToml(**loaded);
  EXPECT_NE(effective.find("weights = { pg-0 = 0, \"pg-1:6000\" = 3 }"), std::string::npos) << effective;
  const Result<ConfigPtr> again = loadToml(effective);
  ASSERT_TRUE(again.ok()) << again.error();
  EXPECT_EQ((*again)->postgres.databases, (*loaded)->postgres.databases);
  EXPECT_EQ((*again)->postgres.users, (*loaded)->postgres.users);
  EXPECT_TRUE(effectiveJson(**loaded).ok());
}

TEST(ReadSettings, ChangeByAReload) {
  const auto load = [](const std::string& settings) { return *loadToml(database(kCluster + settings)); };
  const ConfigPtr before = load(""), after = load("balance = 'weighted'\nweights = { pg-1 = 2 }");
  EXPECT_EQ(describeChanges(*before, *after),
            (std::vector<std::string>{"postgres.databases.app.balance: least_connections -> weighted",
                                      "postgres.databases.app.weights: (unset) -> pg-1 = 2"}));
  EXPECT_TRUE(checkReloadable(*before, *after).ok());
}

}  // namespace
}  // namespace forebay::conf
