#include "pgproto/saslprep.h"

#include <gtest/gtest.h>

#include <string>

namespace forebay::pgproto {
namespace {

TEST(SaslPrep, FollowsTheExamplesOfTheRfc) {  // RFC 4013, section 3
  EXPECT_EQ(saslPrep("I\u00adX"), "IX");      // the soft hyphen is mapped to nothing
  EXPECT_EQ(saslPrep("user"), "user");
  EXPECT_EQ(saslPrep("USER"), "USER");
  EXPECT_EQ(saslPrep("\u00aa"), "a");
  EXPECT_EQ(saslPrep("\u2168"), "IX");
}

TEST(SaslPrep, MapsSpacesAndComposes) {
  EXPECT_EQ(saslPrep("a\u00a0b\u3000c"), "a b c");
  EXPECT_EQ(saslPrep("e\u0301"), "\u00e9");
  EXPECT_EQ(saslPrep("\uff21\uff22"), "AB");
}

TEST(SaslPrep, LeavesAloneWhatItWouldRefuse) {
  for (const std::string& password : {
           std::string("\x07\x1b[0m"),       // ASCII, though control characters
           std::string("caf\u00e9\x07"),     // a control character among others
           std::string("\u06271"),           // right-to-left, then left-to-right
           std::string("\u0221"),            // not assigned in Unicode 3.2
           std::string("\ue000"),            // private use
           std::string("\u00ad"),            // nothing would be left
           std::string("\xff\xfe"),          // not UTF-8
           std::string("\xed\xa0\x80"),      // a surrogate
           std::string("\xc0\xaf"),          // overlong
           std::string("\xf5\x80\x80\x80"),  // above U+10FFFF
           std::string("caf\xc3"),           // cut
           std::string("a\0\u2168", 5),      // no password of PostgreSQL
           std::string(),
       })
    EXPECT_EQ(saslPrep(password), password);
}

TEST(SaslPrep, HasRoomForWhatGrowsMost) {
  std::string ligatures;  // U+FDFA: one character that NFKC makes eighteen of
  for (int i = 0; i < 1000; ++i) ligatures += "\ufdfa";
  EXPECT_EQ(saslPrep(ligatures).size(), 33u * 1000);
}

}  // namespace
}  // namespace forebay::pgproto
