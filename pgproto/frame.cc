#include "pgproto/frame.h"

namespace forebay::pgproto {

bool Reader::need(size_t count) {
  if (rest_.size() >= count) return true;
  fail();
  return false;
}

// The rest stays a view into the body, so that pointers taken from it can always be compared with the body's.
void Reader::fail() {
  rest_.remove_prefix(rest_.size());
  ok_ = false;
}

uint8_t Reader::byte() {
  if (!need(1)) return 0;
  const auto value = static_cast<uint8_t>(rest_[0]);
  rest_.remove_prefix(1);
  return value;
}

uint16_t Reader::int16() {
  if (!need(2)) return 0;
  const uint16_t value = readBe16(rest_);
  rest_.remove_prefix(2);
  return value;
}

uint32_t Reader::int32() {
  if (!need(4)) return 0;
  const uint32_t value = readBe32(rest_);
  rest_.remove_prefix(4);
  return value;
}

Bytes Reader::cstring() {
  const size_t end = rest_.find('\0');
  if (end == Bytes::npos) {
    fail();
    return rest_;
  }
  const Bytes text = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return text;
}

Bytes Reader::bytes(size_t count) {
  if (!need(count)) return rest_;
  const Bytes taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

}  // namespace forebay::pgproto
