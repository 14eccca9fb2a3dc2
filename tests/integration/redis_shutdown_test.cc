// SIGTERM: who is owed something gets it, everybody else is closed.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

ForebayConfig twoWorkers(const RedisServer& redis) {
  ForebayConfig config = mainCache(redis);
  config.listen["workers"] = 2;
  return config;
}

TEST(RedisShutdown, IdleClientsAndSubscribersAreClosedAtOnce) {
  RedisServer redis;
  Forebay forebay(twoWorkers(redis));
  std::vector<RedisConnection> idle;
  for (int i = 0; i < 10; ++i) {
    idle.emplace_back(forebay.redisPort());
    idle.back().run({"PING"});
  }
  RedisConnection two(forebay.redisPort()), three(forebay.redisPort()), never_spoke(forebay.redisPort());
  two.run({"SUBSCRIBE", "news"});
  three.hello(3);
  three.sendCommand({"PSUBSCRIBE", "n*"});
  three.receivePush();
  forebay.terminate();
  for (RedisConnection& client : idle) EXPECT_TRUE(client.closes());
  EXPECT_TRUE(two.closes());
  EXPECT_TRUE(three.closes());
  EXPECT_TRUE(never_spoke.closes());
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
  EXPECT_TRUE(redis.clients().empty());
}

TEST(RedisShutdown, WhatIsOutstandingIsAnsweredFirst) {
  RedisServer redis;
  Forebay forebay(twoWorkers(redis));
  RedisConnection blocked(forebay.redisPort()), waiting(forebay.redisPort());
  waiting.run({"PING"});
  blocked.sendCommand({"BLPOP", "list", "0"});
  ASSERT_TRUE(eventually([&] { return redis.info("blocked_clients") == "1"; }));
  redis.freeze();
  waiting.send(encode({"SET", "k", "v"}) + encode({"GET", "k"}));
  EXPECT_TRUE(waiting.silentFor(milliseconds(50)));
  forebay.terminate();
  EXPECT_TRUE(waiting.silentFor(milliseconds(50)));
  redis.thaw();
  EXPECT_EQ(waiting.receive(), resp::simple("OK"));
  EXPECT_EQ(waiting.receive(), resp::bulk("v"));
  EXPECT_TRUE(waiting.closes());
  redis.run({"RPUSH", "list", "late"});
  EXPECT_EQ(blocked.receive(), resp::bulks({"list", "late"}));
  EXPECT_TRUE(blocked.closes());
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(RedisShutdown, ATransactionComesToItsEnd) {
  RedisServer redis;
  Forebay forebay(twoWorkers(redis));
  RedisConnection client(forebay.redisPort());
  client.run({"WATCH", "k"});
  client.run({"MULTI"});
  forebay.terminate();
  EXPECT_TRUE(client.silentFor(milliseconds(50)));
  EXPECT_EQ(client.command({"SET", "k", "v"}), resp::simple("QUEUED"));
  EXPECT_EQ(client.command({"EXEC"}), resp::array({resp::simple("OK")}));
  EXPECT_TRUE(client.closes());
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(RedisShutdown, AReplyIsWrittenToItsEndForWhoReadsSlowly) {
  RedisServer redis;
  redis.run({"SET", "big", std::string(8'000'000, 'b')});
  Forebay forebay(twoWorkers(redis));
  RedisConnection slow(forebay.redisPort(), {.receive = 4096});
  slow.sendCommand({"GET", "big"});
  slow.receiveExactly(10);
  forebay.terminate();
  EXPECT_EQ(slow.receiveExactly(8'000'012 - 10).size(), 8'000'002u);
  EXPECT_TRUE(slow.closes());
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

TEST(RedisShutdown, WhoTakesTooLongIsCutOff) {
  RedisServer redis;
  ForebayConfig config = twoWorkers(redis);
  config.redis["shutdown_timeout"] = "300ms";
  Forebay forebay(config);
  RedisConnection blocked(forebay.redisPort());
  blocked.sendCommand({"BLPOP", "list", "0"});
  ASSERT_TRUE(eventually([&] { return redis.info("blocked_clients") == "1"; }));
  forebay.terminate();
  while (blocked.receiveNext()) continue;
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
  EXPECT_TRUE(eventually([&] { return redis.info("blocked_clients") == "0"; }));
}

TEST(RedisShutdown, TheSecondSignalMeansNow) {
  RedisServer redis;
  Forebay forebay(twoWorkers(redis));
  RedisConnection client(forebay.redisPort());
  client.run({"MULTI"});
  forebay.terminate();
  EXPECT_TRUE(client.silentFor(milliseconds(50)));
  forebay.terminate();
  EXPECT_TRUE(client.closes());
  EXPECT_EQ(forebay.process().wait(kPatience), 0);
}

}  // namespace
}  // namespace forebay::rig
