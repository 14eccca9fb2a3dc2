#include <gtest/gtest.h>

#include <string>

#include "redisproto/command.h"

namespace forebay::redisproto {
namespace {

TEST(Glob, MatchesTheWholeText) {
  EXPECT_TRUE(globMatches("abc", "abc"));
  EXPECT_FALSE(globMatches("abc", "abcd"));
  EXPECT_FALSE(globMatches("abcd", "abc"));
  EXPECT_FALSE(globMatches("abc", "ABC"));
  EXPECT_TRUE(globMatches("", ""));
  EXPECT_FALSE(globMatches("", "a"));
}

TEST(Glob, TakesAnyNumberOfBytesForAStar) {
  EXPECT_TRUE(globMatches("*", ""));
  EXPECT_TRUE(globMatches("**", "abc"));
  EXPECT_TRUE(globMatches("a*", "a"));
  EXPECT_TRUE(globMatches("*:name", "user:7:name"));
  EXPECT_TRUE(globMatches("a*b*c", "a_b_b_c"));
  EXPECT_FALSE(globMatches("a*b*c", "a_c_b"));
  EXPECT_TRUE(globMatches("*ab", "aab"));
}

TEST(Glob, TakesAnyByteForAQuestionMark) {
  EXPECT_TRUE(globMatches("?", "\xff"));
  EXPECT_TRUE(globMatches("?", Bytes("\0", 1)));
  EXPECT_FALSE(globMatches("?", ""));
  EXPECT_FALSE(globMatches("a?", "a"));
  EXPECT_TRUE(globMatches("*?", "a"));
}

TEST(Glob, KnowsClassesRangesAndNegation) {
  EXPECT_TRUE(globMatches("h[ae]llo", "hallo"));
  EXPECT_FALSE(globMatches("h[ae]llo", "hillo"));
  EXPECT_TRUE(globMatches("[a-c]", "b"));
  EXPECT_TRUE(globMatches("[c-a]", "b")) << "either way round";
  EXPECT_FALSE(globMatches("[a-c]", "d"));
  EXPECT_TRUE(globMatches("[^a-c]", "d"));
  EXPECT_FALSE(globMatches("[^a-c]", "a"));
  EXPECT_TRUE(globMatches("[a\\]]", "]"));
  EXPECT_TRUE(globMatches("*[0-9]", "key9"));
  EXPECT_FALSE(globMatches("[]", "a"));
}

TEST(Glob, EndsAClassThatIsNotClosedWithThePattern) {
  EXPECT_TRUE(globMatches("[ab", "b"));
  EXPECT_FALSE(globMatches("[ab", "c"));
  EXPECT_FALSE(globMatches("[", "a"));
  EXPECT_TRUE(globMatches("[^", "a"));
  EXPECT_TRUE(globMatches("[a\\", "\\"));
}

TEST(Glob, TakesWhatIsBehindABackslashAsItIs) {
  EXPECT_TRUE(globMatches("a\\*", "a*"));
  EXPECT_FALSE(globMatches("a\\*", "ab"));
  EXPECT_TRUE(globMatches("\\?", "?"));
  EXPECT_TRUE(globMatches("\\", "\\")) << "at the end it stands for itself";
}

// Redis' own recursion takes time exponential in the number of stars (CVE-2022-36021).
TEST(Glob, IsNotSlowWithManyStars) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(globMatches(pattern + "b", std::string(20000, 'a')));
}

}  // namespace
}  // namespace forebay::redisproto
