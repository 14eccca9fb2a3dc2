#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "redisproto/command.h"

namespace forebay::redisproto {
namespace {

constexpr const char* kUntold = "(untold)";

// The keys of the request in `words`, '' in which is an empty argument.
std::string keysOf(const std::string& words) {
  std::vector<std::string> owned;
  std::istringstream in(words);
  for (std::string word; in >> word;) owned.push_back(word == "''" ? "" : word);
  const std::vector<Bytes> args(owned.begin(), owned.end());
  const Command* command = CommandTable::builtIn()->find(args[0], args.size() > 1 ? args[1] : Bytes());
  if (command == nullptr || !command->takes(args.size())) return "(no such request)";
  std::vector<uint32_t> positions;
  if (!findKeys(*command, args, positions)) return kUntold;
  std::string out;
  for (const uint32_t position : positions) out.append(out.empty() ? "" : " ").append(args[position]);
  return out;
}

struct Case {
  const char* request;
  const char* keys;
};

// What Redis 7.0.15 answers to COMMAND GETKEYS with these requests.
constexpr Case kCases[] = {
    {"GET k", "k"},
    {"SET k v GET", "k"},
    {"MSET a 1 b 2", "a b"},
    {"MSET a 1 b", "a b"},
    {"MSETNX a 1 b 2", "a b"},
    {"MGET a b c", "a b c"},
    {"DEL a b", "a b"},
    {"EXISTS a b", "a b"},
    {"RENAME a b", "a b"},
    {"COPY a b DB 1 REPLACE", "a b"},
    {"BLPOP a b 0", "a b"},
    {"BRPOPLPUSH a b 0", "a b"},
    {"LMOVE a b LEFT RIGHT", "a b"},
    {"BLMOVE a b LEFT RIGHT 0", "a b"},
    {"BZPOPMIN a b 0", "a b"},
    {"BITOP AND d a b", "d a b"},
    {"BITCOUNT k", "k"},
    {"PFCOUNT a b", "a b"},
    {"PFMERGE d a b", "d a b"},
    {"EVAL s 2 a b c", "a b"},
    {"EVAL s 0", ""},
    {"EVAL s 0 x", ""},
    {"EVAL_RO s 1 a b", "a"},
    {"EVALSHA s 1 a", "a"},
    {"EVALSHA_RO s 1 a", "a"},
    {"FCALL f 2 a b c", "a b"},
    {"FCALL_RO f 0 c", ""},
    {"ZUNION 2 a b WEIGHTS 1 2", "a b"},
    {"ZINTER 1 a", "a"},
    {"ZDIFF 1 a WITHSCORES", "a"},
    {"ZINTERCARD 2 a b LIMIT 1", "a b"},
    {"SINTERCARD 2 a b LIMIT 1", "a b"},
    {"ZUNIONSTORE d 2 a b WEIGHTS 1 2", "d a b"},
    {"ZINTERSTORE d 1 a", "d a"},
    {"ZDIFFSTORE d 2 a b", "d a b"},
    {"LMPOP 2 a b LEFT", "a b"},
    {"BLMPOP 0 2 a b LEFT COUNT 2", "a b"},
    {"ZMPOP 1 a MIN", "a"},
    {"BZMPOP 0 1 a MAX", "a"},
    {"SORT k", "k"},
    {"SORT k BY w_* GET o_* GET # LIMIT 0 1 ASC ALPHA STORE d", "k d"},
    {"SORT k STORE a STORE b", "k b"},
    {"SORT k BY store STORE d", "k d"},
    {"SORT k LIMIT store d STORE e", "k e"},
    {"SORT_RO k BY nosort", "k"},
    {"MIGRATE h 1 k 0 10", "k"},
    {"MIGRATE h 1 k 0 10 COPY REPLACE", "k"},
    {"MIGRATE h 1 '' 0 10 KEYS a b", "a b"},
    {"MIGRATE h 1 '' 0 10 COPY REPLACE AUTH p KEYS a b", "a b"},
    {"MIGRATE h 1 '' 0 10 AUTH2 u keys KEYS a b", "a b"},
    {"MIGRATE h 1 '' 0 10 AUTH keys KEYS a b", "a b"},
    {"XREAD STREAMS a 0", "a"},
    {"XREAD COUNT 1 BLOCK 0 STREAMS a b 0 0", "a b"},
    {"XREADGROUP GROUP g c COUNT 1 NOACK STREAMS a b > >", "a b"},
    {"XREADGROUP GROUP streams streams STREAMS a >", "a"},
    {"XGROUP CREATE k g $", "k"},
    {"XINFO STREAM k", "k"},
    {"XADD k * f v", "k"},
    {"XACK k g 1", "k"},
    {"XAUTOCLAIM k g c 0 0", "k"},
    {"GEORADIUS k 1 1 1 km", "k"},
    {"GEORADIUS k 1 1 1 km STORE d", "k d"},
    {"GEORADIUSBYMEMBER k m 1 km STORE d", "k d"},
    {"GEORADIUSBYMEMBER_RO k m 1 km", "k"},
    {"GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 km", "d s"},
    {"ZRANGESTORE d s 0 -1", "d s"},
    {"OBJECT ENCODING k", "k"},
    {"MEMORY USAGE k", "k"},
    {"PFDEBUG GETREG k", "k"},
    {"DEBUG OBJECT k", ""},
    {"SMOVE a b m", "a b"},
    {"SINTERSTORE d a b", "d a b"},
    {"SUNION a b", "a b"},
    {"SPUBLISH c m", ""},
    {"SSUBSCRIBE c d", ""},
    {"SUBSCRIBE c", ""},
    {"WATCH a b", "a b"},
    {"PING", ""},
    {"LCS a b", "a b"},
    {"TOUCH a b", "a b"},
    {"UNLINK a", "a"},
    {"DUMP k", "k"},
    {"RESTORE k 0 x", "k"},
    {"RESTORE-ASKING k 0 x", "k"},
    {"RANDOMKEY", ""},
    {"KEYS *", ""},
    {"SCAN 0", ""},
    {"HSCAN k 0", "k"},
    {"CLUSTER KEYSLOT k", ""},
    {"CONFIG GET maxmemory", ""},
    {"PUBLISH c m", ""},
    {"LPOS k a", "k"},
    {"GETEX k EX 1", "k"},
};

TEST(FindKeys, TellsWhatRedisTells) {
  for (const Case& each : kCases) EXPECT_EQ(keysOf(each.request), each.keys) << each.request;
}

TEST(FindKeys, DoesNotTellTheKeysOfBrokenRequests) {
  for (const char* request :
       {"EVAL s 3 a b", "EVAL s x a", "EVAL s -1 a", "ZUNION 0 a", "ZUNION 3 a b", "ZUNIONSTORE d 3 a b",
        "XREAD COUNT 1 STREAMS a b 0", "EVAL s 9223372036854775808 a", "EVAL s 1x a",
        "EVAL s 18446744073709551615 a", "MSETEX 2 a 1 b", "XREAD GROUP STREAMS STREAMS",
        "XREADGROUP GROUP g c COUNT 1 STREAMS", "MIGRATE h 1 k 0 10 KEYS a", "MIGRATE h 1 '' 0 10 KEYS"})
    EXPECT_EQ(keysOf(request), kUntold) << request;
}

TEST(FindKeys, KnowsTheCommandsOfLaterVersions) {
  EXPECT_EQ(keysOf("MSETEX 2 a 1 b 2 EX 10"), "a b");
  EXPECT_EQ(keysOf("HGETEX k EX 1 FIELDS 1 f"), "k");
  EXPECT_EQ(keysOf("XDELEX k KEEPREF IDS 1 1-1"), "k");
  EXPECT_EQ(keysOf("XREADGROUP GROUP g c CLAIM 10 STREAMS a >"), "a");
}

// Redis tells both, of which it writes the last.
TEST(FindKeys, TellsTheOneTargetOfSeveralThatCounts) {
  EXPECT_EQ(keysOf("GEORADIUS k 1 1 1 km STORE d STOREDIST e"), "k e");
}

TEST(FindKeys, DoesNotTakeAShardsChannelsForKeys) {
  EXPECT_EQ(keysOf("SPUBLISH c m"), "");
  EXPECT_EQ(keysOf("SSUBSCRIBE c d"), "");
}

TEST(FindKeys, AppendsToWhatIsThere) {
  std::vector<uint32_t> positions = {7};
  ASSERT_TRUE(findKeys(*CommandTable::builtIn()->find("mget"), {"mget", "a", "b"}, positions));
  EXPECT_EQ(positions, (std::vector<uint32_t>{7, 1, 2}));
}

}  // namespace
}  // namespace forebay::redisproto
