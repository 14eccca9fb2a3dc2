#include "base/bytes.h"

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(Bytes, AreReadBigEndianWhateverTheirSign) {
  EXPECT_EQ(readBe16("\xff\x01"), 0xff01);
  EXPECT_EQ(readBe32("\xfe\xdc\xba\x98"), 0xfedcba98u);
  EXPECT_EQ(readBe32(Bytes("\0\0\0\x7f", 4)), 0x7fu);
}

TEST(Bytes, AreWrittenAsTheyAreRead) {
  for (const uint32_t value : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu, 0x01020304u}) {
    std::string out = "x";
    appendBe32(out, value);
    appendBe16(out, static_cast<uint16_t>(value));
    ASSERT_EQ(out.size(), 7u);
    EXPECT_EQ(readBe32(Bytes(out).substr(1)), value);
    EXPECT_EQ(readBe16(Bytes(out).substr(5)), static_cast<uint16_t>(value));
  }
}

TEST(Bytes, EndAProtocolStringWithAZeroByte) {
  std::string out;
  appendCString(out, "ab");
  appendCString(out, "");
  EXPECT_EQ(out, std::string("ab\0\0", 4));
}

}  // namespace
}  // namespace forebay
