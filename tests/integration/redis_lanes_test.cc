// How many connections are shared: one where one will do, a few more for a crowd.
#include <gtest/gtest.h>

#include <vector>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

constexpr int kClients = 10;
constexpr int kPipeline = 600;

class RedisLanes : public testing::Test {
 protected:
  RedisLanes() {
    for (int i = 0; i < kClients; ++i) clients_.emplace_back(forebay_.redisPort());
    for (RedisConnection& client : clients_) client.run({"PING"});
  }
  ForebayConfig config() {
    ForebayConfig config = mainCache(redis_);
    config.listen["workers"] = 1;
    return config;
  }
  int pool(const std::string& column) {
    return std::stoi(console_.exec("show redis_pools").value(0, column));
  }
  int shared() { return pool("shared_active") + pool("shared_idle") + pool("shared_login"); }
  // Each client sends a pipeline while Redis stands still, so that all of it waits at the same time.
  void crowd() {
    redis_.freeze();
    for (size_t c = 0; c < clients_.size(); ++c) {
      std::string all;
      for (int i = 0; i < kPipeline; ++i) all += encode({"ECHO", textOf(c, i)});
      clients_[c].send(all);
    }
    EXPECT_TRUE(eventually([&] { return pool("in_flight") >= kClients * kPipeline; }));
    redis_.thaw();
    for (size_t c = 0; c < clients_.size(); ++c)
      for (int i = 0; i < kPipeline; ++i) ASSERT_EQ(clients_[c].receive(), resp::bulk(textOf(c, i)));
    EXPECT_TRUE(eventually([&] { return pool("shared_login") == 0; }));
  }
  static std::string textOf(size_t client, int number) {
    return std::to_string(client) + ":" + std::to_string(number);
  }

  RedisServer redis_;
  const Forebay forebay_{config()};
  Connection console_{forebay_.consoleConninfo()};
  std::vector<RedisConnection> clients_;
};

TEST_F(RedisLanes, ClientsThatAskForLittleShareOneConnection) {
  for (int i = 0; i < 20; ++i)
    for (RedisConnection& client : clients_) client.run({"ECHO", "x"});
  EXPECT_EQ(shared(), 1);
}

TEST_F(RedisLanes, ACrowdOfRequestsGetsUpToFourAndEachClientItsRepliesInOrder) {
  for (int round = 0; round < 5; ++round) {
    crowd();
    EXPECT_EQ(shared(), std::min(round + 2, 4)) << "one more is opened at a time";
  }
}

TEST_F(RedisLanes, ThoseOfACrowdComeBackAfterALoss) {
  crowd();
  redis_.kill();
  redis_.start();
  EXPECT_TRUE(eventually([&] { return clients_[0].command({"ECHO", "x"}) == resp::bulk("x"); }));
  crowd();
  crowd();
  EXPECT_GE(shared(), 2);
}

}  // namespace
}  // namespace forebay::rig
