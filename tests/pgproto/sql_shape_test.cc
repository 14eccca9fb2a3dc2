#include "pgproto/sql_shape.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace forebay::pgproto {
namespace {

std::string shape(Bytes sql) {
  static SqlShaper shaper;
  return std::string(shaper.shape(sql));
}

void expectShape(Bytes expected, std::initializer_list<Bytes> texts) {
  for (const Bytes sql : texts) EXPECT_EQ(shape(sql), expected) << sql;
}

void expectItself(std::initializer_list<Bytes> texts) {
  for (const Bytes sql : texts) EXPECT_EQ(shape(sql), sql);
}

TEST(SqlShape, NumbersAreOne) {
  expectShape("select a1 from t where b=1 and c > 1",
              {"select a1 from t where b=7 and c > 12345", "select a1 from t where b=1.5 and c > 2.5",
               "select a1 from t where b=1e10 and c > 2.5E-7", "select a1 from t where b=1. and c > 00"});
  expectShape("select -1", {"select -17"});
  expectShape("1", {"7", "1234567890", "1.5e3"});
  EXPECT_EQ(shape("select .25"), "select .1") << "the point is written, and stays";
}

TEST(SqlShape, DigitsInNamesAreNoNumbers) {
  expectItself({"select t1.col_2, a$3, x9y FROM t1",
                "\xc3\xa9"
                "2",
                "select \"1\", \"a 2\", \"a.3\" from \"4\""});
}

TEST(SqlShape, WhatFollowsANumberStays) {
  EXPECT_EQ(shape("select 5from t"), "select 1from t");
  EXPECT_EQ(shape("select 5e from t"), "select 1e from t");
  EXPECT_EQ(shape("select 5e+ from t"), "select 1e+ from t");
  EXPECT_EQ(shape("select 0xff"), "select 1xff");
}

TEST(SqlShape, StringsOfEveryFormAreZero) {
  expectShape("select '0', a", {"select '', a", "select 'x', a", "select 'it''s', a", "select '''', a",
                                "select 'a;b--c/*d$$\"', a", "select '\\', a", "select $$x$$, a",
                                "select $t$ $$ ' $u$ $t$, a", "select '-- 1', a"});
  expectShape("select e'0', a", {"select e'x', a", "select e'it\\'s', a", "select e'\\\\', a",
                                 "select e'''\\'''', a", "select e'a'\n  'b\\'', a"});
  EXPECT_EQ(shape("select E'\\'', b'101', X'1F', n'x', u&'\\0061'"), "select E'0', b'0', X'0', n'0', u&'0'");
  EXPECT_EQ(shape("select date 'now', type'x'"), "select date '0', type'0'") << "only a lone e escapes";
}

TEST(SqlShape, AStringMayGoOnInTheNextLine) {
  EXPECT_EQ(shape("select 'a'\n'b' from t"), "select '0'\n'0' from t");
}

TEST(SqlShape, CommentsAreBlanks) {
  expectShape(
      "select a from t",
      {"select a from t -- why", "select a from t /* trace='00-1''2' */", "/* who */ select a from t",
       "-- x\nselect a from t", "select a /* b */from t", "select a/* ' */ from t", "select/*/**/*/a from t",
       " \n\tselect a from t\n ", "select a--\n from t", "select a from t/**/ /**/ --"});
  expectShape("", {"", " ", "-- nothing", "/* nothing */", "/*"});
  EXPECT_EQ(shape("select a-b/c*d"), "select a-b/c*d");
  EXPECT_EQ(shape("select a<--b\n-1"), "select a< -1");
}

TEST(SqlShape, SpellingCounts) { expectItself({"SELECT a", "select  a", "select a ;", "select\na"}); }

TEST(SqlShape, QuotedNamesStay) {
  expectItself(
      {R"(select "a", "B""1", "it's", "--", "/*", "$$" from "t 1")", R"(select u&"\0061 1")", R"("")"});
  EXPECT_EQ(shape(R"(select "a'b", 'a"b', "c 1", 1)"), R"(select "a'b", '0', "c 1", 1)");
  EXPECT_EQ(shape(R"(select "a"'b')"), R"(select "a"'0')");
}

TEST(SqlShape, ParametersStay) {
  expectItself({"select $1, $22::int, a.$3", "insert into t values ($1, $2)"});
  EXPECT_EQ(shape("select a$$b, 5, c$$"), "select a$$b, 1, c$$") << "dollars within a word";
  EXPECT_EQ(shape("select $1$$; 5 $$"), "select $1'0'") << "a number ends a parameter";
}

TEST(SqlShape, AListOfLiteralsIsItsFirst) {
  expectShape("select a from t where b in (1)",
              {"select a from t where b in (7)", "select a from t where b in (1,2,3)",
               "select a from t where b in (1, 2,\n 3)", "select a from t where b in (1, -2 , 3.5e7)"});
  expectShape("where b IN ('0') and c", {"where b IN ('a') and c", "where b IN ('a','','c''d') and c"});
  expectShape("in($1)", {"in($1,$2)", "in($1, $2, $3)"});
  expectShape("= any(array[1])", {"= any(array[1,2])", "= any(array[5, 6, 7])"});
  expectShape("in (-1)", {"in (-5, 6)", "in (-1)"});
}

// Nothing but literals and their commas goes, so whatever has a name is still there.
TEST(SqlShape, AListMayGoOnWithMore) {
  EXPECT_EQ(shape("x in (1, 2, 3 + f(4), 5)"), "x in (1 + f(1), 1)");
  EXPECT_EQ(shape("x in ('a', 'b'::uuid)"), "x in ('0'::uuid)");
}

TEST(SqlShape, OtherListsAreAsLongAsTheyAre) {
  EXPECT_EQ(shape("select f(1,2,3)"), "select f(1,1,1)");
  EXPECT_EQ(shape("select admin(1,2)"), "select admin(1,1)");
  EXPECT_EQ(shape("values (1,2), (3,4)"), "values (1,1), (1,1)");
  EXPECT_EQ(shape("x in (1, a, 2)"), "x in (1, a, 1)");
  EXPECT_EQ(shape("x in (1, 'a')"), "x in (1, '0')");
  EXPECT_EQ(shape("x in (1, f(2), 3)"), "x in (1, f(1), 1)");
  EXPECT_EQ(shape("x in (a, 2, 3)"), "x in (a, 1, 1)");
  EXPECT_EQ(shape("x in (1), 2"), "x in (1), 1");
  EXPECT_EQ(shape("x in (1,,2)"), "x in (1,,1)");
}

TEST(SqlShape, WhatHasNoEndStaysUnreadable) {
  expectShape("select '", {"select 'a", "select $$a$", "select 'it''s", "select $t$ $$"});
  expectShape("select e'", {"select e'a\\'"});
  EXPECT_EQ(shape("select \"a 1, 'b'"), "select \"a 1, 'b'");
  EXPECT_EQ(shape("select 1 /* 2"), "select 1");
}

// '0' and not '': an empty string would be taken for none in places, and some other character for the escape
// that UESCAPE names, which makes another identifier of the one in front.
TEST(SqlShape, UescapeCannotMakeAnotherName) {
  EXPECT_EQ(shape(R"(select u&"d!0061t!+000061" uescape '!')"), R"(select u&"d!0061t!+000061" uescape '0')");
}

TEST(SqlShape, IsTheSameWhereverTheTextLies) {
  const std::string sql = "select \"a\".\"b1\", c2 from t where d in ( 5, 6 ) and e = 'it''s' -- done";
  const std::string expected = "select \"a\".\"b1\", c2 from t where d in ( 1 ) and e = '0'";
  std::string padded = sql;
  for (size_t i = 0; i < 40; ++i, padded.insert(0, " ")) EXPECT_EQ(shape(padded), expected);
  for (size_t i = 0; i < 40; ++i) {
    const std::string in_front(i, 'x');
    EXPECT_EQ(shape(in_front + sql), in_front + expected);
    EXPECT_EQ(shape(sql + in_front), expected) << "the comment goes on";
  }
}

TEST(SqlShape, TheShapeOfAShapeIsItself) {
  for (const Bytes sql :
       {"select 1.5, 'a', $1, \"b\" from t where x in (1,2) -- c", "select e'\\'' || u&'x'"}) {
    const std::string once = shape(sql);
    EXPECT_EQ(shape(once), once);
  }
}

TEST(SqlShape, LongTextsHaveNone) {
  std::string sql(SqlShaper::kMaxSql, 'x');
  EXPECT_EQ(shape(sql), sql);
  EXPECT_EQ(shape(sql + 'x'), "");
  std::string growing = "select ";
  while (growing.size() + 3 <= SqlShaper::kMaxSql) growing += "'' ";
  EXPECT_EQ(shape(growing).size(), 7 + (growing.size() - 7) / 3 * 4 - 1) << "as much as a shape can grow";
}

}  // namespace
}  // namespace forebay::pgproto
