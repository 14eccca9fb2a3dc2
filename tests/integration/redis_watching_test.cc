// What the console, /metrics and /health tell about caches, while clients use them.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

// A gateway with one cache, and its console.
class RedisWatching : public testing::Test {
 protected:
  void start(ForebayConfig config = mainCache()) {
    forebay_ = std::make_unique<Forebay>(std::move(config));
    console_ = std::make_unique<Connection>(forebay_->consoleConninfo());
  }
  std::unique_ptr<RedisConnection> client() {
    return std::make_unique<RedisConnection>(forebay_->redisPort());
  }

  // A cell of the first row whose `key` column is `value`; empty: there is none.
  std::string cell(const std::string& what, const std::string& column, const std::string& key = "cache",
                   const std::string& value = "main") {
    const QueryResult shown = console_->exec("show " + what);
    for (int row = 0; row < shown.rows(); ++row)
      if (shown.value(row, key) == value) return shown.value(row, column);
    return "";
  }
  std::string pool(const std::string& column) { return cell("redis_pools", column); }
  bool poolBecomes(const std::string& column, const std::string& value) {
    return eventually([&] { return pool(column) == value; });
  }
  std::string clientsCell(const RedisValue& id, const std::string& column) {
    return cell("redis_clients", column, "id", std::to_string(id.integer));
  }
  // The value of a series of /metrics; empty: there is none.
  std::string metric(const std::string& series) {
    const std::string text = "\n" + forebay_->get("/metrics");
    const size_t at = text.find("\n" + series + " ");
    if (at == std::string::npos) return "";
    const size_t from = at + series.size() + 2;
    return text.substr(from, text.find('\n', from) - from);
  }

  std::unique_ptr<Forebay> forebay_;
  std::unique_ptr<Connection> console_;
};

TEST_F(RedisWatching, PoolsFollowWhatClientsDo) {
  start();
  auto idle = client(), blocked = client(), pinned = client(), listener = client();
  idle->run({"PING"});
  blocked->sendCommand({"BLPOP", "nothing-here", "0"});
  pinned->run({"MULTI"});
  pinned->run({"SET", "k", "v"});
  listener->sendCommand({"SUBSCRIBE", "news"});
  listener->receive();
  EXPECT_TRUE(poolBecomes("cl_blocked", "1"));
  EXPECT_EQ(pool("cl_idle"), "1");
  EXPECT_EQ(pool("cl_pinned"), "1");
  EXPECT_EQ(pool("cl_subscribed"), "1");
  EXPECT_EQ(pool("leased_active"), "2");
  EXPECT_EQ(pool("leases_used"), "2");
  EXPECT_EQ(pool("lease_pool_size"), "500");
  EXPECT_EQ(pool("channels"), "1");
  EXPECT_EQ(pool("subscriber_active"), "1");
  pinned->run({"EXEC"});
  EXPECT_TRUE(poolBecomes("leased_active", "1"));
  EXPECT_EQ(pool("cl_idle"), "2");
}

TEST_F(RedisWatching, WhoWaitsForALeaseIsCountedWithTheTime) {
  ForebayConfig config = mainCache();
  config.redis["lease_pool_size"] = 1;
  start(config);
  auto holder = client(), waiter = client();
  holder->run({"MULTI"});
  holder->run({"SET", "k", "v"});
  waiter->sendCommand({"BLPOP", "nothing-here", "0"});
  EXPECT_TRUE(poolBecomes("leases_waiting", "1"));
  EXPECT_EQ(pool("cl_waiting"), "1");
  EXPECT_TRUE(eventually([&] { return pool("maxwait") != "0" || pool("maxwait_us") != "0"; }));
  EXPECT_EQ(metric(R"(forebay_redis_lease_saturation_ratio{cache="main"})"), "1");
  EXPECT_EQ(metric(R"(forebay_redis_lease_queue_depth{cache="main"})"), "1");
  holder->run({"EXEC"});
  EXPECT_TRUE(poolBecomes("leases_waiting", "0"));
}

TEST_F(RedisWatching, ClientsAreListedByTheIdThatTheyAreTold) {
  start();
  auto one = client();
  one->hello(3);
  one->run({"CLIENT", "SETNAME", "worker-7"});
  one->run({"CLIENT", "SETINFO", "LIB-NAME", "redis-py"});
  one->run({"CLIENT", "SETINFO", "LIB-VER", "5.0.1"});
  one->run({"SELECT", "2"});
  const RedisValue id = one->run({"CLIENT", "ID"});
  one->run({"GET", "secret-key"});
  EXPECT_EQ(clientsCell(id, "name"), "worker-7");
  EXPECT_EQ(clientsCell(id, "library"), "redis-py 5.0.1");
  EXPECT_EQ(clientsCell(id, "resp"), "3");
  EXPECT_EQ(clientsCell(id, "db"), "2");
  EXPECT_EQ(clientsCell(id, "state"), "idle");
  EXPECT_EQ(clientsCell(id, "command"), "get");
  EXPECT_EQ(clientsCell(id, "lease"), "");
  one->run({"WATCH", "secret-key"});
  EXPECT_EQ(clientsCell(id, "state"), "pinned");
  EXPECT_NE(clientsCell(id, "lease"), "");
}

TEST_F(RedisWatching, ANodeShowsWhatItsInfoSays) {
  start();
  EXPECT_TRUE(eventually([&] { return !cell("redis_nodes", "used_memory").empty(); }));
  EXPECT_EQ(cell("redis_nodes", "state"), "up");
  EXPECT_EQ(cell("redis_nodes", "role"), "master");
  EXPECT_EQ(cell("redis_nodes", "mode"), "standalone");
  EXPECT_EQ(cell("redis_nodes", "version"), sharedRedis().info("redis_version"));
  EXPECT_EQ(cell("redis_nodes", "databases"), "16");
  EXPECT_EQ(cell("redis_nodes", "maxmemory"), "0");
  const std::string node = "{cache=\"main\",node=\"127.0.0.1:" + std::to_string(sharedRedis().port()) + "\"}";
  for (const char* name : {"memory_used_bytes", "memory_peak_bytes", "memory_max_bytes", "commands_total",
                           "uptime_seconds", "keyspace_hits_total", "keyspace_misses_total"})
    EXPECT_NE(metric("forebay_redis_node_" + std::string(name) + node), "") << name;
}

TEST_F(RedisWatching, ANodeThatIsGoneIsDownAndComesBack) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.redis["command_wait_timeout"] = "1s";
  start(config);
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "state") == "up"; }));
  EXPECT_EQ(forebay_->httpStatus("/readyz"), 200);
  client()->run({"PING"});
  EXPECT_EQ(pool("shared_idle"), "1");
  redis.stop();
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "state") == "down"; }));
  EXPECT_NE(cell("redis_nodes", "error"), "");
  EXPECT_NE(cell("redis_nodes", "since"), "");
  EXPECT_EQ(forebay_->httpStatus("/readyz"), 503);
  EXPECT_EQ(forebay_->httpStatus("/cache/health"), 503);
  redis.start();
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "state") == "up"; }));
  EXPECT_TRUE(eventually([&] { return forebay_->httpStatus("/readyz") == 200; }));
  EXPECT_EQ(pool("shared_lost"), "0") << "nobody waits for it any more";
}

TEST_F(RedisWatching, ANodeThatHangsIsDownThoughItsConnectionsAreOpen) {
  RedisServer redis;
  start(mainCache(redis));
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "state") == "up"; }));
  client()->run({"PING"});
  redis.freeze();
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "state") == "down"; }));
  EXPECT_EQ(cell("redis_nodes", "error"), "it has not answered INFO for 5 s");
  EXPECT_EQ(forebay_->httpStatus("/cache/health"), 503);
  redis.thaw();
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "state") == "up"; }));
}

TEST_F(RedisWatching, WhatRedisDoesNotTellIsAbsentNotZero) {
  const RedisServer redis({.users = {"app on >secret ~* &* +@all -info"}});
  ForebayConfig config;
  config.addCache("main", redis)["url"] =
      "redis://app:secret@127.0.0.1:" + std::to_string(redis.port()) + "/0";
  start(config);
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "error").starts_with("NOPERM"); }));
  EXPECT_EQ(cell("redis_nodes", "state"), "up");
  EXPECT_EQ(cell("redis_nodes", "used_memory"), "");
  const std::string text = forebay_->get("/metrics");
  EXPECT_EQ(text.find("\nforebay_redis_node_memory_used_bytes{"), std::string::npos);
  EXPECT_EQ(text.find("\nforebay_redis_node_info_age_seconds{"), std::string::npos);
}

TEST_F(RedisWatching, OneOfTwoCachesThatIsDownDegradesButDoesNotEndReadiness) {
  RedisServer gone;
  const uint16_t port = gone.port();
  gone.stop();
  ForebayConfig config = mainCache();
  config.addCache("gone", port);
  start(config);
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "state", "cache", "gone") == "down"; }));
  EXPECT_TRUE(eventually([&] { return cell("redis_nodes", "role", "cache", "main") == "master"; }));
  EXPECT_EQ(forebay_->httpStatus("/readyz"), 200);
  for (const char* path : {"/health", "/cache/health"}) {
    const std::string health = forebay_->get(path);
    EXPECT_NE(health.find(R"("status": "degraded")"), std::string::npos) << health;
    EXPECT_NE(health.find(R"("reachable": false)"), std::string::npos) << health;
    EXPECT_NE(health.find(R"("role": "master")"), std::string::npos) << health;
  }
}

TEST_F(RedisWatching, CommandsAreCountedByClassByGroupAndByWhatTheyFound) {
  start();
  auto one = client();
  one->run({"SET", "there", "1"});
  one->run({"GET", "there"});
  one->run({"GET", "not-there"});
  one->run({"CLIENT", "GETNAME"});
  one->run({"HGETALL", "not-there"});
  auto modern = client();
  modern->hello(3);
  modern->run({"GET", "not-there"});
  const auto counted = [&](const std::string& name, const std::string& labels) {
    return metric("forebay_redis_" + name + "{cache=\"main\"" + labels + "}");
  };
  EXPECT_TRUE(eventually([&] { return counted("answers_total", R"(,group="string")") == "4"; }));
  EXPECT_EQ(counted("answers_total", R"(,group="hash")"), "1");
  EXPECT_EQ(counted("commands_total", R"(,class="read")"), "4");
  EXPECT_EQ(counted("commands_total", R"(,class="write")"), "1");
  EXPECT_EQ(counted("commands_total", R"(,class="local")"), "2");
  EXPECT_EQ(counted("hits_total", ""), "1");
  EXPECT_EQ(counted("misses_total", ""), "2");
  EXPECT_EQ(counted("latency_seconds_count", R"(,group="string")"), "4");
  EXPECT_EQ(counted("clients", R"(,state="idle")"), "2");
  // What the gateway asks for itself, as how Redis is, is nobody's command.
  EXPECT_EQ(counted("answers_total", R"(,group="other")"), "0");
  EXPECT_EQ(counted("gateway_seconds_count", ""), "5");
}

TEST_F(RedisWatching, NoKeyAndNoValueIsEverInTheMetrics) {
  ForebayConfig config = mainCache();
  config.redis["slowlog_log_slower_than"] = 1;  // microsecond
  start(config);
  auto one = client();
  for (int i = 0; i < 300; ++i) one->run({"SET", "a-secret-key", "a-secret-value"});
  one->run({"SUBSCRIBE", "a-secret-channel"});
  for (const char* path : {"/metrics", "/health", "/api/pools", "/cache/health"})
    EXPECT_EQ(forebay_->get(path).find("a-secret"), std::string::npos) << path;
  for (const char* what : {"redis_pools", "redis_clients", "redis_nodes", "redis_slowlog"}) {
    const QueryResult shown = console_->exec(std::string("show ") + what);
    for (int row = 0; row < shown.rows(); ++row)
      for (int column = 0; column < shown.columns(); ++column)
        EXPECT_EQ(shown.value(row, column).find("a-secret"), std::string::npos) << what;
  }
}

TEST_F(RedisWatching, HotAndBigKeysAreShownToAdminsOnly) {
  start();
  auto one = client();
  for (int i = 0; i < 2000; ++i) one->run({"GET", "hot-key"});
  EXPECT_EQ(cell("redis_hotkeys", "cache", "key", "hot-key"), "main");
  one->run({"SET", "big-key", std::string(1 << 20, 'x')});
  EXPECT_TRUE(eventually([&] {
    one->run({"GET", "big-key"});
    return cell("redis_bigkeys", "cache", "key", "big-key") == "main";
  }));
  Connection stats(forebay_->conninfo("forebay", "stats"));
  EXPECT_EQ(stats.exec("show redis_pools").rows(), 1);
  EXPECT_EQ(stats.exec("show redis_hotkeys").sqlstate(), "42501");
  EXPECT_EQ(stats.exec("show redis_bigkeys").sqlstate(), "42501");
}

TEST_F(RedisWatching, TheSlowLogNamesTheCommandAndWhereTheTimeWent) {
  start();
  auto one = client();
  sharedRedis().run({"SET", "k", "v"});
  one->run({"WAIT", "1", "30"});  // as long as its client wants: nothing is slow
  one->run({"EVAL",
            "local t = redis.call('time') local e = t[1] * 1000000 + t[2] + 30000 "
            "repeat t = redis.call('time') until t[1] * 1000000 + t[2] > e return 1",
            "0"});
  EXPECT_TRUE(eventually([&] { return cell("redis_slowlog", "command") == "eval"; }));
  EXPECT_GE(std::stol(cell("redis_slowlog", "redis_us")), 30'000);
  EXPECT_EQ(metric(R"(forebay_redis_slow_requests_total{cache="main"})"), "1");
}

TEST_F(RedisWatching, WorkersAreShownAsOne) {
  ForebayConfig config = mainCache();
  config.listen["workers"] = 2;
  start(config);
  std::vector<std::unique_ptr<RedisConnection>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(client());
    clients.back()->run({"GET", "k"});
  }
  EXPECT_TRUE(poolBecomes("cl_idle", "10"));
  EXPECT_EQ(console_->exec("show redis_clients").rows(), 10);
  EXPECT_EQ(console_->exec("show redis_nodes").rows(), 1);
  EXPECT_EQ(metric(R"(forebay_redis_answers_total{cache="main",group="string"})"), "10");
}

}  // namespace
}  // namespace forebay::rig
