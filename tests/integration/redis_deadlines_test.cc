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

// What a client of a Redis that does not read has sent and wants to send.
struct Pipeline {
  static constexpr size_t kRequests = 300;
  Pipeline(uint16_t port, int number) : client(port), name("k:" + std::to_string(number) + ":") {
    for (size_t i = 0; i < kRequests; ++i) unsent += encode({"SET", key(i), std::string(50'000, 'v')});
  }
  std::string key(size_t i) const { return name + std::to_string(i); }
  void push() { unsent.erase(0, client.trySend(unsent)); }
  RedisConnection client;
  std::string name, unsent;
};

TEST(RedisDeadlines, WhoFindsNoRoomForTooLongIsToldSoAndNothingOfItIsExecuted) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.redis["command_wait_timeout"] = "200ms";
  const Forebay forebay(config);
  const std::string no_room =
      "ERR cache main: no room on the connection to Redis at 127.0.0.1:" + std::to_string(redis.port()) +
      " within 200 ms; the command was not executed";
  RedisConnection late(forebay.redisPort());
  late.run({"PING"});
  redis.freeze();
  std::vector<Pipeline> pipelines;
  for (int i = 0; i < 4; ++i) pipelines.emplace_back(forebay.redisPort(), i);
  ASSERT_TRUE(eventually([&] {
    for (Pipeline& each : pipelines) each.push();
    return forebay.get("/metrics").find("forebay_redis_timeouts_total{cache=\"main\"} 0\n") ==
           std::string::npos;
  }));
  EXPECT_EQ(late.pipeline({{"SET", "late", "v"}, {"CLIENT", "GETNAME"}, {"GET", "late"}}),
            (std::vector<RedisValue>{resp::error(no_room), resp::nullBulk(), resp::error(no_room)}));
  redis.thaw();
  size_t refused = 0;
  for (Pipeline& each : pipelines) {
    each.client.send(each.unsent);
    for (size_t i = 0; i < Pipeline::kRequests; ++i) {
      const RedisValue said = each.client.receive();
      EXPECT_TRUE(said == resp::simple("OK") || said == resp::error(no_room)) << said;
      refused += said.isError();
      ASSERT_EQ(redis.run({"EXISTS", each.key(i)}), resp::integer(said.isError() ? 0 : 1));
    }
  }
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(late.command({"EXISTS", "late"}), resp::integer(0));
}

TEST(RedisDeadlines, ALongPipelineToNobodyIsAnsweredToItsEnd) {
  const uint16_t nobody = freePort();
  ForebayConfig config;
  config.addCache("main", nobody)["command_wait_timeout"] = "100ms";
  const Forebay forebay(config);
  Pipeline pipeline(forebay.redisPort(), 0);
  pipeline.client.send(pipeline.unsent);
  for (size_t i = 0; i < Pipeline::kRequests; ++i)
    ASSERT_TRUE(pipeline.client.receive().text.starts_with("ERR cache main: no connection to Redis at "))
        << i;
}

// The request in front of it is given up; what the gateway answers itself is not held back by that, nor given
// to whoever asks next.
TEST(RedisDeadlines, AnAnswerOfTheGatewayBehindALateRequestComesWithIt) {
  RedisServer redis;
  Relay relay(redis.port());
  ForebayConfig config;
  config.addCache("main", relay.port());
  config.listen["workers"] = 1;
  config.redis["command_wait_timeout"] = "300ms";
  const Forebay forebay(config);
  RedisConnection late(forebay.redisPort()), other(forebay.redisPort());
  const RedisValue id = late.command({"CLIENT", "ID"});
  redis.kill();
  relay.refuse(true);
  late.sendCommand({"GET", "k"});
  late.sendCommand({"CLIENT", "ID"});
  EXPECT_EQ(late.receive().type, RedisType::kError);
  EXPECT_EQ(late.receive(), id);
  redis.start();
  relay.refuse(false);
  EXPECT_TRUE(eventually([&] { return other.command({"ECHO", "mine"}) == resp::bulk("mine"); }));
}

}  // namespace
}  // namespace forebay::rig
