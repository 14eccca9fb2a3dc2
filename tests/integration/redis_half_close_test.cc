// Who sends his requests and shuts down his side, as `printf ... | nc -N` does, is answered before he is
// closed; nobody waits on for what may never come.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;

bool blockedAre(size_t count) {
  return eventually([&] { return sharedRedis().info("blocked_clients") == std::to_string(count); });
}

std::string encodeAll(const std::vector<RedisArgs>& commands) {
  std::string out;
  for (const RedisArgs& each : commands) out += encode(each);
  return out;
}

class RedisHalfClose : public testing::TestWithParam<int> {
 protected:
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.listen["workers"] = GetParam();
    config.redis["lease_pool_size"] = 3;
    config.redis["command_wait_timeout"] = "0";
    return config;
  }
  void SetUp() override { sharedRedis().run({"FLUSHALL"}); }
  RedisConnection connect() const { return RedisConnection(forebay_.redisPort()); }
  // Sends them and no more; what it gets until it is closed.
  std::vector<RedisValue> lastWords(RedisConnection& client, const std::string& requests) const {
    client.send(requests);
    client.closeWrite();
    return client.receiveToEnd();
  }
  std::vector<RedisValue> lastWords(const std::vector<RedisArgs>& commands, int version = 2) const {
    RedisConnection client = connect();
    client.hello(version);
    return lastWords(client, encodeAll(commands));
  }
  const Forebay forebay_{config()};
};

using Replies = std::vector<RedisValue>;

TEST_P(RedisHalfClose, TransactionsAreAnswered) {
  const RedisValue ok = resp::simple("OK"), queued = resp::simple("QUEUED");
  for (int i = 1; i <= 10; ++i)
    EXPECT_EQ(lastWords({{"MULTI"}, {"INCR", "n"}, {"EXEC"}}),
              (Replies{ok, queued, resp::array({resp::integer(i)})}));
  EXPECT_EQ(lastWords({{"MULTI"}, {"SELECT", "1"}, {"EXEC"}, {"EXISTS", "n"}}).back(), resp::integer(0));
  EXPECT_EQ(lastWords({{"WATCH", "n"}, {"MULTI"}, {"INCR", "n"}, {"EXEC"}}).size(), 4u);
}

TEST_P(RedisHalfClose, UnfinishedTransactionsEnd) {
  EXPECT_EQ(lastWords({{"MULTI"}, {"SET", "k", "v"}}), (Replies{resp::simple("OK"), resp::simple("QUEUED")}));
  EXPECT_EQ(lastWords({{"WATCH", "k"}, {"EXISTS", "k"}}), (Replies{resp::simple("OK"), resp::integer(0)}));
}

TEST_P(RedisHalfClose, ABlockingCommandTakesWhatIsThere) {
  for (int i = 0; i < 10; ++i) {
    sharedRedis().run({"RPUSH", "l", "a", "b"});
    EXPECT_EQ(lastWords({{"BLPOP", "l", "0"}, {"LPOP", "l"}, {"PING"}}),
              (Replies{resp::bulks({"l", "a"}), resp::bulk("b"), resp::simple("PONG")}));
  }
}

TEST_P(RedisHalfClose, ABlockingCommandThatFindsNothingEndsAtOnce) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(lastWords({{"SET", "k", "v"}, {"BLPOP", "l", "0"}, {"SET", "k", "w"}}),
              Replies{resp::simple("OK")});
    EXPECT_TRUE(blockedAre(0));
  }
  sharedRedis().run({"RPUSH", "l", "a"});
  EXPECT_EQ(sharedRedis().run({"LLEN", "l"}), resp::integer(1));
  EXPECT_EQ(sharedRedis().text({"GET", "k"}), "v");
}

TEST_P(RedisHalfClose, ABlockingCommandThatWaitsAlreadyEndsAtOnce) {
  for (const RedisArgs& command : std::vector<RedisArgs>{
           {"BLPOP", "l", "0"}, {"XREAD", "BLOCK", "0", "STREAMS", "s", "$"}, {"WAIT", "1", "0"}}) {
    RedisConnection client = connect();
    client.sendCommand(command);
    ASSERT_TRUE(blockedAre(1)) << command[0];
    client.closeWrite();
    EXPECT_TRUE(client.closes()) << command[0];
    EXPECT_TRUE(blockedAre(0)) << command[0];
  }
}

// More than the gateway takes at a time, so that some of it comes behind the end.
TEST_P(RedisHalfClose, WhatWaitsBehindABlockingCommandIsAnswered) {
  sharedRedis().run({"RPUSH", "l", "a", "b"});
  std::vector<RedisArgs> commands{{"WATCH", "l"}, {"BLPOP", "l", "0"}};
  commands.insert(commands.end(), 3000, {"ECHO", "x"});
  commands.insert(commands.end(), {{"UNWATCH"}, {"BLPOP", "l", "0"}, {"BLPOP", "l", "0"}});
  const Replies replies = lastWords(commands);
  ASSERT_EQ(replies.size(), 3004u);
  EXPECT_EQ(replies.back(), resp::bulks({"l", "b"}));
}

TEST_P(RedisHalfClose, LargeRequestsAndRepliesGoThrough) {
  const std::string big(20 * kMegabyte, 'b');
  EXPECT_EQ(lastWords({{"SET", "k", "v"}, {"SET", "big", big}, {"STRLEN", "big"}}),
            (Replies{resp::simple("OK"), resp::simple("OK"), resp::integer(20 * kMegabyte)}));
  const Replies replies = lastWords({{"MULTI"}, {"GET", "big"}, {"EXEC"}, {"GET", "big"}, {"GET", "k"}});
  ASSERT_EQ(replies.size(), 5u);
  EXPECT_TRUE(replies[2] == resp::bulks({big}));
  EXPECT_TRUE(replies[3] == resp::bulk(big));
  EXPECT_EQ(replies[4], resp::bulk("v"));
}

TEST_P(RedisHalfClose, ALargeRequestWithoutItsEndIsNotWaitedFor) {
  const std::string begun = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$67108864\r\n" + std::string(3 * kMegabyte, 'p');
  RedisConnection client = connect(), another = connect();
  EXPECT_EQ(lastWords(client, encode({"SET", "k", "v"}) + begun), Replies{resp::simple("OK")});
  EXPECT_EQ(lastWords(another, encodeAll({{"MULTI"}, {"GET", "k"}}) + begun),
            (Replies{resp::simple("OK"), resp::simple("QUEUED")}));
  EXPECT_EQ(sharedRedis().text({"GET", "k"}), "v");
}

TEST_P(RedisHalfClose, WhatWouldLastEndsOnceItIsAnswered) {
  EXPECT_EQ(lastWords({{"MONITOR"}}).at(0), resp::simple("OK"));
  EXPECT_EQ(lastWords({{"SUBSCRIBE", "news"}}),
            Replies{resp::array({resp::bulk("subscribe"), resp::bulk("news"), resp::integer(1)})});
  EXPECT_EQ(lastWords({{"CLIENT", "TRACKING", "ON"}, {"GET", "k"}}, 3),
            (Replies{resp::simple("OK"), resp::null()}));
  EXPECT_EQ(lastWords({{"CLIENT", "LIST"}, {"ECHO", "behind it"}}).back(), resp::bulk("behind it"));
  EXPECT_TRUE(eventually([] { return sharedRedis().run({"PUBSUB", "CHANNELS"}).children.empty(); }));
}

TEST_P(RedisHalfClose, WhereAllConnectionsAreLentOnlyWhatBlocksIsGivenUp) {
  std::vector<RedisConnection> holders;
  for (int i = 0; i < 3; ++i) {
    holders.push_back(connect());
    holders.back().run({"MULTI"});
  }
  RedisConnection blocking = connect(), transaction = connect();
  EXPECT_TRUE(lastWords(blocking, encode({"BLPOP", "l", "0"})).empty());
  transaction.send(encodeAll({{"MULTI"}, {"RPUSH", "l", "a"}, {"EXEC"}}));
  transaction.closeWrite();
  holders.front().run({"DISCARD"});
  EXPECT_EQ(transaction.receiveToEnd().back(), resp::array({resp::integer(1)}));
  EXPECT_EQ(sharedRedis().run({"LLEN", "l"}), resp::integer(1));
}

INSTANTIATE_TEST_SUITE_P(Workers, RedisHalfClose, testing::Values(1, 2),
                         [](const auto& workers) { return std::to_string(workers.param); });

TEST(RedisHalfCloseOfOneThatBlocks, IsNotHeldUpByAFrozenRedis) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.redis["command_timeout"] = "200ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.sendCommand({"BLPOP", "l", "0"});
  ASSERT_TRUE(eventually([&] { return redis.info("blocked_clients") == "1"; }));
  redis.freeze();
  client.closeWrite();
  EXPECT_TRUE(client.closes());
  redis.thaw();
  EXPECT_TRUE(eventually([&] { return redis.info("blocked_clients") == "0"; }));
}

}  // namespace
}  // namespace forebay::rig
