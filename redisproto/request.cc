#include "redisproto/request.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <limits>
#include <optional>

#include "redisproto/framing.h"

// Where Redis skips two bytes behind a length or a bulk string without a look at them, CR LF is asked for
// here: an array goes on to the server as it came, and a server that reads it in another way than we do would
// give its replies to the wrong clients.
namespace forebay::redisproto {

namespace {

constexpr uint64_t kMinArg = 6;  // "$0", CR LF, CR LF

constexpr std::string_view kInvalidCount = "Protocol error: invalid multibulk length";
constexpr std::string_view kInvalidLength = "Protocol error: invalid bulk length";
constexpr std::string_view kStrangeCount = "Protocol error: unauthenticated multibulk length";
constexpr std::string_view kStrangeLength = "Protocol error: unauthenticated bulk length";
constexpr std::string_view kLongCount = "Protocol error: too big mbulk count string";
constexpr std::string_view kLongLength = "Protocol error: too big bulk count string";
constexpr std::string_view kLongInline = "Protocol error: too big inline request";
constexpr std::string_view kUnbalanced = "Protocol error: unbalanced quotes in request";

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

// The number of args, or a bulk string's length; or what is wrong with it.
struct Header {
  int64_t value = 0;
  size_t size = 0;         // of the line; 0: it is cut, or wrong
  std::string_view error;  // empty: nothing is wrong
};

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

// Reads the line at `at`, in whose first `searched` bytes there is no CR.
[[gnu::noinline]] Header exactHeader(char type, const char* at, const char* end, uint32_t& searched,
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

[[gnu::always_inline]] inline Header readHeader(char type, const char* at, const char* end,
                                                uint32_t& searched, const RequestLimits& limits) {
  const ShortLength quick = shortLength(at, end);
  const uint64_t limit = type == '*' ? limits.max_args : limits.max_bulk;
  if (quick.size != 0 && *at == type && quick.value <= limit) return {quick.value, quick.size, {}};
  return exactHeader(type, at, end, searched, limits);
}

RequestScan malformed(std::string_view error, RequestProgress& progress, Request& out) {
  progress = {};
  out.args.clear();
  out.error = error;
  return RequestScan::kMalformed;
}

RequestScan whole(RequestScan found, size_t size, RequestProgress& progress, Request& out) {
  progress = {};
  out.size = size;
  return found;
}

// Follows the array from where `progress` stands. Its args are collected on the way if that is the front.
[[gnu::hot]] RequestScan scanArray(Bytes in, const RequestLimits& limits, RequestProgress& progress,
                                   Request& out) {
  const char* const begin = in.data();
  const char* const end = begin + in.size();
  const char* at = begin + progress.scanned;
  const bool collecting = progress.scanned == 0;
  uint32_t searched = progress.searched;
  uint32_t left = progress.args_left;
  uint64_t announced = 0;  // of the arg that is cut
  if (collecting) {
    const Header count = readHeader('*', at, end, searched, limits);
    if (!count.error.empty()) return malformed(count.error, progress, out);
    if (count.size == 0) {
      progress.searched = searched;
      return RequestScan::kNeedMore;
    }
    at += count.size;
    if (count.value <= 0) return whole(RequestScan::kNothing, count.size, progress, out);
    left = static_cast<uint32_t>(count.value);
    searched = 0;
  }
  for (; left != 0; --left) {
    const Header length = readHeader('$', at, end, searched, limits);
    if (!length.error.empty()) return malformed(length.error, progress, out);
    if (length.size == 0) break;
    const char* const body = at + length.size;
    const uint64_t size = static_cast<uint64_t>(length.value);
    const uint64_t there = static_cast<uint64_t>(end - body);
    if (!crLfFits(body, std::min(there, size + kCrLf), size + kCrLf))
      return malformed(kInvalidLength, progress, out);
    if (there < size + kCrLf) {
      announced = length.size + size + kCrLf;
      break;
    }
    if (collecting) out.args.emplace_back(body, size);
    at = body + size + kCrLf;
    searched = 0;
  }
  const size_t scanned = static_cast<size_t>(at - begin);
  if (left != 0) {
    progress = {scanned, left, searched};
    out.announced = scanned + (announced != 0 ? announced : kMinArg) + kMinArg * (left - 1);
    return RequestScan::kNeedMore;
  }
  if (!collecting) {
    progress = {};
    return scanArray(in.substr(0, scanned), limits, progress, out);
  }
  return whole(RequestScan::kRequest, scanned, progress, out);
}

RequestScan scanInline(Bytes in, RequestProgress& progress, Request& out) {
  const size_t look = std::min(in.size(), kMaxInline + 1);
  const void* const found = std::memchr(in.data() + progress.searched, '\n', look - progress.searched);
  if (found == nullptr) {
    if (in.size() > kMaxInline) return malformed(kLongInline, progress, out);
    progress.searched = static_cast<uint32_t>(look);
    return RequestScan::kNeedMore;
  }
  const size_t lf = static_cast<size_t>(static_cast<const char*>(found) - in.data());
  Bytes line = in.substr(0, lf);
  if (line.ends_with('\r')) line.remove_suffix(1);
  out.is_inline = true;
  if (!splitInline(line, out.inline_text, out.args)) return malformed(kUnbalanced, progress, out);
  return whole(out.args.empty() ? RequestScan::kNothing : RequestScan::kRequest, lf + 1, progress, out);
}

}  // namespace

RequestScan scanRequest(Bytes in, const RequestLimits& limits, RequestProgress& progress, Request& out) {
  assert(progress.scanned + progress.searched <= in.size());
  out.size = 0;
  out.args.clear();
  out.is_inline = false;
  out.announced = 0;
  out.error = {};
  if (in.empty()) return RequestScan::kNeedMore;
  return in[0] == '*' ? scanArray(in, limits, progress, out) : scanInline(in, progress, out);
}

size_t RequestTail::follow(Bytes in, const RequestLimits& limits) {
  const char* const begin = in.data();
  const char* const end = begin + in.size();
  const char* at = begin;
  while (at != end && !done() && error_.empty())
    at = state_ == State::kBody ? followBody(at, end) : followHeader(at, end, limits);
  return static_cast<size_t>(at - begin);
}

// Takes the line at `at`, or what was kept of it and goes on there.
const char* RequestTail::followHeader(const char* at, const char* end, const RequestLimits& limits) {
  uint32_t searched = 0;
  Header length;
  const size_t kept = header_.size();
  if (kept == 0) {
    length = readHeader('$', at, end, searched, limits);
  } else {
    // Only so much is added as can belong to the line: to the byte behind the first CR.
    const bool after_cr = header_.back() == '\r';
    searched = static_cast<uint32_t>(after_cr ? kept - 1 : kept);
    size_t more = std::min(static_cast<size_t>(end - at), kMaxInline + kCrLf);
    if (after_cr) more = 1;
    if (const size_t cr = Bytes(at, more).find('\r'); cr != Bytes::npos) more = std::min(more, cr + kCrLf);
    header_.append(at, more);
    length = exactHeader('$', header_.data(), header_.data() + header_.size(), searched, limits);
  }
  error_ = length.error;
  if (!error_.empty()) return at;
  if (length.size == 0) {
    if (kept == 0) header_.assign(at, end);
    return end;
  }
  header_.clear();
  --args_left_;
  state_ = State::kBody;
  body_left_ = static_cast<uint64_t>(length.value) + kCrLf;
  return at + (length.size - kept);
}

const char* RequestTail::followBody(const char* at, const char* end) {
  const uint64_t here = std::min(static_cast<uint64_t>(end - at), body_left_);
  if (!crLfFits(at, here, body_left_)) {
    error_ = kInvalidLength;
    return at;
  }
  body_left_ -= here;
  if (body_left_ == 0) state_ = State::kHeader;
  return at + here;
}

bool looksLikeHttp(const Request& request) {
  if (request.args.empty()) return false;
  const auto is = [&](std::string_view lower) {
    return std::equal(request.args[0].begin(), request.args[0].end(), lower.begin(), lower.end(),
                      [](char got, char want) {
                        return got == want || (got >= 'A' && got <= 'Z' && got + ('a' - 'A') == want);
                      });
  };
  return is("post") || is("host:");
}

}  // namespace forebay::redisproto
