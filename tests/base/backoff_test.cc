#include "base/backoff.h"

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(Backoff, DoublesUpToTheLongest) {
  const Duration first = milliseconds(100), longest = seconds(2);
  EXPECT_EQ(backoff(first, 0, longest, 0), milliseconds(100));
  EXPECT_EQ(backoff(first, 1, longest, 0), milliseconds(200));
  EXPECT_EQ(backoff(first, 4, longest, 0), milliseconds(1600));
  EXPECT_EQ(backoff(first, 5, longest, 0), seconds(2));
  EXPECT_EQ(backoff(first, 4'000'000'000u, longest, 0), seconds(2)) << "however often it has failed";
}

TEST(Backoff, IsShortenedByUpToAHalf) {
  EXPECT_EQ(backoff(milliseconds(100), 0, seconds(2), 1), milliseconds(50));
  EXPECT_EQ(backoff(milliseconds(100), 9, seconds(2), 0.5), milliseconds(1500));
}

TEST(Jitter, IsSpreadFromZeroToOne) {
  Jitter jitter(7);
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const double next = jitter.next();
    ASSERT_GE(next, 0);
    ASSERT_LT(next, 1);
    sum += next;
  }
  EXPECT_NEAR(sum / 1000, 0.5, 0.05);
}

TEST(Jitter, DiffersFromSeedToSeed) { EXPECT_NE(Jitter(0).next(), Jitter(1).next()); }

}  // namespace
}  // namespace forebay
