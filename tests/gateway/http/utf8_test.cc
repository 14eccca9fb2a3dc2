#include "gateway/http/utf8.h"

#include <gtest/gtest.h>

namespace forebay::http {
namespace {

TEST(ToUtf8, LeavesGoodTextAlone) {
  for (const char* text : {"", "orders", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\x98", "\xED\x9F\xBF"})
    EXPECT_EQ(toUtf8(text), text);
}

TEST(ToUtf8, WritesBadBytesAsHex) {
  EXPECT_EQ(toUtf8("a\xFFz"), "a\\xffz");
  EXPECT_EQ(toUtf8("caf\xE9"), "caf\\xe9") << "cut off at the end";
  EXPECT_EQ(toUtf8("\xC0\xAF"), "\\xc0\\xaf") << "longer than need be";
  EXPECT_EQ(toUtf8("\xE0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(toUtf8("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "half of a surrogate pair";
  EXPECT_EQ(toUtf8("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond the last code point";
  EXPECT_EQ(toUtf8("\x80x"), "\\x80x");
}

}  // namespace
}  // namespace forebay::http
