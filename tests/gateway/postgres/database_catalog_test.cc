#include "gateway/postgres/database_catalog.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace forebay::postgres {
namespace {

DatabaseCatalog::Catalog someCatalog() {
  return std::make_shared<const pgproto::VolatilityCatalog>(std::vector<pgproto::CatalogRow>{});
}

class DatabaseCatalogTest : public testing::Test {
 protected:
  void passes(Duration time) { now_ += time; }

  // Somebody has a statement to judge. Is it now up to them to load?
  bool mustLoad() {
    claim_ = catalog_.claim(now_);
    return claim_.has_value();
  }
  void loads() { catalog_.loaded(*claim_, someCatalog(), now_); }
  void fails() { catalog_.failed(*claim_, now_, 0); }
  void ddlRuns() { catalog_.invalidate(now_); }
  bool isKnown() const { return catalog_.current() != nullptr; }

  // For how long from now on nobody has to load.
  Duration pause() {
    Duration time{};
    while (!catalog_.due(now_ + time) && time < std::chrono::hours(1)) time += milliseconds(100);
    return time;
  }

  DatabaseCatalog catalog_;
  std::optional<DatabaseCatalog::Claim> claim_;
  Instant now_{std::chrono::hours(1)};
};

TEST_F(DatabaseCatalogTest, IsUnknownUntilItIsLoaded) {
  EXPECT_FALSE(isKnown());
  const uint64_t epoch = catalog_.epoch();
  ASSERT_TRUE(mustLoad());
  EXPECT_FALSE(isKnown());
  loads();
  EXPECT_TRUE(isKnown());
  EXPECT_GT(catalog_.epoch(), epoch);
}

TEST_F(DatabaseCatalogTest, IsLoadedByOneAtATime) {
  ASSERT_TRUE(mustLoad());
  EXPECT_FALSE(catalog_.claim(now_));
  EXPECT_FALSE(catalog_.claim(now_ + DatabaseCatalog::kLoadLimit));
  loads();
  EXPECT_FALSE(catalog_.claim(now_));
}

TEST_F(DatabaseCatalogTest, GivesTheLoadToAnotherOneWhereItIsNotHeardOf) {
  ASSERT_TRUE(mustLoad());
  const DatabaseCatalog::Claim lost = *claim_;
  passes(2 * DatabaseCatalog::kLoadLimit);
  ASSERT_TRUE(mustLoad());
  catalog_.loaded(lost, someCatalog(), now_);
  EXPECT_FALSE(isKnown()) << "it comes too late";
  catalog_.failed(lost, now_, 0);
  EXPECT_FALSE(catalog_.due(now_)) << "the second one is under way";
  loads();
  EXPECT_TRUE(isKnown());
}

TEST_F(DatabaseCatalogTest, IsLoadedAgainAfterAWhileAndUsedMeanwhile) {
  ASSERT_TRUE(mustLoad());
  loads();
  EXPECT_EQ(pause(), DatabaseCatalog::kFresh);
  passes(DatabaseCatalog::kFresh);
  ASSERT_TRUE(mustLoad());
  EXPECT_TRUE(isKnown());
  loads();
  EXPECT_EQ(pause(), DatabaseCatalog::kFresh);
}

TEST_F(DatabaseCatalogTest, IsNotUsedWhenItIsOld) {
  ASSERT_TRUE(mustLoad());
  loads();
  const uint64_t epoch = catalog_.epoch();
  passes(DatabaseCatalog::kUsable + seconds(1));  // nobody asked for it
  ASSERT_TRUE(mustLoad());
  EXPECT_FALSE(isKnown());
  EXPECT_GT(catalog_.epoch(), epoch);
}

TEST_F(DatabaseCatalogTest, IsUnknownAtOnceWhenDdlRan) {
  ASSERT_TRUE(mustLoad());
  loads();
  passes(seconds(60));
  const uint64_t epoch = catalog_.epoch();
  ddlRuns();
  EXPECT_FALSE(isKnown());
  EXPECT_GT(catalog_.epoch(), epoch);
  EXPECT_TRUE(mustLoad()) << "and is loaded at once";
}

TEST_F(DatabaseCatalogTest, IsNotWhatWasReadBeforeDdlRan) {
  ASSERT_TRUE(mustLoad());
  passes(milliseconds(100));
  ddlRuns();
  EXPECT_FALSE(catalog_.claim(now_)) << "still one at a time";
  passes(milliseconds(100));
  loads();
  EXPECT_FALSE(isKnown());
  passes(DatabaseCatalog::kPause);
  ASSERT_TRUE(mustLoad());
  loads();
  EXPECT_TRUE(isKnown());
}

TEST_F(DatabaseCatalogTest, IsNotLoadedForEachStatementOfAMigration) {
  int loads_begun = 0;
  for (int i = 0; i < 1000; ++i) {  // 10 s of DDL, and reads in between
    ddlRuns();
    passes(milliseconds(5));
    if (mustLoad()) {
      ++loads_begun;
      loads();
    }
    passes(milliseconds(5));
  }
  EXPECT_EQ(loads_begun, 10);
}

TEST_F(DatabaseCatalogTest, KeepsItsEpochWhileThereIsNothingToForget) {
  const uint64_t epoch = catalog_.epoch();
  ddlRuns();
  ddlRuns();
  EXPECT_EQ(catalog_.epoch(), epoch);
  EXPECT_TRUE(mustLoad()) << "at the first need";
}

TEST_F(DatabaseCatalogTest, IsTriedAgainLessAndLessOften) {
  for (const int expected : {1, 2, 4, 8, 16, 32, 60, 60}) {
    ASSERT_TRUE(mustLoad());
    fails();
    ddlRuns();  // changes nothing
    EXPECT_EQ(pause(), seconds(expected));
    passes(seconds(expected));
  }
  ASSERT_TRUE(mustLoad());
  loads();
  passes(DatabaseCatalog::kFresh);
  ASSERT_TRUE(mustLoad());
  fails();
  EXPECT_EQ(pause(), seconds(1)) << "all is forgiven";
  EXPECT_TRUE(isKnown()) << "what there is, is used for a while";
}

TEST(DatabaseCatalogThreads, LoadOnceForAll) {
  DatabaseCatalog catalog;
  const Instant now{std::chrono::hours(1)};
  const uint64_t first = catalog.epoch();
  std::atomic<int> claims{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) {
        if (const auto claim = catalog.claim(now)) {
          ++claims;
          catalog.loaded(*claim, someCatalog(), now);
        }
        const uint64_t epoch = catalog.epoch();
        EXPECT_TRUE(epoch == first || catalog.current() != nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(claims, 1);
  EXPECT_GT(catalog.epoch(), first);
}

}  // namespace
}  // namespace forebay::postgres
