#include "base/fill_alarm.h"

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(FillAlarm, TellsOncePerCrossing) {
  FillAlarm alarm;
  for (uint32_t count = 0; count < 80; ++count) EXPECT_FALSE(alarm.crossed(count, 100)) << count;
  EXPECT_TRUE(alarm.crossed(80, 100));
  for (uint32_t count = 81; count <= 120; ++count) EXPECT_FALSE(alarm.crossed(count, 100)) << count;
}

TEST(FillAlarm, IsNotRaisedAgainByASmallDip) {
  FillAlarm alarm;
  EXPECT_TRUE(alarm.crossed(80, 100));
  for (uint32_t count = 79; count >= 70; --count) EXPECT_FALSE(alarm.crossed(count, 100)) << count;
  EXPECT_FALSE(alarm.crossed(80, 100));
  EXPECT_FALSE(alarm.crossed(69, 100));
  EXPECT_TRUE(alarm.crossed(80, 100));
}

TEST(FillAlarm, FollowsAChangedLimit) {
  FillAlarm alarm;
  EXPECT_TRUE(alarm.crossed(8, 10));
  EXPECT_FALSE(alarm.crossed(8, 20));
  EXPECT_TRUE(alarm.crossed(8, 10));
}

TEST(FillAlarm, TakesTheLargestLimit) {
  FillAlarm alarm;
  EXPECT_FALSE(alarm.crossed(1, UINT32_MAX));
  EXPECT_TRUE(alarm.crossed(UINT32_MAX, UINT32_MAX));
}

}  // namespace
}  // namespace forebay
