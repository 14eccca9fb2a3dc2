#include "pools/parameters.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

class ParametersTest : public testing::Test {
 protected:
  std::string sql(std::vector<Parameter> from, std::vector<Parameter> to) {
    return switchSql(*table_.intern(std::move(from)), *table_.intern(std::move(to)));
  }
  ParameterTable table_;
};

TEST_F(ParametersTest, TellSessionsApartByOneComparison) {
  const ParametersRef utc = table_.intern({{"TimeZone", "UTC"}, {"application_name", "a"}});
  EXPECT_EQ(utc, table_.intern({{"application_name", "a"}, {"TimeZone", "UTC"}}));
  EXPECT_FALSE(utc == table_.intern({{"TimeZone", "UTC"}, {"application_name", "b"}}));
  EXPECT_FALSE(utc == table_.intern({{"TimeZone", "UTC"}}));
}

TEST_F(ParametersTest, CompareNamesWithoutRegardToCaseAndValuesWith) {
  EXPECT_EQ(table_.intern({{"timezone", "UTC"}}), table_.intern({{"TimeZone", "UTC"}}));
  EXPECT_FALSE(table_.intern({{"TimeZone", "utc"}}) == table_.intern({{"TimeZone", "UTC"}}));
  EXPECT_EQ(*table_.intern({{"DateStyle", "ISO"}})->find("datestyle"), "ISO");
}

TEST_F(ParametersTest, CannotBeMadeToLookAlikeByWhatIsInThem) {
  EXPECT_FALSE(table_.intern({{"a", "b"}, {"c", "d"}}) == table_.intern({{"a", "b c d"}}));
  EXPECT_FALSE(table_.intern({{"a", ""}}) == table_.intern({}));
}

TEST_F(ParametersTest, TakeTheLastOfSeveralValues) {
  const ParametersRef set = table_.intern({{"Search_Path", "a"}, {"x", "1"}, {"search_path", "b"}});
  ASSERT_EQ(set->entries.size(), 2u);
  EXPECT_EQ(*set->find("search_path"), "b");
  EXPECT_EQ(set->find("y"), nullptr);
}

TEST_F(ParametersTest, ChangeByOneParameter) {
  const ParametersRef base = table_.intern({{"a", "1"}});
  const ParametersRef more = table_.with(base, "B", "2");
  EXPECT_EQ(*more->find("b"), "2");
  EXPECT_EQ(table_.with(more, "b", "2"), more);
  EXPECT_EQ(table_.without(more, "b"), base);
  EXPECT_EQ(table_.without(base, "b"), base);
  EXPECT_EQ(table_.with({}, "a", "1"), base);
  EXPECT_FALSE(table_.without({}, "a"));
}

TEST_F(ParametersTest, AreForgottenWithTheLastSessionThatHasThem) {
  {
    const ParametersRef one = table_.intern({{"a", "1"}});
    ParametersRef other = table_.with(one, "a", "2");
    EXPECT_EQ(table_.size(), 2u);
    other = one;
    EXPECT_EQ(table_.size(), 1u);
  }
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(ParametersTest, NeedNoSqlWhereNothingDiffers) {
  EXPECT_EQ(sql({}, {}), "");
  EXPECT_EQ(sql({{"a", "1"}}, {{"A", "1"}}), "");
}

TEST_F(ParametersTest, AreSwitchedBySettingWhatDiffersAndResettingTheRest) {
  EXPECT_EQ(sql({{"a", "1"}, {"b", "2"}, {"d", "4"}}, {{"a", "1"}, {"b", "3"}, {"c", "x"}}),
            R"(SET "b" TO '3';SET "c" TO 'x';RESET "d";)");
}

TEST(DateStyle, OfOneWordKeepsTheOtherHalf) {
  EXPECT_EQ(wholeDateStyle("ISO", "ISO, MDY"), "ISO, MDY");
  EXPECT_EQ(wholeDateStyle("iso", "SQL, DMY"), "ISO, DMY");
  EXPECT_EQ(wholeDateStyle("YMD", "SQL, DMY"), "SQL, YMD");
  EXPECT_EQ(wholeDateStyle("German", "ISO, MDY"), "German, DMY");
  EXPECT_EQ(wholeDateStyle("German,US", "ISO, MDY"), "German, MDY");
}

TEST(DateStyle, IsWrittenAsTheServerReportsIt) {
  EXPECT_EQ(wholeDateStyle(" sql ,European", "ISO, MDY"), "SQL, DMY");
  EXPECT_EQ(wholeDateStyle("dmy, PostgreSQL", "ISO, MDY"), "Postgres, DMY");
}

TEST(DateStyle, ThatIsNotUnderstoodIsLeftToTheServer) {
  for (const char* asked : {"", ",", "ISO,", "ISO, no", "ISO, SQL", "DMY, YMD", "default", "ISO;"})
    EXPECT_EQ(wholeDateStyle(asked, "ISO, MDY"), asked);
}

TEST(QuoteLiteral, IsSafeWithHostileValues) {
  EXPECT_EQ(quoteLiteral(""), "''");
  EXPECT_EQ(quoteLiteral("plain"), "'plain'");
  EXPECT_EQ(quoteLiteral("'; DROP TABLE x; --"), "'''; DROP TABLE x; --'");
  EXPECT_EQ(quoteLiteral("'"), "''''");
}

TEST(QuoteLiteral, MeansTheSameWhateverStandardConformingStringsIs) {
  EXPECT_EQ(quoteLiteral("\\'; SELECT 1 --"), "E'\\\\''; SELECT 1 --'");
  EXPECT_EQ(quoteLiteral("\\"), "E'\\\\'");
}

TEST(QuoteIdentifier, IsSafeWithHostileNames) {
  EXPECT_EQ(quoteIdentifier("TimeZone"), R"("TimeZone")");
  EXPECT_EQ(quoteIdentifier(R"(a"b; DROP)"), R"("a""b; DROP")");
  EXPECT_EQ(quoteIdentifier(""), R"("")");
}

TEST(QuoteIdentifier, LeavesTheDotOfACustomParameterOutside) {
  EXPECT_EQ(quoteIdentifier("app.tenant"), R"("app"."tenant")");
  EXPECT_EQ(quoteIdentifier(R"(app.te"nant)"), R"("app"."te""nant")");
}

}  // namespace
}  // namespace forebay::pools
