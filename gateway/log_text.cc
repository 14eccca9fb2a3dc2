#include "gateway/log_text.h"

#include <cstddef>
#include <cstdint>

namespace forebay {
namespace {

constexpr char kHex[] = "0123456789abcdef";

struct Rune {
  uint32_t code = 0;
  size_t length = 0;  // bytes; 0: the first byte begins no valid sequence
};

// The code point at the front of `text`, which is not empty. Overlong forms and surrogates are not valid
// UTF-8.
Rune firstRune(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  uint32_t code = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, length};
}

// C0 and DEL; C1, which some terminals obey; the line separators that some viewers obey.
bool isControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

bool isPlain(char c) { return c >= 0x20 && c < 0x7f && c != '\\' && c != '"'; }

void appendHexBytes(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.append("\\x").push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
}

void appendUnicodeEscape(std::string& out, uint32_t code) {
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(kHex[code >> shift & 15]);
}

// Calls `odd(rune, bytes)` for whatever needs a thought and appends the rest.
template <typename Odd>
void appendWith(std::string& out, std::string_view text, Odd odd) {
  while (!text.empty()) {
    size_t plain = 0;
    while (plain < text.size() && isPlain(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const Rune rune = firstRune(text);
    const size_t length = rune.length == 0 ? 1 : rune.length;
    odd(rune, text.substr(0, length));
    text.remove_prefix(length);
  }
}

}  // namespace

void appendPrintable(std::string& out, std::string_view text) {
  appendWith(out, text, [&out](Rune rune, std::string_view bytes) {
    if (rune.code == '\\' && rune.length == 1)
      out.append("\\\\");
    else if (rune.code == '\n')
      out.append("\\n");
    else if (rune.code == '\r')
      out.append("\\r");
    else if (rune.code == '\t')
      out.append("\\t");
    else if (rune.length == 0 || isControl(rune.code))
      appendHexBytes(out, bytes);
    else
      out.append(bytes);
  });
}

void appendJsonEscaped(std::string& out, std::string_view text) {
  appendWith(out, text, [&out](Rune rune, std::string_view bytes) {
    if (rune.length == 0)
      out.append("\xef\xbf\xbd");
    else if (rune.code == '\\' || rune.code == '"')
      out.append("\\").append(bytes);
    else if (rune.code == '\n')
      out.append("\\n");
    else if (isControl(rune.code))
      appendUnicodeEscape(out, rune.code);
    else
      out.append(bytes);
  });
}

}  // namespace forebay
