#include "pools/script_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <thread>

namespace forebay::pools {
namespace {

constexpr std::string_view kReturn1 = "return 1";
constexpr std::string_view kReturn1Sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";  // as Redis says it

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

TEST(ScriptSha, IsRedisOwn) {
  EXPECT_EQ(scriptSha(scriptDigest(kReturn1)), kReturn1Sha);
  EXPECT_EQ(scriptSha(scriptDigest("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(ScriptSha, IsReadInAnyCase) {
  EXPECT_EQ(parseScriptSha(kReturn1Sha), scriptDigest(kReturn1));
  EXPECT_EQ(parseScriptSha(upper(kReturn1Sha)), scriptDigest(kReturn1));
}

TEST(ScriptSha, IsFortyHexDigits) {
  EXPECT_FALSE(parseScriptSha(""));
  EXPECT_FALSE(parseScriptSha(kReturn1Sha.substr(1)));
  EXPECT_FALSE(parseScriptSha(std::string(kReturn1Sha) + "0"));
  EXPECT_FALSE(parseScriptSha("g" + std::string(kReturn1Sha.substr(1))));
  EXPECT_FALSE(parseScriptSha(std::string(40, '\0')));
}

TEST(ScriptCache, FindsABodyByItsShaInAnyCase) {
  ScriptCache cache;
  EXPECT_EQ(cache.add(kReturn1), kReturn1Sha);
  for (const std::string& sha : {std::string(kReturn1Sha), upper(kReturn1Sha)}) {
    const auto body = cache.find(sha);
    ASSERT_NE(body, nullptr) << sha;
    EXPECT_EQ(*body, kReturn1);
  }
  EXPECT_EQ(cache.find("return 1"), nullptr);
  EXPECT_EQ(cache.find(std::string(40, '0')), nullptr);
}

TEST(ScriptCache, KeepsABodyOnce) {
  ScriptCache cache;
  cache.add(kReturn1);
  const size_t bytes = cache.bytes();
  cache.add(kReturn1);
  EXPECT_EQ(cache.count(), 1u);
  EXPECT_EQ(cache.bytes(), bytes);
}

TEST(ScriptCache, LetsTheLeastRecentlyUsedGoWhenThereAreTooMany) {
  ScriptCache cache(1 << 20, 2);
  const std::string one = cache.add("return 1"), two = cache.add("return 2");
  cache.find(one);
  const std::string three = cache.add("return 3");
  EXPECT_NE(cache.find(one), nullptr);
  EXPECT_EQ(cache.find(two), nullptr);
  EXPECT_NE(cache.find(three), nullptr);
}

TEST(ScriptCache, IsBoundedInBytes) {
  ScriptCache cache(100000);
  for (int i = 0; i < 1000; ++i) {
    cache.add("return '" + std::to_string(i) + std::string(1000, 'x') + "'");
    ASSERT_LE(cache.bytes(), 100000u);
  }
  EXPECT_GT(cache.count(), 50u);
}

TEST(ScriptCache, DoesNotEmptyItselfForABodyThatNeverFits) {
  ScriptCache cache(10000);
  const std::string small = cache.add(kReturn1);
  const std::string large = cache.add(std::string(20000, ' '));
  EXPECT_EQ(large, scriptSha(scriptDigest(std::string(20000, ' '))));
  EXPECT_EQ(cache.find(large), nullptr);
  EXPECT_NE(cache.find(small), nullptr);
}

TEST(ScriptCache, LeavesABodyToWhoHasFoundIt) {
  ScriptCache cache;
  const auto body = cache.find(cache.add(kReturn1));
  cache.clear();
  EXPECT_EQ(cache.find(kReturn1Sha), nullptr);
  EXPECT_EQ(cache.count() + cache.bytes(), 0u);
  EXPECT_EQ(*body, kReturn1);
}

TEST(ScriptMemo, AnswersAsTheCacheDoes) {
  ScriptCache cache;
  ScriptMemo memo(cache);
  for (const std::string& body : {std::string(), std::string(kReturn1), std::string(100, '\0'),
                                  std::string(1 << 20, ' ') + "return 1"}) {
    for (int i = 0; i < 2; ++i) EXPECT_EQ(memo.add(body), scriptSha(scriptDigest(body)));
    ASSERT_NE(cache.find(memo.add(body)), nullptr);
    EXPECT_EQ(*cache.find(memo.add(body)), body);
  }
}

TEST(ScriptMemo, TellsManyScriptsApart) {
  ScriptCache cache;
  ScriptMemo memo(cache);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 2000; ++i) {
      const std::string body = "return " + std::to_string(i);
      ASSERT_EQ(memo.add(body), scriptSha(scriptDigest(body)));
    }
  }
  EXPECT_EQ(cache.count(), 2000u);
}

TEST(ScriptMemo, BringsAScriptBackThatTheCacheHasDropped) {
  ScriptCache cache;
  ScriptMemo memo(cache);
  memo.add(kReturn1);
  cache.clear();
  EXPECT_EQ(memo.add(kReturn1), kReturn1Sha);
  EXPECT_NE(cache.find(kReturn1Sha), nullptr);
}

TEST(ScriptMemo, CountsAsUseSoThatAScriptInUseStays) {
  ScriptCache cache(1 << 20, 3);
  ScriptMemo memo(cache);
  memo.add(kReturn1);
  cache.add("return 2");
  cache.add("return 3");
  memo.add(kReturn1);  // the cache hears nothing of it
  cache.add("return 4");
  cache.add("return 5");
  EXPECT_NE(cache.find(kReturn1Sha), nullptr);
  EXPECT_EQ(cache.find(scriptSha(scriptDigest("return 2"))), nullptr);
  EXPECT_EQ(cache.find(scriptSha(scriptDigest("return 3"))), nullptr);
}

TEST(ScriptMemo, SavesAScriptNoLongerThanItIsInUse) {
  ScriptCache cache(1 << 20, 3);
  ScriptMemo memo(cache);
  memo.add(kReturn1);
  for (const char* body : {"return 2", "return 3", "return 4", "return 5", "return 6"}) cache.add(body);
  EXPECT_EQ(cache.find(kReturn1Sha), nullptr);
}

TEST(ScriptCache, ServesAllWorkersAtOnce) {
  ScriptCache cache(64 << 10, 64);
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&cache, worker] {
      ScriptMemo memo(cache);
      for (int i = 0; i < 5000; ++i) {
        const std::string body = "return " + std::to_string(i * (worker + 1) % 100);
        const std::string sha(memo.add(body));
        const auto found = cache.find(sha);
        EXPECT_TRUE(found == nullptr || *found == body);
        if (i % 1000 == 999) cache.clear();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_LE(cache.count(), 64u);
  EXPECT_LE(cache.bytes(), size_t{64} << 10);
}

TEST(LoadedScripts, KnowsWhatItWasTold) {
  LoadedScripts loaded;
  EXPECT_FALSE(loaded.has(kReturn1Sha));
  loaded.add(upper(kReturn1Sha));
  EXPECT_TRUE(loaded.has(kReturn1Sha));
  EXPECT_TRUE(loaded.has(upper(kReturn1Sha)));
  loaded.forget(kReturn1Sha);
  EXPECT_FALSE(loaded.has(kReturn1Sha));
  loaded.add(kReturn1Sha);
  loaded.clear();
  EXPECT_FALSE(loaded.has(kReturn1Sha));
}

TEST(LoadedScripts, TakesNothingThatIsNoSha) {
  LoadedScripts loaded;
  loaded.add("return 1");
  EXPECT_FALSE(loaded.has("return 1"));
  EXPECT_EQ(loaded.count(), 0u);
}

TEST(LoadedScripts, ForgetsRatherThanGrowWithoutBound) {
  LoadedScripts loaded(10);
  for (int i = 0; i < 1000; ++i) {
    const std::string sha = scriptSha(scriptDigest(std::to_string(i)));
    loaded.add(sha);
    EXPECT_TRUE(loaded.has(sha));
    ASSERT_LE(loaded.count(), 10u);
  }
}

}  // namespace
}  // namespace forebay::pools
