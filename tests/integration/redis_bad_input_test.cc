// What no client should send: the right error, or a close, for that client alone.
#include <gtest/gtest.h>

#include <random>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

constexpr int kClients = 100;

TEST(RedisBadInput, GetsRedisOwnErrorAndIsClosed) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection neighbour(forebay.redisPort());
  for (const std::string bytes :
       {"*1\r\nGET\r\n", "*-x\r\n", "*99999999999\r\n", "*1\r\n$-5\r\n", "*1\r\n$x\r\n",
        "*1\r\n$99999999999\r\n", "*2\r\n$3\r\nGET\r\n:1\r\n", "SET \"unbalanced\r\n"}) {
    RedisConnection client(forebay.redisPort()), direct(redis.port());
    client.send(encode({"SET", "k", "v"}) + bytes + encode({"SET", "k", "never"}));
    direct.send(encode({"SET", "k", "v"}) + bytes + encode({"SET", "k", "never"}));
    EXPECT_EQ(client.receiveToEnd(), direct.receiveToEnd()) << bytes;
    EXPECT_EQ(neighbour.command({"GET", "k"}), resp::bulk("v")) << bytes;
  }
}

TEST(RedisBadInput, HttpIsClosedWithoutAnAnswer) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  for (const char* bytes : {"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n", "Host: localhost\r\n"}) {
    RedisConnection client(forebay.redisPort());
    client.send(bytes);
    EXPECT_TRUE(client.closes()) << bytes;
  }
  EXPECT_TRUE(redis.run({"GET", "k"}).isNull());
}

// What he is told would fill the memory, if he were told on and on.
TEST(RedisBadInput, AStrangerWhoDoesNotReadIsNotReadFromForLong) {
  RedisServer redis({.requirepass = "secret"});
  const Forebay forebay(mainCache(redis));
  RedisConnection stranger(forebay.redisPort(), {.receive = 4096}), other(forebay.redisPort());
  other.run({"AUTH", "secret"});
  std::string pings;
  for (int i = 0; i < 100'000; ++i) pings += "PING\r\n";
  size_t sent = 0;
  for (int quiet = 0; quiet < 20;) {  // until the gateway takes no more of them
    const size_t put = stranger.trySend(std::string_view(pings).substr(sent % 6));
    quiet = put > 0 ? 0 : quiet + 1;
    sent += put;
    ASSERT_LT(sent, size_t{64} << 20);
    ASSERT_EQ(other.command({"PING"}), resp::simple("PONG"));
  }
  EXPECT_EQ(stranger.receive(), resp::error("NOAUTH Authentication required."));
}

TEST(RedisBadInput, AKeyMayBeOfManyMegabytes) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort());
  const std::string key(size_t{5} << 20, 'k');
  EXPECT_EQ(client.command({"SET", key, "v"}), resp::simple("OK"));
  EXPECT_EQ(client.command({"GET", key}), resp::bulk("v"));
  EXPECT_EQ(client.command({"MGET", key, "other", key}),
            resp::array({resp::bulk("v"), resp::nullBulk(), resp::bulk("v")}));
  EXPECT_EQ(client.command({"RANDOMKEY"}), resp::bulk(key));
}

TEST(RedisBadInput, AStrangerMaySendLittle) {
  RedisServer redis({.requirepass = "secret"});
  const Forebay forebay(mainCache(redis));
  for (const std::string bytes : {"*11\r\n", "*1\r\n$16385\r\n"}) {
    RedisConnection client(forebay.redisPort()), direct(redis.port());
    client.send(bytes);
    direct.send(bytes);
    EXPECT_EQ(client.receiveToEnd(), direct.receiveToEnd()) << bytes;
  }
}

TEST(RedisBadInput, WhoDoesNotLogInIsClosedAfterClientLoginTimeout) {
  RedisServer redis({.requirepass = "secret"});
  ForebayConfig config = mainCache(redis);
  config.redis["client_login_timeout"] = "300ms";
  const Forebay forebay(config);
  RedisConnection silent(forebay.redisPort()), slow(forebay.redisPort()), client(forebay.redisPort());
  client.run({"AUTH", "secret"});
  slow.send("*3\r\n$4\r\nAU");
  EXPECT_TRUE(silent.closes());
  EXPECT_TRUE(slow.closes());
  EXPECT_EQ(client.command({"PING"}), resp::simple("PONG"));
}

TEST(RedisBadInput, HalfARequestWaitsForItsEndAndHoldsNobodyUp) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort()), neighbour(forebay.redisPort());
  const std::string request = encode({"SET", "k", "value"}) + encode({"GET", "k"});
  for (const char byte : request) {
    client.send(std::string(1, byte));
    ASSERT_EQ(neighbour.command({"PING"}), resp::simple("PONG"));
  }
  EXPECT_EQ(client.receive(), resp::simple("OK"));
  EXPECT_EQ(client.receive(), resp::bulk("value"));
}

TEST(RedisBadInput, NoiseHurtsNobodyElse) {
  RedisServer redis;
  Forebay forebay(mainCache(redis));
  RedisConnection neighbour(forebay.redisPort());
  std::mt19937 random(4711);
  const std::string pieces[] = {"*",
                                "$",
                                "\r\n",
                                "3",
                                "-1",
                                "GET",
                                "SET",
                                "k",
                                "\"",
                                "AUTH",
                                "HELLO",
                                "3",
                                std::string(1, '\0'),
                                "\xff",
                                "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$70000\r\n",
                                "*1\r\n$5\r\nMULTI\r\n",
                                "*1\r\n$4\r\nEXEC\r\n",
                                std::string(70'000, 'n')};
  for (int i = 0; i < kClients; ++i) {
    RedisConnection client(forebay.redisPort());
    std::string noise;
    for (size_t left = 1 + random() % 40; left > 0; --left) noise += pieces[random() % std::size(pieces)];
    client.trySend(noise);
    if (i % 3 == 0) client.reset();
    neighbour.run({"SET", "mine", std::to_string(i)});
    ASSERT_EQ(neighbour.command({"GET", "mine"}), resp::bulk(std::to_string(i)));
  }
  EXPECT_TRUE(forebay.process().running());
  EXPECT_EQ(neighbour.pipeline({{"MULTI"}, {"GET", "mine"}, {"EXEC"}}).at(2).children.size(), 1u);
}

TEST(RedisBadInput, OneTooManyIsToldSo) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.redis["maxclients"] = 2;
  const Forebay forebay(config);
  RedisConnection first(forebay.redisPort()), second(forebay.redisPort());
  first.run({"PING"});
  second.run({"PING"});
  {
    RedisConnection third(forebay.redisPort());
    EXPECT_EQ(third.receive(), resp::error("ERR max number of clients reached"));
    EXPECT_TRUE(third.closes());
  }
  first.close();
  EXPECT_TRUE(eventually([&] {
    RedisConnection next(forebay.redisPort());
    next.send(encode({"PING"}));
    return next.receiveNext() == resp::simple("PONG");
  }));
}

TEST(RedisBadInput, WhoIsIdleForTimeoutIsClosedButNotWhoWaits) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.redis["timeout"] = "300ms";
  const Forebay forebay(config);
  RedisConnection idle(forebay.redisPort()), blocked(forebay.redisPort()), subscriber(forebay.redisPort());
  idle.run({"PING"});
  blocked.sendCommand({"BLPOP", "list", "0"});
  subscriber.run({"SUBSCRIBE", "news"});
  EXPECT_TRUE(idle.closes());
  EXPECT_TRUE(blocked.silentFor(milliseconds(400)));
  redis.run({"RPUSH", "list", "v"});
  EXPECT_EQ(blocked.receive(), resp::bulks({"list", "v"}));
  redis.run({"PUBLISH", "news", "text"});
  EXPECT_EQ(subscriber.receive(), resp::bulks({"message", "news", "text"}));
}

}  // namespace
}  // namespace forebay::rig
