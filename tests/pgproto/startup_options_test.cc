#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pgproto/startup.h"

namespace forebay::pgproto {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Settings split(Bytes options) {
  Settings settings;
  EXPECT_TRUE(parseStartupOptions(options, settings)) << options;
  return settings;
}

bool refuses(Bytes options) {
  Settings settings;
  return !parseStartupOptions(options, settings);
}

TEST(StartupOptions, AreEmptyWhenNothingIsAsked) {
  EXPECT_EQ(split(""), Settings{});
  EXPECT_EQ(split(" \t\n\v\f\r "), Settings{});
}

TEST(StartupOptions, TakeTheThreeWaysToWriteASetting) {
  EXPECT_EQ(split("-c geqo=off -cwork_mem=64MB --statement_timeout=5min"),
            (Settings{{"geqo", "off"}, {"work_mem", "64MB"}, {"statement_timeout", "5min"}}));
}

TEST(StartupOptions, KeepTheOrderSoThatTheLastWins) {
  EXPECT_EQ(split("-c a=1 -c a=2"), (Settings{{"a", "1"}, {"a", "2"}}));
}

TEST(StartupOptions, TakeAnEscapedBlankIntoTheValue) {
  EXPECT_EQ(split("-c search_path=a,\\ b -c datestyle=ISO,\\ DMY"),
            (Settings{{"search_path", "a, b"}, {"datestyle", "ISO, DMY"}}));
}

TEST(StartupOptions, TakeAnEscapedBackslashAsOne) {
  EXPECT_EQ(split("-c a=x\\\\y"), (Settings{{"a", "x\\y"}}));
  EXPECT_EQ(split("-c a=x\\\\ -c b=2"), (Settings{{"a", "x\\"}, {"b", "2"}}));
}

TEST(StartupOptions, DropABackslashThatEscapesNothing) {
  EXPECT_EQ(split("-c a=x\\"), (Settings{{"a", "x"}}));
}

TEST(StartupOptions, KeepQuotesAndFurtherEqualsSigns) {
  EXPECT_EQ(split("-c a='b' --c=d=e"), (Settings{{"a", "'b'"}, {"c", "d=e"}}));
}

TEST(StartupOptions, ReadADashInANameAsAnUnderscore) {
  EXPECT_EQ(split("--work-mem=1-2 -c lock-timeout=1"),
            (Settings{{"work_mem", "1-2"}, {"lock_timeout", "1"}}));
}

TEST(StartupOptions, TakeAnEmptyValue) {
  EXPECT_EQ(split("-c search_path="), (Settings{{"search_path", ""}}));
}

TEST(StartupOptions, TakeWhatFollowsDashCEvenIfItLooksLikeAnOption) {
  EXPECT_EQ(split("-c -ca=1"), (Settings{{"_ca", "1"}}));
}

TEST(StartupOptions, RefuseEverythingElse) {
  for (const Bytes options : {"-c", "-c ", "--", "-c geqo", "--geqo", "-c =off", "--=off", "geqo=off",
                              "-B 100", "-fs", "-", "-c a=1 extra", "\\"})
    EXPECT_TRUE(refuses(options)) << options;
}

}  // namespace
}  // namespace forebay::pgproto
