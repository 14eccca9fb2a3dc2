#include "gateway/net/host_health.h"

#include <gtest/gtest.h>

namespace forebay::net {
namespace {

constexpr Instant kNow = Instant(std::chrono::hours(1));
const conf::HostPort kOne{"pg-0", 5432}, kOther{"pg-0", 5433};

Duration pauseAfter(int failures, double jitter, Duration longest = seconds(15)) {
  HostHealth health;
  for (int i = 0; i < failures; ++i) health.failed(kOne, kNow, longest, jitter);
  return health.retryAt(kOne) - kNow;
}

TEST(HostHealth, LetsAHostBeTriedThatNeverFailed) { EXPECT_LT(HostHealth().retryAt(kOne), kNow); }

TEST(HostHealth, DoublesThePauseUpToTheLongest) {
  EXPECT_EQ(pauseAfter(1, 0), HostHealth::kFirstPause);
  EXPECT_EQ(pauseAfter(2, 0), 2 * HostHealth::kFirstPause);
  EXPECT_EQ(pauseAfter(5, 0), 16 * HostHealth::kFirstPause);
  EXPECT_EQ(pauseAfter(50, 0), seconds(15));
  EXPECT_EQ(pauseAfter(9, 0, milliseconds(150)), milliseconds(150));
  EXPECT_EQ(pauseAfter(9, 0, seconds(0)), seconds(0));
}

TEST(HostHealth, TakesUpToAHalfOffAtRandom) {
  EXPECT_EQ(pauseAfter(1, 1), HostHealth::kFirstPause / 2);
  EXPECT_EQ(pauseAfter(1, 0.5), HostHealth::kFirstPause * 3 / 4);
}

TEST(HostHealth, ForgetsFailuresWithASuccess) {
  HostHealth health;
  for (int i = 0; i < 5; ++i) health.failed(kOne, kNow, seconds(15), 0);
  health.succeeded(kOne);
  EXPECT_LT(health.retryAt(kOne), kNow);
  health.failed(kOne, kNow, seconds(15), 0);
  EXPECT_EQ(health.retryAt(kOne), kNow + HostHealth::kFirstPause);
}

TEST(HostHealth, LetsNoHostAnswerForAnother) {
  HostHealth health;
  health.failed(kOne, kNow, seconds(15), 0);
  EXPECT_LT(health.retryAt(kOther), kNow);
}

}  // namespace
}  // namespace forebay::net
