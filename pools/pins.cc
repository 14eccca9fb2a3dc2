#include "pools/pins.h"

#include "pgproto/sql.h"

namespace forebay::pools {

void Pins::beforeRunning(uint32_t effects) {
  if (effects & pgproto::kListens) bits_ |= kListen;
  if (effects & pgproto::kCreatesTemp) bits_ |= kTempTable;
  if (effects & pgproto::kTakesAdvisoryLock) bits_ |= kAdvisoryLock;
  if (effects & pgproto::kPrepares) bits_ |= kPrepare;
  if (effects & pgproto::kDeclaresHold) bits_ |= kHoldCursor;
  if (effects & pgproto::kLoads) bits_ |= kLoad;
}

void Pins::afterRunning(uint32_t effects) {
  if (effects & pgproto::kDiscardsAll) {
    bits_ &= kLoad | kReplication;  // a loaded library stays until the server process ends
    return;
  }
  if (effects & pgproto::kUnlistensAll) bits_ &= ~uint32_t{kListen};
  if (effects & pgproto::kDiscardsTemp) bits_ &= ~uint32_t{kTempTable};
  if (effects & pgproto::kFreesAdvisoryLocks) bits_ &= ~uint32_t{kAdvisoryLock};
  if (effects & pgproto::kDeallocatesAll) bits_ &= ~uint32_t{kPrepare};
}

const char* Pins::nameOf(Reason reason) {
  switch (reason) {
    case kListen: return "listen";
    case kTempTable: return "temp_table";
    case kAdvisoryLock: return "advisory_lock";
    case kPrepare: return "prepare";
    case kHoldCursor: return "hold_cursor";
    case kLoad: return "load";
    case kParameter: return "parameter";
    case kReplication: return "replication";
  }
  return "";
}

std::string Pins::names() const {
  std::string out;
  for (uint32_t i = 0; i < kReasons; ++i) {
    const uint32_t bit = 1u << i;
    if (!(bits_ & bit)) continue;
    if (!out.empty()) out += ", ";
    out += nameOf(static_cast<Reason>(bit));
  }
  return out;
}

}  // namespace forebay::pools
