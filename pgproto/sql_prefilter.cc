#include "pgproto/sql_prefilter.h"

#include <cstdint>
#include <cstring>

namespace forebay::pgproto {
namespace {

constexpr size_t kLanes = 16;
constexpr size_t kNeedle = 4;                     // the longest that is looked for
constexpr size_t kWindow = kLanes + kNeedle - 1;  // bytes that decide about 16 starting positions

using Block = uint8_t __attribute__((vector_size(kLanes)));

Block load(const char* from) {
  Block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

bool any(Block block) {
  uint64_t halves[2];
  std::memcpy(halves, &block, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// Bit 5 set makes a letter small; it makes other bytes something else, at worst a needle that is none.
Block foldLetters(Block block) { return block | 0x20; }

// Two letters of each needle that seldom meet, and the symbols: most texts have none of them. The semicolon
// is looked for at the end of the window, to see the text's last bytes; its first three are letters.
bool worthALook(const char* window) {
  const Block raw0 = load(window), raw1 = load(window + 1), raw3 = load(window + 3);
  const Block at1 = foldLetters(raw1), at2 = foldLetters(load(window + 2));
  const auto hit = ((at1 == 'd') & (at2 == 'v')) | ((at1 == 'f') & (at2 == 'i')) |
                   ((at1 == 'e') & (at2 == 'm')) | ((raw0 == '&') & (raw1 == '"')) | (raw3 == ';');
  return any(reinterpret_cast<Block>(hit));
}

bool windowMayMatter(const char* window) {
  if (!worthALook(window)) return false;
  const Block raw0 = load(window), raw1 = load(window + 1), raw3 = load(window + 3);
  const Block at0 = foldLetters(raw0), at1 = foldLetters(raw1), at2 = foldLetters(load(window + 2)),
              at3 = foldLetters(raw3);
  const auto advi = (at0 == 'a') & (at1 == 'd') & (at2 == 'v') & (at3 == 'i');
  const auto nfig = (at0 == 'n') & (at1 == 'f') & (at2 == 'i') & (at3 == 'g');
  const auto temp = (at0 == 't') & (at1 == 'e') & (at2 == 'm') & (at3 == 'p');
  const auto unicode_name = (raw0 == '&') & (raw1 == '"');
  return any(reinterpret_cast<Block>(advi | nfig | temp | unicode_name | (raw3 == ';')));
}

}  // namespace

bool mayHaveEffect(Bytes text) {
  if (text.size() < kWindow) {
    char window[kWindow] = {};
    std::memcpy(window, text.data(), text.size());
    return windowMayMatter(window);
  }
  const size_t last = text.size() - kWindow;
  for (size_t i = 0; i < last; i += kLanes)
    if (windowMayMatter(text.data() + i)) return true;
  return windowMayMatter(text.data() + last);
}

}  // namespace forebay::pgproto
