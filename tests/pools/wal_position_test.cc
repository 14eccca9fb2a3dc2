#include "pools/wal_position.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

TEST(WalPosition, IsReadAsASessionIsShownIt) {
  EXPECT_EQ(parseLsn("97517557832"), 97'517'557'832u);
  EXPECT_EQ(parseWalPosition("3:97517557832"), (WalPosition{3, 97'517'557'832u}));
}

TEST(WalPosition, RefusesWhatIsNone) {
  for (const Bytes text : {"", "16/B374D848", "-1", "+1", " 1", "1 ", "1.5", "18446744073709551616"})
    EXPECT_FALSE(parseLsn(text)) << text;
  for (const Bytes text : {"", "3", "3:", ":1", "x:1", "3:1:2", "4294967296:1"})
    EXPECT_FALSE(parseWalPosition(text)) << text;
}

TEST(WalPosition, OfALaterTimelineIsFurther) {
  EXPECT_LT((WalPosition{1, 500}), (WalPosition{2, 100}));
  EXPECT_LT((WalPosition{2, 100}), (WalPosition{2, 101}));
}

}  // namespace
}  // namespace forebay::pools
