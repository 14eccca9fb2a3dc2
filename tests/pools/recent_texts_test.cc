#include "pools/recent_texts.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

using pgproto::Classification;

constexpr Classification kReads{.kind = Classification::Kind::kRead};
constexpr Classification kOther{.reason = Classification::Reason::kFunction};

class RecentTextsTest : public testing::Test {
 protected:
  RecentTexts texts;
};

TEST_F(RecentTextsTest, KnowWhatIsLikeOneOfThem) {
  texts.remember("select name from customers where id = 1", kReads);
  const Classification* found = texts.find("select name from customers where id = 4711");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(*found, kReads);
  EXPECT_EQ(texts.find("select name from customers where id = f(1)"), nullptr);
}

TEST_F(RecentTextsTest, TheLaterOneTakesThePlace) {
  texts.remember("select name from customers where id = 1", kReads);
  texts.remember("select name from customers where f(id) = 1", kOther);  // begins as the first
  EXPECT_EQ(texts.find("select name from customers where id = 1"), nullptr);
  EXPECT_EQ(*texts.find("select name from customers where f(id) = 1"), kOther);
}

TEST_F(RecentTextsTest, LeaveOutWhatIsShortOrLong) {
  const std::string is_long = "select " + std::string(600, 'x');
  for (const Bytes sql : {Bytes(""), Bytes("select 1"), Bytes(is_long)}) {
    texts.remember(sql, kReads);
    EXPECT_EQ(texts.find(sql), nullptr);
  }
}

TEST_F(RecentTextsTest, AreForgottenTogether) {
  texts.remember("select name from customers where id = 1", kReads);
  texts.clear();
  EXPECT_EQ(texts.find("select name from customers where id = 1"), nullptr);
}

}  // namespace
}  // namespace forebay::pools
