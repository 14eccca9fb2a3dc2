#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace forebay {
namespace {

TEST(Result, CarriesAValue) {
  Result<std::string> result = std::string("there");
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, "there");
  EXPECT_EQ(result->size(), 5u);
  result.value() = "changed";
  EXPECT_EQ(*result, "changed");
}

TEST(Result, CarriesTheReasonWhyThereIsNone) {
  const Result<int> result = Error{"x.toml:1:2: no"};
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.error(), "x.toml:1:2: no");
}

TEST(Result, GivesAwayWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Status, IsOkOrAnError) {
  EXPECT_TRUE(Status(Ok{}).ok());
  EXPECT_FALSE(Status(Error{"no"}).ok());
}

}  // namespace
}  // namespace forebay
