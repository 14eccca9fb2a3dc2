// HotKeys finds the keys that are asked for most, from samples, in a fixed 32 KiB however many keys there
// are.
//
// A count-min sketch (Cormode and Muthukrishnan, "An improved data stream summary", 2005) with conservative
// update estimates how often any key was sampled, never too low; beside it stand the k keys with the highest
// estimates. All counts are halved every ten seconds, so what was hot before is forgotten. A key is known by
// its first 128 bytes. One belongs to one worker and is not thread-safe; mergeHotKeys() lays several workers'
// together.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace forebay::pools {

struct HotKey {
  std::string key;
  uint64_t count = 0;  // of samples, about, the older ones for less
};

class HotKeys {
 public:
  static constexpr uint32_t kOneOf = 64;
  static constexpr size_t kMaxKey = 128;
  static constexpr Duration kHalfLife = seconds(10);

  explicit HotKeys(size_t k = 32) : k_(k) { top_.reserve(k); }

  // Whether this key is one to sample: one of kOneOf on average. The gaps vary, or a pipeline that repeats
  // itself would show the same of its keys each time.
  bool due() {
    if (--gap_ != 0) return false;
    drawGap();
    return true;
  }
  void sample(Bytes key, Instant now);
  // Lets time pass when nothing is sampled; call it before top().
  void decay(Instant now);

  std::vector<HotKey> top() const;  // the hottest first

 private:
  static constexpr size_t kRows = 4, kColumns = 2048;

  struct Entry {
    uint64_t hash;
    uint32_t count;
    std::string key;
  };

  void drawGap();
  void halve(uint32_t times);
  uint32_t countUp(uint64_t hash);
  void enter(uint64_t hash, uint32_t count, Bytes key);

  const size_t k_;
  uint32_t gap_ = 1;
  uint32_t random_ = 2463534242;
  Instant halved_at_ = kNever;  // kNever: nothing was sampled yet
  std::vector<Entry> top_;      // in no order
  std::array<std::array<uint32_t, kColumns>, kRows> rows_{};
};

// The k hottest of several workers' top(): counts of the same key add up.
std::vector<HotKey> mergeHotKeys(std::span<const std::vector<HotKey>> of_workers, size_t k);

}  // namespace forebay::pools
