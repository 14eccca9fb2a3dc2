// MessageBuilder appends one typed message to a string: the type byte and a place for the length when it is
// made, then what the caller appends, and the length itself when it goes.
//
//   MessageBuilder message(out, 'Z');
//   out.push_back('I');
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace forebay::pgproto {

class MessageBuilder {
 public:
  MessageBuilder(std::string& out, char type) : out_(out) {
    out_.push_back(type);
    length_at_ = out_.size();
    out_.append(4, '\0');
  }
  ~MessageBuilder() { storeBe32(out_.data() + length_at_, static_cast<uint32_t>(out_.size() - length_at_)); }
  MessageBuilder(const MessageBuilder&) = delete;
  MessageBuilder& operator=(const MessageBuilder&) = delete;

 private:
  std::string& out_;
  size_t length_at_ = 0;
};

}  // namespace forebay::pgproto
