#include "pools/hot_keys.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace forebay::pools {
namespace {

constexpr Instant kStart = Instant(std::chrono::hours(1));

void sample(HotKeys& keys, const std::string& key, int times, Instant now = kStart) {
  for (int i = 0; i < times; ++i) keys.sample(key, now);
}

std::vector<std::string> namesOf(const std::vector<HotKey>& keys) {
  std::vector<std::string> names;
  for (const HotKey& hot : keys) names.push_back(hot.key);
  return names;
}

using Names = std::vector<std::string>;

TEST(HotKeys, ShowsTheHottestFirst) {
  HotKeys keys;
  sample(keys, "cart:7", 2);
  sample(keys, "session:1", 9);
  sample(keys, "flags", 5);
  EXPECT_EQ(namesOf(keys.top()), (Names{"session:1", "flags", "cart:7"}));
  EXPECT_EQ(keys.top()[0].count, 9u);
}

TEST(HotKeys, KeepsNoMoreThanKKeys) {
  HotKeys keys(2);
  sample(keys, "a", 3);
  sample(keys, "b", 2);
  sample(keys, "c", 1);
  EXPECT_EQ(namesOf(keys.top()), (Names{"a", "b"}));
  sample(keys, "c", 3);
  EXPECT_EQ(namesOf(keys.top()), (Names{"c", "a"})) << "its samples from before it was shown count";
  HotKeys none(0);
  sample(none, "a", 1);
  EXPECT_TRUE(none.top().empty());
}

TEST(HotKeys, FindsTheHotAmongManyColdKeys) {
  HotKeys keys(4);
  for (int i = 0; i < 20000; ++i) {
    keys.sample("cold:" + std::to_string(i), kStart);
    if (i % 20 == 0) keys.sample("hot:" + std::to_string(i / 20 % 4), kStart);
  }
  Names names = namesOf(keys.top());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (Names{"hot:0", "hot:1", "hot:2", "hot:3"}));
  for (const HotKey& hot : keys.top()) {
    EXPECT_GE(hot.count, 250u) << "never too low";
    EXPECT_LE(hot.count, 300u) << "and hardly too high";
  }
}

TEST(HotKeys, CountsHalfOfWhatIsTenSecondsOld) {
  HotKeys keys;
  sample(keys, "then", 8);
  keys.decay(kStart + seconds(9));
  EXPECT_EQ(keys.top()[0].count, 8u);
  keys.decay(kStart + seconds(10));
  EXPECT_EQ(keys.top()[0].count, 4u);
  sample(keys, "now", 3, kStart + seconds(20));
  EXPECT_EQ(namesOf(keys.top()), (Names{"now", "then"}));
  EXPECT_EQ(keys.top()[1].count, 2u);
}

TEST(HotKeys, HalvesOnceForEachTenSecondsHoweverSeldomItIsAsked) {
  HotKeys often, seldom;
  sample(often, "key", 64);
  sample(seldom, "key", 64);
  for (int second = 1; second <= 35; ++second) often.decay(kStart + seconds(second));
  seldom.decay(kStart + seconds(35));
  EXPECT_EQ(often.top()[0].count, 8u);
  EXPECT_EQ(seldom.top()[0].count, 8u);
}

TEST(HotKeys, ForgetsWhatWasHotLongAgo) {
  HotKeys keys;
  sample(keys, "then", 1000);
  keys.decay(kStart + std::chrono::hours(24 * 365));
  EXPECT_TRUE(keys.top().empty());
  sample(keys, "then", 1, kStart + std::chrono::hours(24 * 365));
  EXPECT_EQ(keys.top()[0].count, 1u) << "in the sketch as well";
}

TEST(HotKeys, KnowsAKeyByItsFirst128Bytes) {
  HotKeys keys;
  const std::string beginning(128, 'k');
  sample(keys, beginning + "one", 1);
  sample(keys, beginning + "another", 1);
  ASSERT_EQ(namesOf(keys.top()), (Names{beginning}));
  EXPECT_EQ(keys.top()[0].count, 2u);
}

TEST(HotKeys, TakesAnyBytesForAKey) {
  HotKeys keys;
  sample(keys, "", 3);
  sample(keys, std::string("\0\r\n\xff", 4), 2);
  sample(keys, std::string("\0", 1), 1);
  EXPECT_EQ(namesOf(keys.top()), (Names{"", std::string("\0\r\n\xff", 4), std::string("\0", 1)}));
}

TEST(HotKeys, AsksForOneKeyOf64OnAverage) {
  HotKeys keys;
  int due = 0;
  for (int i = 0; i < 640000; ++i) due += keys.due();
  EXPECT_NEAR(due, 10000, 300);
}

TEST(HotKeys, SamplesEveryPlaceOfAPipelineThatRepeats) {
  constexpr int kPipeline = 64;
  HotKeys keys;
  std::vector<int> sampled(kPipeline);
  for (int i = 0; i < kPipeline * 64 * 100; ++i) {
    if (keys.due()) ++sampled[i % kPipeline];
  }
  for (const int times : sampled) EXPECT_GT(times, 0);
}

TEST(MergeHotKeys, AddsUpWhatTheWorkersSaw) {
  const std::vector<std::vector<HotKey>> of_workers = {{{"a", 5}, {"b", 4}}, {}, {{"b", 3}, {"c", 1}}};
  const std::vector<HotKey> merged = mergeHotKeys(of_workers, 2);
  EXPECT_EQ(namesOf(merged), (Names{"b", "a"}));
  EXPECT_EQ(merged[0].count, 7u);
  EXPECT_TRUE(mergeHotKeys({}, 2).empty());
}

}  // namespace
}  // namespace forebay::pools
