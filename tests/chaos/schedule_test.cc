#include "tests/chaos/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace forebay::chaos {
namespace {

std::vector<Kind> allKinds() {
  std::vector<Kind> out(postgresKinds().begin(), postgresKinds().end());
  out.insert(out.end(), redisKinds().begin(), redisKinds().end());
  return out;
}

std::vector<Fault> faults(uint32_t seed, size_t count) {
  Schedule schedule(seed, allKinds());
  std::vector<Fault> out;
  while (out.size() < count) out.push_back(schedule.next());
  return out;
}

TEST(ChaosSchedule, IsTheSameForTheSameSeed) {
  EXPECT_EQ(faults(7, 100), faults(7, 100));
  EXPECT_NE(faults(7, 100), faults(8, 100));
}

TEST(ChaosSchedule, IsTheSameOnEveryMachine) {
  Schedule schedule(1, {Kind::kKill, Kind::kFreeze, Kind::kReset});
  std::string seen;
  for (int i = 0; i < 4; ++i) seen += describe(schedule.next()) + "\n";
  EXPECT_EQ(seen,
            "PostgreSQL: kill -9 of the primary, back as a copy\n"
            "PostgreSQL: connections reset\n"
            "PostgreSQL: primary frozen for 2318 ms, replaced, back as a copy\n"
            "PostgreSQL: primary frozen for 316 ms, replaced, back by pg_rewind\n");
}

TEST(ChaosSchedule, HasEachKindBeforeOneComesAgain) {
  const std::vector<Fault> all = faults(3, 3 * allKinds().size());
  for (size_t from = 0; from < all.size(); from += allKinds().size()) {
    std::set<Kind> seen;
    for (size_t i = 0; i < allKinds().size(); ++i) seen.insert(all[from + i].kind);
    EXPECT_EQ(seen.size(), allKinds().size());
  }
}

TEST(ChaosSchedule, HasFaultsOfAllSorts) {
  const std::vector<Fault> all = faults(5, 1000);
  EXPECT_TRUE(std::ranges::all_of(all, [](const Fault& each) {
    return each.delay <= milliseconds(500) && each.lasts >= milliseconds(300) &&
           each.lasts <= milliseconds(2500);
  }));
  for (const Direction way : {Direction::kBoth, Direction::kToServer, Direction::kFromServer})
    EXPECT_GT(std::ranges::count(all, way, &Fault::direction), 200);
  for (const rig::Rejoin how : {rig::Rejoin::kRewind, rig::Rejoin::kCopy})
    EXPECT_GT(std::ranges::count(all, how, &Fault::rejoin), 300);
  EXPECT_GT(std::ranges::count(all, true, &Fault::harder), 300);
}

TEST(ChaosFault, TellsWhatIsDoneToWhom) {
  for (const Kind kind : allKinds()) {
    const std::string said = describe({.kind = kind, .lasts = milliseconds(300)});
    EXPECT_TRUE(said.starts_with(isOfRedis(kind) ? "Redis: " : "PostgreSQL: ")) << said;
    EXPECT_LE(said.size(), 66u) << "the table has no more room: " << said;
  }
  EXPECT_EQ(
      describe({.kind = Kind::kIsolate, .direction = Direction::kToServer, .rejoin = rig::Rejoin::kCopy}),
      "PostgreSQL: primary cut off on the way there, replaced, back as a copy");
}

}  // namespace
}  // namespace forebay::chaos
