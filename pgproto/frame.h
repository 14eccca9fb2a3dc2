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
  Bytes body;    // without type byte and length
  Bytes whole;   // with both
};

// Finds the message at the front of `in`. Keeps no state and copies nothing: `out` points into `in`.
// `max_length` bounds the length field, which counts itself but not the type byte.
Scan scanFrame(Bytes in, uint32_t max_length, Frame& out);

// Looks at the five bytes of a header only, for messages that need not be seen whole (DataRow, CopyData).
// kFrame: `type` and `length` (type byte included: the whole message's size) are set.
struct Header {
  char type = 0;
  uint64_t size = 0;  // of the whole message, type byte included
};
Scan scanHeader(Bytes in, uint32_t max_length, Header& out);

// A walk over the fields of a message's body. Every read checks; after a failed one ok() is false for good and
// every further read returns an empty value.
class Reader {
 public:
  explicit Reader(Bytes body) : rest_(body) {}
  uint8_t byte();
  uint16_t int16();
  uint32_t int32();
  Bytes cstring();           // without its zero byte
  Bytes bytes(size_t count);
  Bytes rest() const { return rest_; }
  bool ok() const { return ok_; }
  bool atEnd() const { return ok_ && rest_.empty(); }

 private:
  bool need(size_t count);
  Bytes rest_;
  bool ok_ = true;
};

}  // namespace forebay::pgproto
