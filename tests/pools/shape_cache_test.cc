#include "pools/shape_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace forebay::pools {
namespace {

using pgproto::CatalogKind;
using pgproto::Classification;
using pgproto::SqlShaper;
using pgproto::VolatilityCatalog;
using Kind = Classification::Kind;
using Reason = Classification::Reason;

class ShapeCacheTest : public testing::Test {
 protected:
  // True when the answer had to be found out.
  bool learns(Bytes sql) {
    const Classification* const known = cache_.find(sql, epoch_);
    answer_ = known ? *known : cache_.learn(&catalog_);
    return known == nullptr;
  }
  Classification classified(Bytes sql) {
    learns(sql);
    return answer_;
  }

  const VolatilityCatalog catalog_{{{CatalogKind::kFunction, "pg_catalog", "now", true},
                                    {CatalogKind::kFunction, "pg_catalog", "nextval", false},
                                    {CatalogKind::kOperator, "pg_catalog", "=", true}}};
  SqlShaper shaper_;
  ShapeCache cache_{shaper_, 4096};
  uint64_t epoch_ = 1;
  Classification answer_;
};

TEST_F(ShapeCacheTest, KnowsAStatementWithOtherLiterals) {
  EXPECT_TRUE(learns("SELECT a FROM t WHERE b = 1 AND c = 'x'"));
  EXPECT_EQ(answer_.kind, Kind::kRead);
  EXPECT_FALSE(learns("SELECT a FROM t WHERE b = 2345 AND c = 'it''s' -- again"));
  EXPECT_EQ(answer_.kind, Kind::kRead);
  EXPECT_EQ(cache_.size(), 1u);
}

TEST_F(ShapeCacheTest, KnowsWhatIsNoReadAsWell) {
  EXPECT_TRUE(learns("SELECT nextval('a')"));
  EXPECT_FALSE(learns("SELECT nextval('b')"));
  EXPECT_EQ(answer_.reason, Reason::kFunction);
  EXPECT_TRUE(learns("SELEC 1"));
  EXPECT_FALSE(learns("SELEC 2"));
  EXPECT_EQ(answer_.reason, Reason::kUnreadable);
}

TEST_F(ShapeCacheTest, KnowsHowATransactionBegins) {
  EXPECT_TRUE(learns("BEGIN READ ONLY"));
  EXPECT_FALSE(learns("BEGIN READ ONLY"));
  EXPECT_EQ(answer_.kind, Kind::kBegin);
  EXPECT_EQ(answer_.access, Classification::Access::kReadOnly);
}

TEST_F(ShapeCacheTest, ForgetsEverythingWithANewEpoch) {
  learns("SELECT now(), 1 AS one, 2 AS two, 3");
  learns("SELECT 1");
  ++epoch_;
  EXPECT_TRUE(learns("SELECT now(), 1 AS one, 2 AS two, 3"));
  EXPECT_EQ(cache_.size(), 1u);
  EXPECT_FALSE(learns("SELECT now(), 1 AS one, 2 AS two, 3"));
}

TEST_F(ShapeCacheTest, ForgetsTheLeastRecentlyUsedWhenTheBytesRunOut) {
  const auto statement = [](int i) { return "SELECT a" + std::string(static_cast<size_t>(i), 'b'); };
  int known = 0;
  while (cache_.bytes() + 300 < 4096) learns(statement(known++));
  EXPECT_GT(known, 5);
  EXPECT_FALSE(learns(statement(0))) << "used again, so not the oldest any more";
  EXPECT_TRUE(learns("SELECT " + std::string(300, 'x')));
  EXPECT_LE(cache_.bytes(), 4096u);
  EXPECT_FALSE(learns(statement(0)));
  EXPECT_FALSE(learns(statement(known - 1)));
  EXPECT_TRUE(learns(statement(1)));
}

TEST_F(ShapeCacheTest, StaysWithinItsBytesWhateverComes) {
  for (int i = 0; i < 1000; ++i) {
    learns("SELECT c" + std::to_string(i) + std::string(static_cast<size_t>(i % 700), 'x'));
    ASSERT_LE(cache_.bytes(), 4096u);
    ASSERT_GE(cache_.size(), 1u);
  }
}

TEST_F(ShapeCacheTest, WritesTakeNoRoom) {
  for (const Bytes sql : {"INSERT INTO t VALUES (1), (2)", "update t set a = 1", "DELETE FROM t"}) {
    EXPECT_FALSE(learns(sql)) << sql;
    EXPECT_EQ(answer_.kind, Kind::kOther);
    EXPECT_EQ(answer_.reason, Reason::kStatement);
  }
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(ShapeCacheTest, LongTextsAreNotLookedAt) {
  for (const size_t size : {pgproto::kMaxClassifiedSql, SqlShaper::kMaxSql}) {
    EXPECT_FALSE(learns("SELECT a" + std::string(size, 'x')));
    EXPECT_EQ(answer_.kind, Kind::kOther);
    EXPECT_EQ(answer_.reason, Reason::kTooLong);
  }
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_EQ(classified("SELECT '" + std::string(pgproto::kMaxClassifiedSql, 'x') + "'").kind, Kind::kRead)
      << "a long literal makes no long shape";
}

TEST_F(ShapeCacheTest, AShapeLargerThanTheCacheIsFoundOutEachTime) {
  const std::string large = "SELECT a" + std::string(4096, 'x');
  EXPECT_TRUE(learns(large));
  EXPECT_TRUE(learns(large));
  EXPECT_EQ(answer_.kind, Kind::kRead);
  EXPECT_EQ(cache_.bytes(), 0u);
}

TEST_F(ShapeCacheTest, CachesOfSeveralDatabasesShareAShaper) {
  ShapeCache other(shaper_);
  EXPECT_TRUE(learns("SELECT now()"));
  EXPECT_EQ(other.find("SELECT now()", 1), nullptr);
  EXPECT_EQ(other.learn(nullptr).reason, Reason::kNoCatalog);
  EXPECT_FALSE(learns("SELECT now()"));
  EXPECT_EQ(answer_.kind, Kind::kRead);
}

}  // namespace
}  // namespace forebay::pools
