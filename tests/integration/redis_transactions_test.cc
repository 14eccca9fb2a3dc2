// MULTI and WATCH: on a connection of the client's own, which nobody gets with something left on it.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

constexpr const char* kAborted = "EXECABORT Transaction discarded because of previous errors.";

class RedisTransactions : public testing::Test {
 protected:
  void SetUp() override { sharedRedis().run({"FLUSHALL"}); }
  RedisConnection connect() const { return RedisConnection(forebay_.redisPort()); }
  // How many connections to Redis transactions have used.
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.redis["lease_pool_size"] = 1;
    config.redis["command_wait_timeout"] = "30s";
    return config;
  }
  const Forebay forebay_{config()};
};

TEST_F(RedisTransactions, ShareConnectionsOneAfterTheOther) {
  std::vector<RedisConnection> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(connect());
  for (RedisConnection& client : clients)
    client.send(encode({"MULTI"}) + encode({"INCR", "n"}) + encode({"EXEC"}));
  for (RedisConnection& client : clients) {
    EXPECT_EQ(client.receive(), resp::simple("OK"));
    EXPECT_EQ(client.receive(), resp::simple("QUEUED"));
    EXPECT_EQ(client.receive().type, RedisType::kArray);
  }
  EXPECT_EQ(sharedRedis().text({"GET", "n"}), "20");
}

TEST_F(RedisTransactions, AWriteOfAnotherFailsWhatWasWatched) {
  RedisConnection client = connect(), other = connect();
  client.run({"WATCH", "k"});
  other.run({"SET", "k", "theirs"});
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"SET", "k", "ours"}, {"EXEC"}}).at(2), resp::nullArray());
  EXPECT_EQ(client.text({"GET", "k"}), "theirs");
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"SET", "k", "ours"}, {"EXEC"}}).at(2).type, RedisType::kArray);
}

TEST_F(RedisTransactions, WhatIsWatchedEndsWithTheClientThatWatched) {
  {
    RedisConnection gone = connect();
    gone.run({"WATCH", "k"});
  }
  RedisConnection client = connect();
  client.run({"SET", "k", "v"});
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::bulks({"v"}));
}

TEST_F(RedisTransactions, ExecWithoutMultiLeavesTheWatching) {
  RedisConnection client = connect();
  client.run({"WATCH", "k"});
  EXPECT_EQ(client.command({"EXEC"}), resp::error("ERR EXEC without MULTI"));
  sharedRedis().run({"SET", "k", "theirs"});
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::nullArray());
}

TEST_F(RedisTransactions, OfAClientThatLeavesAreNotExecuted) {
  {
    RedisConnection gone = connect();
    gone.pipeline({{"MULTI"}, {"SET", "k", "half"}});
  }
  RedisConnection client = connect();
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::array({resp::nullBulk()}));
}

TEST_F(RedisTransactions, AnErrorOfTheGatewaysOwnAbortsThem) {
  RedisConnection client = connect();
  for (const RedisArgs& command : std::vector<RedisArgs>{{"CLIENT", "ID"},
                                                         {"CLIENT", "SETNAME", "x"},
                                                         {"CLIENT", "LIST"},
                                                         {"HELLO", "3"},
                                                         {"AUTH", "default", "x"},
                                                         {"ACL", "WHOAMI"},
                                                         {"SUBSCRIBE", "c"},
                                                         {"UNSUBSCRIBE"},
                                                         {"SYNC"}}) {
    const auto replies = client.pipeline({{"MULTI"}, command, {"SET", "k", "v"}, {"EXEC"}});
    EXPECT_TRUE(replies.at(1).isError()) << command[0];
    EXPECT_EQ(replies.at(2), resp::simple("QUEUED"));
    EXPECT_EQ(replies.at(3), resp::error(kAborted)) << command[0];
  }
  EXPECT_EQ(client.command({"GET", "k"}), resp::nullBulk());
  EXPECT_EQ(client.command({"CLIENT", "GETNAME"}), resp::nullBulk());
}

TEST_F(RedisTransactions, ASelectInThemCountsOnceTheyAreExecuted) {
  RedisConnection client = connect(), other = connect();
  client.pipeline({{"SET", "k", "zero"}, {"MULTI"}, {"SELECT", "3"}, {"SET", "k", "three"}, {"EXEC"}});
  EXPECT_EQ(client.text({"GET", "k"}), "three");
  EXPECT_EQ(other.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::bulks({"zero"}));
  const auto replies = client.pipeline({{"SELECT", "0"},
                                        {"MULTI"},
                                        {"SELECT", "3"},
                                        {"NOSUCH"},
                                        {"EXEC"},
                                        {"GET", "k"},
                                        {"MULTI"},
                                        {"GET", "k"},
                                        {"EXEC"}});
  EXPECT_EQ(replies.at(4), resp::error(kAborted));
  EXPECT_EQ(replies.at(5), resp::bulk("zero"));
  EXPECT_EQ(replies.at(8), resp::bulks({"zero"}));
  EXPECT_EQ(other.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::bulks({"zero"}));
}

TEST_F(RedisTransactions, WithoutRepliesTheyAreExecutedAllTheSame) {
  RedisConnection client = connect();
  client.send(encode({"CLIENT", "REPLY", "OFF"}) + encode({"MULTI"}) + encode({"SELECT", "3"}) +
              encode({"SET", "k", "v"}) + encode({"EXEC"}) + encode({"CLIENT", "REPLY", "ON"}) +
              encode({"GET", "k"}));
  EXPECT_EQ(client.receive(), resp::simple("OK"));
  EXPECT_EQ(client.receive(), resp::bulk("v"));
}

TEST_F(RedisTransactions, ResetBehindAPipelineEndsThem) {
  RedisConnection client = connect();
  const auto replies = client.pipeline(
      {{"WATCH", "k"}, {"MULTI"}, {"SET", "k", "v"}, {"RESET"}, {"GET", "k"}, {"MULTI"}, {"EXEC"}});
  EXPECT_EQ(replies.at(2), resp::simple("QUEUED"));
  EXPECT_EQ(replies.at(3), resp::simple("RESET"));
  EXPECT_EQ(replies.at(4), resp::nullBulk());
  EXPECT_EQ(replies.at(6), resp::array({}));
}

TEST_F(RedisTransactions, LargeOnesGoThrough) {
  RedisConnection client = connect();
  std::vector<RedisArgs> commands{{"MULTI"}};
  for (int i = 0; i < 5000; ++i) commands.push_back({"RPUSH", "l", std::string(100, 'x')});
  commands.push_back({"EXEC"});
  EXPECT_EQ(client.pipeline(commands).back().children.size(), 5000U);
  EXPECT_EQ(client.command({"LLEN", "l"}), resp::integer(5000));
}

// In RESP2 and RESP3 EXEC fails with another null.
class RedisSelectInTransaction : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    sharedRedis().run({"FLUSHALL"});
    client_.hello(GetParam());
    client_.run({"SET", "where", "zero"});
    RedisConnection one = sharedRedis().connect();
    one.pipeline({{"SELECT", "1"}, {"SET", "where", "one"}});
  }
  std::string where() { return client_.text({"GET", "where"}); }
  // A reply that were gathered would not fit.
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.redis["client_output_buffer_limit"] = "2MiB";
    return config;
  }
  const Forebay forebay_{config()};
  RedisConnection client_{forebay_.redisPort()};
};

TEST_P(RedisSelectInTransaction, CountsBeforeALargeReplyIsThrough) {
  const std::string big(20'000'000, 'b');
  RedisConnection one = sharedRedis().connect();
  one.pipeline({{"SELECT", "1"}, {"SET", "big", big}});
  const auto replies =
      client_.pipeline({{"MULTI"}, {"SELECT", "1"}, {"GET", "big"}, {"EXEC"}, {"GET", "where"}});
  ASSERT_EQ(replies.at(3).children.size(), 2u);
  EXPECT_EQ(replies.at(3).at(0), resp::simple("OK"));
  EXPECT_TRUE(replies.at(3).at(1) == resp::bulk(big));
  EXPECT_EQ(replies.at(4), resp::bulk("one"));
  EXPECT_EQ(where(), "one");
  EXPECT_EQ(client_.pipeline({{"MULTI"}, {"GET", "where"}, {"EXEC"}}).at(2), resp::bulks({"one"}));
}

TEST_P(RedisSelectInTransaction, DoesNotCountWhenWhatWasWatchedHasChanged) {
  client_.run({"WATCH", "k"});
  sharedRedis().run({"SET", "k", "theirs"});
  const auto replies = client_.pipeline({{"MULTI"}, {"SELECT", "1"}, {"EXEC"}, {"GET", "where"}});
  EXPECT_EQ(replies.at(2), GetParam() == 3 ? resp::null() : resp::nullArray());
  EXPECT_EQ(replies.at(3), resp::bulk("zero"));
  EXPECT_EQ(client_.pipeline({{"MULTI"}, {"GET", "where"}, {"EXEC"}}).at(2), resp::bulks({"zero"}));
}

TEST_P(RedisSelectInTransaction, DoesNotCountWhenItWasAborted) {
  const auto replies = client_.pipeline({{"MULTI"}, {"SELECT", "1"}, {"NOSUCH"}, {"EXEC"}, {"GET", "where"}});
  EXPECT_EQ(replies.at(3), resp::error(kAborted));
  EXPECT_EQ(replies.at(4), resp::bulk("zero"));
  EXPECT_EQ(client_.pipeline({{"MULTI"}, {"SELECT", "1"}, {"DISCARD"}, {"GET", "where"}}).at(3),
            resp::bulk("zero"));
}

TEST_P(RedisSelectInTransaction, CountsAlsoForWhoWantsNoReplies) {
  const std::string big(1'000'000, '>');  // what a push begins with
  RedisConnection one = sharedRedis().connect();
  one.pipeline({{"SELECT", "1"}, {"SET", "big", big}});
  client_.send(encode({"CLIENT", "REPLY", "OFF"}) + encode({"MULTI"}) + encode({"SELECT", "1"}) +
               encode({"GET", "big"}) + encode({"EXEC"}) + encode({"CLIENT", "REPLY", "ON"}));
  EXPECT_EQ(client_.receive(), resp::simple("OK"));
  EXPECT_EQ(where(), "one");
}

INSTANTIATE_TEST_SUITE_P(Resp, RedisSelectInTransaction, testing::Values(2, 3),
                         [](const auto& version) { return std::to_string(version.param); });

}  // namespace
}  // namespace forebay::rig
