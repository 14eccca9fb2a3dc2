// Which replies a server owes, told as tiny scripts: what was sent, what came back, who saw it.
#include "pools/reply_tracker.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace forebay::pools {
namespace {

constexpr StatementKey kOrders = {1}, kUsers = {2};

class ReplyTrackerTest : public testing::Test {
 protected:
  // The client sends messages, by their type bytes: "PBES". None of them names a statement that we track.
  void client(std::string_view messages) {
    for (const char type : messages) {
      switch (type) {
        case 'S': tracker_.sent(Owed::kSync); break;
        case 'Q': tracker_.sent(Owed::kQuery); break;
        case 'F': tracker_.sent(Owed::kFunctionCall); break;
        case 'c':
        case 'f': tracker_.sentCopyEnd(); break;
        case 'd':
        case 'H': break;
        default: tracker_.sent(Owed::kExtended);
      }
    }
  }
  void parse(const StatementKey& statement, Owed kind = Owed::kParse) {
    prepared_.parseSent(statement, tracker_.batch());
    tracker_.sent(kind, statement);
  }
  // The server sends messages, by their type bytes; a ReadyForQuery by its status: I, T or E behind a '/'.
  // Returns what the client sees, with a '!' for what nobody asked for.
  std::string server(std::string_view messages) {
    std::string seen;
    for (size_t i = 0; i < messages.size(); ++i) {
      char type = messages[i], status = 0;
      if (type == '/') type = 'Z', status = messages[++i];
      switch (tracker_.received(type, status, prepared_)) {
        case Reply::kPass: seen += type; break;
        case Reply::kSwallow: break;
        case Reply::kAsParseComplete: seen += '1'; break;
        case Reply::kUnexpected: seen += '!'; break;
      }
    }
    return seen;
  }
  bool stands(const StatementKey& statement) {
    return prepared_.use(statement, 0).state == PreparedSet::State::kReady;
  }

  ReplyTracker tracker_;
  PreparedSet prepared_;
};

TEST_F(ReplyTrackerTest, IsIdleAtFirst) {
  EXPECT_TRUE(tracker_.idle());
  EXPECT_TRUE(tracker_.nothingOwed());
}

TEST_F(ReplyTrackerTest, IsIdleAgainOnlyWithTheReadyForQueryOfAQuery) {
  client("Q");
  EXPECT_FALSE(tracker_.idle());
  EXPECT_EQ(server("TC"), "TC");
  EXPECT_FALSE(tracker_.idle());
  EXPECT_EQ(server("/I"), "Z");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, KeepsTheServerWhileATransactionIsOpen) {
  client("Q");
  server("C/T");
  EXPECT_FALSE(tracker_.idle());
  EXPECT_TRUE(tracker_.nothingOwed());
  client("Q");
  server("E/E");
  EXPECT_FALSE(tracker_.idle());
  client("Q");
  server("C/I");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, KeepsTheServerUntilTheLastOfSeveralReadyForQuery) {
  client("QPBESPBES");
  server("C/I12C/I");
  EXPECT_FALSE(tracker_.idle()) << "a batch is unanswered";
  server("12C/I");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, CountsAPacketThatStartsWithSync) {
  client("PBE");
  server("12C");
  client("SQ");
  server("/I");
  EXPECT_FALSE(tracker_.idle());
  server("C/I");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, OwesOneReadyForQueryAfterAnErrorInABatchThatHoldsAQuery) {
  client("PBEQS");
  EXPECT_EQ(server("E/I"), "EZ");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, OwesAReadyForQueryEachForAQueryAndTheSyncBehindIt) {
  client("QS");
  server("E/I");
  EXPECT_FALSE(tracker_.idle());
  server("/I");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, DropsWhatAnErrorInMidBatchSkipsUpToTheNextSync) {
  client("PBEBEBESPBES");
  EXPECT_EQ(server("12CE/I12C/I"), "12CEZ12CZ");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, RecordsNothingWhileTheServerSkips) {
  client("PB");
  server("E");
  EXPECT_TRUE(tracker_.skipping());
  client("EQF");
  EXPECT_TRUE(tracker_.nothingOwed());
  client("S");
  EXPECT_FALSE(tracker_.skipping());
  EXPECT_EQ(server("/I"), "Z");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, IsNotIdleWhileTheServerSkipsEvenWithAQueryBehindTheError) {
  client("PQ");
  server("E");
  EXPECT_FALSE(tracker_.idle());
  EXPECT_TRUE(tracker_.unsynced());
}

TEST_F(ReplyTrackerTest, ExpectsReadyForQueryAfterAnErrorOfTheImplicitCommit) {
  client("BES");
  EXPECT_EQ(server("2CE/I"), "2CEZ");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, GivesSyntheticParseCompletesInTheClientsOrder) {
  client("B");
  tracker_.sent(Owed::kCloseForParse);
  client("BCS");
  EXPECT_EQ(server("2323/I"), "2123Z");
}

TEST_F(ReplyTrackerTest, GivesNoSyntheticParseCompleteBehindAnError) {
  client("B");
  tracker_.sent(Owed::kCloseForParse);
  client("BS");
  EXPECT_EQ(server("E/I"), "EZ");
  EXPECT_EQ(tracker_.droppedNames(), 1u);
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, TellsWhichCloseIsTheClientsOwn) {
  client("BC");
  tracker_.sent(Owed::kClose);
  client("S");
  EXPECT_FALSE(tracker_.clientNameNext());
  EXPECT_EQ(server("23"), "23");
  EXPECT_TRUE(tracker_.clientNameNext());
  EXPECT_EQ(server("3/I"), "3Z");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, KnowsInWhichBatchAnErrorWas) {
  client("BESBEQ");
  EXPECT_EQ(server("2E/I"), "2EZ");
  EXPECT_EQ(tracker_.failedBatch(), 0u);
  EXPECT_EQ(server("2E"), "2E");
  EXPECT_EQ(tracker_.failedBatch(), 1u);
}

TEST_F(ReplyTrackerTest, CountsAClientsCloseThatAnErrorTookAlong) {
  client("BE");
  tracker_.sent(Owed::kClose);
  client("S");
  EXPECT_EQ(server("2E/I"), "2EZ");
  EXPECT_EQ(tracker_.droppedNames(), 1u);
}

TEST_F(ReplyTrackerTest, SwallowsTheAnswersToWhatWasSlippedIn) {
  tracker_.sent(Owed::kInjectedClose, kUsers);
  parse(kOrders, Owed::kInjectedParse);
  client("BES");
  EXPECT_EQ(server("312C/I"), "2CZ");
  EXPECT_TRUE(stands(kOrders));
}

TEST_F(ReplyTrackerTest, SwallowsOurOwnSqlAndItsErrors) {
  tracker_.sent(Owed::kInjectedQuery);
  EXPECT_TRUE(tracker_.inInjectedQuery());
  client("Q");
  EXPECT_EQ(server("CCE/I"), "");
  EXPECT_FALSE(tracker_.inInjectedQuery());
  EXPECT_EQ(server("TC/I"), "TCZ");
}

TEST_F(ReplyTrackerTest, SwallowsTheReadyForQueryOfASyncThatStandsForAFlush) {
  client("PD");
  tracker_.sent(Owed::kInjectedSync);
  EXPECT_FALSE(tracker_.unsynced());
  EXPECT_EQ(server("1n/I"), "1n");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, SkipsUpToASyncOfOursAsWell) {
  client("PD");
  tracker_.sent(Owed::kInjectedSync);
  client("BES");
  EXPECT_EQ(server("E/I2C/I"), "E2CZ");
}

// ---- COPY

TEST_F(ReplyTrackerTest, KeepsTheServerWhileACopyIsFed) {
  client("Q");
  server("G");
  EXPECT_TRUE(tracker_.copyingIn());
  EXPECT_FALSE(tracker_.idle());
  client("dddc");
  server("C/I");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, ExpectsNoReadyForQueryForTheSyncThatACopyIgnores) {
  client("PBES");
  server("12G");
  client("ddcS");
  EXPECT_EQ(server("C/I"), "CZ");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, KnowsTheIgnoredSyncWhenAllIsSentAhead) {
  client("SPBESddcSQ");
  EXPECT_EQ(server("/I12GC/I"), "Z12GCZ");
  EXPECT_FALSE(tracker_.idle()) << "the Query is unanswered";
  EXPECT_EQ(server("TC/I"), "TCZ");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, ExpectsAReadyForQueryForEachSyncWhenTheCopyNeverStarts) {
  client("PBESdcS");
  EXPECT_EQ(server("12E/I/I"), "12EZZ");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, WaitsForTheSyncBehindACopyWhoseOwnSyncWasIgnored) {
  client("PBES");
  server("12G");
  client("dc");
  server("C");
  EXPECT_TRUE(tracker_.unsynced());
  EXPECT_FALSE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, TakesALateCopyDoneForNothing) {
  client("Q");
  server("GE/I");
  client("ddc");
  EXPECT_TRUE(tracker_.idle());
  client("Q");
  EXPECT_EQ(server("C/I"), "CZ");
}

TEST_F(ReplyTrackerTest, IsNotHeldByAFlushInsideACopy) {
  client("Q");
  server("G");
  client("dHdc");
  server("C/I");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, IsUnsureAfterACopyThatFailsBehindASyncUntilAMarkerIsAnswered) {
  client("PBES");
  server("12G");
  client("dcS");
  EXPECT_EQ(server("E/I"), "EZ");
  EXPECT_TRUE(tracker_.ambiguous());
  EXPECT_FALSE(tracker_.idle());
  ASSERT_TRUE(tracker_.wantsMarker());
  tracker_.sent(Owed::kInjectedQuery);
  EXPECT_EQ(server("I/I"), "") << "the Sync had been ignored";
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, PassesTheReadyForQueryOfASyncThatTheFailedCopyLeftUnread) {
  client("PBES");
  server("12G");
  client("dcS");
  server("E/I");
  tracker_.sent(Owed::kInjectedQuery);
  EXPECT_EQ(server("/II/I"), "Z");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, NeedsNoMarkerWhenTheNextRequestIsAnswered) {
  client("PBESdcSQ");
  server("12GE/I");
  EXPECT_TRUE(tracker_.ambiguous());
  EXPECT_FALSE(tracker_.wantsMarker());
  EXPECT_EQ(server("TC/I"), "TCZ");
  EXPECT_FALSE(tracker_.ambiguous());
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, CanUseAMarkerInsideAFailedTransaction) {
  client("Q");
  server("C/T");
  client("PBES");
  server("12G");
  client("dcS");
  server("E/E");
  EXPECT_TRUE(tracker_.wantsMarker());
}

TEST_F(ReplyTrackerTest, GivesUpWhenTheBatchOfAFailedCopyWentOn) {
  client("PBESdcBES");
  server("12GE");
  EXPECT_EQ(server("/I"), "!");
}

TEST_F(ReplyTrackerTest, AsksForASyncWhenACopyBehindAnIgnoredOneIsBrokenOff) {
  client("PBES");
  server("12G");
  EXPECT_FALSE(tracker_.unsynced());
  client("f");
  EXPECT_TRUE(tracker_.unsynced());
}

TEST_F(ReplyTrackerTest, FollowsACopyOut) {
  client("Q");
  server("H");
  EXPECT_TRUE(tracker_.copying());
  EXPECT_FALSE(tracker_.copyingIn());
  server("cC/I");
  EXPECT_TRUE(tracker_.idle());
}

// ---- Flush and portals

TEST_F(ReplyTrackerTest, KeepsTheServerWhenABatchIsFlushedButNotSynced) {
  client("PDH");
  server("1T");
  EXPECT_TRUE(tracker_.nothingOwed());
  EXPECT_TRUE(tracker_.unsynced());
  EXPECT_FALSE(tracker_.idle());
  client("BES");
  server("2C/I");
  EXPECT_TRUE(tracker_.idle());
}

TEST_F(ReplyTrackerTest, KeepsTheServerWhileAPortalIsSuspended) {
  client("PBEH");
  server("12s");
  EXPECT_FALSE(tracker_.idle());
  client("EH");
  server("C");
  EXPECT_FALSE(tracker_.idle());
  client("S");
  server("/I");
  EXPECT_TRUE(tracker_.idle());
}

// ---- statements

TEST_F(ReplyTrackerTest, CountsAStatementAsPreparedOnlyWithItsParseComplete) {
  parse(kOrders);
  EXPECT_FALSE(stands(kOrders));
  EXPECT_EQ(server("1"), "1");
  EXPECT_TRUE(stands(kOrders));
}

TEST_F(ReplyTrackerTest, ForgetsAStatementWhoseParseWasRefusedOrSkipped) {
  parse(kOrders);
  parse(kUsers);
  client("S");
  server("E/I");
  EXPECT_EQ(tracker_.droppedNames(), 2u);
  EXPECT_EQ(prepared_.size(), 0u);
}

TEST_F(ReplyTrackerTest, KeepsAStatementWhoseCloseWasSkipped) {
  parse(kOrders);
  client("S");
  server("1/I");
  client("B");
  ASSERT_EQ(prepared_.evict(0, tracker_.batch()), kOrders);
  tracker_.sent(Owed::kInjectedClose, kOrders);
  client("S");
  server("E/I");
  EXPECT_TRUE(stands(kOrders));
}

TEST_F(ReplyTrackerTest, NumbersBatchesByWhatEndsThem) {
  const uint32_t first = tracker_.batch();
  client("PBE");
  EXPECT_EQ(tracker_.batch(), first);
  client("S");
  EXPECT_EQ(tracker_.batch(), first + 1);
  client("Q");
  EXPECT_EQ(tracker_.batch(), first + 2);
}

// ---- servers that misbehave

TEST_F(ReplyTrackerTest, TrustsNoServerThatIsReadyUnasked) {
  EXPECT_EQ(server("/I"), "!");
  client("BE");
  EXPECT_EQ(server("/I"), "!");
}

TEST_F(ReplyTrackerTest, PassesTheLastWordsOfAServerThatGoes) {
  EXPECT_EQ(server("E"), "E");
  EXPECT_FALSE(tracker_.skipping());
}

TEST_F(ReplyTrackerTest, CountsAFunctionCallAsAQuery) {
  client("F");
  EXPECT_EQ(server("V/I"), "VZ");
  EXPECT_TRUE(tracker_.idle());
}

}  // namespace
}  // namespace forebay::pools
