// What a Redis behind a gateway must not have shown its clients, although a failover loses what only the old
// primary had: Redis replicates after it has acknowledged.
//
// A write of which all replicas have told (WAIT) survives every failover. Any other one may be lost by a
// failover that began before it was over, and by nothing else. SET knows no order, so a write of which nobody
// knows may come late, over a newer one.
//
// Of History::reads kNewest and kOwnWrites are known here: a session is a connection, which clients keep.
#pragma once

#include <string>
#include <vector>

#include "tests/rig/history.h"

namespace forebay::rig {

// From the fault until the gateway has accepted the new primary.
using Failover = Disturbance;

// One line for each; none: all promises were kept.
std::vector<std::string> cacheViolationsOf(const History& history, const std::vector<Failover>& failovers);

}  // namespace forebay::rig
