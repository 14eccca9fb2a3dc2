#include "base/nearest.h"

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string_view> known = {"pool_mode", "pool_size", "default_pool_size", "auth_file"};
  EXPECT_EQ(nearest("pool_mod", known), "pool_mode");
  EXPECT_EQ(nearest("pool_szie", known), "pool_size") << "two letters swapped are one slip";
  EXPECT_EQ(nearest("defaultpoolsize", known), "default_pool_size");
  EXPECT_EQ(nearest("authfile", known), "auth_file");
}

TEST(Nearest, DoesNotGuessWildly) {
  EXPECT_EQ(nearest("listen_backlog", {"pool_mode", "auth_file"}), std::nullopt);
  EXPECT_EQ(nearest("x", {"pool_mode"}), std::nullopt);
  EXPECT_EQ(nearest("", {"pool_mode"}), std::nullopt);
  EXPECT_EQ(nearest(std::string(5000, 'p'), {"pool_mode"}), std::nullopt);
}

}  // namespace
}  // namespace forebay
