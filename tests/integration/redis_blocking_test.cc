// Commands that wait: each on a connection of its own, which goes when its client goes.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

size_t blocked() { return static_cast<size_t>(std::stoi(sharedRedis().info("blocked_clients"))); }
bool blockedAre(size_t count) {
  return eventually([&] { return blocked() == count; });
}

class RedisBlocking : public testing::TestWithParam<int> {
 protected:
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.listen["workers"] = GetParam();
    return config;
  }
  void SetUp() override { sharedRedis().run({"FLUSHALL"}); }
  RedisConnection connect() const { return RedisConnection(forebay_.redisPort()); }
  const Forebay forebay_{config()};
};

TEST_P(RedisBlocking, AreWokenByAnotherClient) {
  RedisConnection waiter = connect(), pusher = connect();
  const std::vector<std::pair<RedisArgs, RedisArgs>> pairs{
      {{"BLPOP", "l", "0"}, {"RPUSH", "l", "a"}},
      {{"BRPOP", "none", "l", "0"}, {"RPUSH", "l", "a"}},
      {{"BLMOVE", "l", "m", "LEFT", "RIGHT", "0"}, {"RPUSH", "l", "a"}},
      {{"BLMPOP", "0", "1", "l", "LEFT"}, {"RPUSH", "l", "a"}},
      {{"BRPOPLPUSH", "l", "m", "0"}, {"RPUSH", "l", "a"}},
      {{"BZPOPMIN", "z", "0"}, {"ZADD", "z", "1", "a"}},
      {{"BZPOPMAX", "z", "0"}, {"ZADD", "z", "1", "a"}},
      {{"BZMPOP", "0", "1", "z", "MIN"}, {"ZADD", "z", "1", "a"}},
      {{"XREAD", "BLOCK", "0", "STREAMS", "s", "$"}, {"XADD", "s", "*", "f", "a"}},
  };
  for (const auto& [wait, push] : pairs) {
    waiter.sendCommand(wait);
    ASSERT_TRUE(blockedAre(1)) << wait[0];
    pusher.run(push);
    EXPECT_NE(waiter.receive().shown().find("\"a\""), std::string::npos) << wait[0];
  }
  EXPECT_TRUE(blockedAre(0));
}

TEST_P(RedisBlocking, EndWithTheirTimeout) {
  RedisConnection client = connect();
  EXPECT_EQ(client.command({"BLPOP", "none", "0.01"}), resp::nullArray());
  EXPECT_EQ(client.command({"BLMOVE", "none", "m", "LEFT", "LEFT", "0.01"}), resp::nullArray());
  EXPECT_EQ(client.command({"XREAD", "BLOCK", "5", "STREAMS", "s", "$"}), resp::nullArray());
  client.hello(3);
  EXPECT_EQ(client.command({"BZPOPMIN", "none", "0.01"}), resp::null());
}

TEST_P(RedisBlocking, AreShownAsBlockedWhenRedisHasThem) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection waiter(forebay.redisPort()), other(forebay.redisPort());
  Connection console(forebay.consoleConninfo());
  if (GetParam() == 2) other.hello(3);
  const std::string id = std::to_string(waiter.run({"CLIENT", "ID"}).integer);
  const auto line = [&] { return other.text({"CLIENT", "LIST", "ID", id}); };
  EXPECT_EQ(waiter.command({"BLPOP", "none", "0.01"}), resp::nullArray());
  EXPECT_NE(line().find(" flags=N "), std::string::npos) << line();
  redis.freeze();
  waiter.sendCommand({"BLPOP", "none", "0"});
  ASSERT_TRUE(eventually([&] { return console.exec("show redis_pools").value(0, "cl_blocked") == "1"; }));
  other.sendCommand({"CLIENT", "LIST", "ID", id});
  EXPECT_TRUE(other.silentFor(milliseconds(50))) << "Redis has not been asked";
  redis.thaw();
  other.receive();
  EXPECT_TRUE(eventually([&] { return line().find(" flags=b ") != std::string::npos; })) << line();
  EXPECT_EQ(redis.info("blocked_clients"), "1");
}

TEST_P(RedisBlocking, AreNotHeldToTheDeadlineOfOtherCommands) {
  ForebayConfig config = mainCache();
  config.redis["command_timeout"] = "50ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  EXPECT_EQ(client.command({"BLPOP", "none", "0.3"}), resp::nullArray());
}

TEST_P(RedisBlocking, OneThatLeavesTakesNothingWithIt) {
  for (int i = 0; i < 5; ++i) {
    RedisConnection gone = connect();
    gone.sendCommand({"BLPOP", "l", "0"});
    ASSERT_TRUE(blockedAre(1));
    if (i % 2 == 0) gone.reset();
    gone.close();
    ASSERT_TRUE(blockedAre(0));
  }
  RedisConnection client = connect();
  client.run({"RPUSH", "l", "a", "b", "c"});
  EXPECT_EQ(client.command({"LRANGE", "l", "0", "-1"}), resp::bulks({"a", "b", "c"}));
}

TEST_P(RedisBlocking, WhatIsSentBehindThemIsDoneAfterwards) {
  RedisConnection waiter = connect(), pusher = connect();
  waiter.send(encode({"SET", "k", "v"}) + encode({"BLPOP", "l", "0"}) + encode({"GET", "k"}) +
              encode({"CLIENT", "SETNAME", "x"}) + encode({"CLIENT", "GETNAME"}) +
              encode({"BLPOP", "l", "0"}) + encode({"GET", "k"}));
  EXPECT_EQ(waiter.receive(), resp::simple("OK"));
  ASSERT_TRUE(blockedAre(1));
  pusher.run({"SET", "k", "w"});
  pusher.run({"RPUSH", "l", "a"});
  EXPECT_EQ(waiter.receive(), resp::bulks({"l", "a"}));
  EXPECT_EQ(waiter.receive(), resp::bulk("w"));
  EXPECT_EQ(waiter.receive(), resp::simple("OK"));
  EXPECT_EQ(waiter.receive(), resp::bulk("x"));
  ASSERT_TRUE(blockedAre(1));
  pusher.run({"RPUSH", "l", "b"});
  EXPECT_EQ(waiter.receive(), resp::bulks({"l", "b"}));
  EXPECT_EQ(waiter.receive(), resp::bulk("w"));
}

TEST_P(RedisBlocking, EndWithAClientThatHasTakenLeaveAndGone) {
  {
    RedisConnection waiter = connect();
    waiter.send(encode({"BLPOP", "l", "0"}) + encode({"QUIT"}));
    ASSERT_TRUE(blockedAre(1));
  }
  EXPECT_TRUE(blockedAre(0));
}

TEST_P(RedisBlocking, OthersGoOnMeanwhile) {
  std::vector<RedisConnection> waiters;
  for (int i = 0; i < 20; ++i) {
    waiters.push_back(connect());
    waiters.back().sendCommand({"BLPOP", "l" + std::to_string(i), "0"});
  }
  ASSERT_TRUE(blockedAre(20));
  RedisConnection client = connect();
  EXPECT_EQ(client.command({"PING"}), resp::simple("PONG"));
  for (int i = 0; i < 20; ++i) client.run({"RPUSH", "l" + std::to_string(i), std::to_string(i)});
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(waiters[static_cast<size_t>(i)].receive(),
              resp::bulks({"l" + std::to_string(i), std::to_string(i)}));
}

TEST_P(RedisBlocking, UnblockEndsThemFromAnywhere) {
  RedisConnection waiter = connect();
  const std::string id = std::to_string(waiter.run({"CLIENT", "ID"}).integer);
  RedisConnection others[] = {connect(), connect(), connect()};
  for (RedisConnection& other : others) {
    waiter.sendCommand({"BLPOP", "l", "0"});
    ASSERT_TRUE(blockedAre(1));
    EXPECT_EQ(other.command({"CLIENT", "UNBLOCK", id}), resp::integer(1));
    EXPECT_EQ(waiter.receive(), resp::nullArray());
    waiter.sendCommand({"BLPOP", "l", "0"});
    ASSERT_TRUE(blockedAre(1));
    EXPECT_EQ(other.command({"CLIENT", "UNBLOCK", id, "ERROR"}), resp::integer(1));
    EXPECT_EQ(waiter.receive(), resp::error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
    EXPECT_EQ(other.command({"CLIENT", "UNBLOCK", id}), resp::integer(0)) << "it does not wait any more";
  }
}

TEST_P(RedisBlocking, ConnectionsAreUsedAgain) {
  RedisConnection client = connect();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.command({"BLPOP", "none", "0.001"}), resp::nullArray());
  EXPECT_LE(sharedRedis().clients().size(), 5U);
}

INSTANTIATE_TEST_SUITE_P(Workers, RedisBlocking, testing::Values(1, 2),
                         [](const auto& workers) { return std::to_string(workers.param); });

}  // namespace
}  // namespace forebay::rig
