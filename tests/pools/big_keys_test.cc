#include "pools/big_keys.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

constexpr Instant kStart = Instant(std::chrono::hours(1));
constexpr uint64_t kMegabyte = 1 << 20;

TEST(BigKeys, KnowsAKeyThatWasSeenToBeLarge) {
  BigKeys keys;
  EXPECT_FALSE(keys.known("report", kStart));
  keys.seen("report", kMegabyte, kStart);
  EXPECT_TRUE(keys.known("report", kStart));
  EXPECT_FALSE(keys.known("repor", kStart));
  EXPECT_FALSE(keys.known(std::string("report\0", 7), kStart));
  EXPECT_FALSE(keys.known("", kStart));
}

TEST(BigKeys, ForgetsAKeyAfterAMinute) {
  BigKeys keys;
  keys.seen("report", kMegabyte, kStart);
  EXPECT_TRUE(keys.known("report", kStart + seconds(59)));
  EXPECT_FALSE(keys.known("report", kStart + seconds(60)));
}

TEST(BigKeys, BeginsTheMinuteAnewEachTimeTheKeyIsSeen) {
  BigKeys keys;
  keys.seen("report", kMegabyte, kStart);
  keys.seen("other", kMegabyte, kStart);
  keys.seen("report", kMegabyte, kStart + seconds(30));
  EXPECT_TRUE(keys.known("report", kStart + seconds(89)));
  EXPECT_FALSE(keys.known("other", kStart + seconds(89)));
}

TEST(BigKeys, RemembersHundredsAtATime) {
  BigKeys keys;
  constexpr int kMany = 256;
  for (int i = 0; i < kMany; ++i) keys.seen("key:" + std::to_string(i), kMegabyte, kStart);
  int known = 0;
  for (int i = 0; i < kMany; ++i) known += keys.known("key:" + std::to_string(i), kStart);
  EXPECT_GE(known, kMany * 9 / 10) << "but for a few that met in the same four slots";
}

TEST(BigKeys, LetsTheOldestGoWhenThereAreTooMany) {
  BigKeys keys;
  for (int i = 0; i < 100000; ++i) keys.seen("old:" + std::to_string(i), kMegabyte, kStart);
  keys.seen("new", kMegabyte, kStart + seconds(1));
  EXPECT_TRUE(keys.known("new", kStart + seconds(1)));
  int known = 0;
  for (int i = 0; i < 100000; ++i) known += keys.known("old:" + std::to_string(i), kStart + seconds(1));
  EXPECT_LE(known, 1024);
}

TEST(BigKeys, TellsLongKeysApartByBothTheirEnds) {
  BigKeys keys;
  const std::string middle(100000, 'm');
  keys.seen("a" + middle + "z", kMegabyte, kStart);
  EXPECT_TRUE(keys.known("a" + middle + "z", kStart));
  EXPECT_FALSE(keys.known("b" + middle + "z", kStart));
  EXPECT_FALSE(keys.known("a" + middle + "y", kStart));
  EXPECT_FALSE(keys.known("a" + middle + "mz", kStart));
}

TEST(BigKeys, ShowsTheLargestSixteen) {
  BigKeys keys;
  for (int i = 1; i <= 100; ++i) keys.seen("key:" + std::to_string(i), kMegabyte * i, kStart);
  const std::vector<BigKey> top = keys.top();
  ASSERT_EQ(top.size(), 16u);
  EXPECT_EQ(top.front().key, "key:100");
  EXPECT_EQ(top.front().bytes, 100 * kMegabyte);
  EXPECT_EQ(top.back().key, "key:85");
}

TEST(BigKeys, ShowsAKeyOnceWithItsLastSize) {
  BigKeys keys;
  keys.seen("report", 5 * kMegabyte, kStart);
  keys.seen("report", 2 * kMegabyte, kStart + seconds(5));
  ASSERT_EQ(keys.top().size(), 1u);
  EXPECT_EQ(keys.top()[0].bytes, 2 * kMegabyte);
  EXPECT_EQ(keys.top()[0].seen_at, kStart + seconds(5));
}

TEST(BigKeys, ShowsASmallerKeyInPlaceOfAForgottenOne) {
  BigKeys keys;
  for (int i = 0; i < 16; ++i) keys.seen("old:" + std::to_string(i), 9 * kMegabyte, kStart);
  keys.seen("new", kMegabyte, kStart + seconds(59));
  EXPECT_EQ(keys.top().size(), 16u);
  EXPECT_EQ(keys.top().back().key, "old:9") << "too small to be shown";
  keys.seen("new", kMegabyte, kStart + seconds(60));
  ASSERT_EQ(keys.top().size(), 1u);
  EXPECT_EQ(keys.top()[0].key, "new");
}

TEST(BigKeys, KeepsNoMoreThan128BytesOfAKeysText) {
  BigKeys keys;
  keys.seen(std::string(1000, 'k'), kMegabyte, kStart);
  EXPECT_EQ(keys.top()[0].key, std::string(128, 'k'));
}

TEST(MergeBigKeys, TakesTheLatestWordOfAllWorkers) {
  const std::vector<std::vector<BigKey>> of_workers = {{{"a", 9, kStart}, {"b", 4, kStart}},
                                                       {{"a", 3, kStart + seconds(1)}, {"c", 1, kStart}}};
  const std::vector<BigKey> merged = mergeBigKeys(of_workers, 2);
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(merged[0].key, "b");
  EXPECT_EQ(merged[1].key, "a");
  EXPECT_EQ(merged[1].bytes, 3u);
}

}  // namespace
}  // namespace forebay::pools
