#include "gateway/postgres/gather.h"

#include <gtest/gtest.h>

namespace forebay::postgres {
namespace {

std::string whole(const Gather& gather) {
  std::string out;
  for (const Bytes run : gather.runs()) out += run;
  return out;
}

TEST(Gather, JoinsRunsThatStandNextToEachOther) {
  const std::string in = "one two three";
  Gather gather;
  gather.pass(Bytes(in).substr(0, 4));
  gather.pass(Bytes(in).substr(4, 4));
  EXPECT_EQ(gather.runs().size(), 1u);
  gather.add("!");
  gather.pass(Bytes(in).substr(8));
  EXPECT_EQ(gather.runs().size(), 3u);
  EXPECT_EQ(whole(gather), "one two !three");
  EXPECT_EQ(gather.size(), 14u);
}

TEST(Gather, JoinsPiecesThatAreMadeInARow) {
  Gather gather;
  for (const Bytes piece : {"a", "bc", "d"}) gather.add(piece);
  EXPECT_EQ(gather.runs().size(), 1u);
  EXPECT_EQ(whole(gather), "abcd");
}

TEST(Gather, KeepsWhatItWasGivenHoweverMuch) {
  Gather gather;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(static_cast<size_t>(i), static_cast<char>('a' + i % 26));
    gather.add(piece);
    expected += piece;
  }
  EXPECT_EQ(whole(gather), expected);
  EXPECT_EQ(gather.size(), expected.size());
}

TEST(Gather, IsEmptyWithNothingInIt) {
  Gather gather;
  gather.pass({});
  gather.add({});
  EXPECT_TRUE(gather.empty());
  EXPECT_TRUE(gather.runs().empty());
  gather.add("x");
  gather.clear();
  EXPECT_TRUE(gather.empty());
  EXPECT_TRUE(gather.runs().empty());
}

}  // namespace
}  // namespace forebay::postgres
