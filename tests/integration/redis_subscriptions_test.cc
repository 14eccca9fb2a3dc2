// What clients subscribe to comes over one connection to Redis, and to each of them as if it were his own.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

RedisValue confirmed(const std::string& what, const std::string& name, int64_t count) {
  return resp::array({resp::bulk(what), resp::bulk(name), resp::integer(count)});
}

RedisValue pushed(RedisValue value) {
  value.type = RedisType::kPush;
  return value;
}

class RedisSubscriptions : public testing::TestWithParam<int> {
 protected:
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.listen["workers"] = GetParam();
    return config;
  }
  RedisConnection connect(int version = 2) const {
    RedisConnection client(forebay_.redisPort());
    if (version == 3) client.hello(3);
    return client;
  }
  const Forebay forebay_{config()};
};

TEST_P(RedisSubscriptions, AreConfirmedWithTheirCount) {
  for (const int version : {2, 3}) {
    RedisConnection client = connect(version);
    const auto next = [&] { return version == 3 ? client.receivePush() : pushed(client.receive()); };
    client.sendCommand({"SUBSCRIBE", "a", "b", "a"});
    EXPECT_EQ(next(), pushed(confirmed("subscribe", "a", 1)));
    EXPECT_EQ(next(), pushed(confirmed("subscribe", "b", 2)));
    EXPECT_EQ(next(), pushed(confirmed("subscribe", "a", 2)));
    client.sendCommand({"PSUBSCRIBE", "a*"});
    EXPECT_EQ(next(), pushed(confirmed("psubscribe", "a*", 3)));
    client.sendCommand({"SSUBSCRIBE", "a"});
    EXPECT_EQ(next(), pushed(confirmed("ssubscribe", "a", 1)));
    client.sendCommand({"UNSUBSCRIBE"});
    EXPECT_EQ(next().at(2), resp::integer(2));
    EXPECT_EQ(next().at(2), resp::integer(1));
    client.sendCommand({"PUNSUBSCRIBE"});
    EXPECT_EQ(next(), pushed(confirmed("punsubscribe", "a*", 0)));
    client.sendCommand({"SUNSUBSCRIBE"});
    EXPECT_EQ(next(), pushed(confirmed("sunsubscribe", "a", 0)));
    EXPECT_EQ(client.command({"PING"}), resp::simple("PONG"));
  }
}

TEST_P(RedisSubscriptions, MessagesOfAllKindsCome) {
  RedisConnection publisher = connect();
  for (const int version : {2, 3}) {
    RedisConnection client = connect(version);
    const auto next = [&] { return version == 3 ? client.receivePush() : pushed(client.receive()); };
    for (const char* what : {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"}) {
      client.sendCommand({what, "chan\r\nnel"});
      EXPECT_EQ(next().at(1), resp::bulk("chan\r\nnel"));
    }
    EXPECT_EQ(publisher.command({"PUBLISH", "chan\r\nnel", "m\r\n"}), resp::integer(2));
    EXPECT_EQ(next(), pushed(resp::bulks({"message", "chan\r\nnel", "m\r\n"})));
    EXPECT_EQ(next(), pushed(resp::bulks({"pmessage", "chan\r\nnel", "chan\r\nnel", "m\r\n"})));
    EXPECT_EQ(publisher.command({"SPUBLISH", "chan\r\nnel", ""}), resp::integer(1));
    EXPECT_EQ(next(), pushed(resp::bulks({"smessage", "chan\r\nnel", ""})));
    client.close();
    EXPECT_TRUE(eventually([&] { return publisher.run({"PUBLISH", "chan\r\nnel", "x"}).integer == 0; }));
  }
}

TEST_P(RedisSubscriptions, ManyClientsOnOneChannelTakeOneConnectionPerWorker) {
  std::vector<RedisConnection> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(connect(2 + i % 2));
    clients.back().run({"CLIENT", "SETNAME", "x"});
    clients.back().sendCommand({"SUBSCRIBE", "many"});
    EXPECT_TRUE(clients.back().receiveNext());
  }
  const int64_t heard = sharedRedis().run({"PUBLISH", "many", "m"}).integer;
  EXPECT_LE(heard, GetParam());
  for (RedisConnection& client : clients) EXPECT_EQ(client.receiveNext()->texts().at(2), "m");
  clients.erase(clients.begin() + 1, clients.end());
  EXPECT_TRUE(eventually([&] {
    return sharedRedis().run({"PUBSUB", "NUMSUB", "many"}).at(1) == resp::integer(1);
  }));
}

TEST_P(RedisSubscriptions, InRESP3MessagesComeBetweenReplies) {
  RedisConnection client = connect(3), publisher = connect();
  client.sendCommand({"SUBSCRIBE", "c"});
  client.receivePush();
  for (int i = 0; i < 200; ++i) {
    publisher.run({"PUBLISH", "c", std::to_string(i)});
    if (i % 50 == 0) client.send(encode({"MULTI"}) + encode({"ECHO", "x"}) + encode({"EXEC"}));
    EXPECT_EQ(client.command({"SET", "k", std::string(1000, 'v')}).isError(), false);
    if (i % 50 == 0) client.receive(), client.receive(), client.receive();
  }
  for (int i = 0; i < 200; ++i) EXPECT_EQ(client.receivePush().at(2), resp::bulk(std::to_string(i)));
}

TEST_P(RedisSubscriptions, MessagesWaitForTheEndOfALargeReply) {
  RedisConnection client = connect(3), publisher = connect();
  const std::string large(20'000'000, 'v');
  publisher.run({"SET", "large", large});
  client.sendCommand({"SUBSCRIBE", "c"});
  client.receivePush();
  client.sendCommand({"GET", "large"});
  for (int i = 0; i < 50; ++i) publisher.run({"PUBLISH", "c", std::to_string(i)});
  EXPECT_TRUE(client.receive() == resp::bulk(large));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.receivePush().at(2), resp::bulk(std::to_string(i)));
  publisher.run({"DEL", "large"});
}

TEST_P(RedisSubscriptions, NamesAreLeftAndTakenAgainWhileAnswersAreOnTheirWay) {
  RedisConnection publisher = connect();
  for (int round = 0; round < 20; ++round) {
    RedisConnection client = connect(3);
    std::string bytes;
    for (int i = 0; i < 10; ++i) bytes += encode({"SUBSCRIBE", "again"}) + encode({"UNSUBSCRIBE", "again"});
    client.send(bytes + encode({"SUBSCRIBE", "again"}));
    for (int i = 0; i < 21; ++i)
      EXPECT_EQ(client.receivePush(),
                pushed(confirmed(i % 2 == 0 ? "subscribe" : "unsubscribe", "again", i % 2 == 0)));
    EXPECT_GE(publisher.run({"PUBLISH", "again", "m"}).integer, 1);
    EXPECT_EQ(client.receivePush(), pushed(resp::bulks({"message", "again", "m"})));
  }
}

TEST_P(RedisSubscriptions, ALostConnectionIsMadeAgainWithAllTheyHad) {
  RedisConnection clients[] = {connect(2), connect(3), connect(3)};
  for (RedisConnection& client : clients) {
    client.send(encode({"SUBSCRIBE", "c"}) + encode({"PSUBSCRIBE", "p*"}) + encode({"SSUBSCRIBE", "s"}));
    for (int i = 0; i < 3; ++i) client.receiveNext();
  }
  for (int round = 0; round < 3; ++round) {
    const int64_t before = sharedRedis().run({"PUBSUB", "NUMSUB", "c"}).at(1).integer;
    EXPECT_GE(sharedRedis().run({"CLIENT", "KILL", "TYPE", "pubsub"}).integer, 1);
    EXPECT_TRUE(eventually([&] {
      return sharedRedis().run({"PUBSUB", "NUMSUB", "c"}).at(1).integer == before &&
             sharedRedis().run({"PUBSUB", "SHARDNUMSUB", "s"}).at(1).integer == before &&
             sharedRedis().run({"PUBSUB", "NUMPAT"}).integer >= 1;
    }));
    sharedRedis().run({"PUBLISH", "c", std::to_string(round)});
    sharedRedis().run({"SPUBLISH", "s", std::to_string(round)});
    for (RedisConnection& client : clients) {
      EXPECT_EQ(pushed(*client.receiveNext()), pushed(resp::bulks({"message", "c", std::to_string(round)})));
      EXPECT_EQ(pushed(*client.receiveNext()), pushed(resp::bulks({"smessage", "s", std::to_string(round)})));
    }
  }
}

TEST_P(RedisSubscriptions, AClientOfRESP2MayDoLittleElse) {
  RedisConnection client = connect();
  client.run({"SUBSCRIBE", "c"});
  for (const char* command : {"GET", "MULTI", "HELLO", "SELECT", "INFO", "AUTH", "BLPOP"}) {
    const std::string error = client.command({command, "1", "0"}).text;
    EXPECT_NE(error.find("are allowed in this context") == std::string::npos,
              error.find("wrong number of arguments") == std::string::npos)
        << error;
  }
  EXPECT_EQ(client.command({"PING"}), resp::bulks({"pong", ""}));
  EXPECT_EQ(client.command({"PING", "x"}), resp::bulks({"pong", "x"}));
  EXPECT_EQ(client.command({"RESET"}), resp::simple("RESET"));
  EXPECT_EQ(client.command({"GET", "none"}), resp::nullBulk());
  client.run({"SUBSCRIBE", "c"});
  EXPECT_EQ(client.command({"QUIT"}), resp::simple("OK"));
  EXPECT_TRUE(client.closes());
}

TEST_P(RedisSubscriptions, AnAnswerOfRedisThatRefusesIsTheClients) {
  RedisServer server({.users = {"app on >secret ~* +@all resetchannels &mine*"}});
  ForebayConfig config;
  config.caches["main"]["url"] = "redis://app:secret@127.0.0.1:" + std::to_string(server.port()) + "/0";
  config.listen["workers"] = GetParam();
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.run({"AUTH", "app", "secret"});
  EXPECT_TRUE(client.command({"SUBSCRIBE", "theirs"}).text.starts_with("NOPERM"));
  EXPECT_EQ(client.command({"SUBSCRIBE", "mine"}), confirmed("subscribe", "mine", 1));
  EXPECT_TRUE(client.command({"PSUBSCRIBE", "*"}).text.starts_with("NOPERM"));
  server.run({"PUBLISH", "mine", "m"});
  EXPECT_EQ(client.receive(), resp::bulks({"message", "mine", "m"}));
}

INSTANTIATE_TEST_SUITE_P(Workers, RedisSubscriptions, testing::Values(1, 2),
                         [](const auto& workers) { return std::to_string(workers.param); });

}  // namespace
}  // namespace forebay::rig
