#include "tests/chaos/arguments.h"

#include <gtest/gtest.h>

#include <vector>

namespace forebay::chaos {
namespace {

std::optional<Arguments> parsed(const std::vector<std::string_view>& words) {
  std::string problem;
  return parse(words, problem);
}

std::string problemOf(const std::vector<std::string_view>& words) {
  std::string problem;
  EXPECT_EQ(parse(words, problem), std::nullopt);
  return problem;
}

TEST(ChaosArguments, AreMinutesAndASeedAndMayBeLeftOut) {
  EXPECT_EQ(parsed({}), (Arguments{.minutes = 5, .seed = std::nullopt}));
  EXPECT_EQ(parsed({"2"}), (Arguments{.minutes = 2, .seed = std::nullopt}));
  EXPECT_EQ(parsed({"0.5", "4294967295"}), (Arguments{.minutes = 0.5, .seed = 4294967295u}));
}

TEST(ChaosArguments, OfNoMeaningAreNamed) {
  for (const char* word : {"abc", "", "0", "-1", "1e3", "nan", "inf", "5m", "1441", "."})
    EXPECT_EQ(problemOf({word}),
              "minutes must be a number above 0 and at most 1440, not '" + std::string(word) + "'");
  for (const char* word : {"abc", "", "-1", "4294967296", "1.5"})
    EXPECT_EQ(problemOf({"1", word}),
              "the seed must be a whole number below 4294967296, not '" + std::string(word) + "'");
  EXPECT_EQ(problemOf({"1", "2", "3"}), "there is something behind the seed: '3'");
}

TEST(ChaosArguments, OfARunCanBeTypedAgain) {
  EXPECT_EQ(commandFor(5, 17), "./run chaos 5 17");
  EXPECT_EQ(commandFor(0.5, 4294967295u), "./run chaos 0.5 4294967295");
}

}  // namespace
}  // namespace forebay::chaos
