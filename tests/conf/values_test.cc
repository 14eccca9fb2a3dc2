#include "conf/values.h"

#include <gtest/gtest.h>

#include <limits>

namespace forebay::conf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::optional<Duration> duration(const std::string& text) { return readDuration(Given{text}); }
std::optional<uint64_t> size(const std::string& text) { return readSize(Given{text}); }

TEST(Durations, AreANumberAndAUnit) {
  EXPECT_EQ(duration("250ms"), milliseconds(250));
  EXPECT_EQ(duration("10s"), seconds(10));
  EXPECT_EQ(duration("5m"), minutes(5));
  EXPECT_EQ(duration("1h"), hours(1));
  EXPECT_EQ(duration("30d"), hours(720));
  EXPECT_EQ(duration("1.5h"), minutes(90));
}

TEST(Durations, CountSecondsWithoutAUnit) {
  EXPECT_EQ(duration("15"), seconds(15));
  EXPECT_EQ(duration("0.25"), milliseconds(250));
  EXPECT_EQ(readDuration(Given{int64_t{15}}), seconds(15));
  EXPECT_EQ(readDuration(Given{0.25}), milliseconds(250));
  EXPECT_EQ(readDuration(Given{std::string("30")}, milliseconds(1)), milliseconds(30));
}

TEST(Durations, AreReadWholeOrNotAtAll) {
  for (const char* wrong :
       {"", "s", "10 s", "10sec", "-1", "-1s", "1e3", "inf", "nan", "0x10", "10s5", "5M", "1.2.3"})
    EXPECT_EQ(duration(wrong), std::nullopt) << wrong;
  EXPECT_EQ(readDuration(Given{int64_t{-1}}), std::nullopt);
  EXPECT_EQ(readDuration(Given{std::numeric_limits<double>::infinity()}), std::nullopt);
  EXPECT_EQ(readDuration(Given{std::numeric_limits<double>::quiet_NaN()}), std::nullopt);
  EXPECT_EQ(readDuration(Given{true}), std::nullopt);
}

TEST(Durations, StopAtACentury) {
  EXPECT_EQ(duration("36500d"), hours(24) * 36500);
  EXPECT_EQ(duration("36501d"), std::nullopt);
  EXPECT_EQ(duration("99999999999999999999"), std::nullopt);
}

TEST(Durations, AreWrittenInTheLargestUnitWithoutARest) {
  EXPECT_EQ(formatDuration(seconds(0)), "0s");
  EXPECT_EQ(formatDuration(milliseconds(250)), "250ms");
  EXPECT_EQ(formatDuration(seconds(90)), "90s");
  EXPECT_EQ(formatDuration(seconds(3600)), "1h");
  EXPECT_EQ(formatDuration(hours(48)), "2d");
  EXPECT_EQ(formatDuration(microseconds(1500)), "0.0015s");
  EXPECT_EQ(formatSeconds(seconds(15)), "15");
  EXPECT_EQ(formatSeconds(milliseconds(2500)), "2.5");
}

TEST(Sizes, AreBytesOrABinaryUnit) {
  EXPECT_EQ(size("4096"), 4096u);
  EXPECT_EQ(size("4096B"), 4096u);
  EXPECT_EQ(size("1KiB"), 1024u);
  EXPECT_EQ(size("64MiB"), 64u << 20);
  EXPECT_EQ(size("2GiB"), uint64_t{2} << 30);
  EXPECT_EQ(readSize(Given{int64_t{7}}), 7u);
}

TEST(Sizes, RefuseUnitsThatMeanTwoThings) {
  for (const char* wrong :
       {"", "MiB", "64MB", "64M", "64 MiB", "-1", "1.5GiB", "64mib", "99999999999999999999GiB"})
    EXPECT_EQ(size(wrong), std::nullopt) << wrong;
  EXPECT_EQ(readSize(Given{int64_t{-1}}), std::nullopt);
}

TEST(Flags, KnowTheWordsOfTomlAndOfPgbouncer) {
  for (const char* on : {"1", "true", "on", "yes"}) EXPECT_EQ(readFlag(Given{std::string(on)}), true) << on;
  for (const char* off : {"0", "false", "off", "no"})
    EXPECT_EQ(readFlag(Given{std::string(off)}), false) << off;
  EXPECT_EQ(readFlag(Given{int64_t{1}}), true);
  EXPECT_EQ(readFlag(Given{false}), false);
  EXPECT_EQ(readFlag(Given{int64_t{2}}), std::nullopt);
  EXPECT_EQ(readFlag(Given{std::string("ja")}), std::nullopt);
}

TEST(WholeNumbers, AreDecimal) {
  EXPECT_EQ(readWhole(Given{std::string(" 25 ")}), 25);
  EXPECT_EQ(readWhole(Given{std::string("-1")}), -1);
  for (const char* wrong : {"", "25x", "0x19", "2.5", "+1", "9223372036854775808"})
    EXPECT_EQ(readWhole(Given{std::string(wrong)}), std::nullopt) << wrong;
}

TEST(FileModes, AreOctal) {
  EXPECT_EQ(readOctal(Given{std::string("0770")}), 0770u);
  EXPECT_EQ(readOctal(Given{int64_t{0770}, true}), 0770u) << "TOML's 0o770";
  EXPECT_EQ(readOctal(Given{int64_t{770}}), std::nullopt) << "it would be 01402";
  EXPECT_EQ(readOctal(Given{std::string("0888")}), std::nullopt);
  EXPECT_EQ(readOctal(Given{std::string("10000")}), std::nullopt);
}

TEST(Lists, AreArraysOrNamesBetweenCommas) {
  const std::vector<std::string> names = {"a", "b c", "d"};
  EXPECT_EQ(readList(Given{names}), names);
  EXPECT_EQ(readList(Given{std::string(" a, b c ,,d,")}), names);
  EXPECT_EQ(readList(Given{std::string("")}), std::vector<std::string>{});
}

TEST(TomlText, IsQuotedSoThatItReadsBack) {
  EXPECT_EQ(quoteToml("plain"), "\"plain\"");
  EXPECT_EQ(quoteToml("a \"b\" \\ c"), R"("a \"b\" \\ c")");
  EXPECT_EQ(quoteToml("two\nlines\x7f"), R"("two\u000Alines\u007F")");
  EXPECT_EQ(quoteToml("${HOME} $x"), "\"$${HOME} $x\"") << "so that it is not taken for a variable";
  EXPECT_EQ(tomlKey("app_1-x"), "app_1-x");
  EXPECT_EQ(tomlKey("*"), "\"*\"");
  EXPECT_EQ(tomlKey("${x}"), "\"${x}\"") << "a key is never expanded";
}

}  // namespace
}  // namespace forebay::conf
