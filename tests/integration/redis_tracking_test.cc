// CLIENT TRACKING through the gateway, as client libraries with a cache of their own use it.
#include <gtest/gtest.h>

#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

class RedisTracking : public testing::Test {
 protected:
  void SetUp() override { sharedRedis().run({"FLUSHALL"}); }
  RedisConnection connect() const { return RedisConnection(forebay_.redisPort()); }
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.listen["workers"] = 2;
    return config;
  }
  const Forebay forebay_{config()};
};

TEST_F(RedisTracking, TellsAResp3ClientWhatOthersHaveChanged) {
  RedisConnection reader = connect(), writer = connect();
  reader.hello(3);
  EXPECT_EQ(reader.command({"CLIENT", "TRACKING", "ON"}).text, "OK");
  writer.command({"SET", "price", "1"});
  EXPECT_EQ(reader.command({"GET", "price"}).text, "1");
  writer.command({"SET", "price", "2"});
  const RedisValue push = reader.receivePush();
  ASSERT_EQ(push.children.size(), 2u);
  EXPECT_EQ(push.children[0].text, "invalidate");
  EXPECT_EQ(push.children[1].children.at(0).text, "price");
}

TEST_F(RedisTracking, RedirectsToAnotherClientByTheGatewaysIdOfIt) {
  RedisConnection listener = connect(), reader = connect(), writer = connect();
  const std::string id = std::to_string(listener.command({"CLIENT", "ID"}).integer);
  EXPECT_EQ(listener.command({"SUBSCRIBE", "__redis__:invalidate"}).children.at(0).text, "subscribe");
  EXPECT_EQ(reader.command({"CLIENT", "TRACKING", "ON", "REDIRECT", id}).text, "OK");
  writer.command({"SET", "price", "1"});
  EXPECT_EQ(reader.command({"GET", "price"}).text, "1");
  writer.command({"SET", "price", "2"});
  const RedisValue message = listener.receive();
  ASSERT_EQ(message.children.size(), 3u);
  EXPECT_EQ(message.children[1].text, "__redis__:invalidate");
  EXPECT_EQ(message.children[2].children.at(0).text, "price");
}

TEST_F(RedisTracking, TellsWhomItRedirectsToByTheGatewaysId) {
  RedisConnection listener = connect(), reader = connect(), plain = connect();
  const RedisValue id = listener.command({"CLIENT", "ID"});
  listener.run({"SUBSCRIBE", "__redis__:invalidate"});
  EXPECT_EQ(reader.command({"CLIENT", "GETREDIR"}), resp::integer(-1));
  reader.run({"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(id.integer), "BCAST", "PREFIX", "p:"});
  EXPECT_EQ(reader.command({"CLIENT", "GETREDIR"}), id);
  const RedisValue info = reader.run({"CLIENT", "TRACKINGINFO"});
  EXPECT_EQ(info.at("redirect"), id);
  EXPECT_EQ(info.at("flags"), resp::bulks({"on", "bcast"}));
  EXPECT_EQ(info.at("prefixes"), resp::bulks({"p:"}));
  EXPECT_EQ(plain.run({"CLIENT", "TRACKINGINFO"}).at("redirect"), resp::integer(-1));
}

TEST_F(RedisTracking, ThatIsRefusedKeepsNoConnection) {
  RedisConnection client = connect();
  client.hello(3);
  for (const RedisArgs& wrong : {RedisArgs{"CLIENT", "TRACKING", "ON", "OPTIN", "OPTOUT"},
                                 {"CLIENT", "TRACKING", "ON", "PREFIX", "a"}}) {
    EXPECT_TRUE(client.command(wrong).isError());
    EXPECT_NE(client.text({"CLIENT", "INFO"}).find(" flags=N "), std::string::npos);
    EXPECT_EQ(client.hello(2).at("proto").integer, 2) << "which who has a connection of his own may not";
    client.hello(3);
  }
  client.run({"CLIENT", "TRACKING", "ON"});
  EXPECT_NE(client.text({"CLIENT", "INFO"}).find(" flags=t "), std::string::npos);
}

// What is redirected comes over the listener's own connection, everything else over one that all share.
TEST_F(RedisTracking, IsListenedToBeforeAnythingElseOrNotAtAll) {
  RedisConnection listener = connect(), other = connect(), writer = connect();
  other.run({"SUBSCRIBE", "news"});
  EXPECT_EQ(other.command({"SUBSCRIBE", "__redis__:invalidate"}),
            resp::error("ERR __redis__:invalidate must be subscribed to before any other channel"));
  listener.run({"SUBSCRIBE", "__redis__:invalidate"});
  EXPECT_EQ(listener.command({"SUBSCRIBE", "news"}).at(2), resp::integer(2));
  writer.run({"PUBLISH", "news", "first"});
  EXPECT_EQ(listener.receive(), resp::bulks({"message", "news", "first"}));
  EXPECT_EQ(listener.command({"UNSUBSCRIBE", "news"}).at(2), resp::integer(1));
  writer.run({"PUBLISH", "news", "second"});
  EXPECT_EQ(other.receive(), resp::bulks({"message", "news", "first"}));
  EXPECT_EQ(other.receive(), resp::bulks({"message", "news", "second"}));
  EXPECT_TRUE(listener.silentFor(milliseconds(1)));
}

TEST_F(RedisTracking, RefusesToRedirectToNobody) {
  RedisConnection reader = connect(), other = connect();
  EXPECT_EQ(reader.command({"CLIENT", "TRACKING", "ON", "REDIRECT", "999999"}).text,
            "ERR The client ID you want redirect to does not exist");
  EXPECT_EQ(reader.command({"PING"}).text, "PONG");
}

TEST_F(RedisTracking, IsOverWithTheConnectionThatItWasAbout) {
  RedisConnection reader = connect();
  reader.hello(3);
  reader.command({"CLIENT", "TRACKING", "ON"});
  reader.command({"GET", "price"});
  EXPECT_EQ(reader.command({"RESET"}).text, "RESET");
  RedisConnection next = connect();
  next.hello(3);
  next.command({"MULTI"});
  next.command({"GET", "price"});
  EXPECT_EQ(next.command({"EXEC"}).children.size(), 1u) << "on a connection that tracks nothing";
  sharedRedis().run({"SET", "price", "3"});
  EXPECT_EQ(next.command({"PING"}).text, "PONG");
}

}  // namespace
}  // namespace forebay::rig
