#include "base/histogram.h"

#include <gtest/gtest.h>

namespace forebay {
namespace {

size_t bucketOf(Duration value) {
  Histogram histogram;
  histogram.record(value);
  const HistogramSnapshot snapshot = histogram.snapshot();
  for (size_t i = 0; i < snapshot.kBuckets; ++i)
    if (snapshot.counts[i] == 1) return i;
  return snapshot.kBuckets;
}

TEST(Histogram, PutsAValueIntoTheFirstBucketWhoseBoundItDoesNotExceed) {
  for (size_t i = 0; i + 1 < HistogramSnapshot::kBuckets; ++i) {
    const microseconds bound = HistogramSnapshot::upperBound(i);
    EXPECT_EQ(bucketOf(bound), i);
    EXPECT_EQ(bucketOf(bound + microseconds(1)), i + 1);
  }
}

TEST(Histogram, HasAPlaceForEveryDuration) {
  EXPECT_EQ(bucketOf(Duration::zero()), 0u);
  EXPECT_EQ(bucketOf(microseconds(-5)), 0u) << "a clock that went back";
  EXPECT_EQ(bucketOf(std::chrono::hours(24 * 365)), HistogramSnapshot::kBuckets - 1);
}

TEST(Histogram, KnowsTheSumInMicroseconds) {
  Histogram histogram;
  histogram.record(milliseconds(2));
  histogram.record(microseconds(3));
  histogram.record(microseconds(-7));
  EXPECT_EQ(histogram.snapshot().sum_us, 2003u);
  EXPECT_EQ(histogram.snapshot().total(), 3u);
}

TEST(HistogramSnapshot, AddsUpOverWorkers) {
  Histogram one, other;
  one.record(microseconds(10));
  other.record(microseconds(10));
  other.record(seconds(1));
  HistogramSnapshot sum = one.snapshot();
  sum += other.snapshot();
  EXPECT_EQ(sum.counts[0], 2u);
  EXPECT_EQ(sum.total(), 3u);
  EXPECT_EQ(sum.sum_us, 1000020u);
}

}  // namespace
}  // namespace forebay
