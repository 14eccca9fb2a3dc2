// As for a database, the checker is shown made-up histories with one lie each.
#include "tests/rig/cache_history.h"

#include <gtest/gtest.h>

namespace forebay::rig {
namespace {

using Kind = Operation::Kind;

SteadyTime at(int second) { return SteadyTime{} + seconds(second); }

// Operations follow each other, one a second.
Operation write(int second, int64_t value, Outcome outcome = Outcome::kAcknowledged) {
  return {.value = value, .outcome = outcome, .begun = at(second), .ended = at(second + 1)};
}
Operation replicated(int second, int64_t value) {
  Operation out = write(second, value);
  out.replicated = true;
  return out;
}
Operation read(int second, int64_t value) {
  return {.kind = Kind::kRead, .value = value, .begun = at(second), .ended = at(second + 1)};
}

std::vector<std::string> violations(const Operations& operations,
                                    const std::vector<Failover>& failovers = {}) {
  return cacheViolationsOf({.clients = {{1, operations}}, .disturbances = {}}, failovers);
}

const std::vector<Failover> kFailover{{at(10), at(20)}};

TEST(CacheHistory, OfACacheThatKeepsItsPromisesHasNoViolation) {
  EXPECT_TRUE(
      violations({read(0, 0), write(1, 1), read(2, 1), write(3, 2), write(4, 3), read(5, 3)}).empty());
}

TEST(CacheHistory, FindsAReadThatIsOlderThanWhatTheClientKnows) {
  EXPECT_EQ(violations({write(0, 1), write(1, 2), read(2, 1)}),
            std::vector<std::string>{"client 1: read 1 is older than 2, which was there before"});
  EXPECT_EQ(violations({write(0, 1), read(1, 0)}).size(), 1u);
  EXPECT_EQ(
      violations({write(0, 1), write(1, 2, Outcome::kUnknown), read(2, 2), write(3, 3), read(4, 1)}).size(),
      1u);
}

TEST(CacheHistory, AsksOfReplicasOnlyForTheClientsOwnWrites) {
  const auto violations_of = [](const Operations& operations) {
    return cacheViolationsOf(
        {.clients = {{1, operations}}, .disturbances = {}, .reads = {{1, Reads::kOwnWrites}}}, {});
  };
  EXPECT_TRUE(violations_of({write(0, 1), write(1, 2, Outcome::kUnknown), read(2, 2), read(3, 1)}).empty());
  EXPECT_EQ(violations_of({write(0, 1), write(1, 2), read(3, 1)}).size(), 1u);
}

TEST(CacheHistory, ExcusesALossByAFailoverThatBeganBeforeTheWriteWasOver) {
  EXPECT_TRUE(violations({write(8, 1), write(9, 2), read(21, 1)}, kFailover).empty());
  EXPECT_TRUE(violations({write(18, 1), read(25, 0)}, kFailover).empty()) << "the old primary took it";
}

TEST(CacheHistory, FindsALossThatNoFailoverExplains) {
  EXPECT_EQ(violations({write(5, 1), read(7, 0)}, kFailover).size(), 1u) << "it had not begun";
  EXPECT_EQ(violations({write(21, 1), read(22, 0)}, kFailover).size(), 1u) << "the new primary was known";
}

TEST(CacheHistory, FindsALossOfWhatAllReplicasHad) {
  EXPECT_EQ(
      violations({replicated(8, 1), read(21, 0)}, kFailover),
      std::vector<std::string>{"client 1: read 0 is older than 1, which was there before, on all replicas"});
}

TEST(CacheHistory, AllowsEitherEndOfAWriteThatNobodyKnowsOf) {
  EXPECT_TRUE(violations({write(0, 1), write(1, 2, Outcome::kUnknown), read(2, 1)}).empty());
  EXPECT_TRUE(violations({write(0, 1), write(1, 2, Outcome::kUnknown), write(2, 3), read(3, 2)}).empty())
      << "it came late";
}

TEST(CacheHistory, FindsAValueThatNobodyWrote) {
  EXPECT_EQ(violations({write(0, 1), read(1, 5)}),
            std::vector<std::string>{"client 1: read 5 was never written"});
  EXPECT_EQ(violations({write(0, 1, Outcome::kNotExecuted), read(1, 1)}).size(), 1u);
}

}  // namespace
}  // namespace forebay::rig
