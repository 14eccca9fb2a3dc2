// How long to wait before something that has failed is tried again, and the noise that keeps many from trying
// in step.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace forebay {

// Doubles from `first` with each of the `failures` in a row before this one, up to `longest`, less a random
// part of up to a half (`jitter` from 0 to 1).
inline Duration backoff(Duration first, unsigned failures, Duration longest, double jitter) {
  const Duration pause = std::min(first * (int64_t{1} << std::min(failures, 20u)), longest);
  return std::chrono::duration_cast<Duration>(pause * (1 - jitter / 2));
}

// Numbers from 0 to 1 for spreading things out: cheap, not hard to guess, the same for the same seed. Not
// thread-safe.
class Jitter {
 public:
  explicit Jitter(uint32_t seed) : state_(0x9e3779b97f4a7c15ull * (uint64_t{seed} + 1)) {}

  double next() {  // xorshift
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<double>(state_ >> 11) * 0x1.0p-53;
  }

 private:
  uint64_t state_;
};

}  // namespace forebay
