#include "base/deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

namespace forebay {
namespace {

constexpr Instant at(int n) { return Instant(seconds(1000 + n)); }

struct Alarm : Deadline {
  std::function<void(Instant)> ring = [](Instant) {};
  int rang = 0;

 protected:
  void due(Instant now) override {
    ++rang;
    ring(now);
  }
};

class DeadlinesTest : public testing::Test {
 protected:
  ~DeadlinesTest() override {
    for (Alarm& alarm : alarms_) deadlines_.disarm(alarm);
  }
  Deadlines deadlines_;
  std::vector<Alarm> alarms_ = std::vector<Alarm>(100);
};

TEST_F(DeadlinesTest, HaveNothingToDoAtFirst) {
  EXPECT_EQ(deadlines_.next(), kNever);
  deadlines_.run(at(0));
}

TEST_F(DeadlinesTest, ComeDueOnceAndNotBefore) {
  deadlines_.arm(alarms_[0], at(5));
  deadlines_.run(at(4));
  EXPECT_EQ(alarms_[0].rang, 0);
  deadlines_.run(at(5));
  deadlines_.run(at(6));
  EXPECT_EQ(alarms_[0].rang, 1);
  EXPECT_FALSE(alarms_[0].armed());
}

TEST_F(DeadlinesTest, ComeDueInTheirOrderHoweverTheyWereArmedAndMoved) {
  std::minstd_rand random(3);
  for (int i = 0; i < 3000; ++i) {
    Alarm& alarm = alarms_[random() % alarms_.size()];
    if (random() % 4 == 0)
      deadlines_.disarm(alarm);
    else
      deadlines_.arm(alarm, at(static_cast<int>(random() % 50)));
    Instant earliest = kNever;
    size_t armed = 0;
    for (const Alarm& each : alarms_) {
      armed += each.armed();
      if (each.armed()) earliest = std::min(earliest, each.at());
    }
    ASSERT_EQ(deadlines_.next(), earliest);
    ASSERT_EQ(deadlines_.size(), armed);
  }
  Instant last{};
  for (Alarm& alarm : alarms_) alarm.ring = [&](Instant now) { EXPECT_LE(std::exchange(last, now), now); };
  for (int n = 0; n < 50; ++n) deadlines_.run(at(n));
  EXPECT_EQ(deadlines_.size(), 0u);
}

TEST_F(DeadlinesTest, AreDisarmedByNever) {
  deadlines_.arm(alarms_[0], at(1));
  deadlines_.arm(alarms_[0], kNever);
  EXPECT_FALSE(alarms_[0].armed());
  EXPECT_EQ(alarms_[0].at(), kNever);
}

TEST_F(DeadlinesTest, AreMovedForwardOnlyByArmBy) {
  deadlines_.armBy(alarms_[0], at(5));
  deadlines_.armBy(alarms_[0], at(9));
  EXPECT_EQ(deadlines_.next(), at(5));
  deadlines_.armBy(alarms_[0], at(2));
  EXPECT_EQ(deadlines_.next(), at(2));
}

TEST_F(DeadlinesTest, MayBeArmedAgainOrDisarmEachOtherWhenDue) {
  alarms_[0].ring = [&](Instant now) {
    deadlines_.disarm(alarms_[1]);
    if (alarms_[0].rang < 3) deadlines_.arm(alarms_[0], now);
  };
  deadlines_.arm(alarms_[0], at(1));
  deadlines_.arm(alarms_[1], at(2));
  deadlines_.run(at(2));
  EXPECT_EQ(alarms_[0].rang, 3);
  EXPECT_EQ(alarms_[1].rang, 0);
}

TEST(DeadlineAfter, TakesZeroForNoLimit) {
  EXPECT_EQ(deadlineAfter(at(0), seconds(0)), kNever);
  EXPECT_EQ(deadlineAfter(at(0), seconds(3)), at(3));
}

}  // namespace
}  // namespace forebay
