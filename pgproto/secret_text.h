// SecretText holds a password and wipes it from memory when it goes. It moves and is never copied, so there
// is one place to wipe.
#pragma once

#include <string>
#include <utility>

#include "base/bytes.h"

namespace forebay::pgproto {

// Overwrites `text` with zeros, the unused end of its buffer too, and leaves it empty.
void wipe(std::string& text);

class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept { text_.swap(other.text_); }
  SecretText& operator=(SecretText&& other) noexcept {
    text_.swap(other.text_);
    wipe(other.text_);
    return *this;
  }
  ~SecretText() { wipe(text_); }

  Bytes view() const { return text_; }

 private:
  std::string text_;
};

}  // namespace forebay::pgproto
