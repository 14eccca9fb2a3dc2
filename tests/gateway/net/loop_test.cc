#include "gateway/net/loop.h"

#include <gtest/gtest.h>

#include <vector>

#include "gateway/net/tick.h"

namespace forebay::net {
namespace {

struct Body : Mortal {
  explicit Body(bool& flag) : gone(flag) {}
  ~Body() override { gone = true; }
  bool& gone;
};

TEST(Loop, EndsWhenItIsStopped) {
  Loop loop;
  loop.defer([&] { loop.stop(); });
  loop.run();
}

TEST(Loop, RunsDeferredWorkInOrderAndWhatThatDefersLater) {
  Loop loop;
  std::vector<int> order;
  loop.defer([&] {
    order.push_back(1);
    loop.defer([&] {
      order.push_back(3);
      loop.stop();
    });
  });
  loop.defer([&] { order.push_back(2); });
  loop.run();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(Loop, BuriesAnObjectWhenNoCallbackCanUseItAnyMore) {
  Loop loop;
  bool gone = false, gone_at_once = true;
  loop.defer([&] {
    loop.bury(std::make_unique<Body>(gone));
    gone_at_once = gone;
    loop.defer([&] { loop.stop(); });
  });
  loop.run();
  EXPECT_FALSE(gone_at_once);
  EXPECT_TRUE(gone);
}

TEST(Loop, WakesForTheEarliestDeadline) {
  Loop loop;
  std::vector<int> order;
  Tick late(loop, [&] {
    order.push_back(2);
    loop.stop();
  });
  Tick early(loop, [&] { order.push_back(1); });
  late.in(milliseconds(3));
  early.in(milliseconds(1));
  loop.run();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Loop, ComesToADeadlineThatIsOverAlready) {
  Loop loop;
  Tick past(loop, [&] { loop.stop(); });
  past.in(-seconds(5));
  loop.run();
}

TEST(Loop, DealsWithOneEventAtOneInstant) {
  Loop loop;
  loop.defer([&] {
    const Instant first = loop.now();
    EXPECT_EQ(loop.now(), first);
    loop.stop();
  });
  loop.run();
}

}  // namespace
}  // namespace forebay::net
