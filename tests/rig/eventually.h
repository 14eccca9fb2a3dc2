// What happens by itself, but nobody can say when: asked for again and again, for at most kPatience.
#pragma once

#include <thread>

#include "tests/rig/error.h"
#include "tests/rig/interruption.h"

namespace forebay::rig {

// True as soon as `condition()` is; false when it has not come true within `limit`.
template <typename Condition>
bool eventually(Condition condition, milliseconds limit = kPatience) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    throwIfInterrupted();
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

}  // namespace forebay::rig
