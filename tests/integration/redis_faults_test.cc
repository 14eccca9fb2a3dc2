// A Redis that dies, is not there, or refuses: who waits, who is told what, and what is never done twice.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr const char* kOutcomeUnknown =
    "ERR the connection to the server was lost before it answered: the command may have been executed, or "
    "not";

constexpr const char* kCursorLost =
    "ERR the connection to the server was lost, and the cursor may mean nothing to the next one: begin again "
    "with cursor 0";

std::string placeOf(uint16_t port) { return " (cache main, 127.0.0.1:" + std::to_string(port) + ": "; }

ForebayConfig overRelay(const Relay& relay) {
  ForebayConfig config;
  config.addCache("main", relay.port());
  return config;
}

TEST(RedisFaults, RequestsWaitForARedisThatIsKilledAndComesBack) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort()), other(forebay.redisPort());
  client.run({"SET", "k", "v"});
  redis.kill();
  client.sendCommand({"SET", "k", "again"});
  other.sendCommand({"GET", "k"});
  EXPECT_TRUE(other.silentFor(milliseconds(50)));
  redis.start();
  EXPECT_EQ(client.receive(), resp::simple("OK"));
  const RedisValue read = other.receive();
  EXPECT_TRUE(read.isNull() || read == resp::bulk("again")) << read;
}

TEST(RedisFaults, ReadsThatWereSentAreSentAgainAndWritesAreAnsweredThatNobodyKnows) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(overRelay(relay));
  RedisConnection reader(forebay.redisPort()), writer(forebay.redisPort());
  writer.run({"SET", "k", "v"});
  const uint64_t before = relay.bytesToTarget();
  redis.freeze();
  const size_t sent = encode({"INCR", "counter"}).size() + encode({"GET", "k"}).size();
  writer.sendCommand({"INCR", "counter"});
  reader.sendCommand({"GET", "k"});
  ASSERT_TRUE(eventually([&] { return relay.bytesToTarget() >= before + sent; }));
  relay.reset();
  redis.thaw();
  EXPECT_EQ(reader.receive(), resp::bulk("v"));
  const RedisValue said = writer.receive();
  EXPECT_TRUE(said.isError());
  EXPECT_EQ(said.text, kOutcomeUnknown + placeOf(relay.port()) + "Connection reset by peer)");
  EXPECT_EQ(writer.command({"GET", "k"}), resp::bulk("v"));
}

TEST(RedisFaults, OneClientsOrderHoldsOverALoss) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(overRelay(relay));
  RedisConnection client(forebay.redisPort());
  client.run({"SET", "k", "v"});
  const uint64_t before = relay.bytesToTarget();
  redis.freeze();
  client.send(encode({"GET", "k"}) + encode({"APPEND", "k", "+"}) + encode({"CLIENT", "GETNAME"}) +
              encode({"STRLEN", "none"}));
  ASSERT_TRUE(eventually([&] { return relay.bytesToTarget() >= before + 60; }));
  relay.cut();
  redis.thaw();
  EXPECT_TRUE(client.receive().text.starts_with("v"));
  EXPECT_EQ(client.receive().text, kOutcomeUnknown + placeOf(relay.port()) + "Redis closed the connection)");
  EXPECT_TRUE(client.receive().isNull());
  EXPECT_EQ(client.receive(), resp::integer(0));
}

// So many keys that one SCAN does not come to their end.
void fill(RedisServer& redis) {
  RedisArgs words{"MSET"};
  for (int i = 0; i < 100; ++i) words.insert(words.end(), {"key:" + std::to_string(i), "v"});
  redis.run(words);
}

TEST(RedisFaults, AScanThatWasSentWithACursorIsNotSentAgain) {
  RedisServer redis;
  fill(redis);
  Relay relay(redis.port());
  const Forebay forebay(overRelay(relay));
  RedisConnection client(forebay.redisPort());
  const std::string cursor = client.run({"SCAN", "0"}).at(0).text;
  ASSERT_NE(cursor, "0");
  for (const auto& [scan, answer] : {std::pair{RedisArgs{"SCAN", cursor}, std::string(kCursorLost)},
                                     std::pair{RedisArgs{"SCAN", "0"}, std::string()}}) {
    const uint64_t before = relay.bytesToTarget();
    redis.freeze();
    client.sendCommand(scan);
    ASSERT_TRUE(eventually([&] { return relay.bytesToTarget() >= before + encode(scan).size(); }));
    relay.reset();
    redis.thaw();
    EXPECT_EQ(client.receive().text, answer) << scan[1];
  }
}

TEST(RedisFaults, ACursorIsWorthNothingToARedisThatHasBeenRestarted) {
  RedisServer redis;
  fill(redis);
  redis.run({"SADD", "set", "a"});
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort()), other(forebay.redisPort());
  const std::string cursor = client.run({"SCAN", "0"}).at(0).text;
  EXPECT_FALSE(other.command({"SCAN", cursor}).isError()) << "any client may go on";
  redis.restart();
  ASSERT_TRUE(eventually([&] { return !client.command({"PING"}).isError(); }));
  EXPECT_EQ(client.command({"SCAN", cursor}), resp::error(kCursorLost));
  EXPECT_EQ(client.command({"SSCAN", "set", cursor}), resp::error(kCursorLost));
  fill(redis);
  const RedisValue begun = client.run({"SCAN", "0"});
  ASSERT_NE(begun.at(0).text, "0");
  EXPECT_FALSE(client.command({"SCAN", begun.at(0).text}).isError()) << "it is of the new one";
}

TEST(RedisFaults, AReplyThatIsCutOffClosesItsClientAlone) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(overRelay(relay));
  RedisConnection client(forebay.redisPort()), other(forebay.redisPort());
  redis.run({"SET", "big", std::string(3'000'000, 'b')});
  redis.run({"SET", "k", "v"});
  client.run({"PING"});
  relay.resetAfter(500'000);
  client.sendCommand({"GET", "big"});
  EXPECT_THROW(client.receive(), RigError);
  EXPECT_EQ(other.command({"GET", "k"}), resp::bulk("v"));
}

TEST(RedisFaults, ARedisThatIsNotThereYetIsWaitedFor) {
  RedisServer redis;
  redis.stop();
  ForebayConfig config = mainCache(redis);
  config.redis["server_login_retry"] = "100ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.sendCommand({"SET", "k", "v"});
  redis.start();
  EXPECT_EQ(client.receive(), resp::simple("OK"));
}

TEST(RedisFaults, ARedisThatIsKnownAtOnceNotToBeThereHoldsUpNobodyElse) {
  const RedisServer redis;
  const TempDir folder;
  for (const char* longest_pause : {"2s", "0"}) {
    ForebayConfig config = mainCache(redis);
    config.caches["gone"]["host"] = (folder / "no.sock").string();
    config.redis["command_wait_timeout"] = "300ms";
    config.redis["server_login_retry"] = longest_pause;
    const Forebay forebay(config);
    RedisConnection client(forebay.redisPort(0)), other(forebay.redisPort(1));
    client.sendCommand({"MULTI"});  // wants a connection of its own
    EXPECT_EQ(other.command({"SET", "k", "v"}), resp::simple("OK"));
    const RedisValue said = client.receive();
    EXPECT_TRUE(said.text.starts_with("ERR cache gone: no connection to Redis at ")) << said;
    EXPECT_EQ(other.command({"GET", "k"}), resp::bulk("v"));
  }
}

TEST(RedisFaults, ARefusalIsToldInRedisOwnWords) {
  RedisServer redis({.requirepass = "secret"});
  ForebayConfig config;
  config.addCache("main", redis.port())["password"] = "wrong";
  config.redis["command_wait_timeout"] = "300ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.run({"AUTH", "wrong"});
  EXPECT_EQ(client.command({"GET", "k"}),
            resp::error("WRONGPASS invalid username-password pair or user is disabled."));
  EXPECT_EQ(client.command({"BLPOP", "list", "0"}),
            resp::error("WRONGPASS invalid username-password pair or user is disabled."));
}

TEST(RedisFaults, ARedisThatIsFullSaysSoUntilItHasRoom) {
  RedisServer redis({.maxclients = 2});
  RedisConnection first(redis.port()), second(redis.port());
  first.run({"PING"});
  second.run({"PING"});
  ForebayConfig config = mainCache(redis);
  config.redis["command_wait_timeout"] = "300ms";
  config.redis["server_login_retry"] = "50ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  EXPECT_EQ(client.command({"GET", "k"}), resp::error("ERR max number of clients reached"));
  first.close();
  second.close();
  EXPECT_TRUE(eventually([&] { return client.command({"GET", "k"}).isNull(); }));
}

TEST(RedisFaults, WhatRedisSaysOfItsOwnTroublesComesAsItIs) {
  RedisServer redis({.conf = {"maxmemory 1", "maxmemory-policy noeviction"}});
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort());
  EXPECT_EQ(client.command({"SET", "k", "v"}),
            resp::error("OOM command not allowed when used memory > 'maxmemory'."));
  redis.run({"CONFIG", "SET", "min-replicas-to-write", "1", "maxmemory", "0"});
  EXPECT_EQ(client.command({"SET", "k", "v"}), resp::error("NOREPLICAS Not enough good replicas to write."));
  EXPECT_TRUE(client.command({"GET", "k"}).isNull());
}

TEST(RedisFaults, ScriptKillPassesThoseWhoWaitForTheScript) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort()), slow(forebay.redisPort()), killer(forebay.redisPort());
  client.run({"PING"});
  slow.sendCommand({"EVAL", "while true do end", "0"});
  EXPECT_TRUE(eventually([&] { return killer.command({"SCRIPT", "KILL"}) == resp::simple("OK"); }));
  EXPECT_TRUE(slow.receive().isError());
  EXPECT_TRUE(client.command({"GET", "k"}).isNull());
}

TEST(RedisFaults, ATransactionWhoseConnectionIsLostIsDiscarded) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(overRelay(relay));
  RedisConnection client(forebay.redisPort());
  client.run({"MULTI"});
  client.run({"SET", "k", "v"});
  relay.reset();
  EXPECT_TRUE(eventually([&] { return client.command({"SET", "k", "v"}).isError(); }));
  EXPECT_EQ(client.command({"EXEC"}),
            resp::error("EXECABORT Transaction discarded because the connection to Redis was lost; nothing "
                        "of it was executed"));
  EXPECT_TRUE(client.command({"GET", "k"}).isNull());
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::array({resp::nullBulk()}));
}

TEST(RedisFaults, WhatWasOnlyQueuedInATransactionWasNotExecuted) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(overRelay(relay));
  const auto loses = [&](RedisConnection& client, const std::vector<RedisArgs>& commands) {
    std::string all;
    for (const RedisArgs& each : commands) all += encode(each);
    const uint64_t before = relay.bytesToTarget();
    redis.freeze();
    client.send(all);
    ASSERT_TRUE(eventually([&] { return relay.bytesToTarget() >= before + all.size(); }));
    relay.reset();
    redis.thaw();
  };
  const std::string not_executed = "ERR the connection to the server was lost: the command was not executed";
  RedisConnection client(forebay.redisPort());
  client.run({"MULTI"});
  loses(client, {{"SET", "k", "v"}, {"INCR", "n"}});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client.receive().text.starts_with(not_executed));
  RedisConnection whole(forebay.redisPort());
  whole.run({"WATCH", "other"});  // so that it has a connection of its own already
  loses(whole, {{"MULTI"}, {"SET", "k", "v"}, {"EXEC"}});
  EXPECT_TRUE(whole.receive().text.starts_with(not_executed)) << "MULTI alone does nothing";
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(whole.receive().text.starts_with(kOutcomeUnknown));
  EXPECT_NE(forebay.get("/metrics").find("\nforebay_redis_outcome_unknown_total{cache=\"main\"} 2\n"),
            std::string::npos);
}

TEST(RedisFaults, WhatWasWatchedOverALossCountsAsChanged) {
  RedisServer redis;
  Relay relay(redis.port());
  const Forebay forebay(overRelay(relay));
  RedisConnection client(forebay.redisPort());
  client.run({"WATCH", "k"});
  const size_t before = relay.totalConnections();
  relay.reset();
  ASSERT_TRUE(eventually([&] { return forebay.log().find("connection lost") != std::string::npos; }));
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"SET", "k", "v"}, {"EXEC"}}).at(2), resp::nullArray());
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"SET", "k", "v"}, {"EXEC"}}).at(2),
            resp::array({resp::simple("OK")}));
  EXPECT_GT(relay.totalConnections(), before);
}

TEST(RedisFaults, WhoIsBlockedIsToldWhenRedisIsLost) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort());
  client.sendCommand({"BLPOP", "list", "0"});
  ASSERT_TRUE(eventually([&] { return redis.info("blocked_clients") == "1"; }));
  redis.kill();
  const RedisValue said = client.receive();
  EXPECT_TRUE(said.text.starts_with(kOutcomeUnknown)) << said;
  EXPECT_NE(forebay.get("/metrics").find("\nforebay_redis_outcome_unknown_total{cache=\"main\"} 1\n"),
            std::string::npos);
  redis.start();
  EXPECT_EQ(client.command({"LPUSH", "list", "v"}), resp::integer(1));
  EXPECT_EQ(client.command({"BLPOP", "list", "0"}), resp::bulks({"list", "v"}));
}

// Redis is asked which of the clients wait there, and can not be.
TEST(RedisFaults, TheListOfClientsComesAlsoWhenRedisIsLost) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort()), waiting(forebay.redisPort());
  client.run({"PING"});
  waiting.sendCommand({"BLPOP", "list", "0"});
  ASSERT_TRUE(eventually([&] { return redis.info("blocked_clients") == "1"; }));
  redis.freeze();
  client.sendCommand({"CLIENT", "LIST"});
  EXPECT_TRUE(client.silentFor(milliseconds(20)));
  redis.kill();
  redis.start();
  EXPECT_NE(client.receive().text.find("cmd=client|list"), std::string::npos);
}

TEST(RedisFaults, SubscribersHearOnAfterALoss) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection subscriber(forebay.redisPort());
  subscriber.run({"SUBSCRIBE", "news"});
  redis.restart();
  ASSERT_TRUE(eventually([&] { return redis.run({"PUBLISH", "news", "still here"}).integer == 1; }));
  EXPECT_EQ(subscriber.receive(), resp::bulks({"message", "news", "still here"}));
}

TEST(RedisFaults, AScriptThatAnotherRedisDoesNotKnowIsTaughtBeforeItIsCalled) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort());
  const std::string sha = client.text({"SCRIPT", "LOAD", "return 'from a script'"});
  redis.restart();
  ASSERT_TRUE(eventually([&] { return !client.command({"PING"}).isError(); }));
  EXPECT_EQ(client.command({"EVALSHA", sha, "0"}), resp::bulk("from a script"));
}

}  // namespace
}  // namespace forebay::rig
