#include "redisproto/command.h"

namespace forebay::redisproto {
namespace {

// Matches the class whose [ is at `at` with `c`, and moves `at` behind the class. As in Redis, one that is
// not closed ends with the pattern, and a range may be given either way round.
bool classMatches(Bytes pattern, size_t& at, char c) {
  ++at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  const auto value = static_cast<unsigned char>(c);
  bool matches = false;
  while (at < pattern.size() && pattern[at] != ']') {
    const size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      matches |= pattern[at + 1] == c;
      at += 2;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      const auto from = static_cast<unsigned char>(pattern[at]);
      const auto to = static_cast<unsigned char>(pattern[at + 2]);
      matches |= from <= to ? from <= value && value <= to : to <= value && value <= from;
      at += 3;
    } else {
      matches |= pattern[at] == c;
      ++at;
    }
  }
  if (at < pattern.size()) ++at;
  return matches != negated;
}

// Matches one element of the pattern, no *, with `c`, and moves `at` behind it.
bool elementMatches(Bytes pattern, size_t& at, char c) {
  switch (pattern[at]) {
    case '?': ++at; return true;
    case '[': return classMatches(pattern, at, c);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default: return pattern[at++] == c;
  }
}

}  // namespace

// After a mismatch only the last * takes one byte more: what an earlier one could take, this one can as well.
bool globMatches(Bytes pattern, Bytes text) {
  size_t at = 0, in = 0;
  size_t behind_star = Bytes::npos, star_end = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      behind_star = ++at;
      star_end = in;
      if (at == pattern.size()) return true;
    } else if (at < pattern.size() && elementMatches(pattern, at, text[in])) {
      ++in;
    } else if (behind_star != Bytes::npos) {
      at = behind_star;
      in = ++star_end;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace forebay::redisproto
