// A primary that is lost, moved or frozen behind three Sentinels: clients wait, and are told of nothing but
// what was on its way.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/redis_sentinel.h"

namespace forebay::rig {
namespace {

constexpr int kClients = 50;
constexpr const char* kOutcomeUnknown =
    "ERR the connection to the server was lost before it answered: the command may have been executed, or "
    "not";

ForebayConfig cacheOf(const RedisReplicaSet& set) {
  ForebayConfig config;
  TomlTable& cache = config.caches["main"];
  cache["sentinels"] = set.sentinelAddresses();
  cache["master"] = "mymaster";
  config.redis["server_login_retry"] = "200ms";
  return config;
}

// Clients that write and read a register of their own until they are told to stop.
class Crowd {
 public:
  // `synced`: a write counts as acknowledged once so many replicas have it.
  Crowd(const Forebay& forebay, int synced) : synced_(synced) {
    for (int i = 0; i < kClients; ++i)
      threads_.emplace_back([this, &forebay, i] { run(forebay, "register:" + std::to_string(i)); });
  }
  ~Crowd() { stop(); }

  void stop() {
    stopping_ = true;
    for (std::thread& each : threads_)
      if (each.joinable()) each.join();
  }
  uint64_t rounds() const { return rounds_; }
  // Each client has done so many more, on average.
  bool goesOn(int times) {
    const uint64_t enough = rounds_ + static_cast<uint64_t>(times) * kClients;
    return eventually([&] { return rounds_ >= enough; }, seconds(30));
  }
  std::string wrong() const {
    const std::lock_guard lock(mutex_);
    return wrong_;
  }
  int mostUnknown() const {  // of one client
    const std::lock_guard lock(mutex_);
    return most_unknown_;
  }

 private:
  void run(const Forebay& forebay, const std::string& name) {
    int unknown = 0;
    try {
      RedisConnection client(forebay.redisPort());
      int64_t acknowledged = 0;
      for (int64_t n = 1; !stopping_; ++n) {
        const RedisValue wrote = client.command({"SET", name, std::to_string(n)});
        unknown += wrote.isError();
        note(name, "SET", wrote);
        const bool durable = !wrote.isError() && isSynced(client, name, unknown);
        if (durable) acknowledged = n;
        const RedisValue read = client.command({"GET", name});
        note(name, "GET", read);
        const int64_t seen = read.isNull() || read.isError() ? 0 : std::stoll(read.text);
        if (seen < acknowledged)
          complain(name + " was " + std::to_string(acknowledged) + ", and is read as " + read.shown());
        ++rounds_;
      }
    } catch (const std::exception& error) {
      complain(name + ": " + error.what());
    }
    const std::lock_guard lock(mutex_);
    most_unknown_ = std::max(most_unknown_, unknown);
  }

  bool isSynced(RedisConnection& client, const std::string& name, int& unknown) {
    if (synced_ == 0) return false;
    const RedisValue count = client.command({"WAIT", std::to_string(synced_), "200"});
    unknown += count.isError();
    note(name, "WAIT", count);
    return !count.isError() && count.integer >= synced_;
  }

  // Only who had a command on its way may be told of an error, and only that nobody knows what became of it.
  void note(const std::string& name, const std::string& command, const RedisValue& said) {
    if (!said.isError() || (command != "GET" && said.text.starts_with(kOutcomeUnknown))) return;
    if (command == "WAIT" && said.text.starts_with("UNBLOCKED "))
      return;  // so ends what blocks on a demoted one
    complain(name + ", " + command + ": " + said.text);
  }
  void complain(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (wrong_.size() < 2000) wrong_ += what + "\n";
  }

  const int synced_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> rounds_{0};
  mutable std::mutex mutex_;
  std::string wrong_;
  int most_unknown_ = 0;
};

bool follows(const Forebay& forebay, uint16_t port) {
  const std::string line = "the primary is 127.0.0.1:" + std::to_string(port);
  return eventually([&] { return forebay.log().find(line) != std::string::npos; }, seconds(20));
}

// One column of SHOW REDIS_NODES, of the node with that port.
std::string shown(const Forebay& forebay, uint16_t port, const std::string& column) {
  Connection console(forebay.consoleConninfo());
  const QueryResult nodes = console.exec("show redis_nodes");
  for (int row = 0; row < nodes.rows(); ++row)
    if (nodes.value(row, "port") == std::to_string(port)) return nodes.value(row, column);
  return "";
}

double metric(const Forebay& forebay, const std::string& name) {
  const std::string all = forebay.get("/metrics");
  const size_t at = all.find("\n" + name + "{");
  return at == std::string::npos ? -1 : std::stod(all.substr(all.find("} ", at) + 2));
}

// Sentinel closes every connection to a server that it demotes, and so perhaps the one that asks.
bool isReplica(const RedisServer& server) {
  try {
    return server.info("role") == "slave";
  } catch (const RigError&) {
    return false;
  }
}

TEST(RedisSentinel, ServesThePrimaryThatTheyName) {
  RedisReplicaSet set;
  const Forebay forebay(cacheOf(set));
  RedisConnection client(forebay.redisPort());
  EXPECT_EQ(client.command({"SET", "k", "v"}), resp::simple("OK"));
  EXPECT_EQ(set.primary().text({"GET", "k"}), "v");
  for (size_t i = 0; i < RedisReplicaSet::kNodes; ++i) {
    const uint16_t port = set.node(i).port();
    const std::string role = set.primary().port() == port ? "primary" : "replica";
    EXPECT_TRUE(eventually([&] { return shown(forebay, port, "role") == role; })) << port;
    EXPECT_TRUE(eventually([&] { return shown(forebay, port, "state") == "up"; })) << port;
    EXPECT_EQ(shown(forebay, port, "epoch"), "1");
  }
  EXPECT_EQ(metric(forebay, "forebay_redis_primary_switches_total"), 0);
}

TEST(RedisSentinel, LogsInToSentinelsAndToServersWithTheirOwnPasswords) {
  RedisReplicaSet set({.password = "of-the-servers", .sentinel_password = "of-the-Sentinels"});
  ForebayConfig config = cacheOf(set);
  config.caches["main"]["password"] = "of-the-servers";
  config.caches["main"]["sentinel_password"] = "of-the-Sentinels";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.run({"AUTH", "of-the-servers"});
  EXPECT_EQ(client.command({"SET", "k", "v"}), resp::simple("OK"));
}

TEST(RedisSentinel, TellsWhyThereIsNoPrimary) {
  RedisReplicaSet set;
  ForebayConfig config = cacheOf(set);
  config.caches["main"]["master"] = "another";
  config.redis["command_wait_timeout"] = "500ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  EXPECT_EQ(
      client.command({"GET", "k"}),
      resp::error(
          "ERR cache main: no primary within 500 ms (no Sentinel knows the name 'another'); the command "
          "was not executed"));
  EXPECT_TRUE(
      client.command({"BLPOP", "k", "0"}).text.starts_with("ERR cache main: no primary within 500 ms"));
}

TEST(RedisSentinel, AnAskedForFailoverIsNotNoticed) {
  RedisReplicaSet set;
  const Forebay forebay(cacheOf(set));
  Crowd crowd(forebay, 2);
  ASSERT_TRUE(crowd.goesOn(3)) << crowd.wrong();
  const uint16_t before = set.primary().port();
  set.failOver();
  ASSERT_TRUE(eventually([&] { return set.hasMovedFrom(before); }, seconds(30))) << set.log();
  EXPECT_TRUE(follows(forebay, set.primary().port()));
  EXPECT_TRUE(crowd.goesOn(10)) << crowd.wrong();
  crowd.stop();
  EXPECT_EQ(crowd.wrong(), "") << forebay.log();
  EXPECT_LE(crowd.mostUnknown(), 2);
  EXPECT_EQ(metric(forebay, "forebay_redis_primary_switches_total"), 1);
}

TEST(RedisSentinel, AKilledPrimaryIsWaitedForUntilAnotherIsPromoted) {
  RedisReplicaSet set;
  const Forebay forebay(cacheOf(set));
  Crowd crowd(forebay, 0);
  ASSERT_TRUE(crowd.goesOn(3)) << crowd.wrong();
  const uint16_t before = set.primary().port();
  set.at(before).kill();
  ASSERT_TRUE(eventually([&] { return set.hasMovedFrom(before); }, seconds(30))) << set.log();
  EXPECT_TRUE(follows(forebay, set.primary().port()));
  EXPECT_TRUE(crowd.goesOn(10)) << crowd.wrong();
  crowd.stop();
  EXPECT_EQ(crowd.wrong(), "") << forebay.log();
  EXPECT_LE(crowd.mostUnknown(), 1);
  EXPECT_EQ(metric(forebay, "forebay_redis_primary_outages_total"), 1);
}

TEST(RedisSentinel, AFrozenPrimaryIsLeftAndNeverWrittenToAgain) {
  RedisReplicaSet set;
  const Forebay forebay(cacheOf(set));
  Crowd crowd(forebay, 0);
  ASSERT_TRUE(crowd.goesOn(3)) << crowd.wrong();
  const uint16_t before = set.primary().port();
  set.at(before).freeze();
  ASSERT_TRUE(eventually([&] { return set.hasMovedFrom(before); }, seconds(30))) << set.log();
  const uint16_t after = set.primary().port();
  EXPECT_TRUE(follows(forebay, after));
  RedisConnection client(forebay.redisPort());
  EXPECT_EQ(client.command({"SET", "written", "after"}), resp::simple("OK"));
  set.at(before).thaw();  // it believes itself to be primary, until it is told
  EXPECT_TRUE(crowd.goesOn(10)) << crowd.wrong();
  crowd.stop();
  EXPECT_EQ(crowd.wrong(), "") << forebay.log();
  EXPECT_LE(crowd.mostUnknown(), 1);
  EXPECT_TRUE(eventually([&] { return isReplica(set.at(before)); }, seconds(30)));
  EXPECT_EQ(set.at(after).text({"GET", "written"}), "after");
}

TEST(RedisSentinel, ServesOnWhenAllSentinelsAreGone) {
  RedisReplicaSet set;
  const Forebay forebay(cacheOf(set));
  Crowd crowd(forebay, 0);
  ASSERT_TRUE(crowd.goesOn(3)) << crowd.wrong();
  for (size_t i = 0; i < RedisReplicaSet::kSentinels; ++i) set.sentinel(i).kill();
  EXPECT_TRUE(eventually(
      [&] { return shown(forebay, set.node(0).port(), "error").starts_with("no Sentinel can be reached"); }));
  EXPECT_TRUE(crowd.goesOn(10)) << crowd.wrong();
  crowd.stop();
  EXPECT_EQ(crowd.wrong(), "");
  EXPECT_EQ(crowd.mostUnknown(), 0);
}

TEST(RedisSentinel, IsNotLedBackByASentinelThatHasMissedTheFailover) {
  RedisReplicaSet set;
  const Forebay forebay(cacheOf(set));
  RedisConnection client(forebay.redisPort());
  client.run({"SET", "k", "before"});
  const uint16_t before = set.primary().port();
  set.sentinel(2).kill();
  set.failOver();
  ASSERT_TRUE(eventually([&] { return set.namedBy(0) != before && set.namedBy(1) != before; }, seconds(30)));
  const uint16_t after = set.namedBy(0);
  ASSERT_TRUE(follows(forebay, after));
  set.sentinel(0).kill();
  set.sentinel(1).kill();
  set.startSentinel(2);
  EXPECT_EQ(set.namedBy(2), before) << "it knows no better";
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.command({"SET", "k", std::to_string(i)}), resp::simple("OK"));
    EXPECT_EQ(set.at(after).text({"GET", "k"}), std::to_string(i));
  }
}

TEST(RedisSentinel, ARefusalOfAPrimaryThatWasDemotedIsNoAnswer) {
  RedisReplicaSet set;
  const Forebay forebay(cacheOf(set));
  RedisConnection writer(forebay.redisPort()), pipeline(forebay.redisPort());
  writer.run({"SET", "k", "0"});
  RedisServer& primary = set.primary();
  RedisServer& other = set.node(0).port() == primary.port() ? set.node(1) : set.node(0);
  // Behind the Sentinels' back, and without the connections being closed, which Sentinel does.
  primary.run({"REPLICAOF", "127.0.0.1", std::to_string(other.port())});
  writer.sendCommand({"SET", "k", "1"});
  pipeline.send(encode({"INCR", "n"}) + encode({"GET", "n"}) + encode({"INCR", "n"}) + encode({"GET", "n"}));
  EXPECT_TRUE(writer.silentFor(milliseconds(100))) << "it waits for a primary";
  primary.run({"REPLICAOF", "NO", "ONE"});
  EXPECT_EQ(writer.receive(), resp::simple("OK"));
  EXPECT_EQ(pipeline.receive(), resp::integer(1));
  EXPECT_EQ(pipeline.receive(), resp::bulk("1")) << "no read overtakes the write before it";
  EXPECT_EQ(pipeline.receive(), resp::integer(2));
  EXPECT_EQ(pipeline.receive(), resp::bulk("2"));
}

TEST(RedisSentinel, SubscribersHearOnAndTransactionsFailWhole) {
  RedisReplicaSet set;
  const Forebay forebay(cacheOf(set));
  RedisConnection subscriber(forebay.redisPort()), client(forebay.redisPort()), blocked(forebay.redisPort());
  subscriber.run({"SUBSCRIBE", "news"});
  client.run({"MULTI"});
  client.run({"SET", "k", "v"});
  blocked.sendCommand({"BLPOP", "list", "0"});
  const uint16_t before = set.primary().port();
  set.failOver();
  ASSERT_TRUE(eventually([&] { return set.hasMovedFrom(before); }, seconds(30))) << set.log();
  const uint16_t after = set.primary().port();
  ASSERT_TRUE(follows(forebay, after));
  EXPECT_TRUE(blocked.receive().isError());
  EXPECT_TRUE(eventually([&] { return client.command({"SET", "k", "w"}).isError(); }));
  EXPECT_EQ(client.command({"EXEC"}),
            resp::error(
                "EXECABORT Transaction discarded because the connection to Redis was lost; nothing of it was "
                "executed"));
  EXPECT_TRUE(client.command({"GET", "k"}).isNull());
  ASSERT_TRUE(eventually([&] { return set.at(after).run({"PUBLISH", "news", "still here"}).integer == 1; }));
  EXPECT_EQ(subscriber.receive(), resp::bulks({"message", "news", "still here"}));
}

}  // namespace
}  // namespace forebay::rig
