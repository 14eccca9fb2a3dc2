#include "failover/wal_marks.h"

#include <gtest/gtest.h>

namespace forebay::failover {
namespace {

constexpr Instant at(Duration after) { return Instant{} + seconds(1000) + after; }

TEST(WalMarks, KnowNothingBeforeThePrimaryHasTold) { EXPECT_FALSE(WalMarks().behind(5, at({}))); }

TEST(WalMarks, ASpellWithoutWritesIsNoLag) {
  WalMarks marks;
  marks.mark(1, 100, at({}));
  EXPECT_EQ(marks.behind(100, at(seconds(60))), Duration::zero());
  marks.mark(1, 200, at(seconds(60)));
  EXPECT_EQ(marks.behind(100, at(seconds(60))), Duration::zero()) << "it was asked in the same moment";
}

TEST(WalMarks, CountFromWhereThePrimaryWasFirstSeenFurther) {
  WalMarks marks;
  for (int second = 0; second < 10; ++second)
    marks.mark(1, 100 + static_cast<uint64_t>(second), at(seconds(second)));
  EXPECT_EQ(marks.behind(104, at(seconds(9))), seconds(4));
  EXPECT_EQ(marks.behind(109, at(seconds(9))), Duration::zero());
  EXPECT_EQ(marks.behind(1, at(seconds(9))), seconds(9)) << "and longer, for all that is known";
}

TEST(WalMarks, LongLagsAreStillKnownAfterManyMarks) {
  WalMarks marks;
  for (int second = 0; second < 5000; ++second)
    marks.mark(1, 100 + static_cast<uint64_t>(second), at(seconds(second)));
  const Duration lag = *marks.behind(1100, at(seconds(5000)));
  EXPECT_LE(lag, seconds(4000));
  EXPECT_GE(lag, seconds(500));
}

TEST(WalMarks, BeginAnewOnAnotherTimeline) {
  WalMarks marks;
  marks.mark(1, 500, at({}));
  marks.mark(2, 300, at(seconds(1)));
  EXPECT_EQ(marks.behind(300, at(seconds(5))), Duration::zero());
}

}  // namespace
}  // namespace forebay::failover
