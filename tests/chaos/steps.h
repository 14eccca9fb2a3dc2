// Steps that faults of PostgreSQL and of Redis are made of.
#pragma once

#include "tests/chaos/fault.h"
#include "tests/rig/eventually.h"
#include "tests/rig/relay.h"

namespace forebay::chaos {

// An interruption ends it.
inline void rest(milliseconds time) {
  rig::eventually([] { return false; }, time);
}

inline void pause(rig::Relay& wire, Direction direction) {
  switch (direction) {
    case Direction::kBoth: return wire.pause();
    case Direction::kToServer: return wire.pauseToTarget();
    case Direction::kFromServer: return wire.pauseFromTarget();
  }
}

}  // namespace forebay::chaos
