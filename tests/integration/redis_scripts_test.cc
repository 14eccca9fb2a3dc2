// Scripts: the gateway has its own copies, so that nobody meets NOSCRIPT who has not been careless.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

constexpr const char* kNoScript = "NOSCRIPT No matching script. Please use EVAL.";
constexpr const char* kUnknown = "ffffffffffffffffffffffffffffffffffffffff";

class RedisScripts : public testing::TestWithParam<int> {
 protected:
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.listen["workers"] = GetParam();
    return config;
  }
  void SetUp() override { sharedRedis().run({"SCRIPT", "FLUSH"}); }
  RedisConnection connect() const { return RedisConnection(forebay_.redisPort()); }
  const Forebay forebay_{config()};
};

TEST_P(RedisScripts, LoadedByOneAreThereForAll) {
  RedisConnection loader = connect();
  const std::string sha = loader.text({"SCRIPT", "LOAD", "return ARGV[1]"});
  for (int i = 0; i < 6; ++i) {
    RedisConnection client = connect();
    if (i % 2 == 1) client.hello(3);
    EXPECT_EQ(client.command({"EVALSHA", sha, "0", std::to_string(i)}), resp::bulk(std::to_string(i)));
  }
  EXPECT_EQ(loader.command({"EVALSHA", kUnknown, "0"}), resp::error(kNoScript));
}

TEST_P(RedisScripts, FlushedBehindTheGatewaysBackAreRepaired) {
  RedisConnection client = connect();
  const std::string sha = client.text({"SCRIPT", "LOAD", "return ARGV[1]"});
  EXPECT_EQ(client.command({"EVALSHA", sha, "0", "a"}), resp::bulk("a"));
  for (int i = 0; i < 3; ++i) {
    sharedRedis().run({"SCRIPT", "FLUSH"});
    EXPECT_EQ(client.command({"EVALSHA", sha, "0", "b"}), resp::bulk("b"));
    EXPECT_EQ(client.command({"EVALSHA_RO", sha, "0", "c"}), resp::bulk("c"));
  }
  sharedRedis().run({"SCRIPT", "FLUSH"});
  const auto replies = client.pipeline({{"SET", "k", "v"}, {"ECHO", "x"}, {"EVALSHA", sha, "0", "d"}});
  EXPECT_EQ(replies.at(1), resp::bulk("x"));
  EXPECT_EQ(replies.at(2), resp::bulk("d"));
}

TEST_P(RedisScripts, WhereMoreIsOnItsWayBehindTheErrorIsPassedOnInItsTurn) {
  RedisConnection client = connect();
  const std::string sha = client.text({"SCRIPT", "LOAD", "return redis.call('incr', KEYS[1])"});
  client.run({"DEL", "n"});
  sharedRedis().run({"SCRIPT", "FLUSH"});
  const auto replies = client.pipeline({{"EVALSHA", sha, "1", "n"}, {"SET", "n", "7"}, {"GET", "n"}});
  EXPECT_EQ(replies.at(0), resp::error(kNoScript));
  EXPECT_EQ(replies.at(2), resp::bulk("7"));
  EXPECT_EQ(client.command({"EVALSHA", sha, "1", "n"}), resp::integer(8)) << "it is known from then on";
}

TEST_P(RedisScripts, OneThatIsBrokenIsRefusedOnceAndForAll) {
  RedisConnection client = connect();
  EXPECT_TRUE(client.command({"EVAL", "no lua", "0"}).isError());
  EXPECT_TRUE(client.command({"SCRIPT", "LOAD", "no lua"}).isError());
  const std::string sha = "7139c74ea4d4ed7060d35bf4f19f6629099bb1aa";
  EXPECT_EQ(client.command({"EVALSHA", sha, "0"}), resp::error(kNoScript));
  EXPECT_EQ(client.command({"PING"}), resp::simple("PONG"));
}

TEST_P(RedisScripts, InATransactionTheyBringTheirBodyAlong) {
  RedisConnection client = connect();
  const std::string sha = client.text({"SCRIPT", "LOAD", "return ARGV[1]"});
  const std::vector<RedisArgs> transaction{
      {"MULTI"}, {"EVALSHA", sha, "0", "a"}, {"EVALSHA_RO", sha, "0", "b"}, {"EXEC"}};
  EXPECT_EQ(client.pipeline(transaction).at(3), resp::bulks({"a", "b"}));
  sharedRedis().run({"SCRIPT", "FLUSH"});
  EXPECT_EQ(client.command({"EVALSHA", kUnknown, "0"}), resp::error(kNoScript))
      << "so the gateway has noticed";
  EXPECT_EQ(client.pipeline(transaction).at(3), resp::bulks({"a", "b"}));
}

TEST_P(RedisScripts, OnAConnectionOfTheClientsOwnAreRepairedToo) {
  RedisConnection client = connect();
  const std::string sha = client.text({"SCRIPT", "LOAD", "return ARGV[1]"});
  client.run({"WATCH", "k"});
  sharedRedis().run({"SCRIPT", "FLUSH"});
  EXPECT_EQ(client.command({"EVALSHA", kUnknown, "0"}), resp::error(kNoScript));
  EXPECT_EQ(client.command({"EVALSHA", sha, "0", "a"}), resp::bulk("a"));
  client.run({"UNWATCH"});
}

TEST_P(RedisScripts, AreThereAgainAfterARestartOfRedis) {
  RedisServer server;
  ForebayConfig config = mainCache(server);
  config.listen["workers"] = GetParam();
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  const std::string sha = client.text({"SCRIPT", "LOAD", "return ARGV[1]"});
  server.restart();
  EXPECT_TRUE(eventually([&] { return !client.command({"PING"}).isError(); }));
  EXPECT_EQ(client.command({"EVALSHA", sha, "0", "a"}), resp::bulk("a"));
}

TEST_P(RedisScripts, ADebuggerStaysWithWhoCalledIt) {
  {
    RedisConnection debugging = connect();
    EXPECT_EQ(debugging.command({"SCRIPT", "DEBUG", "SYNC"}), resp::simple("OK"));
  }
  RedisConnection clients[] = {connect(), connect(), connect()};
  for (RedisConnection& client : clients)
    EXPECT_EQ(client.pipeline({{"WATCH", "k"}, {"EVAL", "return 1", "0"}}).at(1), resp::integer(1));
}

TEST_P(RedisScripts, FunctionsAreCalled) {
  RedisConnection client = connect();
  client.run({"FUNCTION", "LOAD", "REPLACE",
              "#!lua name=lib\nredis.register_function('f', function(k, a) return a[1] end)"});
  EXPECT_EQ(client.command({"FCALL", "f", "0", "a"}), resp::bulk("a"));
  RedisConnection other = connect();
  EXPECT_EQ(other.pipeline({{"MULTI"}, {"FCALL", "f", "0", "b"}, {"EXEC"}}).at(2), resp::bulks({"b"}));
  client.run({"FUNCTION", "DELETE", "lib"});
  EXPECT_EQ(client.command({"FCALL", "f", "0", "a"}), resp::error("ERR Function not found"));
}

INSTANTIATE_TEST_SUITE_P(Workers, RedisScripts, testing::Values(1, 2),
                         [](const auto& workers) { return std::to_string(workers.param); });

// Its bytes are not kept, since it was sent at once: the connection after it must not begin in the middle of
// it.
TEST(RedisScripts, ALongScriptThatWasOnItsWayWhenTheConnectionWasLostHarmsNobody) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.listen["workers"] = 1;
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort()), other(forebay.redisPort());
  const std::string body = "return '" + std::string(40'000, 'x') + "'";
  const std::string sha = client.text({"SCRIPT", "LOAD", body});
  redis.run({"SCRIPT", "FLUSH"});
  EXPECT_EQ(other.command({"EVALSHA", std::string(40, 'f'), "0"}).type,
            RedisType::kError);  // so it is forgotten
  redis.freeze();
  client.sendCommand({"EVALSHA", sha, "0"});
  other.sendCommand({"ECHO", "mine"});
  EXPECT_TRUE(other.silentFor(milliseconds(50)));
  redis.kill();
  redis.start();
  EXPECT_EQ(other.receive(), resp::bulk("mine"));
  EXPECT_EQ(client.receive().type, RedisType::kError) << "whether it was executed is not known";
  EXPECT_EQ(client.command({"EVALSHA", sha, "0"}).text.size(), 40'000U);
  for (const char* word : {"a", "b", "c"}) EXPECT_EQ(other.command({"ECHO", word}), resp::bulk(word));
}

}  // namespace
}  // namespace forebay::rig
