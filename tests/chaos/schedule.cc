#include "tests/chaos/schedule.h"

#include <cassert>
#include <utility>

namespace forebay::chaos {
namespace {

// What is shorter nobody notices, and what is longer teaches nothing more.
constexpr milliseconds kShortest(300), kLongest(2500);
constexpr milliseconds kLongestDelay(500);

}  // namespace

Schedule::Schedule(uint32_t seed, std::vector<Kind> kinds) : random_(seed), deck_(std::move(kinds)) {
  assert(!deck_.empty());
  shuffle();
}

// The standard library's distributions and its shuffle may differ from one to the next.
uint32_t Schedule::below(uint32_t bound) { return static_cast<uint32_t>(random_()) % bound; }

milliseconds Schedule::between(milliseconds least, milliseconds most) {
  return least + milliseconds(below(static_cast<uint32_t>((most - least).count()) + 1));
}

void Schedule::shuffle() {
  for (size_t i = deck_.size(); i > 1; --i) std::swap(deck_[i - 1], deck_[below(static_cast<uint32_t>(i))]);
  dealt_ = 0;
}

Fault Schedule::next() {
  if (dealt_ == deck_.size()) shuffle();
  Fault fault{.kind = deck_[dealt_++]};
  fault.delay = between(milliseconds(0), kLongestDelay);
  fault.lasts = between(kShortest, kLongest);
  fault.direction = static_cast<Direction>(below(3));
  fault.rejoin = below(2) == 0 ? rig::Rejoin::kRewind : rig::Rejoin::kCopy;
  fault.harder = below(2) == 0;
  fault.client_seed = static_cast<uint32_t>(random_());
  return fault;
}

}  // namespace forebay::chaos
