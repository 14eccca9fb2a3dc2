#include "pools/prepared_set.h"

#include <gtest/gtest.h>

#include <vector>

namespace forebay::pools {
namespace {

using State = PreparedSet::State;

constexpr StatementKey kA = {1}, kB = {2}, kC = {3};

class PreparedSetTest : public testing::Test {
 protected:
  void prepare(const StatementKey& key, uint32_t batch) {
    set_.parseSent(key, batch);
    set_.parseCompleted(key);
  }
  State stateOf(const StatementKey& key) { return set_.use(key, 0).state; }
  PreparedSet set_;
};

TEST_F(PreparedSetTest, KnowsNothingAtFirst) {
  EXPECT_EQ(stateOf(kA), State::kAbsent);
  EXPECT_EQ(set_.evict(0, 0), std::nullopt);
}

TEST_F(PreparedSetTest, HoldsAParseInDoubtUntilItIsAnswered) {
  set_.parseSent(kA, 7);
  EXPECT_EQ(stateOf(kA), State::kPending);
  EXPECT_EQ(set_.use(kA, 0).batch, 7u);
  set_.parseCompleted(kA);
  EXPECT_EQ(stateOf(kA), State::kReady);
}

TEST_F(PreparedSetTest, ForgetsAParseThatWasSkipped) {
  set_.parseSent(kA, 0);
  set_.parseSkipped(kA);
  EXPECT_EQ(stateOf(kA), State::kAbsent);
  EXPECT_EQ(set_.size(), 0u);
}

TEST_F(PreparedSetTest, KeepsTheParseOfALaterBatchWhenTheEarlierIsSkipped) {
  set_.parseSent(kA, 1);
  set_.parseSent(kA, 2);  // behind a Close, since the first is in doubt
  set_.parseSkipped(kA);
  EXPECT_EQ(stateOf(kA), State::kPending);
  set_.closeCompleted(kA);
  set_.parseCompleted(kA);
  EXPECT_EQ(stateOf(kA), State::kReady);
}

TEST_F(PreparedSetTest, ForgetsAStatementThatWasClosedAndNotPreparedAgain) {
  set_.parseSent(kA, 1);
  set_.parseSent(kA, 2);
  set_.parseCompleted(kA);
  set_.closeCompleted(kA);
  set_.parseSkipped(kA);
  EXPECT_EQ(stateOf(kA), State::kAbsent);
}

TEST_F(PreparedSetTest, EvictsTheLeastRecentlyUsed) {
  prepare(kA, 0);
  prepare(kB, 0);
  prepare(kC, 0);
  set_.use(kA, 0);
  EXPECT_EQ(set_.evict(2, 1), kB);
  EXPECT_EQ(set_.evict(2, 1), std::nullopt) << "two are within the limit";
}

TEST_F(PreparedSetTest, NeverEvictsWhatTheBatchUses) {
  prepare(kA, 0);
  prepare(kB, 0);
  set_.use(kA, 5);
  EXPECT_EQ(set_.evict(0, 5), kB);
  EXPECT_EQ(set_.evict(0, 5), std::nullopt);
  EXPECT_EQ(set_.evict(0, 6), kA);
}

TEST_F(PreparedSetTest, NeverEvictsWhatIsNotAnswered) {
  set_.parseSent(kA, 0);
  EXPECT_EQ(set_.evict(0, 1), std::nullopt);
}

TEST_F(PreparedSetTest, IsUnsureOfWhatItEvictedUntilTheCloseIsAnswered) {
  prepare(kA, 0);
  set_.evict(0, 1);
  EXPECT_EQ(set_.size(), 0u);
  EXPECT_EQ(stateOf(kA), State::kPending) << "a Parse alone might find the name taken";
  EXPECT_EQ(set_.use(kA, 0).batch, PreparedSet::kNoBatch);
  set_.closeCompleted(kA);
  EXPECT_EQ(stateOf(kA), State::kAbsent);
}

TEST_F(PreparedSetTest, HasWhatItEvictedBackWhenTheCloseIsSkipped) {
  prepare(kA, 0);
  set_.evict(0, 1);
  set_.closeSkipped(kA);
  EXPECT_EQ(stateOf(kA), State::kReady);
}

TEST_F(PreparedSetTest, IsUnsureOfWhatSqlMayHaveDeallocated) {
  prepare(kA, 0);
  set_.closed(kA);
  EXPECT_EQ(stateOf(kA), State::kPending);
  set_.parseSent(kA, 3);  // behind a Close
  set_.closeCompleted(kA);
  set_.parseCompleted(kA);
  EXPECT_EQ(stateOf(kA), State::kReady);
}

TEST_F(PreparedSetTest, KeepsWhatIsOnItsWayWhenCleared) {
  prepare(kA, 0);
  set_.parseSent(kB, 1);
  set_.clear();
  EXPECT_EQ(stateOf(kA), State::kAbsent);
  set_.parseCompleted(kB);
  EXPECT_EQ(stateOf(kB), State::kReady);
}

TEST_F(PreparedSetTest, TakesNoNoteOfTheUnnamedStatement) {
  set_.parseCompleted({});
  set_.parseSkipped({});
  set_.closeCompleted({});
  set_.closeSkipped({});
  EXPECT_EQ(set_.size(), 0u);
}

TEST_F(PreparedSetTest, ListsWhatStandsMostRecentlyUsedFirst) {
  prepare(kA, 0);
  prepare(kB, 0);
  set_.use(kA, 0);
  std::vector<StatementKey> listed;
  set_.forEach([&](const StatementKey& key) { listed.push_back(key); });
  EXPECT_EQ(listed, (std::vector<StatementKey>{kA, kB}));
}

}  // namespace
}  // namespace forebay::pools
