// A 64-bit hash of bytes that strangers choose: fast on short keys, and seeded at random once per process, so
// nobody outside can make keys meet on purpose. Its values mean nothing to another process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace forebay::pools {

[[gnu::hot]] uint64_t keyHash(Bytes key);

// Looks at no more than the first and the last 64 bytes and the length: a key may be 512 MB long. For tables
// in which it costs little when two keys are taken for one.
[[gnu::hot]] uint64_t boundedKeyHash(Bytes key);

// For maps by name that are asked with a view.
struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const { return keyHash(name); }
};

}  // namespace forebay::pools
