// Views of bytes, and the big-endian integers that wire protocols are made of.
//
// Bytes never owns what it points at; a char in it may hold any value. The readers assert that enough bytes
// are there: check lengths from the wire before calling them.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>

namespace forebay {

using Bytes = std::string_view;

inline uint16_t readBe16(Bytes in) {
  assert(in.size() >= 2);
  return static_cast<uint16_t>((static_cast<unsigned char>(in[0]) << 8) | static_cast<unsigned char>(in[1]));
}

inline uint32_t readBe32(Bytes in) {
  assert(in.size() >= 4);
  return (uint32_t{readBe16(in)} << 16) | readBe16(in.substr(2));
}

inline void storeBe16(char* out, uint16_t value) {
  out[0] = static_cast<char>(value >> 8);
  out[1] = static_cast<char>(value);
}

inline void storeBe32(char* out, uint32_t value) {
  storeBe16(out, static_cast<uint16_t>(value >> 16));
  storeBe16(out + 2, static_cast<uint16_t>(value));
}

inline void appendBe16(std::string& out, uint16_t value) {
  char raw[2];
  storeBe16(raw, value);
  out.append(raw, sizeof raw);
}

inline void appendBe32(std::string& out, uint32_t value) {
  char raw[4];
  storeBe32(raw, value);
  out.append(raw, sizeof raw);
}

// Appends `text` and the terminating zero byte of a protocol String.
inline void appendCString(std::string& out, Bytes text) { out.append(text).push_back('\0'); }

}  // namespace forebay
