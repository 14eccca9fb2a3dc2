// Schedule is the order in which faults come: random, and the same for the same seed, wherever it runs and
// however long that takes.
//
// Kinds come as from a deck of cards: shuffled, and each once before one comes again.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tests/chaos/fault.h"

namespace forebay::chaos {

class Schedule {
 public:
  Schedule(uint32_t seed, std::vector<Kind> kinds);
  Fault next();

 private:
  uint32_t below(uint32_t bound);
  milliseconds between(milliseconds least, milliseconds most);
  void shuffle();

  std::mt19937 random_;
  std::vector<Kind> deck_;
  size_t dealt_ = 0;
};

}  // namespace forebay::chaos
