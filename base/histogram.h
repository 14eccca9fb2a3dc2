// Histogram counts durations in fixed exponential buckets, for one writing thread and any number of readers.
//
// record() is two relaxed stores and a count of leading zeros; nothing is allocated. A snapshot taken while
// the writer records may miss the newest value, never invent one.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "base/clock.h"

namespace forebay {

struct HistogramSnapshot {
  static constexpr size_t kBuckets = 26;
  // Bucket i holds durations up to and including upperBound(i); the last one holds all the rest.
  static constexpr microseconds upperBound(size_t i) { return microseconds(int64_t{16} << i); }

  std::array<uint64_t, kBuckets> counts{};  // not cumulative
  uint64_t sum_us = 0;

  uint64_t total() const {
    uint64_t all = 0;
    for (uint64_t n : counts) all += n;
    return all;
  }
  HistogramSnapshot& operator+=(const HistogramSnapshot& other) {
    for (size_t i = 0; i < kBuckets; ++i) counts[i] += other.counts[i];
    sum_us += other.sum_us;
    return *this;
  }
};

class Histogram {
 public:
  void record(Duration value, uint64_t times = 1) {
    const int64_t us = std::chrono::duration_cast<microseconds>(value).count();
    const uint64_t clamped = us > 0 ? static_cast<uint64_t>(us) : 0;
    bump(counts_[bucketOf(clamped)], times);
    bump(sum_us_, clamped * times);
  }

  HistogramSnapshot snapshot() const {
    HistogramSnapshot out;
    for (size_t i = 0; i < out.counts.size(); ++i) out.counts[i] = counts_[i].load(std::memory_order_relaxed);
    out.sum_us = sum_us_.load(std::memory_order_relaxed);
    return out;
  }

 private:
  static size_t bucketOf(uint64_t us) {
    if (us <= 16) return 0;
    const size_t index = static_cast<size_t>(std::bit_width(us - 1)) - 4;  // 17..32 -> 1, 33..64 -> 2
    return index < HistogramSnapshot::kBuckets ? index : HistogramSnapshot::kBuckets - 1;
  }
  // One writer: no read-modify-write instruction is needed.
  static void bump(std::atomic<uint64_t>& counter, uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint64_t>, HistogramSnapshot::kBuckets> counts_{};
  std::atomic<uint64_t> sum_us_{0};
};

}  // namespace forebay
