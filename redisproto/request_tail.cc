#include <algorithm>

#include "redisproto/request.h"
#include "redisproto/request_header.h"

namespace forebay::redisproto {

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

}  // namespace forebay::redisproto
