// SIGHUP while clients are at work: caches come and go, move to another Redis, and change their users.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

void reload(Forebay& forebay, const ForebayConfig& config) {
  const size_t before = forebay.log().size();
  forebay.rewrite(config);
  forebay.reload();
  forebay.process().waitForOutput("reloaded: ", before);
}

TEST(RedisReload, ACacheMovesToAnotherRedisUnderItsClients) {
  RedisServer here, there;
  ForebayConfig config = mainCache(here);
  Forebay forebay(config);
  RedisConnection client(forebay.redisPort()), in_transaction(forebay.redisPort());
  RedisConnection subscriber(forebay.redisPort());
  client.run({"SET", "where", "here"});
  in_transaction.run({"MULTI"});
  in_transaction.run({"SET", "finished", "here"});
  subscriber.run({"SUBSCRIBE", "news"});
  config.addCache("main", there);
  reload(forebay, config);
  there.run({"SET", "where", "there"});
  EXPECT_TRUE(eventually([&] { return client.command({"GET", "where"}) == resp::bulk("there"); }));
  EXPECT_EQ(in_transaction.command({"EXEC"}), resp::array({resp::simple("OK")}));
  EXPECT_EQ(here.run({"GET", "finished"}), resp::bulk("here"));
  EXPECT_EQ(in_transaction.pipeline({{"MULTI"}, {"GET", "where"}, {"EXEC"}}).at(2),
            resp::array({resp::bulk("there")}));
  ASSERT_TRUE(eventually([&] { return there.run({"PUBLISH", "news", "from there"}).integer == 1; }));
  EXPECT_EQ(subscriber.receive(), resp::bulks({"message", "news", "from there"}));
  EXPECT_TRUE(eventually([&] { return here.clients().empty(); }));
}

TEST(RedisReload, WhatIsOnItsWayIsAnsweredByTheOldOne) {
  RedisServer here, there;
  ForebayConfig config = mainCache(here);
  Forebay forebay(config);
  RedisConnection client(forebay.redisPort()), blocked(forebay.redisPort());
  blocked.sendCommand({"BLPOP", "list", "0"});
  ASSERT_TRUE(eventually([&] { return here.info("blocked_clients") == "1"; }));
  config.addCache("main", there);
  reload(forebay, config);
  EXPECT_TRUE(eventually([&] {
    return client.command({"SET", "k", "v"}) == resp::simple("OK") && there.run({"EXISTS", "k"}).integer == 1;
  }));
  here.run({"RPUSH", "list", "late"});
  EXPECT_EQ(blocked.receive(), resp::bulks({"list", "late"}));
}

TEST(RedisReload, CachesComeAndGoWithARestartOnly) {
  RedisServer redis;
  ForebayConfig config;
  config.addCache("first", redis);
  config.addCache("second", redis);
  Forebay forebay(config);
  RedisConnection client(forebay.redisPort(1));
  client.run({"SET", "k", "v"});
  config.caches.erase("second");
  forebay.rewrite(config);
  forebay.reload();
  forebay.process().waitForOutput("reload refused, everything stays as it was");
  EXPECT_EQ(client.command({"GET", "k"}), resp::bulk("v"));
}

TEST(RedisReload, UsersChangeForWhoIsLoggedInToo) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.addCacheUser("main", "app", "secret")["keys"] = std::vector<std::string>{"app:*"};
  config.addCacheUser("main", "guest", "secret");
  Forebay forebay(config);
  RedisConnection app(forebay.redisPort()), guest(forebay.redisPort());
  app.run({"AUTH", "app", "secret"});
  guest.run({"AUTH", "guest", "secret"});
  EXPECT_TRUE(app.command({"SET", "shop:k", "v"}).text.starts_with("NOPERM "));
  config.cache_users["main"]["app"]["keys"] = std::vector<std::string>{"app:*", "shop:*"};
  config.cache_users["main"].erase("guest");
  reload(forebay, config);
  EXPECT_TRUE(eventually([&] { return app.command({"SET", "shop:k", "v"}) == resp::simple("OK"); }));
  EXPECT_TRUE(guest.closes());  // as ACL DELUSER does it
  RedisConnection again(forebay.redisPort());
  EXPECT_TRUE(again.command({"AUTH", "guest", "secret"}).text.starts_with("WRONGPASS "));
}

TEST(RedisReload, ThePasswordOfTheBackendChanges) {
  RedisServer redis({.requirepass = "before"});
  ForebayConfig config = mainCache(redis);
  Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.run({"AUTH", "before"});
  client.run({"SET", "k", "v"});
  RedisConnection direct = redis.connect();
  direct.run({"CONFIG", "SET", "requirepass", "after"});
  config.caches["main"]["password"] = "after";
  config.caches["main"]["url"] = "redis://127.0.0.1:" + std::to_string(redis.port()) + "/0";
  reload(forebay, config);
  direct.run({"CLIENT", "KILL", "TYPE", "normal"});
  RedisConnection next(forebay.redisPort());
  EXPECT_EQ(next.command({"AUTH", "after"}), resp::simple("OK"));
  EXPECT_EQ(next.command({"GET", "k"}), resp::bulk("v"));
}

TEST(RedisReload, ALargerPoolFreesWhoWaitsForALease) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.caches["main"]["lease_pool_size"] = 1;
  Forebay forebay(config);
  RedisConnection holder(forebay.redisPort()), waiter(forebay.redisPort());
  holder.run({"MULTI"});
  waiter.sendCommand({"MULTI"});
  EXPECT_TRUE(waiter.silentFor(milliseconds(20)));
  config.caches["main"]["lease_pool_size"] = 2;
  reload(forebay, config);
  EXPECT_EQ(waiter.receive(), resp::simple("OK"));
}

}  // namespace
}  // namespace forebay::rig
