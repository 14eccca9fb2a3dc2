#include "pools/in_flight.h"

#include <gtest/gtest.h>

namespace forebay::pools {
namespace {

using redisproto::Command;
using redisproto::Special;
namespace flag = redisproto::flag;

Command command(std::string name, uint32_t flags, Special special = Special::kNone) {
  Command made;
  made.name = std::move(name);
  made.flags = flags;
  made.special = special;
  return made;
}

const Command kGet = command("get", flag::kReadonly | flag::kFast);
const Command kSet = command("set", flag::kWrite | flag::kDenyOom);
const Command kPublish = command("publish", flag::kPubsub | flag::kMayReplicate);
const Command kBlpop = command("blpop", flag::kWrite | flag::kBlocking);
const Command kXread = command("xread", flag::kReadonly | flag::kBlocking | flag::kMovableKeys);
const Command kSortRo = command("sort_ro", flag::kReadonly | flag::kMovableKeys);
const Command kEval = command("eval", flag::kNoscript | flag::kMovableKeys, Special::kEval);
const Command kEvalRo = command("eval_ro", flag::kReadonly | flag::kMovableKeys, Special::kEval);
const Command kFcall = command("fcall", flag::kNoscript | flag::kMovableKeys);
const Command kPing = command("ping", flag::kFast, Special::kPing);
const Command kMulti = command("multi", flag::kFast, Special::kMulti);
const Command kExec = command("exec", 0, Special::kExec);
const Command kWatch = command("watch", flag::kFast, Special::kWatch);
const Command kModules = command("json.set", flag::kWrite | flag::kModule);

TEST(AfterLoss, SendsAgainWhateverWasNotWritten) {
  for (const Command* unwritten : {&kGet, &kSet, &kPublish, &kBlpop, &kEval, &kModules})
    EXPECT_EQ(afterLoss(false, unwritten), Recovery::kSendAgain) << unwritten->name;
  EXPECT_EQ(afterLoss(false, nullptr), Recovery::kSendAgain) << "not even known";
}

TEST(AfterLoss, SendsReadsAgain) {
  for (const Command* read : {&kGet, &kSortRo, &kEvalRo, &kPing})
    EXPECT_EQ(afterLoss(true, read), Recovery::kSendAgain) << read->name;
}

TEST(AfterLoss, SaysThatTheOutcomeOfAWriteIsUnknown) {
  for (const Command* write : {&kSet, &kPublish, &kEval, &kFcall, &kModules})
    EXPECT_EQ(afterLoss(true, write), Recovery::kFailUnknown) << write->name;
  EXPECT_EQ(afterLoss(true, nullptr), Recovery::kFailUnknown) << "an unknown command may write";
}

TEST(AfterLoss, NeverRepeatsWhatBlocks) {
  EXPECT_EQ(afterLoss(true, &kBlpop), Recovery::kFailUnknown) << "an element may be popped and lost";
  EXPECT_EQ(afterLoss(true, &kXread), Recovery::kFailUnknown) << "it would wait its time twice";
}

TEST(AfterLoss, VoidsATransactionWithItsConnection) {
  for (const bool written : {false, true}) {
    EXPECT_EQ(afterLoss(written, &kMulti), Recovery::kFailPlain);
    EXPECT_EQ(afterLoss(written, &kWatch), Recovery::kFailPlain) << "a later WATCH would hide a lost update";
    EXPECT_EQ(afterLoss(written, &kSet, true), Recovery::kFailPlain) << "it was only queued";
    EXPECT_EQ(afterLoss(written, &kGet, true), Recovery::kFailPlain) << "alone it would be another read";
    EXPECT_EQ(afterLoss(written, nullptr, true), Recovery::kFailPlain);
  }
  EXPECT_EQ(afterLoss(false, &kExec, true), Recovery::kFailPlain);
  EXPECT_EQ(afterLoss(true, &kExec, true), Recovery::kFailUnknown) << "EXEC is what executes";
}

TEST(AfterLoss, DecidesSoForRedisOwnCommands) {
  const auto table = redisproto::CommandTable::builtIn();
  const auto decided = [&](std::string_view name) {
    const Command* found = table->byName(name);
    EXPECT_NE(found, nullptr) << name;
    return afterLoss(true, found);
  };
  for (const char* name :
       {"get", "mget", "hgetall", "scan", "sort_ro", "pfcount", "exists", "eval_ro", "ping"})
    EXPECT_EQ(decided(name), Recovery::kSendAgain) << name;
  for (const char* name : {"set", "incr", "lpop", "getex", "sort", "eval", "evalsha", "fcall", "publish",
                           "xread", "xreadgroup", "blpop", "wait", "flushall", "config|set", "rename"})
    EXPECT_EQ(decided(name), Recovery::kFailUnknown) << name;
}

TEST(OutcomeOfLoss, IsUnknownAsSoonAsAByteHasLeft) {
  EXPECT_EQ(outcomeOfLoss(false, &kSet), Outcome::kNotExecuted);
  EXPECT_EQ(outcomeOfLoss(true, &kSet), Outcome::kUnknown);
  EXPECT_EQ(outcomeOfLoss(true, &kGet), Outcome::kUnknown);
  EXPECT_EQ(outcomeOfLoss(true, &kSet, true), Outcome::kNotExecuted);
  EXPECT_EQ(outcomeOfLoss(true, &kExec, true), Outcome::kUnknown);
}

// Redis' and Valkey's own words.
constexpr std::string_view kRefusals[] = {
    "-READONLY You can't write against a read only replica.\r\n",
    "-LOADING Redis is loading the dataset in memory\r\n",
    "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
    "-NOREPLICAS Not enough good replicas to write.\r\n",
    "-CLUSTERDOWN Hash slot not served\r\n",
    "-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
    "-MOVED 3999 127.0.0.1:6381\r\n",
    "-ASK 3999 127.0.0.1:6381\r\n",
    "-REDIRECT 127.0.0.1:6381\r\n",
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n",
    "-ERR max number of clients reached\r\n",
    "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n",
};

TEST(RejectedBeforeExecution, KnowsTheServersRefusals) {
  for (const std::string_view refusal : kRefusals) {
    EXPECT_TRUE(rejectedBeforeExecution(refusal)) << refusal;
    EXPECT_TRUE(rejectedBeforeExecution(refusal.substr(1, refusal.size() - 3))) << "also without - and CR LF";
  }
  EXPECT_TRUE(rejectedBeforeExecution("-LOADING\r\n"));
}

TEST(RejectedBeforeExecution, LeavesTheAnswersOfCommandsThatRan) {
  for (const std::string_view answer :
       {"-BUSYGROUP Consumer Group name already exists\r\n", "-BUSYKEY Target key name already exists.\r\n",
        "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
        "-ERR unknown command 'nosuch', with args beginning with: \r\n", "-ASKING\r\n",
        "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n", "-NOSCRIPT No matching script.\r\n", "-\r\n",
        ""})
    EXPECT_FALSE(rejectedBeforeExecution(answer)) << answer;
}

TEST(RejectedBeforeExecution, LeavesWhatMayHaveRunInPart) {
  EXPECT_FALSE(rejectedBeforeExecution("-OOM command not allowed when used memory > 'maxmemory'.\r\n"));
  EXPECT_FALSE(rejectedBeforeExecution("-MISCONF Redis is configured to save RDB snapshots\r\n"));
}

TEST(AfterError, BelievesTheWordsOfPlainCommandsOnly) {
  for (const std::string_view refusal : kRefusals) {
    EXPECT_EQ(afterError(refusal, &kSet), Outcome::kNotExecuted) << refusal;
    for (const Command* program : {&kEval, &kEvalRo, &kFcall, &kModules, &kExec})
      EXPECT_EQ(afterError(refusal, program), Outcome::kExecuted)
          << program->name << " may say so itself, after it has written";
    EXPECT_EQ(afterError(refusal, nullptr), Outcome::kExecuted);
  }
}

TEST(AfterError, TakesEveryOtherErrorForAnAnswer) {
  EXPECT_EQ(afterError("-WRONGTYPE Operation against a key", &kSet), Outcome::kExecuted);
  EXPECT_EQ(afterError("-OOM command not allowed", &kSet), Outcome::kExecuted);
}

TEST(GoesOn, IsWhatNamesACursorThatIsNotTheBeginning) {
  const Command scan = command("scan", flag::kReadonly, Special::kScan);
  Command hscan = command("hscan", flag::kReadonly, Special::kScan);
  hscan.first_key = 1;
  EXPECT_FALSE(goesOn(scan, {"SCAN", "0"}));
  EXPECT_FALSE(goesOn(scan, {"SCAN", "0", "COUNT", "12"}));
  EXPECT_TRUE(goesOn(scan, {"SCAN", "12"}));
  EXPECT_TRUE(goesOn(scan, {"SCAN", "10", "COUNT", "0"}));
  EXPECT_FALSE(goesOn(hscan, {"HSCAN", "12", "0"})) << "the key is no cursor";
  EXPECT_TRUE(goesOn(hscan, {"HSCAN", "0", "12"}));
  EXPECT_FALSE(goesOn(hscan, {"HSCAN", "12"})) << "too short, as Redis will say";
  EXPECT_FALSE(goesOn(kGet, {"GET", "12"}));
}

TEST(ErrorsOfTheGateway, MakeNoClientLibraryRepeatTheCommand) {
  // The beginnings at which go-redis sends a command again.
  for (const std::string_view text :
       {outcomeUnknownError(), lateReplyError(), notExecutedError(), cursorLostError()}) {
    EXPECT_TRUE(text.starts_with("ERR ")) << text;
    EXPECT_FALSE(rejectedBeforeExecution(text)) << text;
    EXPECT_EQ(text.find_first_of("\r\n"), text.npos) << text;
  }
}

}  // namespace
}  // namespace forebay::pools
