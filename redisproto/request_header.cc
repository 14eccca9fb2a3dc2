#include "redisproto/request_header.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

namespace forebay::redisproto {

namespace {

constexpr std::string_view kInvalidCount = "Protocol error: invalid multibulk length";
constexpr std::string_view kStrangeCount = "Protocol error: unauthenticated multibulk length";
constexpr std::string_view kStrangeLength = "Protocol error: unauthenticated bulk length";
constexpr std::string_view kLongCount = "Protocol error: too big mbulk count string";
constexpr std::string_view kLongLength = "Protocol error: too big bulk count string";

// "expected '$', got 'x'" for every x: an error is a view, so each must stand somewhere.
constexpr std::string_view kExpected = "Protocol error: expected '$', got ' '";
using ExpectedText = std::array<char, kExpected.size()>;
constexpr auto kExpectedTexts = [] {
  std::array<ExpectedText, 256> texts{};
  for (size_t got = 0; got < texts.size(); ++got) {
    std::copy(kExpected.begin(), kExpected.end(), texts[got].begin());
    texts[got][kExpected.size() - 2] = static_cast<char>(got);
  }
  return texts;
}();

std::string_view expectedDollar(char got) {
  const ExpectedText& text = kExpectedTexts[static_cast<unsigned char>(got)];
  return {text.data(), text.size()};
}

// Redis' string2ll(): no sign but '-', no spaces, no zeros in front.
std::optional<int64_t> strictNumber(Bytes text) {
  if (text == "0") return 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  constexpr size_t kMaxDigits = 19;
  if (text.empty() || text.size() > kMaxDigits || text[0] == '0') return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (value > kMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - value : value);
}

std::string_view checkCount(std::optional<int64_t> count, const RequestLimits& limits) {
  const int64_t most = limits.before_login ? std::numeric_limits<int32_t>::max() : limits.max_args;
  if (!count || *count > most) return kInvalidCount;
  return *count > limits.max_args ? kStrangeCount : std::string_view();
}

std::string_view checkLength(std::optional<int64_t> length, const RequestLimits& limits) {
  const uint64_t most = limits.before_login ? RequestLimits{}.max_bulk : limits.max_bulk;
  if (!length || *length < 0 || static_cast<uint64_t>(*length) > most) return kInvalidLength;
  return static_cast<uint64_t>(*length) > limits.max_bulk ? kStrangeLength : std::string_view();
}

}  // namespace

Header exactHeader(char type, const char* at, const char* end, uint32_t& searched,
                   const RequestLimits& limits) {
  const bool count = type == '*';
  const size_t there = static_cast<size_t>(end - at);
  const size_t look = std::min(there, kMaxInline + 1);
  const void* const found = std::memchr(at + searched, '\r', look - searched);
  if (found == nullptr) {
    searched = static_cast<uint32_t>(look);
    if (there > kMaxInline) return {0, 0, count ? kLongCount : kLongLength};
    return {};
  }
  const char* const cr = static_cast<const char*>(found);
  searched = static_cast<uint32_t>(cr - at);
  if (cr + 1 == end) return {};
  if (!count && *at != '$') return {0, 0, expectedDollar(*at)};
  const std::optional<int64_t> value = cr[1] == '\n' && cr > at ? strictNumber({at + 1, cr}) : std::nullopt;
  const std::string_view error = count ? checkCount(value, limits) : checkLength(value, limits);
  if (!error.empty()) return {0, 0, error};
  return {*value, static_cast<size_t>(cr - at) + kCrLf, {}};
}

}  // namespace forebay::redisproto
