// The simple query protocol and what belongs to no other: transactions, notices, notifications, function
// calls.
#include "tests/integration/oracle.h"

namespace forebay::rig {
namespace {

using namespace wire;  // NOLINT(google-build-using-namespace): the scripts read like the protocol

std::string functionCall(uint32_t function, const std::vector<std::string>& arguments) {
  std::string body = int32(function) + int16(0) + int16(static_cast<uint16_t>(arguments.size()));
  for (const std::string& argument : arguments)
    body += int32(static_cast<uint32_t>(argument.size())) + argument;
  return message('F', body + int16(0));
}

constexpr uint32_t kInt4Plus = 177, kInt4Divide = 154;  // pg_proc's oids

INSTANTIATE_TEST_SUITE_P(
    SimpleQuery, Oracle,
    testing::Values(
        script("ARow", {query("select 1")}), script("Pitfall24EmptyQuery", {query("")}),
        script("OnlyASemicolonOrAComment", {query(";"), query("-- nothing"), query("/* /* */ ; */ ;;")}),
        script("Pitfall24EmptyQueryInAnAbortedTransaction",
               {query("begin"), query("select nothing"), query(""), query("rollback")}),
        script("Pitfall24SeveralStatementsInOne",
               {query("select 1; select 2, 'two'; insert into words values (4, 'four')")}),
        script("AnErrorEndsSeveralStatementsAndUndoesThem",
               {query("insert into words values (4, 'four'); select 1/0; select 2"),
                query("select count(*) from words")}),
        script("SyntaxError", {query("selekt 1")}),
        script("ErrorWithEveryField",
               {query("do $$ begin raise 'm' using errcode = '22012', detail = 'd', hint = 'h', "
                      "column = 'c', constraint = 'k', datatype = 't', table = 'a', schema = 's'; "
                      "end $$")}),
        script("BeginAndCommit",
               {query("begin"), query("insert into words values (5, 'five')"), query("commit")}),
        script("AnythingInAnAbortedTransactionFails",
               {query("begin"), query("select 1/0"), query("select 1"), query("commit"), query("select 2")}),
        script("TransactionsWithinOneText",
               {query("begin; select 1; commit; begin; select 2"), query("rollback")}),
        script("Pitfall26CommitAndChain",
               {query("begin isolation level serializable"), query("commit and chain"),
                query("show transaction_isolation"), query("rollback")}),
        script("Savepoints",
               {query("begin"), query("savepoint a"), query("select 1/0"), query("rollback to a"),
                query("select 1"), query("release a"), query("commit")}),
        script("ADeferredConstraintFailsAtCommit",
               {query("begin"), query("insert into words values (1, 'again')"), query("commit"),
                query("select 1")}),
        script("ADeferredConstraintFailsWithoutATransactionBlock",
               {query("insert into words values (1, 'again')")}),
        script("Pitfall1SeveralQueriesAtOnce", std::vector<std::string>(20, query("select 1"))),
        script("ErrorsAmongSeveralQueriesAtOnce",
               {query("select 1"), query("select 1/0"), query("select 2"), query("oops"), query("select 3")}),
        script("Notices", {query("do $$ begin raise notice 'one'; raise warning 'two'; end $$"),
                           query("drop table if exists nothing_there"), query("rollback")}),
        script("NoticesAmongRows",
               {query("create or replace function loud(n int) returns int language plpgsql "
                      "as $$ begin raise notice '%', n; return n; end $$"),
                query("select loud(n) from generate_series(1, 50) n"), query("drop function loud")}),
        script("ListenNotifySelf", {query("listen spring"), query("notify spring, 'water'"), query("begin"),
                                    query("notify spring, 'more'"), query("select 1"), query("commit"),
                                    query("unlisten *"), query("notify spring, 'unheard'")}),
        script("NotifyInARolledBackTransaction",
               {query("listen spring"), query("begin"), query("notify spring"), query("rollback"),
                query("unlisten *")}),
        script("ParametersThatAreReported",
               {query("set application_name = 'oracle'"), query("set timezone = 'Asia/Tokyo'"),
                query("set datestyle = 'German'"), query("set client_encoding = 'latin1'"),
                query("select chr(228)"), query("reset all"), query("show application_name")}),
        script("Pitfall14ParametersInARolledBackTransaction",
               {query("begin"), query("set application_name = 'lost'"), query("savepoint a"),
                query("set timezone = 'PST8PDT'"), query("rollback to a"), query("show timezone"),
                query("rollback"), query("show application_name")}),
        script("SetLocal", {query("begin"), query("set local timezone = 'Asia/Tokyo'"),
                            query("show timezone"), query("commit"), query("show timezone")}),
        script("AnInvalidSetting", {query("set timezone = 'Nowhere/Else'"), query("set nothing_such = 1"),
                                    query("show timezone")}),
        script("SqlPrepareAndExecute",
               {query("prepare p as select $1::int + 1"), query("execute p(41)"), query("deallocate p"),
                query("execute p(41)"), query("deallocate p")}),
        script("Cursors", {query("begin"), query("declare c cursor for select generate_series(1, 10)"),
                           query("fetch 3 from c"), query("fetch all from c"), query("close c"),
                           query("commit"), query("fetch 1 from c")}),
        script("ACursorWithHold", {query("declare c cursor with hold for select generate_series(1, 5)"),
                                   query("fetch 2 from c"), query("fetch 2 from c"), query("close c")}),
        script("ATemporaryTable",
               {query("create temp table t (n int)"), query("insert into t values (1), (2)"),
                query("select sum(n) from t"), query("drop table t")}),
        script("ExplainAndShow",
               {query("explain (costs off) select * from words"), query("show server_version_num")}),
        script("NullsAndEmptyStringsAndNoColumns",
               {query("select null, '', 'x'"), query("select"), query("select from generate_series(1, 3)"),
                query("select 1 where false")}),
        script("DiscardAll", {query("set statement_timeout = 1000"), query("discard all"),
                              query("show statement_timeout")}),
        script("DiscardAllInATransactionFails", {query("begin"), query("discard all"), query("rollback")}),
        script("DeallocateAll",
               {query("prepare p as select 1"), query("deallocate all"), query("execute p")})),
    scriptName);

INSTANTIATE_TEST_SUITE_P(
    FunctionCall, Oracle,
    testing::Values(
        script("Calls", {functionCall(kInt4Plus, {"40", "2"}), functionCall(kInt4Plus, {"1", "2"})}),
        script("AnUnknownFunction", {functionCall(4'000'000, {}), functionCall(kInt4Plus, {"1", "2"})}),
        script("Fails", {functionCall(kInt4Divide, {"1", "0"}), query("select 1")}),
        script("InATransaction", {query("begin"), functionCall(kInt4Divide, {"1", "0"}),
                                  functionCall(kInt4Plus, {"1", "2"}), query("rollback")}),
        script("SkippedInAFailedBatch", {parse("", "oops"), functionCall(kInt4Plus, {"1", "2"}), sync(),
                                         functionCall(kInt4Plus, {"3", "4"})}),
        script("Malformed", {message('F', int32(kInt4Plus) + int16(0) + int16(2)), query("select 1")}),
        script("AmongQueries", {query("select 1"), functionCall(kInt4Plus, {"1", "2"}), query("select 3")})),
    scriptName);

INSTANTIATE_TEST_SUITE_P(
    Pitfall23LargeMessages, Oracle,
    testing::Values(
        script("ALargeRow", {query("select repeat('x', 3000000), 1"), query("select 2")}),
        script("ManyRows",
               {query("select n, 'row ' || n from generate_series(1, 30000) n"), query("select 2")}),
        script("ALargeQuery",
               {query("select length('" + std::string(3'000'000, 'x') + "')"), query("select 2")}),
        script("ALargeError",
               {query("do $$ begin raise '%', repeat('x', 300000); end $$"), query("select 2")}),
        script("ALargeNotice", {query("do $$ begin raise notice '%', repeat('x', 300000); end $$")}),
        script("ALargeParameterStatus",
               {query("select set_config('application_name', repeat('x', 60), false)"),
                query("reset application_name")}),
        script("LargeRowsInBothDirections",
               {query("insert into numbers values (1, '" + std::string(2'000'000, 'y') + "')"),
                query("select big from numbers"), query("select big from numbers"), query("select 2")})),
    scriptName);

TEST(OracleLogin, ReportsTheSameParameters) {
  ForebayConfig config;
  config.addDatabase("postgres", sharedPostgres());
  const Forebay forebay(config);
  const std::vector<LoginOptions> logins = {
      {},
      {.parameters = {{"application_name", "x"}}},
      {.parameters = {{"TimeZone", "Asia/Tokyo"}, {"client_encoding", "LATIN1"}, {"DateStyle", "SQL, DMY"}}},
      {.parameters = {{"options", "-c intervalstyle=iso_8601 --timezone=PST8PDT"}}},
  };
  for (const LoginOptions& options : logins) {
    RawClient direct(sharedPostgres().port()), pooled(forebay.port());
    direct.login("postgres", "postgres", options);
    pooled.login("postgres", "postgres", options);
    EXPECT_EQ(pooled.parameters(), direct.parameters());
  }
}

}  // namespace
}  // namespace forebay::rig
