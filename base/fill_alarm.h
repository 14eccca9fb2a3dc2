// FillAlarm tells once when something has filled up to 80 % of its limit, and again only after it has been
// below 70 %. Any thread may ask; each crossing is told to one of them.
#pragma once

#include <atomic>
#include <cstdint>

namespace forebay {

class FillAlarm {
 public:
  // After each change of `count`. True: that one crossed the mark.
  bool crossed(uint32_t count, uint32_t limit) {
    const uint64_t share = uint64_t{count} * 100;
    if (share >= uint64_t{limit} * kMark) return !raised() && !raised_.exchange(true);
    if (raised() && share < uint64_t{limit} * kCalm) raised_.store(false);
    return false;
  }

 private:
  static constexpr uint64_t kMark = 80, kCalm = 70;
  bool raised() const { return raised_.load(std::memory_order_relaxed); }

  std::atomic<bool> raised_{false};
};

}  // namespace forebay
