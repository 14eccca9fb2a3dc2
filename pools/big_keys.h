// BigKeys remembers for a minute which keys had large values, so that requests for them can go where nobody
// waits behind them.
//
// It holds at most 1,024 hashes in a fixed 24 KiB; the text only of the 16 largest, for who watches. Two keys
// of the same hash are taken for one, which costs a detour and nothing else. One belongs to one worker and is
// not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace forebay::pools {

struct BigKey {
  std::string key;     // its first 128 bytes
  uint64_t bytes = 0;  // when it was seen last
  Instant seen_at{};
};

class BigKeys {
 public:
  static constexpr Duration kMemory = seconds(60);
  static constexpr size_t kSlots = 1024, kLargest = 16, kMaxKey = 128;

  void seen(Bytes key, uint64_t bytes, Instant now);
  [[gnu::hot]] bool known(Bytes key, Instant now) const {
    return now < none_from_ && isKnown(key, now);  // one load when there is none
  }

  // The largest first. Those that were forgotten may still be among them, until larger or newer ones come:
  // look at seen_at.
  std::vector<BigKey> top() const;

 private:
  static constexpr size_t kWays = 4;  // slots that a hash may be in

  struct Slot {
    uint64_t hash = 0;
    Instant until = Instant::min();
  };
  struct Named {
    uint64_t hash;
    BigKey big;
  };

  bool isKnown(Bytes key, Instant now) const;
  void name(uint64_t hash, Bytes key, uint64_t bytes, Instant now);

  Instant none_from_ = Instant::min();  // when the last one will be forgotten
  std::vector<Named> largest_;          // in no order
  std::array<Slot, kSlots> slots_{};
};

// The largest of several workers' top(), each key once.
std::vector<BigKey> mergeBigKeys(const std::vector<std::vector<BigKey>>& of_workers, size_t k);

}  // namespace forebay::pools
