// The command table made of a server's reply to COMMAND.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "redisproto/command.h"

namespace forebay::redisproto {
namespace {

std::string number(int64_t n) { return ":" + std::to_string(n) + "\r\n"; }
std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}
std::string array(const std::vector<std::string>& elements) {
  std::string out = "*" + std::to_string(elements.size()) + "\r\n";
  for (const std::string& element : elements) out += element;
  return out;
}
std::string statuses(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) out.push_back("+" + word + "\r\n");
  return array(out);
}

using Words = std::vector<std::string>;

// As servers before 6.0 tell of a command, which have no categories.
std::vector<std::string> oldEntry(std::string_view name, int arity, const Words& flags, int first = 0) {
  return {bulk(name),    number(arity), statuses(flags),
          number(first), number(first), number(first != 0 ? 1 : 0)};
}

// As Redis 7 does.
std::string entry(std::string_view name, int arity, const Words& flags, const Words& categories,
                  int first = 0, const std::vector<std::string>& subcommands = {}) {
  auto fields = oldEntry(name, arity, flags, first);
  const std::string range = array({bulk("lastkey"), number(0), bulk("keystep"), number(1)});
  const std::string find = array({bulk("type"), bulk("range"), bulk("spec"), range});
  const std::string specs = array({array({bulk("flags"), statuses({"RO"}), bulk("find_keys"), find})});
  fields.insert(fields.end(), {statuses(categories), array({bulk("request_policy:all_shards")}), specs,
                               array(subcommands)});
  return array(fields);
}

std::shared_ptr<const CommandTable> tableOf(const std::string& reply) {
  auto table = CommandTable::fromReply(reply);
  EXPECT_TRUE(table.ok()) << table.error();
  return table.ok() ? *table : CommandTable::builtIn();
}

bool understood(const std::string& reply) { return CommandTable::fromReply(reply).ok(); }

TEST(CommandReply, TellsOfCommandsThatNobodyKnewBefore) {
  const auto table = tableOf(array({entry("FROB", -3, {"write", "fast", "sparkling"}, {"@hash"}, 1)}));
  const Command* frob = table->find("frob");
  ASSERT_NE(frob, nullptr);
  EXPECT_EQ(frob->arity, -3);
  EXPECT_EQ(frob->flags, flag::kWrite | flag::kFast) << "an unknown flag is passed over";
  EXPECT_EQ(frob->categories, category::kHash | category::kWrite | category::kFast);
  EXPECT_EQ(frob->first_key, 1);
  EXPECT_EQ(frob->group, Group::kOther);
}

TEST(CommandReply, IsLaidOverWhatIsKnownOfTheCommand) {
  const auto table = tableOf(array({entry("keys", 5, {"readonly"}, {"@keyspace", "@slow"})}));
  const Command* keys = table->find("KEYS");
  ASSERT_NE(keys, nullptr);
  EXPECT_EQ(keys->arity, 5) << "the server's word";
  EXPECT_TRUE(keys->slow) << "ours";
  EXPECT_EQ(keys->group, Group::kGeneric);
  EXPECT_EQ(table->find("get"), nullptr) << "which this server does not have";
}

TEST(CommandReply, TellsSubcommandsFromRedis7On) {
  const auto table = tableOf(array(
      {entry("config", -2, {}, {"@slow"}, 0,
             {entry("config|get", -3, {"admin"}, {"@admin"}), entry("config|polish", -3, {}, {"@admin"})})}));
  ASSERT_NE(table->find("config"), nullptr);
  EXPECT_TRUE(table->find("config")->container);
  EXPECT_EQ(table->find("CONFIG", "GET")->name, "config|get");
  EXPECT_FALSE(table->find("CONFIG", "GET")->beyond);
  EXPECT_EQ(table->find("CONFIG", "polish")->name, "config|polish");
  EXPECT_TRUE(table->find("CONFIG", "polish")->beyond) << "nobody knows what a new one of CONFIG changes";
  EXPECT_EQ(table->byName("config|set"), nullptr) << "this server does not have it";
}

TEST(CommandReply, OfAnOlderServerLeavesTheBuiltInSubcommandsAndCategories) {
  const auto table = tableOf(
      array({array(oldEntry("config", -2, {"admin"})), array(oldEntry("get", 2, {"readonly", "fast"}, 1))}));
  EXPECT_EQ(table->find("config", "set")->name, "config|set");
  EXPECT_TRUE(table->find("config", "set")->beyond);
  EXPECT_EQ(table->find("get")->categories, category::kRead | category::kString | category::kFast);
  EXPECT_EQ(table->byName("memory|usage"), nullptr) << "its container is not there";
}

TEST(CommandReply, LeavesWhatTheGatewayAnswersItself) {
  const auto table = tableOf(array({entry("get", 2, {"readonly"}, {"@string"}, 1)}));
  EXPECT_EQ(table->find("HELLO")->special, Special::kHello);
  EXPECT_EQ(table->find("CLIENT", "SETINFO")->special, Special::kClientSetinfo);
}

TEST(CommandReply, MakesAModulesCommandsKnown) {
  const auto table =
      tableOf(array({entry("json.get", -2, {"readonly", "module"}, {}, 1),
                     entry("ft.search", -3, {"readonly", "module", "movablekeys"}, {"@search"}),
                     array(oldEntry("bf.add", 3, {"write"}, 1))}));
  const Command* get = table->find("JSON.GET");
  ASSERT_NE(get, nullptr);
  EXPECT_EQ(get->group, Group::kOther);
  EXPECT_TRUE(get->is(flag::kModule));
  EXPECT_EQ(get->categories, category::kOther | category::kRead | category::kSlow);
  EXPECT_FALSE(get->writes());
  EXPECT_TRUE(table->find("bf.add")->is(flag::kModule)) << "older servers do not say so";
  std::vector<uint32_t> positions;
  EXPECT_TRUE(findKeys(*get, {"json.get", "k"}, positions));
  EXPECT_FALSE(findKeys(*table->find("ft.search"), {"ft.search", "i", "q"}, positions));
}

TEST(CommandReply, KeepsUnknownCommandsForAdminsFromOthers) {
  const auto table = tableOf(array({entry("melt", 1, {"admin"}, {"@admin", "@dangerous"})}));
  EXPECT_TRUE(table->find("melt")->beyond);
}

TEST(CommandReply, GivesDenseIds) {
  const auto table =
      tableOf(array({entry("get", 2, {"readonly"}, {}, 1), entry("GET", 2, {"readonly"}, {}, 1),
                     entry("set", -3, {"write"}, {}, 1)}));
  for (uint16_t id = 0; id < table->size(); ++id) {
    EXPECT_EQ(table->at(id).id, id);
    EXPECT_EQ(table->byName(table->at(id).name), &table->at(id)) << "each is there once";
  }
}

TEST(CommandReply, FindsNamesOfAnyLength) {
  const std::string name = "module." + std::string(60, 'x');
  const auto table = tableOf(
      array({entry(name, 2, {"readonly"}, {}, 1, {entry(name + "|" + std::string(40, 'y'), 3, {}, {})})}));
  ASSERT_NE(table->find(name), nullptr);
  EXPECT_EQ(table->find("MODULE." + std::string(60, 'X'), std::string(40, 'Y'))->name.size(),
            name.size() + 41);
  EXPECT_EQ(table->byName(name), table->find(name));
}

TEST(CommandReply, ThatIsAnErrorIsReported) {
  const auto table = CommandTable::fromReply("-ERR unknown command 'COMMAND'\r\n");
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error(), "COMMAND was answered with: ERR unknown command 'COMMAND'");
}

TEST(CommandReply, ThatIsCutShortIsRefusedAtEveryByte) {
  const std::string reply =
      array({entry("config", -2, {"admin"}, {"@admin"}, 0, {entry("config|get", -3, {}, {})})});
  ASSERT_TRUE(understood(reply));
  for (size_t n = 0; n < reply.size(); ++n) EXPECT_FALSE(understood(reply.substr(0, n))) << n << " bytes";
  EXPECT_FALSE(understood(reply + ":1\r\n")) << "nor is there more than one";
}

TEST(CommandReply, ThatAnnouncesMoreThanIsThereIsRefusedAtOnce) {
  EXPECT_FALSE(understood("*2147483647\r\n"));
  EXPECT_FALSE(understood("*9223372036854775807\r\n*6\r\n"));
  EXPECT_FALSE(understood("*1\r\n*6\r\n$9223372036854775807\r\n"));
  EXPECT_FALSE(understood("*1\r\n*99999999999999999999\r\n"));
  EXPECT_FALSE(understood("*0\r\n")) << "no server is without commands";
  EXPECT_FALSE(understood("*-1\r\n"));
}

TEST(CommandReply, WithOtherThanCommandsInItIsRefused) {
  EXPECT_FALSE(understood(array({bulk("get")})));
  EXPECT_FALSE(understood(array({array({bulk("get"), number(2)})})));
  EXPECT_FALSE(understood(array({array(oldEntry("", 2, {}))})));
  EXPECT_FALSE(understood(array({array(oldEntry("a|b", 2, {}))})));
  EXPECT_FALSE(understood(array(
      {array({bulk("get"), number(int64_t{1} << 40), statuses({}), number(1), number(1), number(1)})})));
  EXPECT_FALSE(understood(
      array({array({bulk("get"), number(2), statuses({}), number(70000), number(1), number(1)})})));
}

TEST(CommandReply, MayHaveFieldsThatLaterVersionsAdd) {
  auto fields = oldEntry("get", 2, {"readonly"}, 1);
  fields.insert(fields.end(), {statuses({"@read"}), array({}), array({}), array({}),
                               array({array({bulk("x")}), number(1)})});
  EXPECT_TRUE(understood(array({array(fields)})));
}

}  // namespace
}  // namespace forebay::redisproto
