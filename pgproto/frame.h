// Finding messages in a stream of PostgreSQL protocol bytes.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace forebay::pgproto {

inline constexpr size_t kHeaderSize = 5;  // type byte and length

enum class Scan : uint8_t {
  kFrame,      // a whole message stands at the front
  kNeedMore,   // what is there may become a message
  kMalformed,  // it never will: close the connection
};

struct Frame {
  char type = 0;
  Bytes body;   // without type byte and length
  Bytes whole;  // with both
};

// What a header tells about its message.
struct Header {
  char type = 0;
  uint64_t size = 0;  // of the whole message, type byte and length included
};

// Looks at a header only, for messages that need not be seen whole (DataRow, CopyData): kFrame means that the
// five bytes are there and make sense. `max_length` bounds the length field, which counts itself but not the
// type byte.
inline Scan scanHeader(Bytes in, uint32_t max_length, Header& out) {
  if (in.size() < kHeaderSize) return Scan::kNeedMore;
  const uint32_t length = readBe32(Bytes(in.data() + 1, 4));
  if (length < 4 || length > max_length)
    return Scan::kMalformed;  // before anything waits or makes room for it
  out = {in[0], uint64_t{length} + 1};
  return Scan::kFrame;
}

// Finds the message at the front of `in`. Keeps no state and copies nothing: `out` points into `in`.
// Here, not in a .cc: every message that passes through goes through these two, and a call costs more than
// they do.
inline Scan scanFrame(Bytes in, uint32_t max_length, Frame& out) {
  Header header;
  const Scan found = scanHeader(in, max_length, header);
  if (found != Scan::kFrame) return found;
  if (in.size() < header.size) return Scan::kNeedMore;
  const auto size = static_cast<size_t>(header.size);
  out = {header.type, Bytes(in.data() + kHeaderSize, size - kHeaderSize), Bytes(in.data(), size)};
  return Scan::kFrame;
}

// A walk over the fields of a message's body. Every read checks; after a failed one ok() is false for good
// and every further read returns zero or an empty view. So a decoder reads all its fields and asks once, at
// the end.
class Reader {
 public:
  explicit Reader(Bytes body) : rest_(body) {}
  uint8_t byte();
  uint16_t int16();
  uint32_t int32();
  Bytes cstring();  // without its zero byte
  Bytes bytes(size_t count);
  Bytes rest() const { return rest_; }  // what has not been read; empty after a failed read
  bool ok() const { return ok_; }
  bool atEnd() const { return ok_ && rest_.empty(); }

 private:
  bool need(size_t count);
  void fail();

  Bytes rest_;
  bool ok_ = true;
};

}  // namespace forebay::pgproto
