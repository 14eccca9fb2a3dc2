#include "redisproto/reply.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>

#include "redisproto/framing.h"

namespace forebay::redisproto {

namespace {

constexpr uint64_t kMaxCount = std::numeric_limits<int32_t>::max();
constexpr uint64_t kMaxValues = uint64_t{1} << 56;  // three bytes for each are still far from an overflow
constexpr ptrdiff_t kMaxDigits = 18;
constexpr uint32_t kMaxLine = 64 << 10;  // a number, a boolean, a null
constexpr uint32_t kMaxText = 1 << 20;   // a status or an error, which may quote what it was sent

// "$-1" and "*-1": RESP2's nulls, which announce nothing.
constexpr uint64_t kNull = std::numeric_limits<uint64_t>::max();

struct Length {
  enum class State : uint8_t { kWhole, kCut, kBad };
  State state;
  uint32_t size = 0;  // of the line, when it is whole
  uint64_t value = 0;
};

Length nullLength(const char* at, const char* end) {
  constexpr Bytes kRest = "-1\r\n";
  const size_t size = std::min(static_cast<size_t>(end - at - 1), kRest.size());
  const bool fits = (*at == '$' || *at == '*') && Bytes(at + 1, size) == kRest.substr(0, size);
  if (!fits) return {Length::State::kBad};
  if (size < kRest.size()) return {Length::State::kCut};
  return {Length::State::kWhole, 1 + kRest.size(), kNull};
}

// Digits without a sign and without zeros in front. A byte that can not be right is bad as soon as it is
// there, so a streamed type's '?' is, too.
[[gnu::noinline]] Length exactLength(const char* const at, const char* const end) {
  const char* const first = at + 1;
  const char* here = first;
  if (here != end && *here == '-') return nullLength(at, end);
  uint64_t value = 0;
  for (; here != end && *here >= '0' && *here <= '9'; ++here) {
    const ptrdiff_t digits = here - first;
    if (digits == kMaxDigits || (digits == 1 && value == 0)) return {Length::State::kBad};
    value = value * 10 + static_cast<uint64_t>(*here - '0');
  }
  if (here == end) return {Length::State::kCut};
  if (here == first || *here != '\r') return {Length::State::kBad};
  if (++here == end) return {Length::State::kCut};
  if (*here != '\n') return {Length::State::kBad};
  return {Length::State::kWhole, static_cast<uint32_t>(here + 1 - at), value};
}

[[gnu::always_inline]] inline Length readLength(const char* at, const char* end) {
  const ShortLength quick = shortLength(at, end);
  if (quick.size != 0) return {Length::State::kWhole, quick.size, quick.value};
  return exactLength(at, end);
}

// The size of the string at `at` if it is short and all of it is there, which is the usual case; 0: look
// closer.
[[gnu::always_inline]] inline size_t wholeString(const char* at, const char* end) {
  const ShortLength length = shortLength(at, end);
  const size_t size = length.size + length.value;
  if (length.size == 0 || static_cast<size_t>(end - at) < size + kCrLf) return 0;
  return at[size] == '\r' && at[size + 1] == '\n' ? size + kCrLf : 0;
}

}  // namespace

ReplyScanner::Status ReplyScanner::feed(Bytes in) {
  const char* const begin = in.data();
  const char* const end = begin + in.size();
  const char* at = begin;
  if (!started_) {
    if (in.empty()) {
      consumed_ = 0;
      return Status::kMore;
    }
    started_ = true;
    type_ = 0;
    size_ = 0;
    values_left_ = 1;
  } else if (part_ != Part::kValue) {
    at = resume(at, end);
  }
  if (part_ == Part::kValue) at = followValues(at, end);
  consumed_ = static_cast<size_t>(at - begin);
  size_ += consumed_;
  if (part_ == Part::kValue && values_left_ == 0) {
    started_ = false;
    return Status::kEnd;
  }
  return part_ == Part::kBroken ? Status::kMalformed : Status::kMore;
}

uint64_t ReplyScanner::announced() const {
  if (!started_) return 0;
  return (part_ == Part::kBody ? body_left_ : 0) + 3 * values_left_;
}

// Takes one whole value after the other, and leaves what is cut to resume().
const char* ReplyScanner::followValues(const char* at, const char* end) {
  while (values_left_ != 0 && at != end && part_ == Part::kValue) {
    const char type = *at;
    --values_left_;
    // The first that is neither an attribute nor in one.
    const bool top = values_left_ == 0 && type_ == 0;
    if (top && type != '|') type_ = type;
    switch (type) {
      case '+':
      case '-':
      case ':':
      case '_':
      case '#':
      case ',':
      case '(':
        part_ = Part::kText;
        line_limit_ = type == '+' || type == '-' ? kMaxText : kMaxLine;
        line_size_ = 0;
        after_cr_ = false;
        at = followText(at, end);
        break;
      case '$':
        if (const size_t size = wholeString(at, end); size != 0)
          at += size;
        else
          at = beginLength(at, end);
        break;
      case '>':
        if (!top) part_ = Part::kBroken;
        [[fallthrough]];
      case '!':
      case '=':
      case '*':
      case '~':
      case '%':
      case '|':
        if (part_ != Part::kBroken) at = beginLength(at, end);
        break;
      default: part_ = Part::kBroken;
    }
  }
  return at;
}

const char* ReplyScanner::beginLength(const char* at, const char* end) {
  const Length length = readLength(at, end);
  if (length.state == Length::State::kCut) {
    part_ = Part::kLength;
    line_used_ = static_cast<uint8_t>(end - at);
    assert(line_used_ < sizeof line_);
    std::memcpy(line_, at, line_used_);
    return end;
  }
  if (length.state == Length::State::kBad || !announce(*at, length.value)) {
    part_ = Part::kBroken;
    return at;
  }
  at += length.size;
  return part_ == Part::kBody ? followBody(at, end) : at;
}

// Notes what a value of such a length or count has behind its first line.
bool ReplyScanner::announce(char type, uint64_t value) {
  switch (type) {
    case '$':
    case '!':
    case '=':
      if (value == kNull) return true;
      part_ = Part::kBody;
      body_left_ = value + kCrLf;
      return true;
    default: break;
  }
  if (value == kNull) return true;
  if (value > kMaxCount) return false;
  if (type == '%' || type == '|') value *= 2;
  // An attribute is no value of its own: the one that it belongs to is still to come.
  if (type == '|') ++value;
  values_left_ += value;
  return values_left_ <= kMaxValues;
}

const char* ReplyScanner::resume(const char* at, const char* end) {
  switch (part_) {
    case Part::kLength: return resumeLength(at, end);
    case Part::kText: return followText(at, end);
    case Part::kBody: return followBody(at, end);
    case Part::kValue:
    case Part::kBroken: break;
  }
  return at;
}

const char* ReplyScanner::resumeLength(const char* at, const char* end) {
  while (at != end) {
    assert(line_used_ < sizeof line_);
    line_[line_used_++] = *at++;
    const Length length = exactLength(line_, line_ + line_used_);
    if (length.state == Length::State::kCut) continue;
    part_ = Part::kValue;
    if (length.state == Length::State::kBad || !announce(line_[0], length.value)) part_ = Part::kBroken;
    return part_ == Part::kBody ? followBody(at, end) : at;
  }
  return at;
}

// A module's status may hold a CR or an LF of its own: only both together end the line.
const char* ReplyScanner::followText(const char* at, const char* end) {
  while (at != end) {
    const void* const found = std::memchr(at, '\n', static_cast<size_t>(end - at));
    const char* const stop = found != nullptr ? static_cast<const char*>(found) + 1 : end;
    const uint64_t size = line_size_ + static_cast<uint64_t>(stop - at);
    const char* const last = stop - (found != nullptr ? 2 : 1);
    const bool cr = last < at ? after_cr_ : *last == '\r';
    const bool whole = found != nullptr && cr;
    if (size + (whole ? 0 : 1) > line_limit_) {
      part_ = Part::kBroken;
      return at;
    }
    at = stop;
    if (whole) {
      part_ = Part::kValue;
      return at;
    }
    line_size_ = static_cast<uint32_t>(size);
    after_cr_ = found == nullptr && cr;
  }
  return at;
}

const char* ReplyScanner::followBody(const char* at, const char* end) {
  const uint64_t here = std::min(static_cast<uint64_t>(end - at), body_left_);
  if (!crLfFits(at, here, body_left_)) {
    part_ = Part::kBroken;
    return at;
  }
  body_left_ -= here;
  if (body_left_ == 0) part_ = Part::kValue;
  return at + here;
}

}  // namespace forebay::redisproto
