#include "pgproto/sql_alike.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/load.h"

namespace forebay::pgproto {
namespace {

size_t commonPrefix(Bytes one, Bytes other) {
  static_assert(std::endian::native == std::endian::little);
  const size_t size = std::min(one.size(), other.size());
  size_t at = 0;
  for (; size - at >= 8; at += 8)
    if (const uint64_t unlike = load64(one.data() + at) ^ load64(other.data() + at); unlike != 0)
      return at + static_cast<size_t>(std::countr_zero(unlike)) / 8;
  while (at < size && one[at] == other[at]) ++at;
  return at;
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool mayPrecede(char c) { return c == ' ' || c == '=' || c == '(' || c == ','; }
bool mayFollow(char c) { return c == ' ' || c == ';' || c == ')' || c == ',' || c == '\n'; }

// The size of the integer that `text` begins with; 0: it begins with none, or that does not stand alone.
size_t integerAt(Bytes text) {
  size_t size = 0;
  while (size < text.size() && isDigit(text[size])) ++size;
  return size == text.size() || mayFollow(text[size]) ? size : 0;
}

}  // namespace

bool isPlainSql(Bytes sql) {
  return sql.find_first_of("'\"$") == Bytes::npos && sql.find("--") == Bytes::npos &&
         sql.find("/*") == Bytes::npos;
}

bool isAlike(Bytes one, Bytes other, bool plain) {
  for (;;) {
    const size_t same = commonPrefix(one, other);
    if (same == one.size() && same == other.size()) return true;
    size_t begin = same;  // of the integers that differ
    while (begin > 0 && isDigit(one[begin - 1])) --begin;
    if (!plain || begin == 0 || !mayPrecede(one[begin - 1])) return false;
    const size_t size = integerAt(one.substr(begin)), other_size = integerAt(other.substr(begin));
    if (size == 0 || other_size == 0) return false;
    one.remove_prefix(begin + size);
    other.remove_prefix(begin + other_size);
  }
}

}  // namespace forebay::pgproto
