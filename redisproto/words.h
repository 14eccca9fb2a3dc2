// Words of requests, which Redis compares without regard to case.
#pragma once

#include <algorithm>

#include "base/bytes.h"

namespace forebay::redisproto {

constexpr char lowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

inline std::string lowerCase(Bytes text) {
  std::string out(text);
  for (char& c : out) c = lowerCase(c);
  return out;
}

// Is `arg` this word, which is in lower case?
inline bool isWord(Bytes arg, std::string_view word) {
  return arg.size() == word.size() && std::ranges::equal(arg, word, {}, [](char c) { return lowerCase(c); });
}

}  // namespace forebay::redisproto
