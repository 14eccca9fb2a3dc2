// The Redis part of the rig, against Redis alone.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/redis_server.h"

namespace forebay::rig {
namespace {

RedisValue parsed(std::string bytes) {
  std::optional<RedisValue> value = parseRedisValue(bytes);
  EXPECT_EQ(bytes, "");
  return value.value_or(resp::error("incomplete"));
}

TEST(RedisValue, OfEachTypeIsReadAndShown) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"+OK\r\n", "+OK"},
      {"-ERR no\r\n", "-ERR no"},
      {":-3\r\n", ":-3"},
      {std::string("$4\r\na\0\r\n\r\n", 10), R"("a\x00\x0d\x0a")"},
      {"$0\r\n\r\n", R"("")"},
      {"$-1\r\n", "$-1"},
      {"*-1\r\n", "*-1"},
      {"_\r\n", "nil"},
      {"*2\r\n$1\r\na\r\n*0\r\n", R"(["a", []])"},
      {"%1\r\n+k\r\n,1.5\r\n", "{+k: ,1.5}"},
      {"~1\r\n#t\r\n", "~[#t]"},
      {">2\r\n$1\r\na\r\n(12345678901234567890\r\n", R"(>["a", (12345678901234567890])"},
      {"=5\r\ntxt:a\r\n", R"(="txt:a")"},
      {"!5\r\nERR a\r\n", R"(!"ERR a")"},
      {"|1\r\n+ttl\r\n:3\r\n$1\r\na\r\n", R"(|{+ttl: :3}"a")"},
  };
  for (const auto& [bytes, shown] : cases) {
    EXPECT_EQ(parsed(bytes).shown(), shown);
    for (size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_FALSE(redisValueSize(bytes.substr(0, n))) << "with " << n << " bytes of " << shown;
    }
    EXPECT_EQ(redisValueSize(bytes + "+more\r\n"), bytes.size());
  }
  EXPECT_THROW(parsed("HTTP/1.1 400\r\n"), RigError);
}

TEST(RedisConnection, SpeaksRESP2AndRESP3) {
  RedisConnection client(sharedRedis().port());
  EXPECT_EQ(client.command({"HSET", "hash", "field", "value"}), resp::integer(1));
  EXPECT_EQ(client.command({"HGETALL", "hash"}), resp::bulks({"field", "value"}));
  EXPECT_EQ(client.command({"GET", "none"}), resp::nullBulk());
  EXPECT_EQ(client.hello(3).at("proto"), resp::integer(3));
  EXPECT_EQ(client.command({"HGETALL", "hash"}), resp::map({resp::bulk("field"), resp::bulk("value")}));
  EXPECT_EQ(client.command({"GET", "none"}), resp::null());
  EXPECT_TRUE(client.command({"GET"}).isError());
  EXPECT_THROW(client.run({"GET"}), RigError);
}

TEST(RedisConnection, PipelinesAndKeepsBinaryAndBigValues) {
  RedisConnection client(sharedRedis().port());
  const std::string key("k\0\r\n\xff", 5), value(3'000'000, 'v');
  const std::vector<RedisValue> replies = client.pipeline({{"SET", key, value}, {"GET", key}, {"DEL", key}});
  EXPECT_EQ(replies.at(0), resp::simple("OK"));
  EXPECT_TRUE(replies.at(1) == resp::bulk(value));
  EXPECT_EQ(replies.at(2), resp::integer(1));
  client.send("PING\r\n");
  EXPECT_EQ(client.receiveBytes(), "+PONG\r\n");
}

TEST(RedisConnection, KeepsPushesAndRepliesApart) {
  RedisConnection subscriber(sharedRedis().port());
  subscriber.hello(3);
  subscriber.sendCommand({"SUBSCRIBE", "news"});
  EXPECT_EQ(subscriber.receivePush().at(0), resp::bulk("subscribe"));
  sharedRedis().run({"PUBLISH", "news", "first"});
  EXPECT_EQ(subscriber.command({"PING"}), resp::simple("PONG"));
  EXPECT_EQ(subscriber.receivePush(),
            resp::push({resp::bulk("message"), resp::bulk("news"), resp::bulk("first")}));
  EXPECT_TRUE(subscriber.silentFor(milliseconds(1)));
}

TEST(RedisServer, ComesBackOnItsPortAfterAKill) {
  RedisServer server;
  const uint16_t port = server.port();
  RedisConnection client(port);
  client.run({"SET", "k", "v"});
  EXPECT_EQ(server.clients().size(), 1U);
  RedisConnection(port).reset();
  EXPECT_TRUE(eventually([&] { return server.clients().size() == 1; }));
  server.kill();
  EXPECT_TRUE(client.closes());
  EXPECT_FALSE(server.running());
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(RedisConnection(port).command({"GET", "k"}), resp::nullBulk());
  server.restart();
  EXPECT_EQ(server.info("tcp_port"), std::to_string(port));
}

TEST(RedisServer, AnswersNothingWhileFrozen) {
  RedisServer server;
  RedisConnection client(server.port());
  server.freeze();
  client.sendCommand({"PING"});
  EXPECT_TRUE(client.silentFor(milliseconds(20)));
  server.thaw();
  EXPECT_EQ(client.receive(), resp::simple("PONG"));
}

TEST(RedisServer, HasPasswordsUsersAndALimitOfClients) {
  RedisServer server({.requirepass = "secret", .users = {"alice on >wonder ~a:* +get"}, .maxclients = 2});
  RedisConnection client(server.port());
  EXPECT_EQ(client.command({"GET", "k"}), resp::error("NOAUTH Authentication required."));
  client.hello(3, "wonder", "alice");
  EXPECT_EQ(client.command({"GET", "a:1"}), resp::null());
  EXPECT_TRUE(client.command({"GET", "b"}).text.starts_with("NOPERM"));
  RedisConnection second(server.port()), third(server.port());
  EXPECT_EQ(third.receive(), resp::error("ERR max number of clients reached"));
  EXPECT_TRUE(third.closes());
}

TEST(RedisServer, SpeaksTLS) {
  RedisServer server({.tls = true, .client_certificates = true});
  RedisConnection client(server.port());
  client.startTls(
      {.ca_file = server.authority().certFile(), .certificate = server.authority().issue("client")});
  EXPECT_EQ(client.command({"PING"}), resp::simple("PONG"));
  EXPECT_TRUE(server.url().starts_with("rediss://localhost:"));
  client.run({"SET", "k", std::string(1'000'000, 'v')});
  EXPECT_EQ(client.text({"GET", "k"}).size(), 1'000'000U);
}

}  // namespace
}  // namespace forebay::rig
