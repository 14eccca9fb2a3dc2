#include "gateway/postgres/client_statements.h"

#include <gtest/gtest.h>

namespace forebay::postgres {
namespace {

class ClientStatementsTest : public testing::Test {
 protected:
  void parse(Bytes name, Bytes sql, uint32_t batch = 0) {
    statements_.parseSent(name, registry_.intern(sql, "", [](Bytes) { return 0u; }), batch);
  }
  std::string sqlOf(Bytes name) {
    const pools::StatementRef* found = statements_.find(name);
    return found == nullptr ? "" : (*found)->sql;
  }
  pools::StatementRegistry registry_;
  ClientStatements statements_;
};

TEST_F(ClientStatementsTest, KnowAStatementByTheClientsName) {
  parse("a", "select 1");
  parse("b", "select 2");
  EXPECT_EQ(sqlOf("a"), "select 1");
  EXPECT_EQ(sqlOf("b"), "select 2");
  EXPECT_EQ(sqlOf("A"), "");
  EXPECT_EQ(statements_.size(), 2u);
}

TEST_F(ClientStatementsTest, ForgetWhatTheServerSkipped) {
  parse("a", "select 1");
  parse("b", "select 2");
  parse("c", "select 3");
  statements_.confirmed();
  statements_.skipped(2);
  EXPECT_EQ(sqlOf("a"), "select 1");
  EXPECT_EQ(statements_.size(), 1u);
}

TEST_F(ClientStatementsTest, ForgetNoMoreThanWasSent) {
  parse("a", "select 1");
  statements_.confirmed();
  statements_.confirmed();
  statements_.skipped(5);
  EXPECT_EQ(statements_.size(), 1u);
}

TEST_F(ClientStatementsTest, KeepWhatTheServerDidNotComeToClose) {
  parse("a", "select 1");
  statements_.confirmed();
  statements_.closeSent("a", 4);
  EXPECT_EQ(sqlOf("a"), "");
  EXPECT_TRUE(statements_.undecided("a", 5));
  statements_.skipped(1);
  EXPECT_EQ(sqlOf("a"), "select 1");
  EXPECT_FALSE(statements_.undecided("a", 5));
}

TEST_F(ClientStatementsTest, GoBackOverANameThatWasClosedAndUsedAgain) {
  parse("a", "select 1");
  statements_.confirmed();
  statements_.closeSent("a", 0);
  parse("a", "select 2");
  EXPECT_EQ(sqlOf("a"), "select 2");
  statements_.skipped(2);
  EXPECT_EQ(sqlOf("a"), "select 1");
}

TEST_F(ClientStatementsTest, LetACloseStandThatWasAnswered) {
  parse("a", "select 1");
  statements_.confirmed();
  statements_.closeSent("a", 0);
  statements_.confirmed();
  statements_.skipped(1);
  EXPECT_EQ(statements_.size(), 0u);
}

TEST_F(ClientStatementsTest, DoNotBringBackWhatWasForgottenAltogether) {
  parse("a", "select 1");
  statements_.confirmed();
  statements_.closeSent("a", 0);
  statements_.clear();
  statements_.skipped(1);
  EXPECT_EQ(statements_.size(), 0u);
}

TEST_F(ClientStatementsTest, ForgetANameWhenItsDeallocateIsAnswered) {
  parse("a", "select 1");
  parse("b", "select 1");
  statements_.deallocating = {{"", 0}, {"b", 0}};
  EXPECT_TRUE(statements_.isDeallocating("b"));
  EXPECT_FALSE(statements_.isDeallocating("a"));
  statements_.deallocated();  // of a name that is none of the client's
  EXPECT_EQ(statements_.size(), 2u);
  statements_.deallocated();
  EXPECT_EQ(sqlOf("b"), "");
  EXPECT_EQ(sqlOf("a"), "select 1");
  statements_.deallocated();
  EXPECT_EQ(statements_.size(), 1u);
}

TEST_F(ClientStatementsTest, KeepANameThatIsUsedAgainBeforeItsDeallocateIsAnswered) {
  parse("a", "select 1");
  statements_.deallocating = {{"a", 0}};
  parse("a", "select 1");
  EXPECT_FALSE(statements_.isDeallocating("a"));
  statements_.deallocated();
  EXPECT_EQ(sqlOf("a"), "select 1");
}

TEST_F(ClientStatementsTest, LoseOnlyTheDeallocatesOfTheBatchThatFailed) {
  parse("a", "select 1");
  parse("b", "select 2");
  statements_.deallocating = {{"a", 4}, {"b", 5}};
  statements_.deallocationsSkipped(4);
  statements_.deallocated();
  EXPECT_EQ(sqlOf("a"), "select 1");
  EXPECT_EQ(sqlOf("b"), "");
}

TEST_F(ClientStatementsTest, AreUndecidedWhileAParseOfAnEarlierBatchIsUnanswered) {
  parse("a", "select 1", 4);
  EXPECT_FALSE(statements_.undecided("a", 4)) << "the same batch stands or falls with it";
  EXPECT_TRUE(statements_.undecided("a", 5));
  EXPECT_FALSE(statements_.undecided("b", 5));
  statements_.confirmed();
  EXPECT_FALSE(statements_.undecided("a", 5));
}

TEST_F(ClientStatementsTest, LetTheStatementGoWithItsName) {
  parse("a", "select 1");
  parse("b", "select 1");
  EXPECT_EQ(registry_.size(), 1u);
  statements_.forget("a");
  EXPECT_EQ(registry_.size(), 1u);
  statements_.forget("b");
  statements_.forget("b");
  EXPECT_EQ(registry_.size(), 0u);
}

TEST_F(ClientStatementsTest, AreFullAtSomeSize) {
  const std::string text(ClientStatements::kMaxTextBytes / 16, 'x');
  for (char name = 'a'; name < 'a' + 15; ++name) parse(Bytes(&name, 1), text);
  EXPECT_FALSE(statements_.full());
  parse("one more", text);
  EXPECT_TRUE(statements_.full());
  parse("one more", "a short one in its place");
  EXPECT_FALSE(statements_.full());
  parse("one more", text);
  statements_.closeSent("one more", 0);
  EXPECT_TRUE(statements_.full()) << "until the Close is answered";
  for (int i = 0; i < 19; ++i) statements_.confirmed();
  EXPECT_FALSE(statements_.full());
  statements_.forget("a");
  parse("one more", text);
  EXPECT_FALSE(statements_.full());
  statements_.clear();
  EXPECT_FALSE(statements_.full());
}

TEST_F(ClientStatementsTest, AreFullAtSomeNumber) {
  for (size_t i = 0; i < ClientStatements::kMaxStatements; ++i) {
    EXPECT_FALSE(statements_.full());
    parse(std::to_string(i), "select 1");
    statements_.confirmed();
  }
  EXPECT_TRUE(statements_.full());
}

TEST_F(ClientStatementsTest, ForgetTheUnnamedOneToo) {
  parse("a", "select 1");
  statements_.unnamed = registry_.intern("select 2", "", [](Bytes) { return 0u; });
  statements_.clear();
  EXPECT_EQ(statements_.size(), 0u);
  EXPECT_EQ(registry_.size(), 0u);
}

}  // namespace
}  // namespace forebay::postgres
