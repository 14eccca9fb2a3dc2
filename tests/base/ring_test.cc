#include "base/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace forebay {
namespace {

TEST(Ring, IsEmptyAtFirst) {
  Ring<int> ring;
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.size(), 0u);
}

TEST(Ring, GivesBackInOrderAcrossItsSeamAndWhileItGrows) {
  Ring<int> ring;
  std::deque<int> expected;
  std::minstd_rand random(1);
  for (int i = 0; i < 10000; ++i) {
    switch (random() % 5) {
      case 0:
      case 1: ring.pushBack(i), expected.push_back(i); break;
      case 2:
        if (!expected.empty()) ring.popFront(), expected.pop_front();
        break;
      case 3:
        if (!expected.empty()) ring.popBack(), expected.pop_back();
        break;
      default:
        if (i % 500 == 4) ring.clear(), expected.clear();
    }
    ASSERT_EQ(ring.size(), expected.size());
    for (size_t at = 0; at < expected.size(); ++at) ASSERT_EQ(ring[at], expected[at]);
    if (expected.empty()) continue;
    ASSERT_EQ(ring.front(), expected.front());
    ASSERT_EQ(ring.back(), expected.back());
  }
}

TEST(Ring, LetsGoOfWhatIsTakenOut) {
  Ring<std::shared_ptr<int>> ring;
  const auto value = std::make_shared<int>(1);
  for (int i = 0; i < 3; ++i) ring.pushBack(value);
  ring.popFront();
  ring.popBack();
  EXPECT_EQ(value.use_count(), 2);
  ring.clear();
  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace forebay
