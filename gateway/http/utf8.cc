#include "gateway/http/utf8.h"

#include <cstddef>
#include <cstdint>

namespace forebay::http {
namespace {

void appendEscaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<uint8_t>(c);
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

bool isContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

size_t announcedSize(uint8_t first) {
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF5 ? 4 : 0;
}

// The size of the well-formed sequence at the front of `in`; 0: there is none.
// https://www.unicode.org/versions/latest/ch03.pdf, table 3-7
size_t sequenceSize(std::string_view in) {
  const auto first = static_cast<uint8_t>(in[0]);
  const size_t size = announcedSize(first);
  if (size == 0 || in.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!isContinuation(in[i])) return 0;
  }
  if (size == 1) return 1;
  const auto second = static_cast<uint8_t>(in[1]);
  if (first == 0xE0 && second < 0xA0) return 0;  // longer than need be
  if (first == 0xED && second > 0x9F) return 0;  // half of a surrogate pair
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second > 0x8F) return 0;  // beyond U+10FFFF
  return size;
}

}  // namespace

std::string toUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t size = sequenceSize(text);
    if (size == 0) {
      appendEscaped(out, text[0]);
      text.remove_prefix(1);
    } else {
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return out;
}

}  // namespace forebay::http
