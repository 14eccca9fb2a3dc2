// Connections that are lent to one client at a time: how many, to whom next, and how long they live.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

ForebayConfig poolOf(const RedisServer& redis, int size) {
  ForebayConfig config;
  config.addCache("main", redis)["lease_pool_size"] = size;
  return config;
}

std::vector<RedisConnection> clientsOf(const Forebay& forebay, size_t count) {
  std::vector<RedisConnection> clients;
  for (size_t i = 0; i < count; ++i) clients.emplace_back(forebay.redisPort());
  return clients;
}

bool blockedBecome(const RedisServer& redis, int count) {
  return eventually([&] { return redis.info("blocked_clients") == std::to_string(count); });
}

TEST(RedisLeases, NoMoreThanAllowedAndTheRestWaitInOrder) {
  RedisServer redis;
  const Forebay forebay(poolOf(redis, 1));
  std::vector<RedisConnection> clients = clientsOf(forebay, 4);
  clients[0].run({"MULTI"});
  for (size_t i = 1; i < clients.size(); ++i) {
    clients[i].sendCommand({"BLPOP", "list", "0"});
    EXPECT_TRUE(clients[i].silentFor(milliseconds(10)));  // so that they come in this order
  }
  EXPECT_EQ(redis.info("blocked_clients"), "0");
  clients[0].run({"EXEC"});
  RedisConnection pusher(forebay.redisPort());
  for (size_t i = 1; i < clients.size(); ++i) {
    ASSERT_TRUE(blockedBecome(redis, 1));
    pusher.run({"RPUSH", "list", std::to_string(i)});
    EXPECT_EQ(clients[i].receive(), resp::bulks({"list", std::to_string(i)}));
  }
}

TEST(RedisLeases, ATransactionThatGetsNoneIsNotDoneCommandByCommand) {
  RedisServer redis;
  ForebayConfig config = poolOf(redis, 1);
  config.redis["command_wait_timeout"] = "300ms";
  const Forebay forebay(config);
  RedisConnection holder(forebay.redisPort()), client(forebay.redisPort());
  holder.run({"MULTI"});
  client.send(encode({"MULTI"}) + encode({"INCR", "n"}) + encode({"EXEC"}) + encode({"ECHO", "behind"}));
  EXPECT_TRUE(client.receive().text.starts_with("ERR all 1 leased connections of cache main were busy"));
  EXPECT_EQ(client.receive(), resp::error("ERR MULTI had failed; the transaction is void"));
  EXPECT_EQ(client.receive(),
            resp::error("EXECABORT Transaction discarded because MULTI had failed; nothing of "
                        "it was executed"));
  EXPECT_EQ(client.receive(), resp::bulk("behind"));
  EXPECT_TRUE(client.command({"MULTI"}).isError());  // who waits for the answer is in no transaction
  EXPECT_EQ(client.command({"GET", "n"}), resp::nullBulk());
}

TEST(RedisLeases, OneIsUsedAgain) {
  RedisServer redis;
  const Forebay forebay(poolOf(redis, 10));
  RedisConnection client(forebay.redisPort());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.pipeline({{"MULTI"}, {"INCR", "n"}, {"EXEC"}}).at(2),
              resp::array({resp::integer(i + 1)}));
  }
  RedisConnection other(forebay.redisPort());
  other.run({"MULTI"});
  EXPECT_EQ(other.run({"EXEC"}), resp::array({}));
  EXPECT_LE(redis.clients().size(), 4u);  // fast, slow, leased, and the one that asks how Redis is
}

TEST(RedisLeases, BothVersionsOfTheProtocolGetTheirTurn) {
  RedisServer redis;
  const Forebay forebay(poolOf(redis, 1));
  RedisConnection two(forebay.redisPort()), three(forebay.redisPort());
  three.hello(3);
  for (int i = 0; i < 5; ++i) {
    two.run({"MULTI"});
    three.send(encode({"MULTI"}) + encode({"HGETALL", "none"}) + encode({"EXEC"}));
    EXPECT_TRUE(three.silentFor(milliseconds(5)));
    two.run({"EXEC"});
    EXPECT_EQ(three.receive(), resp::simple("OK"));
    EXPECT_EQ(three.receive(), resp::simple("QUEUED"));
    EXPECT_EQ(three.receive(), resp::array({resp::map({})}));
  }
}

TEST(RedisLeases, ClientsOfAllWorkersShareThem) {
  RedisServer redis;
  ForebayConfig config = poolOf(redis, 2);
  config.listen["workers"] = 2;
  const Forebay forebay(config);
  std::vector<RedisConnection> clients = clientsOf(forebay, 16);  // some on each worker
  for (RedisConnection& client : clients) client.sendCommand({"BLPOP", "list", "0"});
  RedisConnection pusher(forebay.redisPort());
  for (size_t i = 0; i < clients.size(); i += 2) {
    ASSERT_TRUE(blockedBecome(redis, 2)) << i;
    pusher.run({"RPUSH", "list", "a", "b"});
  }
  for (RedisConnection& client : clients) EXPECT_EQ(client.receive().children.size(), 2u);
}

TEST(RedisLeases, NobodyStarvesBesideABusyWorker) {
  RedisServer redis;
  ForebayConfig config = poolOf(redis, 1);
  config.listen["workers"] = 2;
  const Forebay forebay(config);
  std::vector<RedisConnection> clients = clientsOf(forebay, 8);
  const std::string transaction = encode({"MULTI"}) + encode({"PING"}) + encode({"EXEC"});
  for (int round = 0; round < 20; ++round) {
    for (RedisConnection& client : clients) client.send(transaction);
    for (RedisConnection& client : clients) {
      EXPECT_EQ(client.receive(), resp::simple("OK"));
      EXPECT_EQ(client.receive(), resp::simple("QUEUED"));
      EXPECT_EQ(client.receive(), resp::array({resp::simple("PONG")}));
    }
  }
}

TEST(RedisLeases, WhoWaitsTooLongIsToldWhy) {
  RedisServer redis;
  ForebayConfig config = poolOf(redis, 1);
  config.redis["command_wait_timeout"] = "1s";
  const Forebay forebay(config);
  RedisConnection holder(forebay.redisPort()), client(forebay.redisPort());
  holder.run({"MULTI"});
  EXPECT_EQ(client.command({"BLPOP", "list", "0"}),
            resp::error("ERR all 1 leased connections of cache main were busy for 1 s (lease_pool_size); the "
                        "command was not executed"));
  EXPECT_TRUE(client.command({"WAIT", "0", "0"}).text.starts_with("ERR all 1 leased connections "));
  EXPECT_EQ(client.command({"ECHO", "on it goes"}), resp::bulk("on it goes"));
  EXPECT_EQ(holder.command({"EXEC"}), resp::array({}));
  EXPECT_EQ(client.command({"MULTI"}), resp::simple("OK"));
}

TEST(RedisLeases, WhoLeavesWhileHeWaitsIsForgotten) {
  RedisServer redis;
  const Forebay forebay(poolOf(redis, 1));
  RedisConnection holder(forebay.redisPort()), third(forebay.redisPort());
  holder.run({"MULTI"});
  {
    RedisConnection second(forebay.redisPort());
    second.sendCommand({"BLPOP", "list", "0"});
    EXPECT_TRUE(second.silentFor(milliseconds(10)));
  }
  third.sendCommand({"BLPOP", "list", "0"});
  EXPECT_TRUE(third.silentFor(milliseconds(10)));
  holder.run({"EXEC"});
  ASSERT_TRUE(blockedBecome(redis, 1));
  holder.run({"RPUSH", "list", "v"});
  EXPECT_EQ(third.receive(), resp::bulks({"list", "v"}));
}

TEST(RedisLeases, WhoLeavesWhileHeIsBlockedIsUnblockedThere) {
  RedisServer redis;
  const Forebay forebay(poolOf(redis, 1));
  {
    RedisConnection client(forebay.redisPort());
    client.sendCommand({"BLPOP", "list", "0"});
    ASSERT_TRUE(blockedBecome(redis, 1));
  }
  EXPECT_TRUE(blockedBecome(redis, 0));
  RedisConnection other(forebay.redisPort());
  EXPECT_EQ(other.command({"RPUSH", "list", "kept"}), resp::integer(1));
  EXPECT_EQ(other.command({"BLPOP", "list", "0"}), resp::bulks({"list", "kept"}));
}

TEST(RedisLeases, IdleOnesAreClosedButForTheMinimum) {
  RedisServer redis;
  ForebayConfig config = poolOf(redis, 10);
  config.caches["main"]["min_lease_pool_size"] = 1;
  config.redis["server_idle_timeout"] = "1s";
  const Forebay forebay(config);
  std::vector<RedisConnection> clients = clientsOf(forebay, 5);
  for (RedisConnection& client : clients) client.run({"MULTI"});
  EXPECT_GE(redis.clients().size(), 5u);
  for (RedisConnection& client : clients) client.run({"EXEC"});
  // One leased, and the one that asks how Redis is.
  EXPECT_TRUE(eventually([&] { return redis.clients().size() == 2; }));
  EXPECT_EQ(clients[0].command({"ECHO", "on it goes"}), resp::bulk("on it goes"));
}

// What SHOW REDIS_POOLS says of the cache "main".
class LeasesShown {
 public:
  explicit LeasesShown(const Forebay& forebay) : console_(forebay.consoleConninfo()) {}
  int column(const std::string& name) { return std::stoi(console_.exec("show redis_pools").value(0, name)); }
  int used() { return column("leases_used"); }
  bool idleBecome(int count) {
    return eventually([&] { return column("leased_idle") == count && used() == count; });
  }

 private:
  Connection console_;
};

ForebayConfig warmPoolOf(const RedisServer& redis, int size, int minimum) {
  ForebayConfig config = poolOf(redis, size);
  config.caches["main"]["min_lease_pool_size"] = minimum;
  return config;
}

TEST(MinLeasePoolSize, IsThereBeforeTheFirstClient) {
  RedisServer redis;
  const Forebay forebay(warmPoolOf(redis, 10, 3));
  LeasesShown leases(forebay);
  ASSERT_TRUE(leases.idleBecome(3));
  const std::vector<std::string> before = redis.clients();
  RedisConnection client(forebay.redisPort());
  client.run({"MULTI"});  // goes to one of these
  EXPECT_EQ(leases.column("leased_active"), 1);
  EXPECT_EQ(leases.used(), 3);
  EXPECT_EQ(redis.clients().size(), before.size());
}

TEST(MinLeasePoolSize, OfZeroOpensNoneUntilAClientNeedsIt) {
  RedisServer redis;
  const Forebay forebay(warmPoolOf(redis, 10, 0));
  LeasesShown leases(forebay);
  RedisConnection client(forebay.redisPort());
  client.run({"SET", "k", "v"});
  EXPECT_EQ(leases.used(), 0);
  client.run({"MULTI"});
  EXPECT_EQ(leases.used(), 1);
}

TEST(MinLeasePoolSize, IsOpenedOnceInAllWorkers) {
  RedisServer redis;
  ForebayConfig config = warmPoolOf(redis, 10, 2);
  config.listen["workers"] = 3;
  const Forebay forebay(config);
  EXPECT_TRUE(LeasesShown(forebay).idleBecome(2));
}

TEST(MinLeasePoolSize, IsThereAgainAfterRedisWasRestarted) {
  RedisServer redis;
  const Forebay forebay(warmPoolOf(redis, 10, 2));
  LeasesShown leases(forebay);
  ASSERT_TRUE(leases.idleBecome(2));
  redis.stop();
  ASSERT_TRUE(eventually([&] { return leases.column("leased_idle") == 0; }));
  redis.start();
  EXPECT_TRUE(leases.idleBecome(2));
  EXPECT_TRUE(eventually([&] { return redis.clients().size() == 3; }));  // and the one that asks how Redis is
}

TEST(MinLeasePoolSize, IsMadeUpForWhenAClientTakesOneWithIt) {
  RedisServer redis;
  const Forebay forebay(warmPoolOf(redis, 1, 1));
  LeasesShown leases(forebay);
  ASSERT_TRUE(leases.idleBecome(1));
  {
    RedisConnection client(forebay.redisPort());
    client.sendCommand({"BLPOP", "list", "0"});
    ASSERT_TRUE(blockedBecome(redis, 1));
    EXPECT_EQ(leases.column("leased_idle"), 0);
  }
  EXPECT_TRUE(blockedBecome(redis, 0));
  EXPECT_TRUE(leases.idleBecome(1));
}

TEST(MinLeasePoolSize, FollowsAReload) {
  RedisServer redis;
  ForebayConfig config = warmPoolOf(redis, 10, 0);
  Forebay forebay(config);
  LeasesShown leases(forebay);
  EXPECT_EQ(leases.used(), 0);
  config.caches["main"]["min_lease_pool_size"] = 2;
  forebay.rewrite(config);
  forebay.reload();
  EXPECT_TRUE(leases.idleBecome(2));
  config.caches["main"].erase("min_lease_pool_size");
  config.redis["min_lease_pool_size"] = 4;
  forebay.rewrite(config);
  forebay.reload();
  EXPECT_TRUE(leases.idleBecome(4));
}

TEST(MinLeasePoolSize, MovesToAnotherRedisWithTheCache) {
  RedisServer here, there;
  ForebayConfig config = warmPoolOf(here, 10, 2);
  Forebay forebay(config);
  LeasesShown leases(forebay);
  ASSERT_TRUE(leases.idleBecome(2));
  config.addCache("main", there);
  forebay.rewrite(config);
  forebay.reload();
  EXPECT_TRUE(eventually([&] { return there.clients().size() == 3; }));
  EXPECT_TRUE(eventually([&] { return here.clients().empty(); }));
  EXPECT_TRUE(leases.idleBecome(2));
}

TEST(MinLeasePoolSize, LeavesItsPlaceToClientsOfEveryWorkerAndVersion) {
  RedisServer redis;
  ForebayConfig config = warmPoolOf(redis, 1, 1);
  config.listen["workers"] = 3;
  const Forebay forebay(config);
  std::vector<RedisConnection> clients = clientsOf(forebay, 12);  // some on each worker
  for (size_t i = 0; i < clients.size(); i += 2) clients[i].hello(3);
  const std::string transaction = encode({"MULTI"}) + encode({"PING"}) + encode({"EXEC"});
  for (RedisConnection& client : clients) client.send(transaction);
  for (RedisConnection& client : clients) {
    EXPECT_EQ(client.receive(), resp::simple("OK"));
    EXPECT_EQ(client.receive(), resp::simple("QUEUED"));
    EXPECT_EQ(client.receive(), resp::array({resp::simple("PONG")}));
  }
  LeasesShown leases(forebay);
  EXPECT_TRUE(eventually([&] { return leases.used() == 1; }));
}

}  // namespace
}  // namespace forebay::rig
