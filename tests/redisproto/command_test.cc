#include "redisproto/command.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace forebay::redisproto {
namespace {

const CommandTable& builtIn() {
  static const auto table = CommandTable::builtIn();
  return *table;
}

const Command& command(std::string_view full_name) {
  const Command* found = builtIn().byName(full_name);
  EXPECT_NE(found, nullptr) << full_name;
  static const Command none;
  return found != nullptr ? *found : none;
}

std::string nameOf(const Command* found) { return found != nullptr ? found->name : "(none)"; }

TEST(CommandTable, FindsACommandInAnyCase) {
  for (const char* name : {"get", "GET", "gEt"}) EXPECT_EQ(nameOf(builtIn().find(name)), "get");
  EXPECT_EQ(nameOf(builtIn().find("ZRANGEBYSCORE")), "zrangebyscore");
  EXPECT_EQ(nameOf(builtIn().find("GeoRadiusByMember_RO", "key")), "georadiusbymember_ro");
}

TEST(CommandTable, FindsEachOfItsCommandsAndNoOther) {
  for (uint16_t id = 0; id < builtIn().size(); ++id) {
    const Command& each = builtIn().at(id);
    EXPECT_EQ(each.id, id);
    EXPECT_EQ(builtIn().byName(each.name), &each) << each.name;
    const size_t bar = each.name.find('|');
    const Bytes name = Bytes(each.name).substr(0, bar);
    const Bytes subcommand = bar == std::string::npos ? Bytes() : Bytes(each.name).substr(bar + 1);
    EXPECT_EQ(builtIn().find(name, subcommand), &each) << each.name;
    std::string other = each.name;
    other.back() = '~';
    EXPECT_EQ(builtIn().byName(other), nullptr) << other;
    EXPECT_EQ(builtIn().find(each.name + "~"), nullptr) << each.name;
  }
}

TEST(CommandTable, FindsASubcommandByTheSecondArgument) {
  EXPECT_EQ(nameOf(builtIn().find("CONFIG", "Set")), "config|set");
  EXPECT_EQ(nameOf(builtIn().find("client", "MAINT_NOTIFICATIONS")), "client|maint_notifications");
  EXPECT_EQ(nameOf(builtIn().find("cluster", "COUNT-FAILURE-REPORTS")), "cluster|count-failure-reports");
  EXPECT_EQ(nameOf(builtIn().find("GET", "set")), "get") << "GET has none";
}

TEST(CommandTable, FindsTheContainerWhenItsSubcommandIsUnknown) {
  EXPECT_EQ(nameOf(builtIn().find("CONFIG", "frobnicate")), "config");
  EXPECT_EQ(nameOf(builtIn().find("CONFIG")), "config");
  EXPECT_EQ(nameOf(builtIn().find("CONFIG", std::string(100, 'x'))), "config");
  EXPECT_TRUE(command("config").container);
  EXPECT_FALSE(command("config|set").container);
  EXPECT_FALSE(command("get").container);
}

TEST(CommandTable, KnowsNothingOfWhatIsNoCommand) {
  for (const Bytes name :
       {Bytes(""), Bytes("g"), Bytes("gett"), Bytes("config|set"), Bytes("get\0", 4), Bytes("\x07et")})
    EXPECT_EQ(builtIn().find(name), nullptr) << name;
  EXPECT_EQ(builtIn().find(std::string(1 << 20, 'a')), nullptr);
  EXPECT_EQ(builtIn().byName("get|set"), nullptr);
  EXPECT_EQ(builtIn().byName("config|"), nullptr);
  // Folding case must not fold anything but letters: these differ from '-' and '_' by the bit that letters
  // differ by.
  EXPECT_EQ(builtIn().find("restore\rasking"), nullptr);
  EXPECT_EQ(builtIn().find("sort\x7fro"), nullptr);
}

TEST(CommandTable, TellsWhatRedisTells) {
  const Command& mset = command("mset");
  EXPECT_EQ(mset.arity, -3);
  EXPECT_EQ(mset.flags, flag::kWrite | flag::kDenyOom);
  EXPECT_EQ(mset.categories, category::kString | category::kWrite | category::kSlow);
  EXPECT_EQ(mset.first_key, 1);
  EXPECT_EQ(mset.last_key, -1);
  EXPECT_EQ(mset.key_step, 2);
  EXPECT_EQ(command("config|get").categories, category::kAdmin | category::kDangerous | category::kSlow);
  EXPECT_TRUE(command("blpop").is(flag::kBlocking));
  EXPECT_TRUE(command("eval").is(flag::kMayReplicate)) << "which Redis 7 does not tell any more";
  EXPECT_EQ(command("eval_ro").categories & category::kRead, 0u) << "as in Redis";
}

TEST(CommandTable, KnowsWhatCameAfterRedis7) {
  for (const char* name : {"hexpire", "hgetex", "hsetex", "hgetdel", "waitaof", "xdelex", "msetex", "delifeq",
                           "client|setinfo", "client|no-touch", "client|capa", "client|maint_notifications"})
    EXPECT_NE(builtIn().byName(name), nullptr) << name;
}

TEST(Command, ThatIsNotMarkedReadOnlyWrites) {
  EXPECT_FALSE(command("get").writes());
  EXPECT_TRUE(command("set").writes());
  EXPECT_TRUE(command("eval").writes());
  EXPECT_TRUE(command("xadd").writes());
}

TEST(Command, CountsItsArgumentsAsRedisDoes) {
  EXPECT_TRUE(command("get").takes(2));
  EXPECT_FALSE(command("get").takes(1));
  EXPECT_FALSE(command("get").takes(3));
  EXPECT_TRUE(command("set").takes(3));
  EXPECT_TRUE(command("set").takes(300));
  EXPECT_FALSE(command("set").takes(2));
}

TEST(Command, BelongsToAGroup) {
  EXPECT_EQ(nameOf(command("get").group), "string");
  EXPECT_EQ(nameOf(command("zadd").group), "sorted_set");
  EXPECT_EQ(nameOf(command("del").group), "generic");
  EXPECT_EQ(nameOf(command("cluster|info").group), "server");
  std::set<std::string_view> names;
  for (size_t i = 0; i < kGroups; ++i) names.insert(nameOf(static_cast<Group>(i)));
  EXPECT_EQ(names.size(), kGroups) << "each has a name of its own";
}

TEST(Command, IsSpecialWhenItChangesWhatAConnectionIs) {
  EXPECT_EQ(command("hello").special, Special::kHello);
  EXPECT_EQ(command("psync").special, Special::kSync);
  EXPECT_EQ(command("waitaof").special, Special::kWait);
  EXPECT_EQ(command("client").special, Special::kClient);
  EXPECT_EQ(command("client|no-touch").special, Special::kClientNoTouch);
  EXPECT_EQ(command("evalsha_ro").special, Special::kEvalsha);
  EXPECT_EQ(command("command|docs").special, Special::kCommand);
  EXPECT_EQ(command("get").special, Special::kNone);
  EXPECT_EQ(command("fcall").special, Special::kNone);
}

TEST(Command, IsSlowWhenItMayCombineWholeCollections) {
  for (const char* name : {"keys", "sort", "flushall", "flushdb", "sunion", "sinterstore", "zunionstore",
                           "zrangestore", "bitop", "lcs", "migrate", "debug"})
    EXPECT_TRUE(command(name).slow) << name;
  for (const char* name : {"get", "mget", "smembers", "hgetall", "lrange", "scan", "eval", "del", "zrange"})
    EXPECT_FALSE(command(name).slow) << name;
}

TEST(Command, MayBeAskedOfAReplicaWhenItReadsTheDataAndNothingElse) {
  for (const char* name : {"get", "mget", "hgetall", "zrange", "exists", "ttl", "type", "dbsize", "keys",
                           "sort_ro", "georadius_ro", "bitfield_ro", "sinter", "xrange", "randomkey", "dump"})
    EXPECT_TRUE(command(name).on_replica) << name;
  for (const char* name : {"set", "getex", "getdel", "sort", "georadius", "bitfield", "xadd", "publish"})
    EXPECT_FALSE(command(name).on_replica) << name << " writes";
  for (const char* name : {"eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"})
    EXPECT_FALSE(command(name).on_replica) << name << " runs a program";
  for (const char* name :
       {"scan", "hscan", "sscan", "zscan", "object|encoding", "object|freq", "memory|usage", "touch"})
    EXPECT_FALSE(command(name).on_replica) << name << " is about one node";
  for (const char* name : {"xread", "xreadgroup", "blpop", "wait", "pfcount", "multi", "exec", "watch",
                           "ping", "info", "config|get", "client|tracking", "debug", "object", "time"})
    EXPECT_FALSE(command(name).on_replica) << name;
}

TEST(Command, MayChangeDataUnlessItIsKnownThatItCannot) {
  for (const char* name :
       {"set", "eval", "fcall", "exec", "publish", "flushall", "config|set", "script|flush"})
    EXPECT_TRUE(command(name).may_change) << name;
  for (const char* name : {"get", "scan", "eval_ro", "ping", "echo", "info", "select"})
    EXPECT_FALSE(command(name).may_change) << name;
}

TEST(Categories, HaveRedisNames) {
  EXPECT_EQ(categoryOf("keyspace"), category::kKeyspace);
  EXPECT_EQ(categoryOf("SORTEDSET"), category::kSortedset);
  EXPECT_EQ(categoryOf("scripting"), category::kScripting);
  EXPECT_EQ(categoryOf("all"), std::nullopt) << "no category: it is everything";
  EXPECT_EQ(categoryOf(""), std::nullopt);
}

}  // namespace
}  // namespace forebay::redisproto
