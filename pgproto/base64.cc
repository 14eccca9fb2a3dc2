#include "pgproto/base64.h"

#include <array>
#include <cstdint>

namespace forebay::pgproto {
namespace {

constexpr Bytes kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kInvalid = 0xff;

constexpr std::array<uint8_t, 256> makeDigits() {
  std::array<uint8_t, 256> digits{};
  digits.fill(kInvalid);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<uint8_t>(i);
  return digits;
}
constexpr std::array<uint8_t, 256> kDigits = makeDigits();

}  // namespace

std::string base64(Bytes raw) {
  std::string text;
  text.reserve((raw.size() + 2) / 3 * 4);
  for (size_t i = 0; i < raw.size(); i += 3) {
    const Bytes group = raw.substr(i, 3);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    for (size_t k = 0; k < 4; ++k)
      text.push_back(k <= group.size() ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=');
  }
  return text;
}

std::optional<std::string> parseBase64(Bytes text) {
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  std::string raw;
  raw.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  unsigned have = 0;
  for (const char c : text) {
    const uint8_t digit = kDigits[static_cast<unsigned char>(c)];
    if (digit == kInvalid) return std::nullopt;
    bits = bits << 6 | digit;
    have += 6;
    if (have >= 8) {
      have -= 8;
      raw.push_back(static_cast<char>(bits >> have & 0xff));
    }
  }
  if ((bits & ((1u << have) - 1)) != 0) return std::nullopt;
  return raw;
}

}  // namespace forebay::pgproto
