// Replicas take reads, and nobody notices: not by what is answered, not by errors, not by the order.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/redis_sentinel.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

ForebayConfig readsOf(const RedisReplicaSet& set, const char* reads = "replicas") {
  ForebayConfig config;
  TomlTable& cache = config.caches["main"];
  cache["sentinels"] = set.sentinelAddresses();
  cache["master"] = "mymaster";
  cache["reads"] = reads;
  config.redis["server_login_retry"] = "200ms";
  return config;
}

// One column of SHOW REDIS_NODES, of the node with that port.
std::string shown(const Forebay& forebay, const RedisServer& node, const std::string& column) {
  Connection console(forebay.consoleConninfo());
  const QueryResult nodes = console.exec("show redis_nodes");
  for (int row = 0; row < nodes.rows(); ++row)
    if (nodes.value(row, "port") == std::to_string(node.port())) return nodes.value(row, column);
  return "";
}

bool serves(const Forebay& forebay, const RedisServer& node) {
  return shown(forebay, node, "serves_reads") == "1";
}

double metric(const Forebay& forebay, const std::string& name) {
  const std::string all = forebay.get("/metrics");
  const size_t at = all.find("\n" + name + "{");
  return at == std::string::npos ? -1 : std::stod(all.substr(all.find("} ", at) + 2));
}

// One number of what Redis counts of a command: "calls", "rejected_calls".
int64_t counted(const RedisServer& node, const std::string& command, const std::string& what) {
  const std::string stats = "," + node.info("cmdstat_" + command, "commandstats");
  const size_t at = stats.find("," + what + "=");
  return at == std::string::npos ? 0 : std::stoll(stats.substr(at + what.size() + 2));
}

int64_t calls(const RedisServer& node, const std::string& command) { return counted(node, command, "calls"); }

class RedisReplicaReads : public testing::Test {
 protected:
  RedisServer& primary() { return set_.node(0); }
  RedisServer& replica(size_t i) { return set_.node(1 + i); }
  int64_t readsAt(const RedisServer& node) { return calls(node, "get"); }
  int64_t readsAtReplicas() { return readsAt(replica(0)) + readsAt(replica(1)); }

  // Both replicas serve, and this client's reads go to one.
  void expectServed(const Forebay& forebay, RedisConnection& client) {
    for (size_t i = 0; i < 2; ++i)
      ASSERT_TRUE(eventually([&] { return serves(forebay, replica(i)); }))
          << shown(forebay, replica(i), "error");
    ASSERT_TRUE(eventually([&] {
      const int64_t before = readsAtReplicas();
      client.run({"GET", "nothing"});
      return readsAtReplicas() > before;
    }));
  }
  // Whatever a replica refuses was sent where it must never go.
  void expectNoWriteWasRefused() {
    for (size_t i = 0; i < RedisReplicaSet::kNodes; ++i)
      EXPECT_EQ(set_.node(i).info("errorstat_READONLY", "errorstats"), "") << i;
  }
  // That replica gets what the primary writes through a wire that a test can hold up. Sentinels would mend
  // that.
  std::unique_ptr<Relay> putRelayBefore(RedisServer& replica) {
    for (size_t i = 0; i < RedisReplicaSet::kSentinels; ++i)
      set_.connectToSentinel(i).run({"SENTINEL", "SET", "mymaster", "failover-timeout", "3600000"});
    auto relay = std::make_unique<Relay>(primary().port());
    replica.run({"REPLICAOF", "127.0.0.1", std::to_string(relay->port())});
    EXPECT_TRUE(eventually([&] { return replica.info("master_link_status") == "up"; }, seconds(30)));
    return relay;
  }

  RedisReplicaSet set_;
};

TEST_F(RedisReplicaReads, GoToReplicasAndWritesToThePrimary) {
  const Forebay forebay(readsOf(set_));
  RedisConnection writer(forebay.redisPort()), one(forebay.redisPort()), other(forebay.redisPort());
  expectServed(forebay, one);
  expectServed(forebay, other);
  writer.run({"SET", "k", "v"});
  ASSERT_TRUE(eventually([&] { return one.text({"GET", "k"}) == "v" && other.text({"GET", "k"}) == "v"; }));
  const int64_t before[] = {readsAt(primary()), readsAt(replica(0)), readsAt(replica(1))};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(one.text({"GET", "k"}), "v");
    EXPECT_EQ(other.text({"GET", "k"}), "v");
    EXPECT_EQ(writer.command({"SET", "k", "v"}), resp::simple("OK"));
  }
  EXPECT_EQ(readsAt(primary()), before[0]);
  EXPECT_EQ(readsAt(replica(0)), before[1] + 100) << "each client has one of its own";
  EXPECT_EQ(readsAt(replica(1)), before[2] + 100);
  EXPECT_GE(metric(forebay, "forebay_redis_replica_reads_total"), 200);
  EXPECT_GE(std::stoi(shown(forebay, replica(0), "reads")), 100);
  expectNoWriteWasRefused();
}

TEST_F(RedisReplicaReads, StayOnThePrimaryUnlessToldOtherwise) {
  const Forebay forebay(readsOf(set_, "primary"));
  RedisConnection client(forebay.redisPort());
  for (int i = 0; i < 100; ++i) client.run({"GET", "k"});
  EXPECT_EQ(readsAt(primary()), 100);
  EXPECT_EQ(shown(forebay, replica(0), "serves_reads"), "");
}

TEST_F(RedisReplicaReads, OfWhatIsNoPlainReadStayOnThePrimary) {
  const Forebay forebay(readsOf(set_));
  RedisConnection client(forebay.redisPort());
  expectServed(forebay, client);
  const int64_t before = readsAtReplicas();
  client.run({"MULTI"});
  client.run({"GET", "k"});
  client.run({"EXEC"});
  client.run({"WATCH", "k"});
  client.run({"GET", "k"});
  client.run({"UNWATCH"});
  client.run({"EVAL", "return redis.call('get', KEYS[1])", "1", "k"});
  client.run({"EVAL_RO", "return redis.call('get', KEYS[1])", "1", "k"});
  RedisConnection tracking(forebay.redisPort());
  tracking.hello(3);
  tracking.run({"CLIENT", "TRACKING", "ON"});
  tracking.run({"GET", "k"});
  EXPECT_EQ(readsAtReplicas(), before);
  for (const RedisArgs& each : std::vector<RedisArgs>{{"SCAN", "0"},
                                                      {"HSCAN", "h", "0"},
                                                      {"TOUCH", "k"},
                                                      {"PFCOUNT", "p"},
                                                      {"XREAD", "STREAMS", "s", "0"},
                                                      {"MEMORY", "USAGE", "k"}}) {
    client.run(each);
    std::string name = each[0];
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    if (name == "memory") name = "memory|usage";
    EXPECT_EQ(calls(replica(0), name) + calls(replica(1), name), 0) << name;
    EXPECT_EQ(calls(primary(), name), 1) << name;
  }
}

TEST_F(RedisReplicaReads, AndWritesOfOnePipelineKeepTheirOrder) {
  const Forebay forebay(readsOf(set_));
  RedisConnection client(forebay.redisPort());
  expectServed(forebay, client);
  std::mt19937 random(7);
  std::string value = "0";
  client.run({"SET", "k", value});
  for (int round = 0; round < 200; ++round) {
    std::vector<RedisArgs> commands;
    std::vector<RedisValue> expected;
    for (unsigned i = 0; i < 20; ++i) {
      if (random() % 4 == 0) {
        value = std::to_string(round) + "." + std::to_string(i);
        commands.push_back({"SET", "k", value});
        expected.push_back(resp::simple("OK"));
      } else if (random() % 4 == 0) {
        commands.push_back({"PING", value});
        expected.push_back(resp::bulk(value));
      } else {
        commands.push_back({"GET", "k"});
        expected.push_back(resp::bulk(value));
      }
    }
    ASSERT_EQ(client.pipeline(commands), expected) << "round " << round;
  }
  expectNoWriteWasRefused();
}

// Clients that write their own register and read it at once, a moment later, and once more.
class Pairs {
 public:
  Pairs(const Forebay& forebay, int clients) {
    for (int i = 0; i < clients; ++i)
      threads_.emplace_back([this, &forebay, i] { run(forebay, "register:" + std::to_string(i), i); });
  }
  ~Pairs() { stop(); }
  void stop() {
    stopping_ = true;
    for (std::thread& each : threads_)
      if (each.joinable()) each.join();
  }
  uint64_t done() const { return done_; }
  bool goesOn(uint64_t more) {
    const uint64_t enough = done_ + more;
    return eventually([&] { return done_ >= enough; }, seconds(60));
  }
  std::string wrong() const {
    const std::lock_guard lock(mutex_);
    return wrong_;
  }

 private:
  void run(const Forebay& forebay, const std::string& name, int seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    try {
      RedisConnection client(forebay.redisPort());
      for (int64_t n = 1; !stopping_; ++n) {
        int64_t acknowledged = may_lose_ ? 0 : n;
        const RedisValue wrote = client.command({"SET", name, std::to_string(n)});
        if (wrote.isError()) acknowledged = 0;
        if (wrote.isError() && !may_lose_) complain(name + ", SET: " + wrote.text);
        for (int reads = 0; reads < 6; ++reads) {
          if (reads > 0) std::this_thread::sleep_for(milliseconds(random() % 4));
          expectAtLeast(name, acknowledged, client.command({"GET", name}));
          ++done_;
        }
      }
    } catch (const std::exception& error) {
      complain(name + ": " + error.what());
    }
  }
  void expectAtLeast(const std::string& name, int64_t acknowledged, const RedisValue& read) {
    if (read.isError()) return complain(name + ", GET: " + read.text);
    const int64_t seen = read.isNull() ? 0 : std::stoll(read.text);
    if (seen < acknowledged && !may_lose_)
      complain(name + " was " + std::to_string(acknowledged) + ", and is read as " + std::to_string(seen));
  }
  void complain(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (wrong_.size() < 2000) wrong_ += what + "\n";
  }

  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> done_{0};
  mutable std::mutex mutex_;
  std::string wrong_;

 public:
  std::atomic<bool> may_lose_{false};  // a failover loses what was not replicated
};

TEST_F(RedisReplicaReads, NeverSeeLessThanTheirClientHasWritten) {
  const auto relay = putRelayBefore(replica(0));
  ForebayConfig config = readsOf(set_);
  config.listen["workers"] = 2;
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  expectServed(forebay, client);
  Pairs pairs(forebay, 20);
  std::mt19937 random(1);
  for (int i = 0; i < 12; ++i) {  // up to half a second behind, while the other one follows at once
    relay->pauseFromTarget();
    EXPECT_TRUE(pairs.goesOn(400)) << pairs.wrong();
    std::this_thread::sleep_for(milliseconds(random() % 400));
    relay->resume();
    EXPECT_TRUE(pairs.goesOn(400)) << pairs.wrong();
  }
  pairs.stop();
  EXPECT_EQ(pairs.wrong(), "");
  const double reads = metric(forebay, "forebay_redis_replica_reads_total");
  EXPECT_GT(reads, static_cast<double>(pairs.done()) / 5) << "the check is worth something";
  EXPECT_GT(metric(forebay, "forebay_redis_primary_fallbacks_total"), 0);
  expectNoWriteWasRefused();
}

TEST_F(RedisReplicaReads, WaitForAReplicaWhereThatIsWanted) {
  ForebayConfig config = readsOf(set_);
  config.caches["main"]["replica_wait_timeout"] = "5s";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  expectServed(forebay, client);
  const int64_t before = readsAt(primary());
  for (int i = 0; i < 100; ++i) {
    client.run({"SET", "k", std::to_string(i)});
    EXPECT_EQ(client.text({"GET", "k"}), std::to_string(i));
  }
  EXPECT_EQ(readsAt(primary()), before);
  EXPECT_GT(metric(forebay, "forebay_redis_replica_waits_total"), 0);
}

TEST_F(RedisReplicaReads, OfAnEventualCacheAskForNoWritesOfTheirOwn) {
  const auto relay = putRelayBefore(replica(0));
  set_.node(2).freeze();  // there is one replica to choose
  ForebayConfig config = readsOf(set_);
  config.caches["main"]["consistency"] = "eventual";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.run({"SET", "k", "old"});
  ASSERT_TRUE(eventually([&] { return serves(forebay, replica(0)); }));
  ASSERT_TRUE(eventually([&] {
    const int64_t before = readsAt(replica(0));
    client.run({"GET", "k"});
    return readsAt(replica(0)) > before && replica(0).text({"GET", "k"}) == "old";
  }));
  relay->pauseFromTarget();
  client.run({"SET", "k", "new"});
  EXPECT_EQ(client.text({"GET", "k"}), "old");
  relay->resume();
  EXPECT_TRUE(eventually([&] { return client.text({"GET", "k"}) == "new"; }));
  set_.node(2).thaw();
}

TEST_F(RedisReplicaReads, LeaveAReplicaThatIsTooFarBehind) {
  const auto relay = putRelayBefore(replica(0));
  ForebayConfig config = readsOf(set_);
  config.caches["main"]["max_replica_lag"] = "400ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  expectServed(forebay, client);
  relay->pauseFromTarget();
  client.run({"SET", "k", "v"});
  EXPECT_TRUE(eventually([&] { return shown(forebay, replica(0), "serves_reads") == "0"; }));
  EXPECT_EQ(shown(forebay, replica(0), "error"), "what it has may be older than max_replica_lag");
  EXPECT_TRUE(serves(forebay, replica(1)));
  relay->resume();
  EXPECT_TRUE(eventually([&] { return serves(forebay, replica(0)); }));
}

TEST_F(RedisReplicaReads, LeaveAReplicaThatHasLostItsPrimary) {
  const auto relay = putRelayBefore(replica(0));
  const Forebay forebay(readsOf(set_));
  RedisConnection client(forebay.redisPort());
  expectServed(forebay, client);
  relay->refuse(true);
  relay->cut();
  EXPECT_TRUE(eventually([&] { return shown(forebay, replica(0), "serves_reads") == "0"; }));
  EXPECT_EQ(shown(forebay, replica(0), "error"), "it is not connected to its primary");
  relay->refuse(false);
  EXPECT_TRUE(eventually([&] { return serves(forebay, replica(0)); }, seconds(30)));
}

TEST_F(RedisReplicaReads, CostNoErrorWhenTheirReplicaDies) {
  const Forebay forebay(readsOf(set_));
  RedisConnection client(forebay.redisPort());
  expectServed(forebay, client);
  Pairs pairs(forebay, 20);
  ASSERT_TRUE(pairs.goesOn(400));
  replica(0).kill();
  EXPECT_TRUE(pairs.goesOn(2000)) << pairs.wrong();
  EXPECT_FALSE(serves(forebay, replica(0)));
  replica(0).start();
  EXPECT_TRUE(eventually([&] { return serves(forebay, replica(0)); }, seconds(30)));
  const int64_t before = readsAt(replica(0));
  EXPECT_TRUE(eventually([&] { return readsAt(replica(0)) > before; })) << "it has its share again";
  pairs.stop();
  EXPECT_EQ(pairs.wrong(), "");
}

TEST_F(RedisReplicaReads, AreAskedForElsewhereWhenTheirReplicaFreezes) {
  const Forebay forebay(readsOf(set_));
  RedisConnection one(forebay.redisPort()), other(forebay.redisPort());
  expectServed(forebay, one);
  expectServed(forebay, other);
  one.run({"SET", "k", "v"});
  ASSERT_TRUE(eventually([&] { return other.text({"GET", "k"}) == "v"; }));
  replica(0).freeze();
  replica(1).freeze();
  for (RedisConnection* each : {&one, &other}) {
    std::string gets;
    for (int i = 0; i < 10; ++i) gets += encode({"GET", "k"});
    each->send(gets);
  }
  for (RedisConnection* each : {&one, &other})
    for (int i = 0; i < 10; ++i) EXPECT_EQ(each->receive(), resp::bulk("v"));
  replica(0).thaw();
  replica(1).thaw();
}

TEST_F(RedisReplicaReads, GoOnWhenAReplicaIsPromoted) {
  ForebayConfig config = readsOf(set_);
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  expectServed(forebay, client);
  Pairs pairs(forebay, 30);
  ASSERT_TRUE(pairs.goesOn(600));
  pairs.may_lose_ = true;
  const uint16_t before = set_.primary().port();
  set_.failOver();
  ASSERT_TRUE(eventually([&] { return set_.hasMovedFrom(before); }, seconds(30))) << set_.log();
  RedisServer& promoted = set_.primary();
  ASSERT_TRUE(eventually([&] { return serves(forebay, set_.at(before)); }, seconds(30)))
      << shown(forebay, set_.at(before), "error");
  EXPECT_TRUE(pairs.goesOn(600)) << pairs.wrong();
  pairs.may_lose_ = false;
  EXPECT_FALSE(serves(forebay, promoted));
  const std::string log = forebay.log(), old = "the primary is 127.0.0.1:" + std::to_string(before);
  EXPECT_EQ(log.find(old), log.rfind(old)) << "nothing leads back to it:\n" << log;
  const int64_t reads = readsAt(set_.at(before));
  EXPECT_TRUE(eventually([&] { return readsAt(set_.at(before)) > reads; }))
      << "the old primary is a replica like any other\n"
      << forebay.log();
  EXPECT_TRUE(pairs.goesOn(1000)) << pairs.wrong();
  pairs.stop();
  EXPECT_EQ(pairs.wrong(), "");
}

TEST_F(RedisReplicaReads, FailWithTheReasonWhereThePrimaryMustNotTakeThem) {
  ForebayConfig config = readsOf(set_);
  config.caches["main"]["primary_fallback"] = false;
  config.caches["main"]["replica_wait_timeout"] = "300ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.run({"SET", "k", "v"});
  ASSERT_TRUE(eventually([&] { return client.command({"GET", "k"}) == resp::bulk("v"); }));
  const int64_t before = readsAt(primary());
  replica(0).kill();
  EXPECT_TRUE(eventually([&] { return !serves(forebay, replica(0)); }));
  EXPECT_EQ(client.command({"GET", "k"}), resp::bulk("v")) << "there is another one";
  replica(1).kill();
  EXPECT_TRUE(eventually([&] { return client.command({"GET", "k"}).isError(); }));
  EXPECT_TRUE(eventually([&] { return !serves(forebay, replica(1)); }));
  const std::string error = client.command({"GET", "k"}).text;
  EXPECT_TRUE(error.starts_with("MASTERDOWN cache main: no replica may answer (")) << error;
  EXPECT_EQ(client.command({"SET", "k", "w"}), resp::simple("OK"));
  EXPECT_EQ(readsAt(primary()), before);
}

}  // namespace
}  // namespace forebay::rig
