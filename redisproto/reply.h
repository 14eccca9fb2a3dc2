// Replies and pushes as Redis sends them, RESP2 and RESP3. They are not parsed: only their end is found.
//
// A reply is one value, of whatever nesting; finding its end takes a count of the values still to come and
// no stack, so no nesting is too deep. An attribute (|) belongs to the value behind it and is not a reply of
// its own; a push (>) is no reply either, says so, and never stands inside another value. Streamed types ($?
// *? and the like), which Redis never sends, are malformed, as are counts above INT32_MAX, lengths of more
// than 18 digits, and lines without an end: 1 MiB of a status or an error, 64 KiB of anything else. What a
// line says, be it a number or a boolean, is not looked at.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace forebay::redisproto {

class ReplyScanner {
 public:
  enum class Status : uint8_t { kMore, kEnd, kMalformed };

  // Follows the value under way, or begins one, through `in`: at most to its end. Returns what came of it;
  // consumed() tells how many bytes of `in` belong to it. After kEnd the next call begins a new value. What
  // is behind kMalformed can not be followed any more.
  [[gnu::hot]] Status feed(Bytes in);
  size_t consumed() const { return consumed_; }

  // Of the value under way, or that has just ended:
  char type() const { return type_; }  // its first byte that is not an attribute's; 0: not seen yet
  bool isPush() const { return type_ == '>'; }
  uint64_t size() const { return size_; }  // its bytes so far
  // How many bytes are still to come, at least: those of the bulk string under way, and three for each value
  // that has not begun.
  uint64_t announced() const;
  bool started() const { return started_; }  // in the middle of a value

 private:
  enum class Part : uint8_t {
    kValue,   // a value begins next
    kLength,  // a line that announces a length or a count was cut: what there is of it is in line_
    kText,    // in a line of text, line_size_ bytes of it are done with
    kBody,    // in a bulk string, body_left_ bytes of it are still to come
    kBroken,
  };

  [[gnu::hot]] const char* followValues(const char* at, const char* end);
  const char* beginLength(const char* at, const char* end);
  const char* resume(const char* at, const char* end);
  const char* resumeLength(const char* at, const char* end);
  const char* followText(const char* at, const char* end);
  const char* followBody(const char* at, const char* end);
  bool announce(char type, uint64_t value);

  Part part_ = Part::kValue;
  char type_ = 0;
  bool started_ = false;
  bool after_cr_ = false;  // kText: the last byte was a CR
  uint8_t line_used_ = 0;
  char line_[23] = {};  // a type, 18 digits, CR and LF need 21
  uint32_t line_size_ = 0;
  uint32_t line_limit_ = 0;
  size_t consumed_ = 0;
  uint64_t size_ = 0;
  uint64_t values_left_ = 0;  // that have not begun
  uint64_t body_left_ = 0;    // with the CR LF behind it
};

}  // namespace forebay::redisproto
