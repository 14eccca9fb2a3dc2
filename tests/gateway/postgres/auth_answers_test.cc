#include "gateway/postgres/auth_answers.h"

#include <gtest/gtest.h>

namespace forebay::postgres {
namespace {

using std::chrono::seconds;

AuthRequest about(const std::string& user) { return {user, "app", "asker", "select 1"}; }

class AuthAnswersTest : public testing::Test {
 protected:
  void keep(const std::string& user) { answers_.keep(about(user), "secret of " + user, now_, now_ + kTtl); }
  bool knows(const std::string& user) const { return answers_.find(about(user), now_) != nullptr; }

  static constexpr seconds kTtl{60};
  Instant now_ = Instant{} + seconds(1000);
  AuthAnswers answers_{3};
};

TEST_F(AuthAnswersTest, AreKeptForTheirTime) {
  keep("ann");
  ASSERT_TRUE(knows("ann"));
  EXPECT_EQ(*answers_.find(about("ann"), now_), "secret of ann");
  now_ += kTtl - seconds(1);
  EXPECT_TRUE(knows("ann"));
  now_ += seconds(1);
  EXPECT_FALSE(knows("ann"));
}

TEST_F(AuthAnswersTest, ThatNobodyHasTheNameIsAnAnswerToo) {
  answers_.keep(about("eve"), std::nullopt, now_, now_ + kTtl);
  ASSERT_TRUE(knows("eve"));
  EXPECT_FALSE(answers_.find(about("eve"), now_)->has_value());
}

TEST_F(AuthAnswersTest, TheOldestGoesWhenThereAreTooMany) {
  for (const char* user : {"ann", "bob", "cid"}) keep(user);
  keep("ann");  // is now the newest
  keep("dan");
  EXPECT_FALSE(knows("bob"));
  for (const char* user : {"ann", "cid", "dan"}) EXPECT_TRUE(knows(user)) << user;
  EXPECT_EQ(answers_.size(), 3u);
}

TEST_F(AuthAnswersTest, WhatHasExpiredTakesNoRoom) {
  for (const char* user : {"ann", "bob"}) keep(user);
  now_ += kTtl;
  keep("cid");
  EXPECT_EQ(answers_.size(), 1u);
}

TEST_F(AuthAnswersTest, NothingIsKeptForNoTime) {
  answers_.keep(about("ann"), "secret", now_, now_);
  EXPECT_EQ(answers_.size(), 0u);
}

TEST_F(AuthAnswersTest, AreForgottenOneByOneOrAllAtOnce) {
  for (const char* user : {"ann", "bob", "cid"}) keep(user);
  answers_.forget(about("bob"));
  answers_.forget(about("eve"));
  EXPECT_FALSE(knows("bob"));
  EXPECT_TRUE(knows("ann"));
  answers_.clear();
  EXPECT_FALSE(knows("ann"));
  EXPECT_EQ(answers_.size(), 0u);
}

// Two entries may ask the same database in different ways.
TEST_F(AuthAnswersTest, BelongToTheQuestionAndWhoAsksIt) {
  keep("ann");
  AuthRequest other = about("ann");
  other.query = "select 2";
  EXPECT_EQ(answers_.find(other, now_), nullptr);
  other = about("ann");
  other.auth_user = "another asker";
  EXPECT_EQ(answers_.find(other, now_), nullptr);
}

}  // namespace
}  // namespace forebay::postgres
