#include "pools/key_hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <unordered_set>

namespace forebay::pools {
namespace {

TEST(KeyHash, IsTheSameForTheSameBytes) {
  const std::string key = "session:42";
  EXPECT_EQ(keyHash(key), keyHash("session:42"));
  EXPECT_EQ(boundedKeyHash(key), boundedKeyHash("session:42"));
}

TEST(KeyHash, TellsKeysOfEveryLengthApart) {
  std::unordered_set<uint64_t> plain, bounded;
  size_t keys = 0;
  for (size_t length = 0; length <= 300; ++length) {
    for (const char filler : {'\0', 'a'}) {
      std::string key(length, filler);
      plain.insert(keyHash(key));
      bounded.insert(boundedKeyHash(key));
      keys += length > 0 || filler == 'a';
    }
  }
  EXPECT_EQ(plain.size(), keys);
  EXPECT_EQ(bounded.size(), keys);
}

TEST(KeyHash, ChangesHalfOfItsBitsWithAnyBitOfTheKey) {
  std::string key = "user:1000:profile:settings";
  const uint64_t before = keyHash(key);
  for (size_t bit = 0; bit < key.size() * 8; ++bit) {
    key[bit / 8] = static_cast<char>(key[bit / 8] ^ (1 << bit % 8));
    const int changed = std::popcount(before ^ keyHash(key));
    EXPECT_GT(changed, 8) << "bit " << bit;
    EXPECT_LT(changed, 56) << "bit " << bit;
    key[bit / 8] = static_cast<char>(key[bit / 8] ^ (1 << bit % 8));
  }
}

TEST(KeyHash, SpreadsNumberedKeysEvenly) {
  constexpr int kBuckets = 256, kKeys = 256 * 100;
  std::vector<int> in_bucket(kBuckets);
  for (int i = 0; i < kKeys; ++i) ++in_bucket[keyHash("key:" + std::to_string(i)) % kBuckets];
  for (const int keys : in_bucket) {
    EXPECT_GT(keys, 40);
    EXPECT_LT(keys, 180);
  }
}

TEST(BoundedKeyHash, LooksOnlyAtTheEndsOfALongKey) {
  std::string key(1000, 'k');
  const uint64_t before = boundedKeyHash(key);
  key[500] = 'x';
  EXPECT_EQ(boundedKeyHash(key), before);
  key[999] = 'x';
  EXPECT_NE(boundedKeyHash(key), before);
}

}  // namespace
}  // namespace forebay::pools
