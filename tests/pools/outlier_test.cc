#include "pools/outlier.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

// A server, and the clock that it is watched by.
class Watched {
 public:
  void fails(uint32_t times = 1) {
    while (times-- > 0) outlier_.failed(now_);
  }
  void serves() { outlier_.succeeded(); }
  void passes(Duration time) { now_ += time; }
  bool isOut() const { return outlier_.ejected(now_); }

  // Fails until it is out, waits until it is back, and says how long that was.
  Duration ejection() {
    fails(Outlier::kFailures);
    EXPECT_TRUE(isOut());
    const Duration length = outlier_.until() - now_;
    now_ = outlier_.until();
    EXPECT_FALSE(isOut());
    return length;
  }

 private:
  Outlier outlier_;
  Instant now_{std::chrono::hours(1)};
};

TEST(Outlier, IsInUntilItFailsFiveTimesInARow) {
  Watched server;
  EXPECT_FALSE(server.isOut());
  server.fails(4);
  EXPECT_FALSE(server.isOut());
  server.serves();
  server.fails(4);
  EXPECT_FALSE(server.isOut()) << "it served in between";
  server.fails();
  EXPECT_TRUE(server.isOut());
}

TEST(Outlier, ComesBackByItself) {
  Watched server;
  server.fails(5);
  server.passes(seconds(10) - milliseconds(1));
  EXPECT_TRUE(server.isOut());
  server.passes(milliseconds(1));
  EXPECT_FALSE(server.isOut());
  server.fails(4);
  EXPECT_FALSE(server.isOut()) << "with a clean sheet";
}

TEST(Outlier, IsOutForLongerEachTimeUpToABound) {
  Watched server;
  for (int times = 1; times <= 30; ++times) EXPECT_EQ(server.ejection(), seconds(10) * times);
  EXPECT_EQ(server.ejection(), seconds(300));
  EXPECT_EQ(server.ejection(), seconds(300));
}

TEST(Outlier, IsForgivenWhileItServes) {
  Watched server;
  for (int times = 1; times <= 5; ++times) server.ejection();
  server.passes(seconds(20));
  EXPECT_EQ(server.ejection(), seconds(40)) << "two of the five times are taken back";
  server.passes(seconds(1000));
  EXPECT_EQ(server.ejection(), seconds(10));
}

TEST(Outlier, IsNotBlamedForWhatWasSentBeforeItWasOut) {
  Watched server;
  server.fails(5);
  server.passes(seconds(9));
  server.fails(20);
  server.passes(seconds(1));
  EXPECT_FALSE(server.isOut());
  server.fails(4);
  EXPECT_FALSE(server.isOut());
}

}  // namespace
}  // namespace forebay::pools
