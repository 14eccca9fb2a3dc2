#include "tests/rig/redis_sentinel.h"

#include <algorithm>
#include <sstream>

#include "tests/rig/eventually.h"
#include "tests/rig/sockets.h"

namespace forebay::rig {

RedisReplicaSet::RedisReplicaSet(ReplicaSetOptions options) : options_(std::move(options)) {
  RedisOptions of_node{.requirepass = options_.password};
  // A replica that falls behind for a moment must not need all data anew.
  of_node.conf = {"repl-backlog-size 16mb", "repl-ping-replica-period 1"};
  if (!options_.password.empty()) of_node.conf.push_back("masterauth " + options_.password);
  while (nodes_.size() < kNodes) {
    nodes_.push_back(std::make_unique<RedisServer>(of_node));
    RedisServer& node = *nodes_.back();
    if (options_.wires) putOnWire(node);
    if (nodes_.size() > 1) node.run({"REPLICAOF", "127.0.0.1", std::to_string(addressOf(*nodes_[0]))});
    node.run({"CONFIG", "REWRITE"});  // what a node was told it knows when it is started anew
  }
  if (!eventually([&] { return nodes_[0]->info("connected_slaves") == "2"; }))
    fail("the replicas do not connect:\n" + log());
  sentinels_.resize(kSentinels);
  for (size_t i = 0; i < kSentinels; ++i) {
    configure(sentinels_[i]);
    startSentinel(i);
  }
  for (size_t i = 0; i < kSentinels; ++i)
    if (!eventually([&] { return knowsAll(i); }, seconds(30)))
      fail("the Sentinels do not find each other:\n" + log());
}

void RedisReplicaSet::configure(Sentinel& sentinel) const {
  sentinel.port = freePort();
  std::ostringstream conf;
  conf << "port " << sentinel.port << "\nbind 127.0.0.1\nprotected-mode no\ndaemonize no\nlogfile \"\"\n"
       << "dir " << sentinel.dir.path().string() << "\n"
       << "sentinel monitor mymaster 127.0.0.1 " << addressOf(*nodes_[0]) << " 2\n"
       << "sentinel down-after-milliseconds mymaster " << options_.down_after_ms << "\n"
       << "sentinel failover-timeout mymaster 3000\nsentinel parallel-syncs mymaster 2\n";
  if (!options_.password.empty()) conf << "sentinel auth-pass mymaster " << options_.password << "\n";
  if (!options_.sentinel_password.empty()) {
    conf << "requirepass " << options_.sentinel_password << "\nsentinel sentinel-pass "
         << options_.sentinel_password << "\n";
  }
  sentinel.dir.write("sentinel.conf", conf.str());
}

void RedisReplicaSet::startSentinel(size_t i) {
  Sentinel& sentinel = sentinels_[i];
  sentinel.process = std::make_unique<Process>(
      Command{.argv = {"redis-server", (sentinel.dir / "sentinel.conf").string(), "--sentinel"}});
  sentinel.process->waitForOutput("+monitor master mymaster");
}

RedisConnection RedisReplicaSet::connectToSentinel(size_t i) const {
  RedisConnection connection(sentinels_[i].port);
  if (!options_.sentinel_password.empty()) connection.run({"AUTH", options_.sentinel_password});
  return connection;
}

bool RedisReplicaSet::knowsAll(size_t sentinel) const {
  RedisConnection connection = connectToSentinel(sentinel);
  const RedisValue master = connection.run({"SENTINEL", "MASTER", "mymaster"});
  if (master.at("num-slaves").text != "2" || master.at("num-other-sentinels").text != "2") return false;
  for (const char* what : {"REPLICAS", "SENTINELS"})
    for (const RedisValue& each : connection.run({"SENTINEL", what, "mymaster"}).children)
      if (each.at("flags").text.find(',') != std::string::npos) return false;  // not yet, or not reached
  return true;
}

uint16_t RedisReplicaSet::namedBy(size_t sentinel) const {
  const RedisValue named =
      connectToSentinel(sentinel).run({"SENTINEL", "get-master-addr-by-name", "mymaster"});
  return named.children.size() == 2 ? static_cast<uint16_t>(std::stoi(named.at(1).text)) : uint16_t{0};
}

RedisServer& RedisReplicaSet::at(uint16_t port) {
  for (const auto& each : nodes_)
    if (each->port() == port || addressOf(*each) == port) return *each;
  fail("no Redis of the set has port " + std::to_string(port));
}

// Sentinel closes every connection to a server whose role it changes, and so perhaps the one that asks.
static bool saysPrimary(const RedisServer& server) {
  try {
    return server.info("role") == "master";
  } catch (const RigError&) {
    return false;
  }
}

RedisServer& RedisReplicaSet::primary() {
  for (size_t i = 0; i < kSentinels; ++i)
    if (sentinels_[i].process->running()) return at(namedBy(i));
  fail("no Sentinel runs");
}

bool RedisReplicaSet::hasMovedFrom(uint16_t before) {
  for (size_t i = 0; i < kSentinels; ++i) {
    if (!sentinels_[i].process->running()) continue;
    const uint16_t named = namedBy(i);
    if (named == before || named == 0 || !saysPrimary(at(named))) return false;
  }
  return true;
}

size_t RedisReplicaSet::indexOf(const RedisServer& node) const {
  for (size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].get() == &node) return i;
  fail("no Redis of the set");
}

// A replica tells its primary where it is to be found when they meet.
void RedisReplicaSet::putOnWire(RedisServer& node) {
  wires_.push_back(std::make_unique<Relay>(node.port()));
  node.run({"CONFIG", "SET", "replica-announce-ip", "127.0.0.1", "replica-announce-port",
            std::to_string(wires_.back()->port())});
}

uint16_t RedisReplicaSet::addressOf(const RedisServer& node) const {
  return wires_.empty() ? node.port() : wires_[indexOf(node)]->port();
}

Relay& RedisReplicaSet::wireTo(const RedisServer& node) {
  if (wires_.empty()) fail("this set is not on wires");
  return *wires_[indexOf(node)];
}

void RedisReplicaSet::makeReplica(RedisServer& node) {
  node.run({"REPLICAOF", "127.0.0.1", std::to_string(addressOf(primary()))});
}

void RedisReplicaSet::awaitHealthy() {
  const auto all_online = [&] {
    const RedisServer& from = primary();
    for (const auto& each : nodes_)
      if (each.get() != &from && each->info("master_link_status") != "up") return false;
    return from.info("role") == "master" && from.info("connected_slaves") == std::to_string(kNodes - 1);
  };
  const bool well = eventually(
      [&] {
        try {
          for (size_t i = 0; i < kSentinels; ++i)
            if (!knowsAll(i) || namedBy(i) != namedBy(0)) return false;
          return all_online();
        } catch (const Interrupted&) {
          throw;
        } catch (const RigError&) {  // a Sentinel closes the connections of whom it gives another role
          return false;
        }
      },
      seconds(60));
  if (!well) fail("the Sentinels' nodes are not well:\n" + log());
}

int64_t RedisReplicaSet::configEpoch() const {
  int64_t most = 0;
  for (size_t i = 0; i < kSentinels; ++i)
    if (sentinels_[i].process->running())
      most = std::max(
          most,
          std::stol(connectToSentinel(i).run({"SENTINEL", "MASTER", "mymaster"}).at("config-epoch").text));
  return most;
}

void RedisReplicaSet::failOver() {
  RedisConnection connection = connectToSentinel(0);
  if (!eventually(
          [&] {
            return !connection.command({"SENTINEL", "FAILOVER", "mymaster"}).isError();
          },
          seconds(30)))
    fail("the Sentinel does not fail over:\n" + log());
}

std::vector<std::string> RedisReplicaSet::sentinelAddresses() const {
  std::vector<std::string> out;
  for (const Sentinel& each : sentinels_) out.push_back("127.0.0.1:" + std::to_string(each.port));
  return out;
}

std::string RedisReplicaSet::log() const {
  std::string out;
  for (const auto& each : nodes_) out += "--- " + std::to_string(each->port()) + "\n" + each->log();
  for (const Sentinel& each : sentinels_)
    if (each.process) out += "--- Sentinel " + std::to_string(each.port) + "\n" + each.process->output();
  return out;
}

}  // namespace forebay::rig
