#include "pools/key_hash.h"

#include <cstring>

#include "base/load.h"
#include "base/random.h"

namespace forebay::pools {
namespace {

__extension__ using Product = unsigned __int128;

// Both halves of a product depend on all bits of both factors.
uint64_t fold(uint64_t a, uint64_t b) {
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Up to eight bytes, those that are missing as zeros.
uint64_t loadUpTo64(const char* from, size_t size) {
  uint64_t value = 0;
  if (size > 0) std::memcpy(&value, from, size);  // an empty view may point nowhere
  return value;
}

struct Seeds {
  Seeds() {
    fillRandom(values, sizeof values);
    for (uint64_t& value : values) value |= 1;  // never zero, which would swallow the other factor
  }
  uint64_t values[3];
};

// Made when it is first asked for, so that a global object may hash, too.
const uint64_t* seeds() {
  static const Seeds kSeeds;
  return kSeeds.values;
}

uint64_t hashFrom(uint64_t state, Bytes key, const uint64_t* seed) {
  const char* at = key.data();
  size_t left = key.size();
  for (; left > 16; at += 16, left -= 16) state = fold(load64(at) ^ seed[0], load64(at + 8) ^ state);
  const uint64_t low = loadUpTo64(at, left < 8 ? left : 8);
  const uint64_t high = left > 8 ? loadUpTo64(at + 8, left - 8) : 0;
  // The length tells "a" from "a\0", whose missing bytes look the same.
  return fold(fold(low ^ seed[0], high ^ state) ^ key.size(), seed[2]);
}

}  // namespace

uint64_t keyHash(Bytes key) {
  const uint64_t* const seed = seeds();
  return hashFrom(seed[1], key, seed);
}

uint64_t boundedKeyHash(Bytes key) {
  constexpr size_t kEnd = 64;
  if (key.size() <= 2 * kEnd) return keyHash(key);
  const uint64_t* const seed = seeds();
  const uint64_t head = hashFrom(seed[1] ^ key.size(), key.substr(0, kEnd), seed);
  return hashFrom(head, key.substr(key.size() - kEnd), seed);
}

}  // namespace forebay::pools
