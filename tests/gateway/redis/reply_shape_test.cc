#include "gateway/redis/reply_shape.h"

#include <gtest/gtest.h>

namespace forebay::redis {
namespace {

bool fits(std::string_view command, char type) {
  return replyFits(redisproto::CommandTable::builtIn()->byName(command), type);
}

TEST(ReplyShape, TellsAnotherCommandsReplyByItsFirstByte) {
  EXPECT_TRUE(fits("get", '$'));
  EXPECT_FALSE(fits("get", ':'));
  EXPECT_FALSE(fits("get", '+')) << "as PONG would be";
  EXPECT_TRUE(fits("mget", '*'));
  EXPECT_FALSE(fits("mget", '$'));
  EXPECT_TRUE(fits("ping", '+'));
  EXPECT_FALSE(fits("incr", '$'));
}

TEST(ReplyShape, KnowsTheTypesOfBothProtocolVersions) {
  EXPECT_TRUE(fits("get", '_'));
  EXPECT_TRUE(fits("hgetall", '%'));
  EXPECT_TRUE(fits("hgetall", '*'));
  EXPECT_TRUE(fits("zscore", ','));
}

TEST(ReplyShape, LetsAnErrorBeTheReplyToAnything) {
  EXPECT_TRUE(fits("get", '-'));
  EXPECT_TRUE(fits("mget", '!'));
}

TEST(ReplyShape, BelievesWhatItDoesNotKnow) {
  EXPECT_TRUE(replyFits(nullptr, ':'));
  EXPECT_TRUE(fits("eval", '%'));
}

}  // namespace
}  // namespace forebay::redis
