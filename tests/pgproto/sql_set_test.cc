#include <gtest/gtest.h>

#include <string>

#include "pgproto/sql.h"

namespace forebay::pgproto {
namespace {

// "name=value", "name reset" or "-" for a text that is not read.
std::string read(Bytes sql) {
  SetStatement set;
  if (!parseSetStatement(sql, set)) return "-";
  const std::string name(set.name, set.name_size);
  if (set.reset) return name + " reset";
  std::string value;
  if (!appendSetValue(set, value)) return name + " cannot be read";
  return name + "=" + value;
}

TEST(ParseSetStatement, ReadsNameAndValue) {
  EXPECT_EQ(read("SET work_mem = '64MB'"), "work_mem=64MB");
  EXPECT_EQ(read("set work_mem to '64MB';"), "work_mem=64MB");
  EXPECT_EQ(read("SET SESSION work_mem TO '64MB'"), "work_mem=64MB");
  EXPECT_EQ(read("/* a */ SET /* b */ work_mem='64MB' -- c"), "work_mem=64MB");
  EXPECT_EQ(read("SET app.user = '7'"), "app.user=7");
  EXPECT_EQ(read("SET a . b = c"), "a.b=c");
  EXPECT_EQ(read("SET session.x = 1"), "session.x=1");
  EXPECT_EQ(read("SET session = 1"), "session=1");
  EXPECT_EQ(read("SET local.x = 1"), "local.x=1");
  EXPECT_EQ(read("SET a = ''"), "a=");
}

TEST(ParseSetStatement, FoldsWhatIsNotQuoted) {
  EXPECT_EQ(read("SET Work_Mem = Foo"), "work_mem=foo");
  EXPECT_EQ(read("SET \"Work_Mem\" = \"Foo\""), "Work_Mem=Foo");
  EXPECT_EQ(read("SET client_min_messages TO WARNING"), "client_min_messages=warning");
  EXPECT_EQ(read("SET x TO 'WARNING'"), "x=WARNING");
  EXPECT_EQ(read("SET x = ON"), "x=on");
}

TEST(ParseSetStatement, ReadsNumbers) {
  EXPECT_EQ(read("SET x = 5"), "x=5");
  EXPECT_EQ(read("SET x = -1"), "x=-1");
  EXPECT_EQ(read("SET x = 1.5"), "x=1.5");
  EXPECT_EQ(read("SET x = .5"), "x=.5");
  EXPECT_EQ(read("SET x = 1e-5"), "x=1e-5");
  EXPECT_EQ(read("SET x = 1E5;"), "x=1E5");
  EXPECT_EQ(read("SET x = - 1"), "-");
  EXPECT_EQ(read("SET x = 1 2"), "-");
  EXPECT_EQ(read("SET x = 64MB"), "-");
  EXPECT_EQ(read("SET x = -"), "-");
  EXPECT_EQ(read("SET x = ."), "-");
}

TEST(ParseSetStatement, UnescapesValues) {
  EXPECT_EQ(read("SET x = 'it''s'"), "x=it's");
  EXPECT_EQ(read("SET x = ''''"), "x='");
  EXPECT_EQ(read("SET x = \"a\"\"b\""), "x=a\"b");
  EXPECT_EQ(read("SET x = $$it's$$"), "x=it's");
  EXPECT_EQ(read("SET x = $q$a$q$"), "x=a");
  EXPECT_EQ(read("SET x = 'a\\b'"), "x=a\\b");
  EXPECT_EQ(read("SET x = E'plain'"), "x=plain");
  EXPECT_EQ(read("SET x = E'it''s'"), "x=it's");
  EXPECT_EQ(read("SET x = E'a\\nb'"), "x cannot be read");
  EXPECT_EQ(read("SET x = E'a'\n'b'"), "x cannot be read");
  EXPECT_EQ(read("SET x = 'a'\n'b'"), "-");
  EXPECT_EQ(read("SET x = U&'a'"), "-");
}

TEST(ParseSetStatement, SaysWhenAValueIsNotUsableAsItStands) {
  SetStatement set;
  ASSERT_TRUE(parseSetStatement("SET x = 'plain'", set));
  EXPECT_FALSE(set.value_escaped);
  EXPECT_FALSE(set.value_folds);
  ASSERT_TRUE(parseSetStatement("SET x = 'it''s'", set));
  EXPECT_TRUE(set.value_escaped);
  ASSERT_TRUE(parseSetStatement("SET x = Iso", set));
  EXPECT_TRUE(set.value_folds);
}

TEST(ParseSetStatement, ReadsResets) {
  EXPECT_EQ(read("RESET work_mem"), "work_mem reset");
  EXPECT_EQ(read("reset App.User;"), "app.user reset");
  EXPECT_EQ(read("SET work_mem TO DEFAULT"), "work_mem reset");
  EXPECT_EQ(read("SET work_mem = default;"), "work_mem reset");
  EXPECT_EQ(read("SET x = 'default'"), "x=default");
  EXPECT_EQ(read("RESET TIME ZONE"), "timezone reset");
  EXPECT_EQ(read("RESET ALL"), "-");
  EXPECT_EQ(read("RESET SESSION AUTHORIZATION"), "-");
  EXPECT_EQ(read("RESET"), "-");
}

TEST(ParseSetStatement, ReadsTimeZoneAndNames) {
  EXPECT_EQ(read("SET TIME ZONE 'Europe/Berlin'"), "timezone=Europe/Berlin");
  EXPECT_EQ(read("SET SESSION TIME ZONE 'UTC'"), "timezone=UTC");
  EXPECT_EQ(read("SET TIME ZONE UTC"), "timezone=utc");
  EXPECT_EQ(read("SET TIME ZONE -8"), "timezone=-8");
  EXPECT_EQ(read("SET TIME ZONE LOCAL"), "timezone reset");
  EXPECT_EQ(read("SET TIME ZONE DEFAULT"), "timezone reset");
  EXPECT_EQ(read("SET TIME ZONE INTERVAL '1' HOUR"), "-");
  EXPECT_EQ(read("SET time = 1"), "time=1");
  EXPECT_EQ(read("SET NAMES 'UTF8'"), "client_encoding=UTF8");
  EXPECT_EQ(read("SET NAMES"), "client_encoding reset");
  EXPECT_EQ(read("SET NAMES DEFAULT"), "client_encoding reset");
  EXPECT_EQ(read("SET NAMES; SELECT 'x'"), "-");
}

TEST(ParseSetStatement, LeavesEverythingElse) {
  for (const Bytes sql : {"",
                          "SET",
                          "SET x",
                          "SET x =",
                          "SET x TO",
                          "SET = 1",
                          "SET x = a b",
                          "SET search_path = a, b",
                          "SET x = 1; SET y = 2",
                          "SET x = 1; SELECT 1",
                          "SET LOCAL x = 1",
                          "SET TRANSACTION READ ONLY",
                          "SET CONSTRAINTS ALL DEFERRED",
                          "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
                          "SET SESSION AUTHORIZATION app",
                          "SET ROLE app",
                          "SET x FROM CURRENT",
                          "SET x = $1",
                          "SET x. = 1",
                          "SET x = (1)",
                          "SELECT 1",
                          "UPDATE t SET a = 1",
                          "SETx = 1",
                          "SET a\"b = 1",
                          "SET \"a\"\"b\" = 1",
                          "SET \"\" = 1"})
    EXPECT_EQ(read(sql), "-") << sql;
}

TEST(ParseSetStatement, BoundsTheName) {
  const std::string longest(63, 'a');
  EXPECT_EQ(read("SET " + longest + " = 1"), longest + "=1");
  EXPECT_EQ(read("SET " + longest + "a = 1"), "-");
  EXPECT_EQ(read("SET " + longest + ".b = 1"), "-");
  EXPECT_EQ(read("SET " + longest + "." + longest + " = 1"), "-");
  EXPECT_EQ(read("SET a." + std::string(62, 'b') + " = 1"), "a." + std::string(62, 'b') + "=1");
}

TEST(ResetsAll, FindsResetAllAtTheStartOfAStatement) {
  for (const char* sql : {"RESET ALL", " reset /**/ all ; ", "select 1; RESET ALL; select 2"})
    EXPECT_TRUE(resetsAll(sql)) << sql;
  for (const char* sql :
       {"RESET all_of_it", "RESET x", "select 'RESET ALL'", "select reset all", "", "reset"})
    EXPECT_FALSE(resetsAll(sql)) << sql;
}

TEST(ParseSetList, GivesTheListAsItWasWritten) {
  SetStatement set;
  ASSERT_TRUE(parseSetList("SET search_path TO a, \"B\" , 'c' ; ", set));
  EXPECT_EQ(Bytes(set.name, set.name_size), "search_path");
  EXPECT_EQ(set.value, "a, \"B\" , 'c'");
  set = {};
  ASSERT_TRUE(parseSetList("set session x.y = 'a''b'", set));
  EXPECT_EQ(Bytes(set.name, set.name_size), "x.y");
  EXPECT_EQ(set.value, "'a''b'");
}

TEST(ParseSetList, RefusesWhatASetOfOursCouldNotRepeat) {
  for (const char* sql : {"SET x TO a; select 1", "SET x TO a -- comment", "SET x TO a /* comment */",
                          "SET x TO $tag$a$tag$", "SET TIME ZONE 'x'", "SET x TO", "RESET x", "select 1"}) {
    SetStatement set;
    EXPECT_FALSE(parseSetList(sql, set)) << sql;
  }
}

TEST(SetsOnlyKnown, AsksForEachParameterByItsName) {
  const auto time_zone = [](Bytes name) { return name == "TimeZone" || name == "timezone"; };
  for (const char* sql : {"select set_config('TimeZone', $1, false)", "set timezone to 'x'; select 1",
                          "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL", "SET ROLE NONE"})
    EXPECT_TRUE(setsOnlyKnown(sql, time_zone)) << sql;
  for (const char* sql :
       {"select set_config('search_path', $1, false)", "select set_config($1, $2, false)",
        "set timezone to 'x'; set search_path to y", "SET SESSION AUTHORIZATION alice", "SET ROLE alice",
        "select set_config('TimeZone', 'x', false), set_config('x.y', 'z', false)", "select 1"})
    EXPECT_FALSE(setsOnlyKnown(sql, time_zone)) << sql;
}

std::string deallocated(Bytes sql) {
  std::string name;
  return parseDeallocate(sql, name) ? name : "-";
}

TEST(ParseDeallocate, ReadsTheName) {
  EXPECT_EQ(deallocated("DEALLOCATE s1"), "s1");
  EXPECT_EQ(deallocated("deallocate prepare S1;"), "s1");
  EXPECT_EQ(deallocated("DEALLOCATE \"S1\""), "S1");
  EXPECT_EQ(deallocated("DEALLOCATE \"a\"\"b\""), "a\"b");
  EXPECT_EQ(deallocated("DEALLOCATE prepare"), "prepare");
  EXPECT_EQ(deallocated("DEALLOCATE prepare;"), "prepare");
  EXPECT_EQ(deallocated("DEALLOCATE \"all\""), "all");
  for (const Bytes sql :
       {"DEALLOCATE", "DEALLOCATE ALL", "DEALLOCATE PREPARE ALL", "DEALLOCATE a; DEALLOCATE b",
        "DEALLOCATE prepare; SELECT", "DEALLOCATE a b", "DEALLOCATE 'a'", "SELECT 1", ""})
    EXPECT_EQ(deallocated(sql), "-") << sql;
  EXPECT_EQ(deallocated("DEALLOCATE " + std::string(64, 'a')), "-");
}

}  // namespace
}  // namespace forebay::pgproto
