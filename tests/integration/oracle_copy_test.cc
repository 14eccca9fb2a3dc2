// COPY in both directions and both protocols, and the ways in which it ends early.
#include "tests/integration/oracle.h"

namespace forebay::rig {
namespace {

using namespace wire;  // NOLINT(google-build-using-namespace): the scripts read like the protocol

constexpr const char* kIn = "copy words from stdin";
constexpr const char* kOut = "copy (select n, 'row ' || n from generate_series(1, 20) n) to stdout";
const std::string kCount = query("select count(*) from words");

std::string start(const char* sql) { return parse("", sql) + wire::bind("", "") + execute(""); }

std::vector<std::string> manyRows(int count, const std::string& text) {
  std::vector<std::string> out{query("copy numbers from stdin")};
  for (int i = 0; i < count; ++i) out.push_back(copyData(std::to_string(i) + "\t" + text + "\n"));
  out.push_back(copyDone());
  out.push_back(query("select count(*), sum(length(big)) from numbers"));
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    CopyIn, Oracle,
    testing::Values(
        Script{"BySimpleQuery",
               {{{query(kIn)}, 'G'}, {{copyData("4\tfour\n5\tfive\n"), copyDone()}}, {{kCount}}}},
        script("WithoutWaiting", {query(kIn), copyData("4\tfour\n"), copyDone(), kCount}),
        script("WithoutData", {query(kIn), copyDone(), kCount}),
        script("RowsCutAnywhere", {query(kIn), copyData("4\tfo"), copyData(""), copyData("ur\n5"),
                                   copyData("\tfive\n"), copyDone(), kCount}),
        script("AMarkedEnd", {query(kIn), copyData("4\tfour\n\\.\n"), copyDone(), kCount}),
        script("Fails", {query(kIn), copyData("4\tfour\n"), copyFail("no more of it"), kCount}),
        script("WrongData", {query(kIn), copyData("four\tfour\n"), copyDone(), kCount}),
        Script{"Pitfall6LateDataBehindAnError",
               {{{query(kIn)}, 'G'},
                {{copyData("four\tfour\n")}},
                {{copyData("5\tfive\n"), copyData("6\tsix\n"), copyDone(), kCount}}}},
        Script{"Pitfall6LateCopyFailBehindAnError",
               {{{query(kIn)}, 'G'}, {{copyData("four\tfour\n")}}, {{copyFail("late"), kCount}}}},
        script("Pitfall6FlushAndSyncAreIgnored", {query(kIn), flush(), copyData("4\tfour\n"), flush(), sync(),
                                                  copyData("5\tfive\n"), sync(), copyDone(), kCount}),
        script("SeveralInOneText",
               {query("copy words from stdin; copy words from stdin"), copyData("4\tfour\n"), copyDone(),
                copyData("5\tfive\n"), copyDone(), kCount}),
        script("InATransaction",
               {query("begin"), query(kIn), copyData("4\tfour\n"), copyDone(), query("rollback"), kCount}),
        script("FailsInATransaction",
               {query("begin"), query(kIn), copyFail("no"), query("select 1"), query("rollback"), kCount}),
        script("OutsideOfCopyItsMessagesAreIgnored",
               {copyData("x"), copyDone(), copyFail("x"), query("select 1")}),
        script("OutsideOfCopyInATransaction", {query("begin"), copyData("x"), copyDone(), copyFail("x"),
                                               query("select 1"), query("commit")}),
        script("ManyRows", manyRows(5000, "some text")),
        script("LargeRows", manyRows(20, std::string(200'000, 'z'))),
        script("IntoNothing", {query("copy nowhere from stdin"), copyData("1\n"), copyDone(), kCount}),
        script("ADeferredConstraintFails", {query(kIn), copyData("1\tone\n"), copyDone(), kCount})),
    scriptName);

INSTANTIATE_TEST_SUITE_P(
    CopyInByExtendedQuery, Oracle,
    testing::Values(
        Script{"SyncBehindTheData",
               {{{start(kIn), flush()}, 'G'}, {{copyData("4\tfour\n"), copyDone(), sync()}}, {{kCount}}}},
        Script{"Pitfall5SyncBehindTheExecute",
               {{{start(kIn), sync()}, 'G'}, {{copyData("4\tfour\n"), copyDone(), sync()}}, {{kCount}}}},
        script("Pitfall5SyncBehindTheExecuteWithoutWaiting",
               {start(kIn), sync(), copyData("4\tfour\n"), copyDone(), sync(), kCount}),
        Script{"Pitfall5Often",
               {{{start(kIn), sync()}, 'G'},
                {{copyData("4\tfour\n"), copyDone(), sync()}},
                {{start(kIn), sync()}, 'G'},
                {{copyData("5\tfive\n"), copyDone(), sync()}},
                {{start(kIn), sync()}, 'G'},
                {{copyData("6\tsix\n"), copyDone(), sync()}},
                {{kCount}}}},
        script("SeveralSyncsBehindTheExecute",
               {start(kIn), sync(), sync(), sync(), copyData("4\tfour\n"), copyDone(), sync(), kCount}),
        script("WithoutData", {start(kIn), copyDone(), sync(), kCount}),
        Script{"CopyFail", {{{start(kIn), flush()}, 'G'}, {{copyFail("no")}, 'E'}, {{sync()}}, {{kCount}}}},
        script("CopyFailWithoutWaiting", {start(kIn), copyData("4\tfour\n"), copyFail("no"), sync(), kCount}),
        script("WrongData", {start(kIn), copyData("four\tfour\n"), copyDone(), sync(), kCount}),
        Script{"Pitfall6LateDataBehindAnError",
               {{{start(kIn), flush()}, 'G'},
                {{copyData("four\tfour\n"), flush(), copyData("5\tfive\n"), copyDone()}, 'E'},
                {{sync()}},
                {{kCount}}}},
        Script{"Pitfall6WrongDataWithASyncBehindTheExecute",
               {{{start(kIn), sync()}, 'G'},
                {{copyData("four\tfour\n"), copyDone()}, 'E'},
                {{sync()}},
                {{kCount}}}},
        Script{"Pitfall6CopyFailWithASyncBehindTheExecute",
               {{{start(kIn), sync()}, 'G'},
                {{copyData("4\tfour\n"), copyFail("no")}, 'E'},
                {{sync()}},
                {{kCount}}}},
        script("Pitfall6CopyFailWithASyncBehindTheExecuteWithoutWaiting",
               {start(kIn), sync(), copyData("4\tfour\n"), copyFail("no"), sync(), kCount}),
        script("Pitfall6TheCopyCannotEvenBegin",
               {start("copy nowhere from stdin"), sync(), copyData("1\n"), copyDone(), sync(), kCount}),
        script("Pitfall6FlushDuringTheCopy", {start(kIn), copyData("4\tfour\n"), flush(),
                                              copyData("5\tfive\n"), copyDone(), sync(), kCount}),
        script("AmongOthers",
               {parse("", "select 1") + wire::bind("", "") + execute(""), start(kIn), copyData("4\tfour\n"),
                copyDone(), parse("", "select 2") + wire::bind("", "") + execute(""), sync(), kCount}),
        script("InATransaction", {query("begin"), start(kIn), sync(), copyData("4\tfour\n"), copyDone(),
                                  sync(), kCount, query("commit")}),
        script("ByANamedStatement", {parse("c", kIn), sync(), wire::bind("", "c"), execute(""),
                                     copyData("4\tfour\n"), copyDone(), sync(), wire::bind("", "c"),
                                     execute(""), copyData("5\tfive\n"), copyDone(), sync(), kCount})),
    scriptName);

INSTANTIATE_TEST_SUITE_P(
    CopyOut, Oracle,
    testing::Values(
        script("BySimpleQuery", {query(kOut), query("select 1")}),
        script("ByExtendedQuery", {start(kOut), sync(), query("select 1")}),
        script("ByExtendedQueryWithoutASync", {start(kOut), start(kOut), sync(), query("select 1")}),
        script("Large",
               {query("copy (select n, repeat('x', 1000) from generate_series(1, 3000) n) to stdout"),
                query("select 1")}),
        script("LargeRows", {query("copy (select repeat('x', 2000000) from generate_series(1, 3)) to stdout"),
                             query("select 1")}),
        script("FailsInTheMiddle",
               {query("copy (select 1 / (n - 500) from generate_series(1, 1000) n) to stdout"),
                query("select 1")}),
        script("FailsInTheMiddleByExtendedQuery",
               {start("copy (select 1 / (n - 500) from generate_series(1, 1000) n) to stdout"), sync(),
                query("select 1")}),
        script("Binary", {query("copy (select 1, 'x') to stdout (format binary)"), query("select 1")}),
        script("OfNothing", {query("copy (select 1 where false) to stdout"), query("select 1")}),
        script("InAndOutInOneText", {query("copy words from stdin; copy words to stdout"),
                                     copyData("4\tfour\n"), copyDone(), kCount})),
    scriptName);

}  // namespace
}  // namespace forebay::rig
