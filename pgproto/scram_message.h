// The grammar that SCRAM's messages share: attributes "x=value" with commas between them. RFC 5802 section 7.
#pragma once

#include <string>

#include "base/bytes.h"

namespace forebay::pgproto {

// Takes the attributes of a message off its front, one by one.
class ScramReader {
 public:
  explicit ScramReader(Bytes message) : message_(message) {}

  // Takes the next attribute when it is called `name`. `value` points into the message.
  bool take(char name, Bytes& value);
  // Takes the next attribute, whatever it is called, as long as it is a letter.
  bool takeAny(char& name, Bytes& value);
  // The name of the next attribute, 0 when there is none.
  char next() const { return atEnd() ? '\0' : message_[position_]; }
  bool atEnd() const { return position_ >= message_.size(); }
  // Where the next attribute starts.
  size_t position() const { return position_; }

 private:
  Bytes message_;
  size_t position_ = 0;
};

// Not empty, and made of the characters that a nonce may have: printable ASCII but the comma.
bool isScramNonce(Bytes text);
// `text` without what does not belong in a line of a log, and not too long for one.
std::string printableExcerpt(Bytes text);

}  // namespace forebay::pgproto
