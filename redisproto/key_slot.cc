#include <array>
#include <cstdint>

#include "redisproto/command.h"

namespace forebay::redisproto {
namespace {

constexpr uint16_t kPolynomial = 0x1021;
constexpr uint16_t kLastSlot = 16383;

constexpr std::array<uint16_t, 256> makeTable() {
  std::array<uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? kPolynomial : 0);
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}

constexpr std::array<uint16_t, 256> kTable = makeTable();

// What of a key is hashed, so that an application can bring keys together: "{user7}:cart" and "{user7}:name".
Bytes hashTag(Bytes key) {
  const size_t open = key.find('{');
  if (open == Bytes::npos) return key;
  const size_t close = key.find('}', open + 1);
  if (close == Bytes::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace

uint16_t keySlot(Bytes key) {
  uint16_t crc = 0;
  for (const char c : hashTag(key))
    crc = static_cast<uint16_t>((crc << 8) ^ kTable[(crc >> 8) ^ static_cast<unsigned char>(c)]);
  return crc & kLastSlot;
}

}  // namespace forebay::redisproto
