// Bytes of a text as a number, wherever they lie.
#pragma once

#include <cstdint>
#include <cstring>

namespace forebay {

// The eight from there on, in the machine's own order.
inline uint64_t load64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace forebay
