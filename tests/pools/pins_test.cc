#include "pools/pins.h"

#include <gtest/gtest.h>

#include <set>

#include "pgproto/sql.h"

namespace forebay::pools {
namespace {

using namespace pgproto;

Pins pinnedBy(uint32_t effects) {
  Pins pins;
  pins.beforeRunning(effects);
  return pins;
}

TEST(Pins, HoldNobodyAtFirst) {
  EXPECT_FALSE(Pins().any());
  EXPECT_EQ(Pins().names(), "");
}

TEST(Pins, HoldWhoMayHaveMadeStateThatCannotMove) {
  EXPECT_TRUE(pinnedBy(kListens).has(Pins::kListen));
  EXPECT_TRUE(pinnedBy(kCreatesTemp).has(Pins::kTempTable));
  EXPECT_TRUE(pinnedBy(kTakesAdvisoryLock).has(Pins::kAdvisoryLock));
  EXPECT_TRUE(pinnedBy(kPrepares).has(Pins::kPrepare));
  EXPECT_TRUE(pinnedBy(kDeclaresHold).has(Pins::kHoldCursor));
  EXPECT_TRUE(pinnedBy(kLoads).has(Pins::kLoad));
}

TEST(Pins, HoldNobodyForWhatCanMove) {
  EXPECT_FALSE(pinnedBy(kNoEffect | kSets | kResets | kBegins | kEnds | kUnlistensAll | kDiscardsAll).any());
}

TEST(Pins, EndWithWhatEndsTheirState) {
  Pins pins = pinnedBy(kListens | kCreatesTemp | kTakesAdvisoryLock | kPrepares);
  pins.afterRunning(kUnlistensAll);
  EXPECT_EQ(pins.names(), "temp_table, advisory_lock, prepare");
  pins.afterRunning(kDiscardsTemp);
  EXPECT_EQ(pins.names(), "advisory_lock, prepare");
  pins.afterRunning(kFreesAdvisoryLocks);
  EXPECT_EQ(pins.names(), "prepare");
  pins.afterRunning(kDeallocatesAll);
  EXPECT_FALSE(pins.any());
}

TEST(Pins, DoNotEndWithTheDeallocationOfOneStatement) {
  Pins pins = pinnedBy(kPrepares);
  pins.afterRunning(kDeallocates);
  EXPECT_TRUE(pins.any());
}

TEST(Pins, AreAllEndedByDiscardAllButForALibraryAndReplication) {
  Pins pins = pinnedBy(kListens | kCreatesTemp | kTakesAdvisoryLock | kPrepares | kDeclaresHold | kLoads);
  pins.add(Pins::kParameter | Pins::kReplication);
  pins.afterRunning(kDiscardsAll);
  EXPECT_EQ(pins.names(), "load, replication");
}

TEST(Pins, AreEachNamedDifferently) {
  std::set<std::string> names;
  for (uint32_t i = 0; i < Pins::kReasons; ++i) names.insert(Pins::nameOf(Pins::Reason{1u << i}));
  EXPECT_EQ(names.size(), Pins::kReasons);
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace forebay::pools
