// Whatever a client sends, and on whichever connections it is done: its replies come in its own order.
#include <gtest/gtest.h>

#include <random>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

ForebayConfig withWorkers(int workers) {
  ForebayConfig config = mainCache();
  config.listen["workers"] = workers;
  return config;
}

// Commands whose replies tell which of them it was, and where they are done.
struct Step {
  std::vector<RedisArgs> commands;
  std::vector<RedisValue> replies;
};

Step randomStep(std::mt19937& random, const std::string& key, int number) {
  const std::string n = std::to_string(number);
  switch (random() % 9) {
    case 0: return {{{"ECHO", n}}, {resp::bulk(n)}};  // shared
    case 1: return {{{"SET", key, n}, {"GET", key}}, {resp::simple("OK"), resp::bulk(n)}};
    case 2:
      return {{{"CLIENT", "SETNAME", n}, {"CLIENT", "GETNAME"}},
              {resp::simple("OK"), resp::bulk(n)}};  // local
    case 3:                                          // leased
      return {{{"MULTI"}, {"ECHO", n}, {"EXEC"}},
              {resp::simple("OK"), resp::simple("QUEUED"), resp::bulks({n})}};
    case 4:
      return {{{"RPUSH", key + "l", n}, {"BLPOP", key + "l", "0"}},
              {resp::integer(1), resp::bulks({key + "l", n})}};
    case 5:
      return {{{"SORT", key + "none", "BY", n},
               {"SET", key, n},
               {"SORT", key + "none"},
               {"GET", key}},  // slow lane
              {resp::array({}), resp::simple("OK"), resp::array({}), resp::bulk(n)}};
    case 6: return {{{"EVAL", "return ARGV[1]", "0", n}}, {resp::bulk(n)}};
    case 7:
      return {{{"SELECT", "1"}, {"SET", key, n}, {"SELECT", "0"}, {"EXISTS", key + "1"}},
              {resp::simple("OK"), resp::simple("OK"), resp::simple("OK"), resp::integer(0)}};
    default:
      return {{{"WATCH", key}, {"GET", key + "x"}, {"UNWATCH"}},
              {resp::simple("OK"), resp::nullBulk(), resp::simple("OK")}};
  }
}

class RedisCommands : public testing::TestWithParam<int> {};

TEST_P(RedisCommands, MixedPipelinesKeepTheirOrder) {
  sharedRedis().run({"FLUSHALL"});
  const Forebay forebay(withWorkers(GetParam()));
  std::mt19937 random(20);
  std::vector<RedisConnection> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(forebay.redisPort());
  for (int round = 0; round < 25; ++round) {
    std::vector<std::vector<RedisValue>> expected(clients.size());
    for (size_t i = 0; i < clients.size(); ++i) {
      std::string bytes;
      for (int j = 0; j < 20; ++j) {
        const Step step = randomStep(random, "key" + std::to_string(i), static_cast<int>(random() % 100000));
        for (const RedisArgs& command : step.commands) bytes += encode(command);
        expected[i].insert(expected[i].end(), step.replies.begin(), step.replies.end());
      }
      clients[i].send(bytes);
    }
    for (size_t i = 0; i < clients.size(); ++i)
      for (const RedisValue& reply : expected[i])
        ASSERT_EQ(clients[i].receive(), reply) << "in round " << round;
  }
}

TEST_P(RedisCommands, EveryClientHasItsDatabase) {
  sharedRedis().run({"FLUSHALL"});
  const Forebay forebay(withWorkers(GetParam()));
  std::vector<RedisConnection> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back(forebay.redisPort());
    EXPECT_EQ(clients.back().command({"SELECT", std::to_string(i)}), resp::simple("OK"));
    clients.back().run({"SET", "k", std::to_string(i)});
  }
  for (int i = 0; i < 16; ++i) {
    const std::string n = std::to_string(i);
    RedisConnection& client = clients[static_cast<size_t>(i)];
    EXPECT_EQ(client.text({"GET", "k"}), n);
    EXPECT_EQ(client.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::bulks({n}));
    EXPECT_EQ(client.command({"BLPOP", "none", "0.01"}), resp::nullArray());
    EXPECT_EQ(client.text({"GET", "k"}), n);
  }
}

TEST_P(RedisCommands, ADatabaseOfTheSettingsIsWhereAClientBegins) {
  sharedRedis().run({"FLUSHALL"});
  ForebayConfig config = withWorkers(GetParam());
  config.caches["main"]["database"] = 5;
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.run({"SET", "k", "five"});
  EXPECT_EQ(client.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::bulks({"five"}));
  client.pipeline({{"SELECT", "0"}, {"RESET"}});
  EXPECT_EQ(client.text({"GET", "k"}), "five");
  RedisConnection direct = sharedRedis().connect();
  direct.run({"SELECT", "5"});
  EXPECT_EQ(direct.text({"GET", "k"}), "five");
}

TEST_P(RedisCommands, InfoHasASectionOfForebay) {
  const Forebay forebay(withWorkers(GetParam()));
  RedisConnection client(forebay.redisPort());
  const std::string all = client.text({"INFO"}), own = client.text({"INFO", "forebay"});
  EXPECT_NE(all.find("redis_version:7.0.15\r\n"), std::string::npos);
  EXPECT_NE(all.find("# Keyspace"), std::string::npos);
  EXPECT_NE(all.find("\r\n# Forebay\r\nforebay_version:"), std::string::npos);
  EXPECT_NE(own.find("forebay_workers:" + std::to_string(GetParam()) + "\r\n"), std::string::npos);
  EXPECT_NE(own.find("forebay_connected_clients:1\r\n"), std::string::npos);
  EXPECT_EQ(client.text({"INFO", "keyspace"}).find("Forebay"), std::string::npos);
  const std::string two = client.text({"INFO", "server", "forebay"});
  EXPECT_NE(two.find("# Server"), std::string::npos);
  EXPECT_NE(two.find("# Forebay"), std::string::npos);
  client.hello(3);
  EXPECT_EQ(client.run({"INFO"}).type, RedisType::kVerbatim);
  EXPECT_EQ(client.run({"INFO", "forebay"}).type, RedisType::kVerbatim);
  client.run({"CLIENT", "TRACKING", "ON"});  // from here on it has a connection of its own
  EXPECT_NE(client.text({"INFO"}).find("\r\n# Forebay\r\n"), std::string::npos);
  EXPECT_NE(client.text({"INFO", "forebay"}).find("forebay_leases_used:1\r\n"), std::string::npos);
}

TEST_P(RedisCommands, WaitCountsWhatTheClientHasWritten) {
  const Forebay forebay(withWorkers(GetParam()));
  RedisConnection client(forebay.redisPort());
  const auto replies =
      client.pipeline({{"SET", "k", "v"}, {"WAIT", "0", "0"}, {"GET", "k"}, {"WAIT", "1", "10"}, {"PING"}});
  EXPECT_EQ(replies.at(1), resp::integer(0));
  EXPECT_EQ(replies.at(2), resp::bulk("v"));
  EXPECT_EQ(replies.at(3), resp::integer(0));
  EXPECT_EQ(replies.at(4), resp::simple("PONG"));
}

TEST_P(RedisCommands, MonitorShowsWhatIsDoneUntilReset) {
  const Forebay forebay(withWorkers(GetParam()));
  RedisConnection monitor(forebay.redisPort()), client(forebay.redisPort());
  EXPECT_EQ(monitor.command({"MONITOR"}), resp::simple("OK"));
  client.run({"SET", "watched", "1"});
  for (RedisValue line = monitor.receive(); line.text.find(R"("SET" "watched" "1")") == std::string::npos;)
    line = monitor.receive();
  monitor.sendCommand({"RESET"});
  while (monitor.receive() != resp::simple("RESET")) {
  }
  EXPECT_EQ(monitor.command({"GET", "watched"}), resp::bulk("1"));
}

TEST_P(RedisCommands, TypesOfRESP3ComeUntouched) {
  sharedRedis().run({"FLUSHALL"});
  const Forebay forebay(withWorkers(GetParam()));
  RedisConnection client(forebay.redisPort());
  client.hello(3);
  client.pipeline({{"HSET", "h", "f", "v"}, {"ZADD", "z", "1.5", "m"}, {"SADD", "s", "m"}});
  EXPECT_EQ(client.command({"HGETALL", "h"}), resp::map({resp::bulk("f"), resp::bulk("v")}));
  EXPECT_EQ(client.command({"ZSCORE", "z", "m"}), resp::real("1.5"));
  EXPECT_EQ(client.command({"SMEMBERS", "s"}), resp::set({resp::bulk("m")}));
  EXPECT_EQ(client.command({"DEBUG", "PROTOCOL", "bignum"}).type, RedisType::kBigNumber);
  EXPECT_EQ(client.command({"DEBUG", "PROTOCOL", "verbatim"}).type, RedisType::kVerbatim);
  EXPECT_EQ(client.command({"DEBUG", "PROTOCOL", "true"}), resp::boolean(true));
  const RedisValue attributed = client.command({"DEBUG", "PROTOCOL", "attrib"});
  EXPECT_EQ(attributed.attributes.size(), 2U);
  EXPECT_EQ(client.command({"PING"}), resp::simple("PONG"));
}

TEST_P(RedisCommands, WhoSendsNoMoreIsStillAnswered) {
  const Forebay forebay(withWorkers(GetParam()));
  RedisConnection client(forebay.redisPort());
  client.send(encode({"SET", "last", "words"}) + encode({"GET", "last"}));
  client.closeWrite();
  EXPECT_EQ(client.receive(), resp::simple("OK"));
  EXPECT_EQ(client.receive(), resp::bulk("words"));
  EXPECT_TRUE(client.closes());
}

INSTANTIATE_TEST_SUITE_P(Workers, RedisCommands, testing::Values(1, 2),
                         [](const auto& workers) { return std::to_string(workers.param); });

}  // namespace
}  // namespace forebay::rig
