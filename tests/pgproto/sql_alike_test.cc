#include "pgproto/sql_alike.h"

#include <gtest/gtest.h>

#include <random>

#include "pgproto/sql_shape.h"

namespace forebay::pgproto {
namespace {

bool alike(Bytes one, Bytes other) {
  EXPECT_EQ(isAlike(one, other, isPlainSql(one)), isAlike(other, one, isPlainSql(other)));
  return isAlike(one, other, isPlainSql(one));
}

TEST(SqlAlike, IsWhatDiffersInIntegersOnly) {
  EXPECT_TRUE(alike("select 1", "select 1"));
  EXPECT_TRUE(alike("select a from t where id = 1;", "select a from t where id = 4711;"));
  EXPECT_TRUE(
      alike("select a from t where id=1 and b in (2,3)", "select a from t where id=100 and b in (2,30)"));
  EXPECT_TRUE(alike("", ""));
}

TEST(SqlAlike, IsNotWhatHasAnotherWord) {
  EXPECT_FALSE(alike("select a from t where id = 1", "select b from t where id = 1"));
  EXPECT_FALSE(alike("select a from t1", "select a from t2"));
  EXPECT_FALSE(alike("select a from t where id = 1", "select a from t where id = 1 for update"));
  EXPECT_FALSE(alike("select 1", "select a"));
  EXPECT_FALSE(alike("select 1", ""));
  EXPECT_FALSE(alike("select 1, 2", "select 1,2"));
}

TEST(SqlAlike, IsNotWhatMayBeMoreThanAnInteger) {
  EXPECT_FALSE(alike("select 1.5", "select 2.5"));
  EXPECT_FALSE(alike("select 1e5", "select 2e5"));
  EXPECT_FALSE(alike("select 1into", "select 2into"));
  EXPECT_FALSE(alike("1", "2")) << "nothing tells what stands in front of it";
}

TEST(SqlAlike, IsNothingButTheSameWhereSomethingIsQuotedOrCommented) {
  for (const char* quoted : {"select \"a 1\"", "select ' 1 '", "select $$ 1 $$", "select -- 1 \n",
                             "select /* 1 */ a", "select a where $1 = 1"}) {
    std::string other = quoted;
    EXPECT_TRUE(alike(quoted, other));
    other[other.rfind('1')] = '2';
    EXPECT_FALSE(alike(quoted, other)) << quoted;
  }
}

// Of whatever pieces a text is made: who is alike has one shape.
TEST(SqlAlike, MeansOneShape) {
  constexpr Bytes kPieces[] = {"select ", "1",    "22", "a",  " ",  ",",      "(",  ")",  "=",
                               "-",       "in (", "'",  "\"", "$1", "$$",     "/*", "*/", "--",
                               "e",       ".",    ";",  "x",  "\n", "array[", "]",  "_",  "E'"};
  std::mt19937 random(20261122);
  SqlShaper shaper;
  int differing = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string one;
    for (auto pieces = random() % 12; pieces > 0; --pieces) one += kPieces[random() % std::size(kPieces)];
    std::string other = one;
    for (char& c : other)
      if (c >= '0' && c <= '9' && random() % 2 == 0) c = static_cast<char>('0' + random() % 10);
    if (const size_t digit = other.find_first_of("123"); digit != std::string::npos && random() % 2 == 0)
      other.insert(digit, "7");
    if (!alike(one, other)) continue;
    differing += one != other;
    const std::string shape(shaper.shape(one));
    ASSERT_EQ(shape, shaper.shape(other)) << one << "\n" << other;
  }
  EXPECT_GT(differing, 1000);
}

}  // namespace
}  // namespace forebay::pgproto
