// The extended query protocol: statements, portals, batches and what an error does to them.
#include "tests/integration/oracle.h"

namespace forebay::rig {
namespace {

using namespace wire;  // NOLINT(google-build-using-namespace): the scripts read like the protocol

std::vector<std::string> operator+(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::vector<std::string> prepared(std::string_view name, std::string_view sql) { return {parse(name, sql)}; }
// What most drivers send for one statement.
std::vector<std::string> run(std::string_view statement,
                             const std::vector<std::optional<std::string>>& values = {}) {
  return {wire::bind("", statement, values), describe('P', ""), execute("")};
}
std::vector<std::string> once(std::string_view sql,
                              const std::vector<std::optional<std::string>>& values = {}) {
  return prepared("", sql) + run("", values);
}
const std::vector<std::string> kSync = {sync()}, kFlush = {flush()};

constexpr const char* kSeries = "select generate_series(1, 10)";

INSTANTIATE_TEST_SUITE_P(
    Statements, Oracle,
    testing::Values(
        script("Unnamed", once("select 1") + kSync),
        script("UnnamedWithParameters",
               once("select $1::int + $2::int, $3::text", {"40", "2", std::nullopt}) + kSync),
        script("Named", prepared("s", "select $1::text") + run("s", {"a"}) + kSync + run("s", {"b"}) + kSync),
        script("NamedInOneBatchUsedInTheNext", prepared("s", "select 1") + kSync + run("s") + kSync),
        script("TwoNamesForOneText", prepared("a", "select 1") + prepared("b", "select 1") + run("a") +
                                         run("b") + kSync + std::vector{close('S', "a")} + run("b") + kSync +
                                         run("a") + kSync),
        script("DescribeAStatement", std::vector{parse("s", "select $1::int, $2::text"), describe('S', "s"),
                                                 sync(), describe('S', "s"), sync()}),
        script("DescribeWhatReturnsNothing",
               std::vector{parse("s", "insert into words values ($1, $2)"), describe('S', "s"), sync()}),
        script("Pitfall13DescribeABegin",
               std::vector{parse("", "begin"), describe('S', ""), wire::bind("", ""), describe('P', ""),
                           execute(""), sync(), query("rollback")}),
        script("DuplicateName",
               prepared("s", "select 1") + kSync + prepared("s", "select 2") + kSync + run("s") + kSync),
        script("DuplicateNameOfTheSameText",
               prepared("s", "select 1") + prepared("s", "select 1") + kSync + run("s") + kSync),
        script("DuplicateNameInOneBatch",
               prepared("s", "select 1") + prepared("s", "select 2") + run("s") + kSync + run("s") + kSync),
        script("UnknownStatement", run("nobody") + kSync + std::vector{describe('S', "nobody"), sync()}),
        script("UnknownUnnamedStatement", run("") + kSync),
        script("TheUnnamedStatementEndsWithASimpleQuery",
               prepared("", "select 1") + kSync + std::vector{query("select 2")} + run("") + kSync),
        script("TheUnnamedStatementEndsWithAnErrorInItsParse",
               prepared("", "select 1") + kSync + prepared("", "oops") + kSync + run("") + kSync),
        script("TheUnnamedStatementLivesOn",
               prepared("", "select $1::text") + kSync + run("", {"a"}) + kSync + run("", {"b"}) + kSync),
        script("CloseTheUnnamedStatement",
               prepared("", "select 1") + kSync + std::vector{close('S', ""), sync()} + run("") + kSync),
        script("CloseAStatement",
               prepared("s", "select 1") + std::vector{close('S', "s"), sync()} + run("s") + kSync),
        script("CloseWhatIsNotThere", std::vector{close('S', "nobody"), close('P', "nobody"), sync()}),
        script("CloseAndPrepareAgain", prepared("s", "select 1") + kSync + std::vector{close('S', "s")} +
                                           prepared("s", "select 'two'") + run("s") + kSync + run("s") +
                                           kSync),
        script("ParseError", prepared("s", "oops") + kSync + run("s") + kSync),
        script("EmptyStatement", once("") + kSync + prepared("e", "") + run("e") + kSync),
        script("SeveralStatementsInAParse", once("select 1; select 2") + kSync),
        script("WrongNumberOfParameters",
               once("select $1::int", {}) + kSync + once("select 1", {"1"}) + kSync),
        script("WrongParameter", once("select $1::int", {"one"}) + kSync),
        script("WithParameterTypes",
               std::vector{
                   message('P', cstring("s") + cstring("select $1, $2") + int16(2) + int32(23) + int32(0)),
                   describe('S', "s"), wire::bind("", "s", {"1", "x"}), execute(""), sync()}),
        script("BinaryResults", std::vector{parse("", "select 258, 'x'"),
                                            message('B', cstring("") + cstring("") + int16(0) + int16(0) +
                                                             int16(1) + int16(1)),
                                            describe('P', ""), execute(""), sync()}),
        script("ALargeParse", prepared("big", "select length('" + std::string(2'000'000, 'x') + "')") +
                                  run("big") + kSync + run("big") + kSync),
        script("ALargeUnnamedParse", once("select length('" + std::string(2'000'000, 'x') + "')") + kSync),
        script("ALargeBind", prepared("s", "select length($1::text)") +
                                 run("s", {std::string(3'000'000, 'x')}) + kSync +
                                 run("s", {std::string(70'000, 'x')}) + kSync),
        script("Pitfall12DeallocateThroughSql", prepared("s", "select 1") + kSync +
                                                    std::vector{query("deallocate s")} + run("s") + kSync +
                                                    std::vector{query("deallocate s")}),
        script("Pitfall12DeallocateAll", prepared("s", "select 1") + kSync +
                                             std::vector{query("deallocate all")} + run("s") + kSync +
                                             prepared("s", "select 2") + run("s") + kSync),
        script("Pitfall12DeallocateByTheExtendedProtocol",
               prepared("s", "select 1") + kSync + once("deallocate s") + kSync + run("s") + kSync +
                   once("deallocate s") + kSync + prepared("s", "select 2") + run("s") + kSync),
        script("Pitfall12DeallocateTwoInOneBatch", prepared("a", "select 1") + prepared("b", "select 2") +
                                                       kSync + once("deallocate a") + once("deallocate b") +
                                                       kSync + run("a") + kSync + run("b") + kSync),
        script("Pitfall12DeallocateThatIsNotReached", prepared("s", "select 1") + kSync + once("select 1/0") +
                                                          once("deallocate s") + kSync + run("s") + kSync),
        script("Pitfall12DeallocateAndPrepareAgainInOneBatch",
               prepared("s", "select 1") + kSync + once("deallocate s") + prepared("s", "select 2") +
                   run("s") + kSync + run("s") + kSync),
        script("Pitfall12DeallocateInAnAbortedTransaction",
               prepared("s", "select 1") + std::vector{query("begin"), query("oops")} + once("deallocate s") +
                   kSync + std::vector{query("rollback")} + run("s") + kSync),
        script("Pitfall12DeallocateAndPrepareTheSameTextAgainInOneBatch",
               prepared("s", "select 1") + kSync + once("deallocate s") + prepared("s", "select 1") +
                   run("s") + kSync + run("s") + kSync),
        script("Pitfall12DeallocateBehindABatchThatFails",
               prepared("s", "select 1") + kSync + once("select 1/0") + kSync + once("deallocate s") + kSync +
                   run("s") + kSync + prepared("s", "select 2") + run("s") + kSync),
        script("Pitfall12DeallocateThatIsPreparedOnly",
               prepared("a", "select 1") + prepared("b", "select 2") + kSync +
                   std::vector{parse("", "deallocate a"), describe('S', ""), sync()} + once("deallocate b") +
                   kSync + run("a") + kSync + run("b") + kSync),
        script("TheUnnamedStatementIsReplacedByADeallocate",
               prepared("s", "select 1") + once("select 'old'") + kSync + prepared("", "deallocate s") +
                   kSync + std::vector{query("select 1")} + run("") + kSync),
        script("ACloseThatIsNotReached", prepared("s", "select 1") + kSync + once("select 1/0") +
                                             std::vector{close('S', "s")} + kSync + run("s") + kSync),
        script("ACloseThatIsNotReachedAndANewStatement",
               prepared("s", "select 1") + kSync + once("select 1/0") + std::vector{close('S', "s")} +
                   prepared("s", "select 2") + kSync + run("s") + kSync),
        script("ACloseInFrontOfAnError", prepared("s", "select 1") + kSync + std::vector{close('S', "s")} +
                                             once("select 1/0") + kSync + run("s") + kSync),
        script("Pitfall12DiscardAll", prepared("s", "select 1") + kSync + std::vector{query("discard all")} +
                                          run("s") + kSync + prepared("s", "select 2") + run("s") + kSync),
        script("Pitfall12DiscardAllByTheExtendedProtocol",
               prepared("s", "select 1") + kSync + once("discard all") + kSync + run("s") + kSync),
        script("Pitfall12DiscardAllInAPipeline",
               prepared("s", "select 1") + once("discard all") + kSync + run("s") + kSync)),
    scriptName);

INSTANTIATE_TEST_SUITE_P(
    Portals, Oracle,
    testing::Values(
        script("RowLimit", std::vector{parse("", kSeries), wire::bind("", ""), execute("", 3), sync()}),
        script("Pitfall8SuspendedAndResumed",
               std::vector{query("begin"), parse("", kSeries), wire::bind("c", ""), execute("c", 4), flush(),
                           execute("c", 4), flush(), execute("c", 4), execute("c", 4), sync(),
                           query("commit")}),
        script("APortalEndsWithItsTransaction",
               std::vector{parse("", kSeries), wire::bind("c", ""), execute("c", 4), sync(), execute("c", 4),
                           sync()}),
        script("APortalLivesAsLongAsItsTransaction",
               std::vector{query("begin"), parse("", kSeries), wire::bind("c", ""), execute("c", 4), sync(),
                           execute("c", 4), sync(), query("commit"), execute("c", 4), sync()}),
        script("TwoPortalsInTurn",
               std::vector{query("begin"), parse("s", kSeries), wire::bind("a", "s"), wire::bind("b", "s"),
                           execute("a", 2), execute("b", 3), execute("a", 2), execute("b", 0),
                           execute("a", 0), sync(), query("commit")}),
        script("Pitfall8CloseAPortalOfTheNameOfAStatement",
               std::vector{parse("x", "select 1"), wire::bind("x", "x"), execute("x"), close('P', "x"),
                           wire::bind("x", "x"), execute("x"), sync(), wire::bind("", "x"), execute(""),
                           sync()}),
        script("DuplicatePortal", std::vector{query("begin"), parse("", kSeries), wire::bind("c", ""),
                                              wire::bind("c", ""), sync(), query("rollback")}),
        script("UnknownPortal", std::vector{execute("nobody"), sync(), describe('P', "nobody"), sync()}),
        script("DescribeAPortal", std::vector{parse("", "insert into words values (9, 'nine') returning id"),
                                              wire::bind("c", ""), describe('P', "c"), execute("c"), sync()}),
        script("ANegativeRowLimit",
               std::vector{parse("", kSeries), wire::bind("", ""), execute("", 0xffffffff), sync()}),
        script("ExecuteAFinishedPortalAgain",
               std::vector{query("begin"), parse("", "select 1"), wire::bind("c", ""), execute("c"),
                           execute("c"), sync(), query("rollback")}),
        script("ASqlCursorAndAPortalMeet",
               std::vector{query("begin"), parse("", "declare k cursor for select generate_series(1, 5)"),
                           wire::bind("", ""), execute(""), describe('P', "k"), execute("k", 2), sync(),
                           query("fetch all k"), query("commit")})),
    scriptName);

INSTANTIATE_TEST_SUITE_P(
    Batches, Oracle,
    testing::Values(
        script("SyncAlone", kSync), script("ManySyncsAlone", std::vector<std::string>(30, sync())),
        script("FlushAlone", std::vector{flush(), flush(), sync()}),
        Script{"Pitfall7FlushWithoutSync",
               {{{parse("s", "select 1"), describe('S', "s"), flush()}, 'T'},
                {{wire::bind("", "s"), execute(""), flush()}, 'C'},
                {{sync()}}}},
        Script{"Pitfall7FlushAnsweredByNoData",
               {{{parse("", "insert into words values (7, 'seven')"), describe('S', ""), flush()}, 'n'},
                {{wire::bind("", ""), execute(""), sync()}}}},
        Script{"AnErrorInAFlushedBatch",
               {{{parse("", "oops"), flush()}, 'E'},
                {{parse("", "select 1"), wire::bind("", ""), execute(""), sync()}}}},
        script("Pitfall1Pipelined",
               once("select 1") + kSync + once("select 2") + kSync + once("select 3") + kSync),
        script("SeveralInOneBatch", once("select 1") + once("insert into words values (8, 'eight')") +
                                        once("select count(*) from words") + kSync),
        script("Pitfall3ErrorAtTheParse",
               prepared("", "oops") + run("") + once("select 2") + kSync + once("select 3") + kSync),
        script("Pitfall3ErrorAtTheBind", prepared("", "select $1::int") + run("", {"x"}) + once("select 2") +
                                             kSync + once("select 3") + kSync),
        script("Pitfall3ErrorAtTheDescribe", prepared("s", "select 1") + std::vector{describe('S', "t")} +
                                                 run("s") + kSync + run("s") + kSync),
        script("Pitfall3ErrorAtTheExecute",
               once("select 1/0") + once("select 2") + kSync + once("select 3") + kSync),
        script("Pitfall3ErrorInTheLastOfABatch", once("insert into words values (9, 'x')") +
                                                     once("select 1/0") + kSync +
                                                     once("select count(*) from words") + kSync),
        script("Pitfall4ErrorAheadOfAKnownStatement", prepared("s", "select 1") + kSync + once("select 1/0") +
                                                          prepared("t", "select 1") + kSync + run("t") +
                                                          kSync),
        script("Pitfall4KnownStatementsAmongOthers",
               prepared("a", "select 1") + kSync + prepared("b", "select 1") + prepared("c", "select 2") +
                   prepared("d", "select 1") + run("b") + run("c") +
                   std::vector{close('S', "b"), close('S', "c")} + run("d") + kSync),
        script("Pitfall4ALargeRowAheadOfAParseComplete", prepared("a", "select 1") + kSync +
                                                             once("select repeat('x', 500000)") +
                                                             prepared("b", "select 1") + run("b") + kSync),
        script("Pitfall2ASimpleQueryInAFailedBatch", prepared("", "oops") +
                                                         std::vector{query("select 1"), query("select 2")} +
                                                         kSync + std::vector{query("select 3")}),
        script("Pitfall2ASimpleQueryInABatch",
               once("select 1") + std::vector{query("select 2")} + once("select 3") + kSync),
        script("Pitfall2ASimpleQueryBehindAnErrorAndASync",
               once("select 1/0") + kSync + std::vector{query("select 2")} + once("select 1/0") + kSync +
                   once("select 3") + kSync),
        script("Pitfall2ASimpleQueryFailsInABatch",
               once("select 1") + std::vector{query("select 1/0")} + once("select 3") + kSync),
        Script{"MoreIsSentWhileTheBatchHasFailed",
               {{{parse("", "oops"), flush()}, 'E'},
                {{query("select 1"), parse("s", "select 2"), wire::bind("", "s"), execute(""),
                  close('S', "s"), sync()}},
                {{parse("s", "select 3"), wire::bind("", "s"), execute(""), sync()}}}},
        script("Pitfall9AFailedParseLeavesNothing",
               prepared("s", "oops") + kSync + prepared("s", "select 1") + run("s") + kSync),
        script("Pitfall9ASkippedParseLeavesNothing", once("select 1/0") + prepared("s", "select 1") + kSync +
                                                         run("s") + kSync + prepared("s", "select 1") +
                                                         run("s") + kSync),
        script("Pitfall9AStatementLivesThroughARollback",
               std::vector{query("begin")} + prepared("s", "select 1") + kSync +
                   std::vector{query("rollback")} + run("s") + kSync),

        script("APreparedStatementClosedAndMadeAnewBeforeAnError",
               prepared("s", "select 1") + kSync + std::vector{close('S', "s")} + prepared("s", "select 2") +
                   once("select 1/0") + kSync + run("s") + kSync),
        script("InATransactionBlock", once("begin") + kSync + once("insert into words values (7, 'x')") +
                                          kSync + once("select 1/0") + kSync + once("select 1") + kSync +
                                          once("rollback") + kSync + once("select count(*) from words") +
                                          kSync),
        script("BeginAndCommitInOneBatch", once("begin") + once("select 1") + once("commit") + kSync),
        script("ADeferredConstraintFailsAtSync",
               once("insert into words values (1, 'again')") + kSync + once("select 1") + kSync),
        script("ADeferredConstraintFailsAtSyncInAPipeline",
               once("insert into words values (1, 'again')") + kSync +
                   once("insert into words values (2, 'again')") + kSync +
                   once("select count(*) from words") + kSync),
        script("ADeferredConstraintFailsAtCommitInABatch", once("begin") +
                                                               once("insert into words values (1, 'again')") +
                                                               once("commit") + once("select 1") + kSync),
        script("ParametersThatAreReported", once("set application_name = 'a'") +
                                                once("set timezone = 'Asia/Tokyo'") + kSync +
                                                once("reset all") + kSync),
        script("NoticesInABatch", once("do $$ begin raise notice 'one'; end $$") + once("select 1") + kSync),
        script("AnEmptyStatementAmongOthers", once("select 1") + once("") + once("select 2") + kSync),
        script("ALongPipeline",
               [] {
                 std::vector<std::string> all = prepared("s", "select $1::int");
                 for (int i = 0; i < 300; ++i) {
                   all = all + run("s", {i % 7 == 0 ? "x" : std::to_string(i)});
                   if (i % 3 == 0) all = all + kSync;
                 }
                 return all + kSync;
               }())),
    scriptName);

}  // namespace
}  // namespace forebay::rig
