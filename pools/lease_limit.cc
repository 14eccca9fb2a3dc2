#include "pools/lease_limit.h"

#include <cassert>

namespace forebay::pools {

LeaseLimit::LeaseLimit(uint32_t workers, uint32_t limit)
    : workers_(workers), slots_(std::make_unique<Slot[]>(workers)), limit_(limit) {}

bool LeaseLimit::take() {
  uint32_t used = used_.load();
  do {
    if (used >= limit_.load()) return false;
  } while (!used_.compare_exchange_weak(used, used + 1));
  return true;
}

void LeaseLimit::giveBack() {
  [[maybe_unused]] const uint32_t before = used_.fetch_sub(1);
  assert(before > 0);
}

uint32_t LeaseLimit::waitingInAll() const {
  uint32_t sum = 0;
  for (uint32_t worker = 0; worker < workers_; ++worker) sum += slots_[worker].waiting.load();
  return sum;
}

std::optional<uint32_t> LeaseLimit::waiterElsewhere(uint32_t self) const {
  if (used() >= limit()) return std::nullopt;  // whoever took it will give it back and look
  for (uint32_t step = 1; step < workers_; ++step) {
    const uint32_t worker = (self + step) % workers_;
    if (slots_[worker].waiting.load() > 0) return worker;
  }
  return std::nullopt;
}

}  // namespace forebay::pools
