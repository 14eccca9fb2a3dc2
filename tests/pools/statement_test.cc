#include "pools/statement.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

uint32_t noEffects(Bytes) { return 0; }

TEST(StatementKey, DependsOnTextAndTypesAndOnNothingElse) {
  EXPECT_EQ(statementKey("select $1", "\1"), statementKey("select $1", "\1"));
  EXPECT_NE(statementKey("select $1", "\1"), statementKey("select $1", "\2"));
  EXPECT_NE(statementKey("select $1", ""), statementKey("select $2", ""));
}

TEST(StatementKey, KeepsTextAndTypesApart) {
  EXPECT_NE(statementKey("bc", "a"), statementKey("c", "ab"));
  EXPECT_NE(statementKey("a", ""), statementKey("", "a"));
}

TEST(StatementKey, GivesANameThatIsTheSameOnEveryWorker) {
  const StatementKey key = {0x00, 0xff, 0x1a};
  EXPECT_EQ(serverName(key), "fb_00ff1a00000000000000000000000000");
  EXPECT_EQ(serverName(key).size(), kServerNameSize);
}

TEST(StatementRegistry, SharesOneStatementAmongAllWhoPrepareTheSame) {
  StatementRegistry registry;
  const StatementRef first = registry.intern("select 1", "", noEffects);
  const StatementRef second = registry.intern("select 1", "", noEffects);
  EXPECT_EQ(first.get(), second.get());
  EXPECT_EQ(first->references, 2u);
  EXPECT_EQ(registry.size(), 1u);
  EXPECT_EQ(first->name, serverName(first->key));
}

TEST(StatementRegistry, ClassifiesATextOnce) {
  StatementRegistry registry;
  int asked = 0;
  const auto classify = [&](Bytes) { return ++asked, 5u; };
  const StatementRef first = registry.intern("listen x", "", classify);
  const StatementRef second = registry.intern("listen x", "", classify);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(second->effects, 5u);
}

TEST(StatementRegistry, ForgetsAStatementWithItsLastReference) {
  StatementRegistry registry;
  StatementRef first = registry.intern("select 1", "\1", noEffects);
  const StatementKey key = first->key;
  EXPECT_GT(registry.bytes(), sizeof(Statement));
  {
    const StatementRef copy = first;
    first = {};
    EXPECT_NE(registry.find(key), nullptr);
  }
  EXPECT_EQ(registry.find(key), nullptr);
  EXPECT_EQ(registry.size(), 0u);
  EXPECT_EQ(registry.bytes(), 0u);
}

TEST(StatementRef, CountsThroughCopiesMovesAndSelfAssignment) {
  StatementRegistry registry;
  StatementRef first = registry.intern("select 1", "", noEffects);
  StatementRef moved = std::move(first);
  EXPECT_FALSE(first);
  EXPECT_EQ(moved->references, 1u);
  const StatementRef& same = moved;
  moved = same;
  EXPECT_EQ(moved->references, 1u);
  StatementRef other = registry.intern("select 2", "", noEffects);
  other = moved;
  EXPECT_EQ(moved->references, 2u);
  EXPECT_EQ(registry.size(), 1u);
}

}  // namespace
}  // namespace forebay::pools
