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
  redis.start();
  EXPECT_EQ(client.command({"LPUSH", "list", "v"}), resp::integer(1));
  EXPECT_EQ(client.command({"BLPOP", "list", "0"}), resp::bulks({"list", "v"}));
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
