#include "tests/chaos/arguments.h"

#include <charconv>
#include <sstream>

namespace forebay::chaos {
namespace {

constexpr double kMostMinutes = 1440;

// Digits and a point: no sign, no exponent, no "nan".
bool isPlain(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789.") == std::string_view::npos;
}

template <typename Number>
bool readWhole(std::string_view word, Number& out) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return isPlain(word) && error == std::errc{} && end == word.data() + word.size();
}

}  // namespace

std::optional<Arguments> parse(std::span<const std::string_view> words, std::string& problem) {
  Arguments out;
  if (words.size() > 2) {
    problem = "there is something behind the seed: '" + std::string(words[2]) + "'";
    return std::nullopt;
  }
  if (!words.empty() &&
      (!readWhole(words[0], out.minutes) || out.minutes <= 0 || out.minutes > kMostMinutes)) {
    problem = "minutes must be a number above 0 and at most 1440, not '" + std::string(words[0]) + "'";
    return std::nullopt;
  }
  uint32_t seed = 0;
  if (words.size() == 2 && !readWhole(words[1], seed)) {
    problem = "the seed must be a whole number below 4294967296, not '" + std::string(words[1]) + "'";
    return std::nullopt;
  }
  if (words.size() == 2) out.seed = seed;
  return out;
}

std::string commandFor(double minutes, uint32_t seed) {
  std::ostringstream out;
  out << "./run chaos " << minutes << " " << seed;
  return out.str();
}

}  // namespace forebay::chaos
