// Small questions about the words of a request.
#pragma once

#include <strings.h>

#include <algorithm>

#include "base/bytes.h"

namespace forebay::redis {

// `lower` is in lower case.
inline bool sameWord(Bytes word, std::string_view lower) {
  return word.size() == lower.size() && strncasecmp(word.data(), lower.data(), lower.size()) == 0;
}

// What Redis takes for the name of a client, a library or a version.
inline bool nameIsFine(Bytes name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace forebay::redis
