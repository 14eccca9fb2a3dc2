#include "gateway/postgres/read_ahead.h"

#include <gtest/gtest.h>

#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

using pgproto::Classification;
using Kind = Unit::Kind;

// By the first word: select reads, begin begins, all else writes.
class ByFirstWord final : public Classifier {
 public:
  Classification classify(Bytes sql) override {
    Classification found;
    if (sql.find("select") != Bytes::npos) found.kind = Classification::Kind::kRead;
    if (sql.starts_with("begin")) {
      found.kind = Classification::Kind::kBegin;
      if (sql.find("read only") != Bytes::npos) found.access = Classification::Access::kReadOnly;
      if (sql.find("read write") != Bytes::npos) found.access = Classification::Access::kReadWrite;
      if (sql.find("serializable") != Bytes::npos) found.isolation = Classification::Isolation::kSerializable;
    }
    return found;
  }
};

std::string message(char type, const std::string& body) {
  std::string out(1, type);
  appendBe32(out, static_cast<uint32_t>(body.size() + 4));
  return out + body;
}

std::string query(Bytes sql) {
  std::string out;
  pgproto::appendQuery(out, sql);
  return out;
}

std::string parse(Bytes name, Bytes sql) {
  std::string out;
  pgproto::appendParse(out, name, sql, Bytes("\0\0", 2));
  return out;
}

std::string bind(const std::string& name) {
  return message('B', std::string("\0", 1) + name + std::string("\0\0\0\0\0\0\0", 7));
}
const std::string kExecute = message('E', std::string("\0\0\0\0\0", 5));
const std::string kSync = message('S', ""), kFlush = message('H', "");

class ReadAheadTest : public testing::Test {
 protected:
  ByFirstWord classifier;
  pools::StatementRegistry registry;
  ClientStatements statements;
  ReadAhead ahead{classifier, &statements};

  void prepared(Bytes name, Bytes sql) {
    statements.parseSent(name, registry.intern(sql, {}, [](Bytes) { return 0u; }), 0);
  }
  ~ReadAheadTest() override {
    statements.clear();
    while (statements.size() > 0) statements.confirmed();
  }
};

TEST_F(ReadAheadTest, AQueryIsAUnitOfItsOwn) {
  const std::string one = query("select 1");
  EXPECT_EQ(ahead(one + query("delete from t")), (Unit{Kind::kRead, one.size(), true}));
  EXPECT_EQ(ahead(query("delete from t")).kind, Kind::kWrite);
}

TEST_F(ReadAheadTest, WhatHasNotComeYetMayWrite) {
  const std::string batch = parse("", "select 1") + bind("") + kExecute + kSync;
  EXPECT_EQ(ahead(batch), (Unit{Kind::kRead, batch.size(), true}));
  for (size_t cut = 0; cut < batch.size(); ++cut)
    EXPECT_EQ(ahead(Bytes(batch).substr(0, cut)).kind, Kind::kWrite) << cut;
}

TEST_F(ReadAheadTest, ABatchReadsWhenAllOfItDoes) {
  const std::string read = parse("", "select 1") + bind("") + kExecute;
  const std::string write = parse("", "delete from t") + bind("") + kExecute;
  EXPECT_EQ(ahead(read + read + kSync).kind, Kind::kRead);
  EXPECT_EQ(ahead(read + write + kSync).kind, Kind::kWrite);
  EXPECT_EQ(ahead(write + read + kSync).kind, Kind::kWrite);
}

TEST_F(ReadAheadTest, APreparedStatementIsWhatItsTextIs) {
  prepared("reads", "select 1");
  prepared("writes", "delete from t");
  EXPECT_EQ(ahead(bind("reads") + kExecute + kSync).kind, Kind::kRead);
  EXPECT_EQ(ahead(bind("writes") + kExecute + kSync).kind, Kind::kWrite);
  EXPECT_EQ(ahead(bind("unknown") + kExecute + kSync).kind, Kind::kWrite);
  EXPECT_EQ(ahead(bind("") + kExecute + kSync).kind, Kind::kWrite);
  EXPECT_EQ(ahead(parse("new", "select 1") + bind("new") + kExecute + kSync).kind, Kind::kRead);
}

TEST_F(ReadAheadTest, AFlushEndsWhatOnlyPrepares) {
  const std::string prepares = parse("a", "select 1") + kFlush;
  EXPECT_EQ(ahead(prepares), (Unit{Kind::kRead, prepares.size(), false}));
  EXPECT_EQ(ahead(parse("", "select 1") + bind("") + kExecute + kFlush).kind, Kind::kWrite);
}

TEST_F(ReadAheadTest, WithACloseItIsNotRepeatable) {
  EXPECT_FALSE(ahead(message('C', std::string("Sa\0", 3)) + parse("", "select 1") + kSync).repeatable);
}

TEST_F(ReadAheadTest, AReadOnlyTransactionIsKnownByItsBegin) {
  EXPECT_EQ(ahead(query("begin read only")).kind, Kind::kReadOnlyTransaction);
  EXPECT_EQ(ahead(query("begin")).kind, Kind::kWrite);
  EXPECT_EQ(ahead(query("begin read only serializable")).kind, Kind::kWrite);
  EXPECT_EQ(ahead(parse("", "begin read only") + bind("") + kExecute).kind, Kind::kReadOnlyTransaction)
      << "whatever comes behind it goes along";
  ahead.read_only_by_default = true;
  EXPECT_EQ(ahead(query("begin")).kind, Kind::kReadOnlyTransaction);
  EXPECT_EQ(ahead(query("begin read write")).kind, Kind::kWrite);
}

TEST_F(ReadAheadTest, ARoleOverridesWhatATextLooksLike) {
  ahead.role = ReadRole::kPrimary;
  EXPECT_EQ(ahead(query("select 1")).kind, Kind::kWrite);
  ahead.role = ReadRole::kReplica;
  EXPECT_EQ(ahead(query("call report()")).kind, Kind::kRead);
  EXPECT_EQ(ahead(query("begin")).kind, Kind::kReadOnlyTransaction);
  EXPECT_EQ(ahead(query("/* forebay.role = primary */ select 1")).kind, Kind::kWrite) << "the nearer counts";
}

TEST_F(ReadAheadTest, OtherMessagesAreForThePrimary) {
  EXPECT_EQ(ahead(message('F', "")).kind, Kind::kWrite);
  EXPECT_EQ(ahead(kSync).kind, Kind::kWrite);
  EXPECT_EQ(ahead("").kind, Kind::kWrite);
}

TEST(RoleHint, StandsInACommentAtEitherEnd) {
  EXPECT_EQ(roleHint("/* forebay.role = primary */ select 1"), ReadRole::kPrimary);
  EXPECT_EQ(roleHint("  /*forebay.role=replica*/select 1"), ReadRole::kReplica);
  EXPECT_EQ(roleHint("select 1 /* forebay.role = replica */ \n"), ReadRole::kReplica);
  for (const Bytes none :
       {"select 1", "/* forebay.role */ select 1", "/* role = primary */ select 1",
        "select '/* forebay.role = primary */' ", "/* forebay.role = primary", "*/", "/*/"})
    EXPECT_EQ(roleHint(none), ReadRole::kAuto) << none;
}

}  // namespace
}  // namespace forebay::postgres
