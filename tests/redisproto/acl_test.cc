#include "redisproto/acl.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace forebay::redisproto {
namespace {

constexpr const char* kNoKey =
    "NOPERM this user has no permissions to access one of the keys used as arguments";
constexpr const char* kNoChannel =
    "NOPERM this user has no permissions to access one of the channels used as arguments";

std::string noCommand(const std::string& name) {
  return "NOPERM this user has no permissions to run the '" + name + "' command";
}

std::shared_ptr<const Acl> acl(const AclRules& rules) {
  auto made = Acl::make(rules, CommandTable::builtIn());
  EXPECT_TRUE(made.ok()) << made.error();
  return made.ok() ? *made : nullptr;
}

std::string errorOf(const AclRules& rules) {
  const auto made = Acl::make(rules, CommandTable::builtIn());
  return made.ok() ? "" : made.error();
}

// What alice with these rules is told of the request in `words`.
std::string check(const AclRules& rules, const std::string& words) {
  std::vector<std::string> owned;
  std::istringstream in(words);
  for (std::string word; in >> word;) owned.push_back(word);
  const std::vector<Bytes> args(owned.begin(), owned.end());
  const Command* command = CommandTable::builtIn()->find(args[0], args.size() > 1 ? args[1] : Bytes());
  return acl(rules)->check(command, args, "alice");
}

void expectAllowed(const AclRules& rules, const std::vector<std::string>& requests) {
  for (const std::string& request : requests) EXPECT_EQ(check(rules, request), "") << request;
}

void expectRefused(const AclRules& rules, const std::string& error,
                   const std::vector<std::string>& requests) {
  for (const std::string& request : requests) EXPECT_EQ(check(rules, request), error) << request;
}

TEST(Acl, WithoutRulesAllowsAllOfTheUsersOwnData) {
  expectAllowed({}, {"GET k",
                     "SET k v",
                     "DEL k",
                     "KEYS *",
                     "FLUSHDB",
                     "EVAL s 0",
                     "FCALL f 0",
                     "SUBSCRIBE c",
                     "BLPOP k 0",
                     "MULTI",
                     "INFO",
                     "CONFIG GET maxmemory",
                     "CLIENT LIST",
                     "CLIENT SETNAME me",
                     "CLIENT ID",
                     "SCRIPT FLUSH",
                     "FUNCTION LOAD x",
                     "SLOWLOG GET",
                     "LATENCY LATEST",
                     "MEMORY USAGE k",
                     "CLUSTER INFO",
                     "CLUSTER SLOTS",
                     "ACL WHOAMI",
                     "ACL CAT",
                     "ACL GENPASS",
                     "ROLE",
                     "WAIT 0 0",
                     "DBSIZE",
                     "SORT k",
                     "RESTORE k 0 x"});
}

TEST(Acl, WithoutRulesRefusesWhatReachesBeyond) {
  const std::vector<std::string> requests = {"SHUTDOWN",
                                             "DEBUG SLEEP 1",
                                             "REPLICAOF NO ONE",
                                             "SLAVEOF NO ONE",
                                             "FAILOVER",
                                             "MIGRATE h 1 k 0 10",
                                             "SAVE",
                                             "BGSAVE",
                                             "BGREWRITEAOF",
                                             "SYNC",
                                             "PSYNC ? -1",
                                             "REPLCONF x y",
                                             "MONITOR",
                                             "FLUSHALL",
                                             "SWAPDB 0 1",
                                             "RESTORE-ASKING k 0 x",
                                             "PFDEBUG ENCODING k"};
  for (const std::string& request : requests) {
    std::string name = request.substr(0, request.find(' '));
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(check({}, request), noCommand(name));
  }
  const std::vector<std::pair<std::string, std::string>> subcommands = {
      {"MODULE", "load loadex unload list"},
      {"ACL", "setuser deluser getuser list users load save log dryrun"},
      {"CONFIG", "set resetstat rewrite"},
      {"CLIENT", "kill no-evict pause unpause"},
      {"CLUSTER",
       "addslots addslotsrange bumpepoch delslots delslotsrange failover flushslots forget meet replicate "
       "reset "
       "saveconfig set-config-epoch setslot"},
      {"LATENCY", "reset"},
      {"SLOWLOG", "reset"},
      {"SCRIPT", "kill debug"},
      {"FUNCTION", "kill"},
      {"MEMORY", "purge"}};
  for (const auto& [container, names] : subcommands) {
    std::istringstream in(names);
    std::string lower = container;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    for (std::string name; in >> name;)
      EXPECT_EQ(check({}, container + " " + name + " a b c d"), noCommand(lower + "|" + name));
  }
}

TEST(Acl, WithoutRulesTellsSettingsButNoPasswordsOfTheServer) {
  expectAllowed({}, {"CONFIG GET maxmemory", "CONFIG GET max* save"});
  for (const char* request : {"CONFIG GET requirepass", "config get MasterAuth", "CONFIG GET *",
                              "CONFIG GET maxmemory *pass", "CONFIG GET m[a]ster*"})
    EXPECT_TRUE(
        check({}, request).starts_with("NOPERM this user has no permissions to read the server's passwords"))
        << request;
  expectAllowed({.commands = "+config|get"}, {"CONFIG GET *"});
  expectAllowed({.commands = "+@all"}, {"CONFIG GET requirepass"});
}

TEST(Acl, WithBoundedKeysAndNoCommandsRefusesScripts) {
  const AclRules bounded{.keys = {"app:*"}};
  expectRefused(bounded, noCommand("eval"), {"EVAL s 0", "EVAL s 1 app:1"});
  expectRefused(bounded, noCommand("fcall"), {"FCALL f 0"});
  expectAllowed(bounded, {"GET app:1", "PING"});
  expectAllowed({.commands = "+@all", .keys = {"app:*"}}, {"EVAL s 1 app:1"});
  expectAllowed({.keys = {"*"}}, {"EVAL s 0"});
}

TEST(Acl, WithBoundedChannelsAndNoCommandsRefusesScripts) {
  const AclRules bounded{.channels = {"news:*"}};
  expectRefused(bounded, noCommand("eval"), {"EVAL s 0"});
  expectRefused(bounded, noCommand("evalsha"), {"EVALSHA s 0"});
  expectRefused(bounded, noCommand("fcall"), {"FCALL f 0"});
  expectAllowed(bounded, {"PUBLISH news:1 x", "GET k", "FLUSHDB", "SLOWLOG GET"});
  expectAllowed({.commands = "+@all", .channels = {"news:*"}}, {"EVAL s 0"});
  expectAllowed({.channels = {"*"}}, {"EVAL s 0"});
}

TEST(Acl, WithBoundedKeysAndNoCommandsRefusesWhatReachesAllKeysWithoutNamingThem) {
  const AclRules bounded{.keys = {"app:*"}};
  expectRefused(bounded, noCommand("flushdb"), {"FLUSHDB", "FLUSHDB ASYNC"});
  expectRefused(bounded, noCommand("slowlog|get"), {"SLOWLOG GET"});
  expectAllowed(bounded, {"SLOWLOG LEN", "DBSIZE"});
  expectAllowed({.commands = "+@all", .keys = {"app:*"}}, {"FLUSHDB", "SLOWLOG GET"});
  expectAllowed({.keys = {"*"}}, {"FLUSHDB", "SLOWLOG GET"});
}

TEST(Acl, TakesNamesOfModulesAndOfLaterVersionsThatTheServerDoesNotHave) {
  expectAllowed({.commands = "+get +json.get +@read -ft.search"}, {"GET k"});
  EXPECT_NE(errorOf({.commands = "+gett"}), "");
}

TEST(Acl, AllowsABeyondCommandToWhomItIsGiven) {
  expectAllowed({.commands = "+@all"}, {"SHUTDOWN", "CONFIG SET a b", "FLUSHALL"});
  expectAllowed({.commands = "+config|set"}, {"CONFIG SET a b"});
  expectAllowed({.commands = "+@admin"}, {"CONFIG SET a b", "MONITOR"});
}

TEST(Acl, AppliesItsRulesInOrder) {
  expectAllowed({.commands = "+@all -@dangerous +keys"}, {"GET k", "KEYS *"});
  expectRefused({.commands = "+@all +keys -@dangerous"}, noCommand("keys"), {"KEYS *"});
  expectRefused({.commands = "+get nocommands"}, noCommand("get"), {"GET k"});
  expectAllowed({.commands = "-@all  +GET\t+@HASH"}, {"GET k", "HGET k f"});
  expectRefused({.commands = "+get"}, noCommand("set"), {"SET k v"});
}

TEST(Acl, TellsSubcommandsApart) {
  const AclRules but_set = {.commands = "+config -config|set"};
  expectAllowed(but_set, {"CONFIG GET x", "CONFIG REWRITE", "CONFIG new-in-redis-9"});
  expectRefused(but_set, noCommand("config|set"), {"CONFIG SET a b", "config set a b"});
  expectAllowed({.commands = "+config|get"}, {"CONFIG GET x"});
  expectRefused({.commands = "+config|get"}, noCommand("config"), {"CONFIG new-in-redis-9"});
  expectRefused({.commands = "+@all -client"}, noCommand("client|id"), {"CLIENT ID"});
}

TEST(Acl, AlwaysAllowsWhatALoginNeeds) {
  expectAllowed({.commands = "-@all"}, {"AUTH u p", "HELLO 3", "QUIT", "RESET"});
  expectRefused({.commands = "-@all"}, noCommand("ping"), {"PING"});
}

TEST(Acl, AllowsUnknownCommandsByAllCommandsAlone) {
  expectRefused({}, noCommand("frob"), {"FROB x"});
  expectRefused({.commands = "+@read"}, noCommand("frob"), {"FROB"});
  expectAllowed({.commands = "+@all"}, {"FROB x"});
  expectAllowed({.commands = "+@all -flushall"}, {"FROB x"});
  expectRefused({.commands = "+@all -@dangerous"}, noCommand("frob"), {"FROB x"});
  expectRefused({.commands = "+@all", .keys = {"a*"}}, kNoKey, {"FROB a"});
}

TEST(Acl, ShowsAnUnknownNameWithoutWhatWouldEndTheLine) {
  const std::string name = "a\r\nb" + std::string(500, 'c');
  const std::string error = acl({})->check(nullptr, {name}, "alice");
  EXPECT_EQ(error, noCommand("a  b" + std::string(124, 'c')));
}

TEST(Acl, ChecksEveryKeyThatARequestNames) {
  const AclRules rules = {.commands = "+@all", .keys = {"app:*", "~shared", "%RW~both:?"}};
  expectAllowed(rules, {"GET app:1", "GET shared", "MGET app:1 both:1", "SET app:1 v GET", "EVAL s 1 app:1 x",
                        "PING", "EVAL s 0", "XREAD STREAMS app:1 0", "SUBSCRIBE anything", "SPUBLISH c m"});
  expectRefused(
      rules, kNoKey,
      {"GET x", "MGET app:1 x", "EVAL s 2 app:1 x", "ZUNIONSTORE app:1 1 x", "XREAD STREAMS app:1 x 0 0",
       "SORT app:1 STORE x", "GEORADIUS app:1 1 1 1 km STORE x", "RENAME app:1 x", "EXISTS x", "WATCH x"});
}

TEST(Acl, RefusesRequestsWhoseKeysCanNotBeTold) {
  expectRefused({.commands = "+@all", .keys = {"app:*"}}, kNoKey,
                {"EVAL s x app:1", "XREAD app:1 app:1 app:1", "EVAL s 5 app:1"});
  expectAllowed({}, {"EVAL s x app:1"});
}

TEST(Acl, TellsReadingFromWriting) {
  const AclRules rules = {.commands = "+@all", .keys = {"%R~r*", "%W~w*"}};
  expectAllowed(rules,
                {"GET r", "SET w 1", "SET w get", "LPUSH w 1", "DEL w", "EXISTS w", "EXISTS r", "TYPE w",
                 "COPY r w", "EXPIRE w 1", "APPEND w x", "PERSIST w", "OBJECT ENCODING w", "WATCH w",
                 "BITFIELD r GET u8 0", "ZUNIONSTORE w 2 r r2", "BITOP AND w r r2", "SORT r STORE w"});
  expectRefused(
      rules, kNoKey,
      {"GET w", "SET r 1", "SET w 1 GET", "SET w 1 IFEQ 2", "INCR w", "LPOP w", "COPY w r", "RENAME r w",
       "GETDEL w", "BITFIELD w SET u8 0 1", "TTL w", "ZUNIONSTORE w 2 r w", "EVAL s 1 r", "EVAL s 1 w"});
  expectAllowed({.keys = {"%R~a", "%w~a"}}, {"INCR a"});
}

TEST(Acl, LetsSortFollowPatternsOnlyToWhomAllKeysAreReadable) {
  const AclRules rules = {.keys = {"a*"}};
  const std::string by = "ERR BY option of SORT denied due to insufficient ACL permissions.";
  const std::string get = "ERR GET option of SORT denied due to insufficient ACL permissions.";
  expectRefused(rules, by, {"SORT a BY w_*", "SORT_RO a LIMIT 0 1 by w_*"});
  expectRefused(rules, get, {"SORT a GET x", "SORT a GET #", "SORT a BY nosort GET x*"});
  expectAllowed(rules, {"SORT a", "SORT a BY nosort", "SORT a ALPHA DESC STORE a2"});
  expectAllowed({.keys = {"%R~*", "a*"}}, {"SORT a BY w_* GET x*"});
}

TEST(Acl, ChecksChannels) {
  const AclRules rules = {.channels = {"news.*", "&chat"}};
  expectAllowed(rules,
                {"SUBSCRIBE news.1 chat", "PUBLISH news.1 m", "SSUBSCRIBE chat", "SPUBLISH chat m",
                 "PSUBSCRIBE news.*", "UNSUBSCRIBE x", "PUNSUBSCRIBE x*", "PUBSUB CHANNELS *", "GET k"});
  expectRefused(rules, kNoChannel,
                {"SUBSCRIBE chat x", "PUBLISH x news.1", "SSUBSCRIBE x", "SPUBLISH x m", "PSUBSCRIBE *",
                 "PSUBSCRIBE news.1", "PSUBSCRIBE news.1*"});
}

TEST(Acl, AnswersForASingleChannel) {
  const auto made = acl({.channels = {"news.*"}});
  EXPECT_TRUE(made->mayUseChannel("news.1", false));
  EXPECT_FALSE(made->mayUseChannel("news.1", true));
  EXPECT_TRUE(made->mayUseChannel("news.*", true));
  EXPECT_TRUE(acl({})->mayUseChannel("x*", true));
}

TEST(Acl, KnowsWhoseKeysAndChannelsNeedNoLook) {
  EXPECT_TRUE(acl({})->anyKey() && acl({})->anyChannel());
  for (const char* rule : {"*", "~*", "allkeys", "ALLKEYS", "%RW~*", "%wr~**"})
    EXPECT_TRUE(acl({.keys = {"a", rule}})->anyKey()) << rule;
  for (const char* rule : {"%R~*", "~a*", "?*", "~"}) EXPECT_FALSE(acl({.keys = {rule}})->anyKey()) << rule;
  EXPECT_TRUE(acl({.keys = {"%R~*", "%W~*"}})->anyKey());
  for (const char* rule : {"*", "&*", "allchannels"})
    EXPECT_TRUE(acl({.channels = {rule}})->anyChannel()) << rule;
  EXPECT_FALSE(acl({.channels = {"a*"}})->anyChannel());
}

TEST(AclRules, ThatAreWrongAreNamedWithTheirRemedy) {
  EXPECT_EQ(errorOf({.commands = "+get +sett"}), "'+sett': there is no command 'sett'; did you mean 'set'?");
  EXPECT_EQ(errorOf({.commands = "+config|sett"}),
            "'+config|sett': there is no command 'config|sett'; did you mean 'config|set'?");
  EXPECT_EQ(errorOf({.commands = "-@dangerus"}),
            "'-@dangerus': there is no category '@dangerus'; did you mean '@dangerous'?");
  EXPECT_EQ(errorOf({.commands = "+select|0"}),
            "'+select|0': 'select' has no subcommands, and rules about a first argument are not supported");
  for (const char* rule : {"get", "+", "-", "on", ">secret", "~*"})
    EXPECT_EQ(
        errorOf({.commands = rule}),
        "'" + std::string(rule) +
            "' is no rule about commands: expected +command, -command, +command|subcommand, +@category, "
            "-@category, allcommands or nocommands");
  EXPECT_NE(errorOf({.commands = "+@"}), "");
  for (const char* rule : {"%", "%~x", "%Q~x", "%R", "%RX~x"})
    EXPECT_EQ(errorOf({.keys = {rule}}),
              "'" + std::string(rule) + "' is no rule about keys: expected %R~, %W~ or %RW~ and a pattern");
  EXPECT_EQ(errorOf({.keys = {""}}), "a rule about keys is empty: expected a pattern");
  EXPECT_EQ(errorOf({.channels = {""}}), "a rule about channels is empty: expected a pattern");
}

}  // namespace
}  // namespace forebay::redisproto
