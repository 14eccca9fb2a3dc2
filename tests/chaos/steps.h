// Steps that faults of PostgreSQL and of Redis are made of.
#pragma once

#include "tests/chaos/fault.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
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

// `inflict` does it to clients that are at work. When they go on, and the servers are as before, `judge` says
// what came of it.
template <typename Clients, typename Servers, typename Inflict, typename Judge>
auto throughFault(const Fault& fault, Clients& clients, rig::Forebay& forebay, Servers& servers,
                  Inflict inflict, Judge judge) {
  try {
    clients.awaitProgress();
    rest(fault.delay);
    inflict();
    clients.awaitProgress();
    servers.awaitHealthy();
    return judge();
  } catch (...) {
    forebay.process().kill();  // or clients would wait for it, and whoever waits for them, too
    throw;
  }
}

}  // namespace forebay::chaos
