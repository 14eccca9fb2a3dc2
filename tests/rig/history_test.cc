// A checker that finds nothing proves nothing, so it is shown made-up histories with one lie each.
#include "tests/rig/history.h"

#include <gtest/gtest.h>

namespace forebay::rig {
namespace {

using Kind = Operation::Kind;

Operation write(int64_t value, Outcome outcome = Outcome::kAcknowledged, std::string sqlstate = {}) {
  return {.value = value, .outcome = outcome, .sqlstate = std::move(sqlstate)};
}
Operation read(int64_t value) { return {.kind = Kind::kRead, .value = value}; }
SteadyTime at(int second) { return SteadyTime{} + seconds(second); }

Operation failedAt(int begun, int ended, std::string sqlstate, Kind kind = Kind::kWrite) {
  return {.kind = kind,
          .value = 1,
          .outcome = Outcome::kUnknown,
          .sqlstate = std::move(sqlstate),
          .begun = at(begun),
          .ended = at(ended)};
}

// The violations of one client's history, when the database has these values.
std::vector<std::string> violations(const Operations& operations, const std::set<int64_t>& committed) {
  return violationsOf({.clients = {{1, operations}}, .disturbances = {}}, {{1, committed}});
}

testing::AssertionResult finds(const std::vector<std::string>& found, const std::string& text) {
  if (found.size() == 1 && found[0].find(text) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << testing::PrintToString(found);
}

int notInFlight(const Operation& operation) {
  const History history{.clients = {{1, {operation}}}, .disturbances = {{at(10), at(20)}}};
  return static_cast<int>(history.errorsNotInFlight().size());
}

TEST(History, OfADatabaseThatKeepsItsPromisesHasNoViolation) {
  EXPECT_TRUE(violations({read(0), write(1), read(1), write(2), write(3), read(3)}, {1, 2, 3}).empty());
}

TEST(History, AllowsEitherEndOfAWriteThatNobodyKnowsOf) {
  const Operations operations{write(1), write(2, Outcome::kUnknown), read(1), write(3)};
  EXPECT_TRUE(violations(operations, {1, 3}).empty());
  EXPECT_TRUE(violations(operations, {1, 2, 3}).empty()) << "it may come late";
  EXPECT_TRUE(violations({write(1), write(2, Outcome::kUnknown), read(2)}, {1, 2}).empty());
}

TEST(History, FindsAnAcknowledgedWriteThatIsLost) {
  EXPECT_TRUE(finds(violations({write(1), write(2)}, {1}), "write 2 was acknowledged, and is lost"));
  EXPECT_TRUE(finds(violations({write(1), write(2)}, {2}), "write 1 was acknowledged, and is lost"));
  EXPECT_TRUE(finds(violationsOf({.clients = {{7, {write(1)}}}, .disturbances = {}}, {}), "client 7"));
}

TEST(History, FindsAReadThatIsOlderThanTheClientsOwnWrite) {
  EXPECT_TRUE(finds(violations({write(1), write(2), read(1)}, {1, 2}), "read 1 is older than 2"));
  EXPECT_TRUE(finds(violations({write(1), read(0)}, {1}), "read 0 is older than 1"));
}

TEST(History, FindsAReadThatIsOlderThanAnEarlierOne) {
  EXPECT_TRUE(finds(violations({write(1), write(2, Outcome::kUnknown), read(2), read(1)}, {1, 2}),
                    "read 1 is older than 2"));
}

TEST(History, AsksOfReplicasOnlyForTheClientsOwnWrites) {
  const auto violations_of = [](Reads reads, const Operations& operations) {
    return violationsOf({.clients = {{1, operations}}, .disturbances = {}, .reads = {{1, reads}}},
                        {{1, {1, 2, 3}}})
        .size();
  };
  const Operation login{.kind = Kind::kLogin};
  const Operations wavering{login, write(1), write(2, Outcome::kUnknown), read(2), read(1), write(3)};
  const Operations forgetful{login, write(1), write(2), login, read(1), write(3)};
  const Operations stale{login, write(1), write(2), read(1), write(3)};
  EXPECT_EQ(violations_of(Reads::kNewest, wavering), 1u);
  EXPECT_EQ(violations_of(Reads::kOwnWrites, wavering), 0u);
  EXPECT_EQ(violations_of(Reads::kSession, wavering), 0u);
  EXPECT_EQ(violations_of(Reads::kOwnWrites, forgetful), 1u);
  EXPECT_EQ(violations_of(Reads::kSession, forgetful), 0u);
  EXPECT_EQ(violations_of(Reads::kOwnWrites, stale), 1u);
  EXPECT_EQ(violations_of(Reads::kSession, stale), 1u);
}

TEST(History, FindsAValueThatNobodyWrote) {
  EXPECT_TRUE(finds(violations({write(1), read(5)}, {1}), "read 5 was never written"));
  EXPECT_TRUE(finds(violations({write(1)}, {1, 5}), "value 5 is in the journal, and nobody wrote it"));
}

TEST(History, FindsAValueThatWasReadAndIsLost) {
  EXPECT_TRUE(finds(violations({write(1, Outcome::kUnknown), read(1)}, {}), "read 1 is lost"));
}

TEST(History, FindsAWriteThatWasExecutedAlthoughItsClientWasToldOtherwise) {
  EXPECT_TRUE(finds(violations({write(1, Outcome::kNotExecuted), write(2)}, {1, 2}), "write 1 was executed"));
}

TEST(History, CountsErrorsBySqlstate) {
  const History history{
      .clients = {{1, {write(1), write(2, Outcome::kUnknown, "08007"), write(3, Outcome::kUnknown)}},
                  {2, {write(1, Outcome::kNotExecuted, "25006"), write(2, Outcome::kUnknown, "08007")}}},
      .disturbances = {}};
  EXPECT_EQ(history.errors(), (std::map<std::string, int>{{"08007", 2}, {"25006", 1}, {"none", 1}}));
  EXPECT_EQ(history.count(Kind::kWrite, Outcome::kUnknown), 3);
}

TEST(History, ExcusesAnErrorOfWorkThatAFaultCaughtUnderWay) {
  for (const char* sqlstate : {"", "57P01", "08007"}) {
    EXPECT_EQ(notInFlight(failedAt(9, 11, sqlstate)), 0) << sqlstate;
    EXPECT_EQ(notInFlight(failedAt(19, 30, sqlstate, Kind::kRead)), 0) << sqlstate;
  }
}

TEST(History, ExcusesNoErrorOfOtherWork) {
  EXPECT_EQ(notInFlight(failedAt(21, 22, "08007")), 1) << "the fault was over when it began";
  EXPECT_EQ(notInFlight(failedAt(8, 9, "08007")), 1) << "the fault came later";
  EXPECT_EQ(notInFlight(failedAt(9, 11, "57P03")), 1) << "it was held, not under way";
  EXPECT_EQ(notInFlight(failedAt(9, 11, "25006")), 1);
  EXPECT_EQ(notInFlight(failedAt(9, 11, "57P01", Kind::kLogin)), 1);
  EXPECT_EQ(notInFlight(failedAt(9, 11, "57P01", Kind::kIdle)), 1);
}

TEST(History, AllowsWhatAServerItselfAnswersBecauseOfAFault) {
  const auto not_in_flight = [](const Operation& operation) {
    const History history{.clients = {{1, {operation}}}, .disturbances = {{at(10), at(20), {"53100"}}}};
    return history.errorsNotInFlight().size();
  };
  EXPECT_EQ(not_in_flight(failedAt(12, 13, "53100")), 0u);
  EXPECT_EQ(not_in_flight(failedAt(21, 22, "53100")), 1u) << "the fault was over";
  EXPECT_EQ(not_in_flight(failedAt(12, 13, "53200")), 1u);
}

TEST(History, TellsHowLongNobodyGotAWriteAcknowledged) {
  const auto at_time = [](Operation operation, int second) {
    operation.ended = at(second);
    return operation;
  };
  const History history{
      .clients = {{1, {at_time(write(1), 10), at_time(write(2), 18)}},
                  {2,
                   {at_time(write(1, Outcome::kUnknown), 13), at_time(read(0), 14), at_time(write(2), 11)}}},
      .disturbances = {}};
  EXPECT_EQ(history.longestOutage(), seconds(7));
  EXPECT_EQ(History{}.longestOutage(), seconds(0));
}

TEST(History, CountsWhatAServerAcknowledgedWhenItWasToBePrimaryNoMore) {
  Operation early = write(1), late = write(2), elsewhere = write(3), refused = write(4, Outcome::kUnknown);
  for (Operation* each : {&early, &late, &refused}) each->server_port = 5432;
  elsewhere.server_port = 5433;
  early.ended = at(9);
  for (Operation* each : {&late, &elsewhere, &refused}) each->ended = at(11);
  const History history{.clients = {{1, {early, late, elsewhere, refused}}}, .disturbances = {}};
  EXPECT_EQ(history.acknowledgedBy(5432, at(10)), 1);
  EXPECT_EQ(history.acknowledgedBy(5432, at(10), at(11)), 0) << "it was a replica then";
}

TEST(History, TakesAnErrorForAPromiseAndALostConnectionForNone) {
  EXPECT_EQ(outcomeOf("57P01"), Outcome::kNotExecuted);
  EXPECT_EQ(outcomeOf("57P03"), Outcome::kNotExecuted);
  EXPECT_EQ(outcomeOf("25006"), Outcome::kNotExecuted);
  EXPECT_EQ(outcomeOf("08007"), Outcome::kUnknown);
  EXPECT_EQ(outcomeOf(""), Outcome::kUnknown);
  EXPECT_EQ(outcomeOf("53100"), Outcome::kNotExecuted);
  EXPECT_EQ(outcomeOf("53100", "PANIC"), Outcome::kUnknown) << "recovery will tell";
}

}  // namespace
}  // namespace forebay::rig
