// What requests and replies share in their framing: "$16\r\n", the bytes, "\r\n".
#pragma once

#include <cstddef>
#include <cstdint>

namespace forebay::redisproto {

constexpr uint64_t kCrLf = 2;

struct ShortLength {
  uint32_t size;  // of the line with its CR LF; 0: it is no such line
  uint32_t value;
};

// Nearly all lengths have one or two digits: those are read without a loop. `at` is where the type stands.
// What is not such a line, or not wholly there, is left to a slower and exact reader.
[[gnu::always_inline]] inline ShortLength shortLength(const char* at, const char* end) {
  if (end - at < 5) return {0, 0};  // even the shortest line, $0, has two more bytes behind it
  const unsigned first = static_cast<unsigned char>(at[1]) - unsigned{'0'};
  if (first > 9) return {0, 0};
  if (at[2] == '\r' && at[3] == '\n') return {4, first};
  const unsigned second = static_cast<unsigned char>(at[2]) - unsigned{'0'};
  if (first == 0 || second > 9 || at[3] != '\r' || at[4] != '\n') return {0, 0};
  return {5, first * 10 + second};
}

// Of a bulk string `left` bytes are still to come, its CR LF among them, and `here` of those are at `at`:
// whether what is there of the CR LF is one.
inline bool crLfFits(const char* at, uint64_t here, uint64_t left) {
  for (uint64_t i = left > kCrLf ? left - kCrLf : 0; i < here; ++i)
    if (at[i] != (left - i == kCrLf ? '\r' : '\n')) return false;
  return true;
}

}  // namespace forebay::redisproto
