// Small questions about the words of a request.
#pragma once

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/bytes.h"

namespace forebay::redis {

// `lower` is in lower case.
inline bool sameWord(Bytes word, std::string_view lower) {
  return word.size() == lower.size() && strncasecmp(word.data(), lower.data(), lower.size()) == 0;
}

// The number that the whole word is, if it is one and a T holds it.
template <typename T>
std::optional<T> wholeNumber(Bytes word) {
  T value{};
  const char* end = word.data() + word.size();
  const auto [stopped, failure] = std::from_chars(word.data(), end, value);
  return failure == std::errc() && stopped == end ? std::optional(value) : std::nullopt;
}

// What Redis takes for the name of a client, a library or a version.
inline bool nameIsFine(Bytes name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace forebay::redis
