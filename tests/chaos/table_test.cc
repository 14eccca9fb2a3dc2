#include "tests/chaos/table.h"

#include <gtest/gtest.h>

namespace forebay::chaos {
namespace {

using rig::Operation;
using rig::seconds;

const Fault kNap{.kind = Kind::kNap, .lasts = milliseconds(400)};

TEST(ChaosTable, HasOneLinePerFault) {
  const Result result{.outage = milliseconds(412), .writes = 1234, .errors_in_flight = 13};
  const std::string line = row(milliseconds(12300), kNap, result);
  EXPECT_EQ(line,
            "   12.3s  PostgreSQL: primary frozen for 400 ms                                 412 ms    1234"
            "        13     0          0\n");
  EXPECT_EQ(header().find('\n'), line.find('\n')) << "one stands above the other";
}

TEST(ChaosTable, NamesWhatShouldNotHaveBeen) {
  Result result{.errors_not_in_flight = {"client 3: login"},
                .violations = std::vector<std::string>(12, "lost")};
  const std::string text = row(milliseconds(0), kNap, result);
  EXPECT_NE(text.find("! client 3: login\n"), std::string::npos) << text;
  EXPECT_NE(text.find("! lost\n"), std::string::npos);
  EXPECT_NE(text.find("! and 2 more\n"), std::string::npos);
}

TEST(ChaosTable, SaysWhatCouldNotBeTried) {
  const std::string text = row(milliseconds(0), kNap, {.skipped = "no mount namespace"});
  EXPECT_NE(text.find("skipped: no mount namespace\n"), std::string::npos);
}

TEST(ChaosTable, CountsWhatClientsNoted) {
  const rig::SteadyTime start{};
  Operation write{.value = 1, .begun = start, .ended = start + seconds(1)};
  Operation lost{.value = 2,
                 .outcome = rig::Outcome::kUnknown,
                 .begun = start + seconds(2),
                 .ended = start + seconds(3)};
  Operation late{.value = 3, .begun = start + seconds(8), .ended = start + seconds(9)};
  Operation refused{
      .outcome = rig::Outcome::kNotExecuted, .sqlstate = "25006", .begun = start, .ended = start};
  const Result result = resultOf({.clients = {{1, {write, lost, late, refused}}},
                                  .disturbances = {{start + seconds(1), start + seconds(4)}}});
  EXPECT_EQ(result.outage, seconds(8));
  EXPECT_EQ(result.writes, 2);
  EXPECT_EQ(result.errors_in_flight, 1);
  EXPECT_EQ(result.errors_not_in_flight.size(), 1u);
  EXPECT_FALSE(result.isGood());
}

TEST(ChaosTable, CountsReadsOfServersThatTookNoWrite) {
  const Operation write{.value = 1, .server_port = 1};
  const auto read = [](int port) {
    return Operation{.kind = Operation::Kind::kRead, .value = 1, .server_port = port};
  };
  EXPECT_EQ(
      resultOf({.clients = {{1, {write, read(1), read(2)}}, {2, {read(1), read(3)}}}, .disturbances = {}})
          .replica_reads,
      2);
}

TEST(ChaosVerdict, IsGoodWhenEveryFaultWas) {
  Verdict verdict;
  verdict.add(kNap, {.outage = milliseconds(412), .writes = 100, .replica_reads = 40});
  verdict.add({.kind = Kind::kFillDisk}, {.skipped = "no mount namespace"});
  EXPECT_TRUE(verdict.isGood());
  EXPECT_EQ(
      verdict.text("./run chaos 1 2"),
      "1 faults, 1 skipped, 100 writes acknowledged, 40 of PostgreSQL's reads by replicas, longest outage "
      "412 ms (PostgreSQL: primary frozen for 400 ms)\n"
      "good: every promise was kept. The same again: ./run chaos 1 2\n");
}

TEST(ChaosVerdict, IsBadWithOneBrokenPromise) {
  Verdict broken, troubled;
  broken.add(kNap, {.violations = {"lost"}});
  broken.add(kNap, {});
  EXPECT_FALSE(broken.isGood());
  EXPECT_NE(broken.text("./run chaos 1 2")
                .find("BAD: 1 of them broke a promise, 0 other problems. The same again: ./run chaos 1 2"),
            std::string::npos);
  troubled.add(kNap, {});
  troubled.addProblem();
  EXPECT_FALSE(troubled.isGood());
}

TEST(ChaosVerdict, IsNotGoodWhenNothingWasTried) {
  Verdict verdict;
  verdict.add(kNap, {.skipped = "no mount namespace"});
  EXPECT_FALSE(verdict.isGood());
}

}  // namespace
}  // namespace forebay::chaos
