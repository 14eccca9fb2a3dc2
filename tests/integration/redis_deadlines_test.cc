// command_timeout and command_wait_timeout: they belong to requests, and the connections go on.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr const char* kLate =
    "ERR the server has not answered in time: the command may have been executed, or not";

ForebayConfig withTimeout(uint16_t port, const char* timeout) {
  ForebayConfig config;
  config.addCache("main", port)["command_timeout"] = timeout;
  return config;
}

std::string lateAt(uint16_t port) {
  return std::string(kLate) + " (cache main, 127.0.0.1:" + std::to_string(port) + ", command_timeout)";
}

TEST(RedisDeadlines, WhoIsNotAnsweredInTimeIsToldSoAndTheLateReplyGoesNowhere) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(withTimeout(relay.port(), "200ms"));
  RedisConnection client(forebay.redisPort()), other(forebay.redisPort());
  client.run({"SET", "k", "v"});
  other.run({"SET", "other", "w"});
  const size_t connections = relay.totalConnections();
  relay.pause();
  EXPECT_EQ(client.command({"GET", "k"}), resp::error(lateAt(relay.port())));
  EXPECT_EQ(client.command({"INCR", "counter"}), resp::error(lateAt(relay.port())));
  other.sendCommand({"ECHO", "behind them"});
  relay.resume();
  const RedisValue echoed = other.receive();  // on a busy machine it may be late itself
  EXPECT_TRUE(echoed == resp::bulk("behind them") || echoed.text == lateAt(relay.port())) << echoed;
  EXPECT_TRUE(eventually([&] { return client.command({"GET", "k"}) == resp::bulk("v"); }));
  EXPECT_EQ(client.command({"GET", "counter"}), resp::bulk("1"));
  EXPECT_EQ(relay.totalConnections(), connections);
}

TEST(RedisDeadlines, AnswersOfTheGatewayKeepTheirPlaceBetweenLateOnes) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(withTimeout(relay.port(), "200ms"));
  RedisConnection client(forebay.redisPort());
  client.run({"CLIENT", "SETNAME", "me"});
  client.run({"PING"});
  relay.pause();
  const std::vector<RedisValue> replies =
      client.pipeline({{"GET", "k"}, {"CLIENT", "GETNAME"}, {"GET", "k"}, {"CLIENT", "GETNAME"}});
  EXPECT_EQ(replies, (std::vector<RedisValue>{resp::error(lateAt(relay.port())), resp::bulk("me"),
                                              resp::error(lateAt(relay.port())), resp::bulk("me")}));
}

TEST(RedisDeadlines, WhoWantsNoRepliesGetsNoErrorEither) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(withTimeout(relay.port(), "100ms"));
  RedisConnection client(forebay.redisPort()), other(forebay.redisPort());
  client.send(encode({"CLIENT", "REPLY", "OFF"}) + encode({"INCR", "a"}));
  ASSERT_TRUE(eventually([&] { return redis.run({"GET", "a"}) == resp::bulk("1"); }));
  relay.pause();
  client.sendCommand({"INCR", "a"});
  EXPECT_EQ(other.command({"GET", "k"}), resp::error(lateAt(relay.port())));  // so its time is over as well
  relay.reset();
  client.sendCommand({"INCR", "a"});
  relay.resume();
  EXPECT_EQ(client.command({"CLIENT", "REPLY", "ON"}), resp::simple("OK"));
}

TEST(RedisDeadlines, ALongReplyIsNotCutByThem) {
  RedisServer redis;
  redis.run({"SET", "big", std::string(2'000'000, 'b')});
  Relay relay(redis.port());
  const Forebay forebay(withTimeout(relay.port(), "200ms"));
  RedisConnection client(forebay.redisPort());
  client.run({"PING"});
  relay.slowDown(2'000'000);
  const std::vector<RedisValue> replies = client.pipeline({{"GET", "big"}, {"ECHO", "behind it"}});
  EXPECT_EQ(replies.at(0).text.size(), 2'000'000u);
  EXPECT_TRUE(replies.at(1) == resp::bulk("behind it") || replies.at(1).text == lateAt(relay.port()));
}

TEST(RedisDeadlines, BlockingCommandsBringTheirOwnTime) {
  RedisServer redis;
  const Forebay forebay(withTimeout(redis.port(), "50ms"));
  RedisConnection client(forebay.redisPort());
  EXPECT_TRUE(client.command({"BLPOP", "list", "0.3"}).isNull());
  EXPECT_TRUE(client.command({"XREAD", "BLOCK", "200", "STREAMS", "stream", "$"}).isNull());
  EXPECT_EQ(client.command({"WAIT", "1", "200"}), resp::integer(0));
}

TEST(RedisDeadlines, ATransactionThatIsNotAnsweredLosesItsConnection) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(withTimeout(relay.port(), "200ms"));
  RedisConnection client(forebay.redisPort());
  client.run({"MULTI"});
  client.run({"SET", "k", "v"});
  relay.pause();
  const RedisValue said = client.command({"EXEC"});
  EXPECT_NE(said.text.find("the command may have been executed, or not"), std::string::npos) << said;
  EXPECT_NE(said.text.find("no answer within command_timeout"), std::string::npos) << said;
  relay.resume();
  EXPECT_TRUE(eventually([&] { return client.command({"PING"}) == resp::simple("PONG"); }));
}

TEST(RedisDeadlines, WhoWaitsForAConnectionIsToldWhenItIsTooLong) {
  const uint16_t nobody = freePort();
  ForebayConfig config;
  config.addCache("main", nobody)["command_wait_timeout"] = "200ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  const std::string text =
      "ERR cache main: no connection to Redis at 127.0.0.1:" + std::to_string(nobody) + " within 200 ms (";
  for (const RedisArgs& args : {RedisArgs{"GET", "k"}, RedisArgs{"SET", "k", "v"}, RedisArgs{"MULTI"},
                                RedisArgs{"BLPOP", "list", "0"}, RedisArgs{"SUBSCRIBE", "news"}}) {
    const RedisValue said = client.command(args);
    EXPECT_TRUE(said.isError() && said.text.starts_with(text)) << args[0] << ": " << said;
    EXPECT_TRUE(said.text.ends_with("the command was not executed")) << said;
  }
  EXPECT_EQ(client.command({"CLIENT", "GETNAME"}), resp::nullBulk());  // what needs no Redis is answered
}

TEST(RedisDeadlines, WhatWaitedForAConnectionHasItsFullTimeForTheAnswer) {
  RedisServer redis;
  redis.stop();
  ForebayConfig config = withTimeout(redis.port(), "500ms");
  config.redis["server_login_retry"] = "1s";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.sendCommand({"GET", "k"});
  EXPECT_TRUE(client.silentFor(milliseconds(800)));
  redis.start();
  EXPECT_TRUE(client.receive().isNull());
}

}  // namespace
}  // namespace forebay::rig
