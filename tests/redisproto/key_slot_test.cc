#include <gtest/gtest.h>

#include "redisproto/command.h"

namespace forebay::redisproto {
namespace {

TEST(KeySlot, IsTheChecksumOfTheKey) {
  EXPECT_EQ(keySlot("123456789"), 0x31c3 % 16384) << "the check value of CRC16/XMODEM";
  EXPECT_EQ(keySlot(""), 0);
  EXPECT_EQ(keySlot("foo"), 12182);
  EXPECT_EQ(keySlot("somekey"), 11058);
  EXPECT_EQ(keySlot(Bytes("\0\xff", 2)), 7920);
}

TEST(KeySlot, LooksAtTheHashTagAlone) {
  EXPECT_EQ(keySlot("{user1000}.following"), keySlot("user1000"));
  EXPECT_EQ(keySlot("foo{hash_tag}"), keySlot("hash_tag"));
  EXPECT_EQ(keySlot("foo{bar}{zap}"), keySlot("bar")) << "the first counts";
  EXPECT_EQ(keySlot("foo{{bar}}zap"), keySlot("{bar")) << "up to the first }";
}

TEST(KeySlot, LooksAtTheWholeKeyWhenTheTagIsEmptyOrOpen) {
  EXPECT_EQ(keySlot("foo{}{bar}"), 8363);
  EXPECT_EQ(keySlot("foo{bar"), 15278);
  EXPECT_NE(keySlot("foo}bar{"), keySlot("bar"));
}

}  // namespace
}  // namespace forebay::redisproto
