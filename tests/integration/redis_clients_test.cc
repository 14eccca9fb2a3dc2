// CLIENT, as if the gateway were the Redis: its ids, its clients, on all workers.
#include <gtest/gtest.h>

#include <set>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

class RedisClients : public testing::TestWithParam<int> {
 protected:
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.listen["workers"] = GetParam();
    return config;
  }
  RedisConnection connect() const { return RedisConnection(forebay_.redisPort()); }
  static std::string idOf(RedisConnection& client) {
    return std::to_string(client.run({"CLIENT", "ID"}).integer);
  }
  // One field of a line of CLIENT LIST.
  static std::string field(const std::string& line, const std::string& name) {
    const size_t at = (" " + line).find(" " + name + "=");
    if (at == std::string::npos) return "(none)";
    const size_t begin = at + name.size() + 1;
    return line.substr(begin, line.find_first_of(" \n", begin) - begin);
  }
  const Forebay forebay_{config()};
};

TEST_P(RedisClients, HaveIdsOfTheirOwn) {
  std::set<std::string> ids;
  std::vector<RedisConnection> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    ids.insert(idOf(clients.back()));
  }
  EXPECT_EQ(ids.size(), 20U);
  const std::string all = clients[0].text({"CLIENT", "LIST"});
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 20);
  for (const std::string& id : ids) EXPECT_NE(("\n" + all).find("\nid=" + id + " "), std::string::npos);
  const std::string two = clients[0].text({"CLIENT", "LIST", "ID", *ids.begin(), *ids.rbegin(), "9999999"});
  EXPECT_EQ(std::count(two.begin(), two.end(), '\n'), 2);
}

TEST_P(RedisClients, TellWhatTheyAre) {
  RedisConnection client = connect();
  client.hello(3);
  client.run({"CLIENT", "SETNAME", "me"});
  client.command({"CLIENT", "SETINFO", "LIB-NAME", "lib"});
  client.command({"CLIENT", "SETINFO", "LIB-VER", "1.2"});
  client.run({"SELECT", "3"});
  client.run({"MULTI"});
  RedisConnection other = connect();
  const std::string line = other.text({"CLIENT", "LIST", "ID", idOf(other)}),
                    mine = other.text({"CLIENT", "LIST", "TYPE", "normal"});
  const std::string entry = mine.substr(mine.find("name=me") - mine.substr(0, mine.find("name=me")).size());
  EXPECT_NE(entry.find("name=me"), std::string::npos);
  EXPECT_EQ(field(line, "name"), "");
  EXPECT_EQ(field(line, "user"), "default");
  EXPECT_EQ(field(line, "cmd"), "client|list");
  EXPECT_EQ(field(line, "resp"), "2");
  client.run({"DISCARD"});
  const std::string info = client.run({"CLIENT", "INFO"}).text;
  EXPECT_EQ(info.back(), '\n');
  EXPECT_EQ(field(info, "laddr"), "127.0.0.1:" + std::to_string(forebay_.redisPort()));
  EXPECT_EQ(field(info.substr(4), "id"), idOf(client));
  EXPECT_EQ(field(info, "name"), "me");
  EXPECT_EQ(field(info, "db"), "3");
  EXPECT_EQ(field(info, "lib-name"), "lib");
  EXPECT_EQ(field(info, "lib-ver"), "1.2");
  EXPECT_EQ(field(info, "resp"), "3");
}

TEST_P(RedisClients, KillEachOtherByIdAddressAndUser) {
  RedisConnection killer = connect();
  for (int i = 0; i < 6; ++i) {
    RedisConnection victim = connect();
    const std::string line = victim.text({"CLIENT", "INFO"});
    RedisArgs command{"CLIENT", "KILL"};
    if (i % 3 == 0) command.insert(command.end(), {"ID", field(line, "id")});
    if (i % 3 == 1) command.push_back(field(line, "addr"));
    if (i % 3 == 2) command.insert(command.end(), {"ADDR", field(line, "addr"), "SKIPME", "no"});
    EXPECT_EQ(killer.command(command), i % 3 == 1 ? resp::simple("OK") : resp::integer(1));
    EXPECT_TRUE(victim.closes());
    EXPECT_EQ(killer.command(command), i % 3 == 1 ? resp::error("ERR No such client") : resp::integer(0));
  }
  std::vector<RedisConnection> victims;
  for (int i = 0; i < 10; ++i) {
    victims.push_back(connect());
    victims.back().run({"PING"});
  }
  EXPECT_EQ(killer.command({"CLIENT", "KILL", "USER", "default"}), resp::integer(10));
  for (RedisConnection& victim : victims) EXPECT_TRUE(victim.closes());
  EXPECT_EQ(killer.command({"CLIENT", "KILL", "USER", "nobody"}), resp::error("ERR No such user 'nobody'"));
}

TEST_P(RedisClients, KillWhoeverCameByOneAddress) {
  RedisConnection killer = connect(), victim = connect();
  victim.run({"PING"});
  EXPECT_EQ(killer.command({"CLIENT", "KILL", "LADDR", "127.0.0.1:1"}), resp::integer(0));
  const std::string here = field(killer.text({"CLIENT", "INFO"}), "laddr");
  EXPECT_EQ(killer.command({"CLIENT", "KILL", "LADDR", here}), resp::integer(1)) << "but himself";
  EXPECT_TRUE(victim.closes());
}

TEST_P(RedisClients, KillSubscribersAlone) {
  RedisConnection killer = connect(), listener = connect(), other = connect();
  listener.run({"SUBSCRIBE", "c"});
  EXPECT_EQ(killer.command({"CLIENT", "KILL", "TYPE", "pubsub"}), resp::integer(1));
  EXPECT_TRUE(listener.closes());
  EXPECT_EQ(other.command({"PING"}), resp::simple("PONG"));
}

TEST_P(RedisClients, WhoKillsHimselfIsToldSo) {
  RedisConnection client = connect();
  EXPECT_EQ(client.command({"CLIENT", "KILL", "ID", idOf(client), "SKIPME", "no"}), resp::integer(1));
  EXPECT_TRUE(client.closes());
}

TEST_P(RedisClients, KillOneThatWaits) {
  RedisConnection killer = connect(), victim = connect();
  const std::string id = idOf(victim);
  victim.sendCommand({"BLPOP", "none", "0"});
  ASSERT_TRUE(eventually([] { return sharedRedis().info("blocked_clients") == "1"; }));
  EXPECT_EQ(killer.command({"CLIENT", "KILL", "ID", id}), resp::integer(1));
  EXPECT_TRUE(victim.closes());
  EXPECT_TRUE(eventually([] { return sharedRedis().info("blocked_clients") == "0"; }));
}

TEST_P(RedisClients, MayDoWithoutReplies) {
  RedisConnection client = connect();
  client.send(encode({"CLIENT", "REPLY", "OFF"}) + encode({"SET", "k", "1"}) + encode({"CLIENT", "ID"}) +
              encode({"MULTI"}) + encode({"INCR", "k"}) + encode({"EXEC"}) + encode({"NOSUCH"}) +
              encode({"CLIENT", "REPLY", "ON"}) + encode({"GET", "k"}) + encode({"CLIENT", "REPLY", "SKIP"}) +
              encode({"GET", "k"}) + encode({"ECHO", "x"}) + encode({"CLIENT", "REPLY", "SKIP"}) +
              encode({"CLIENT", "ID"}) + encode({"ECHO", "y"}));
  EXPECT_EQ(client.receive(), resp::simple("OK"));
  EXPECT_EQ(client.receive(), resp::bulk("2"));
  EXPECT_EQ(client.receive(), resp::bulk("x"));
  EXPECT_EQ(client.receive(), resp::bulk("y"));
}

TEST_P(RedisClients, TrackWhatTheyHaveRead) {
  RedisConnection client = connect(), writer = connect();
  client.hello(3);
  EXPECT_EQ(client.command({"CLIENT", "TRACKING", "ON"}), resp::simple("OK"));
  client.run({"GET", "tracked"});
  for (int i = 0; i < 3; ++i) {
    writer.run({"SET", "tracked", std::to_string(i)});
    EXPECT_EQ(client.receivePush(), resp::push({resp::bulk("invalidate"), resp::bulks({"tracked"})}));
    EXPECT_EQ(client.command({"GET", "tracked"}), resp::bulk(std::to_string(i)));
  }
  EXPECT_EQ(client.command({"CLIENT", "TRACKING", "OFF"}), resp::simple("OK"));
  writer.run({"SET", "tracked", "x"});
  EXPECT_EQ(client.command({"GET", "tracked"}), resp::bulk("x"));
  EXPECT_TRUE(client.silentFor(milliseconds(1)));
  writer.hello(3);
  writer.run({"GET", "tracked"});
  RedisConnection third = connect();
  third.run({"SET", "tracked", "y"});
  EXPECT_TRUE(writer.silentFor(milliseconds(1))) << "who has not asked for it gets nothing";
}

TEST_P(RedisClients, TrackByPrefix) {
  RedisConnection client = connect(), writer = connect();
  client.hello(3);
  client.run({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "user:"});
  writer.pipeline({{"SET", "other:1", "x"}, {"SET", "user:1", "x"}});
  EXPECT_EQ(client.receivePush(), resp::push({resp::bulk("invalidate"), resp::bulks({"user:1"})}));
  EXPECT_EQ(client.command({"RESET"}), resp::simple("RESET"));
  writer.run({"SET", "user:2", "x"});
  EXPECT_EQ(client.command({"PING"}), resp::simple("PONG"));
}

TEST_P(RedisClients, PauseHoldsAllUp) {
  RedisConnection client = connect(), writer = connect();
  client.run({"CLIENT", "PAUSE", "100000", "WRITE"});
  writer.sendCommand({"SET", "k", "paused"});
  EXPECT_TRUE(writer.silentFor(milliseconds(20)));
  client.run({"CLIENT", "UNPAUSE"});
  EXPECT_EQ(writer.receive(), resp::simple("OK"));
}

INSTANTIATE_TEST_SUITE_P(Workers, RedisClients, testing::Values(1, 2),
                         [](const auto& workers) { return std::to_string(workers.param); });

}  // namespace
}  // namespace forebay::rig
