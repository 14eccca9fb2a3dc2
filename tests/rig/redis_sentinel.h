// RedisReplicaSet is a primary with two replicas and three Sentinels that watch them as "mymaster": private,
// on loopback, gone with the object. It is ready when each Sentinel knows all the others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/rig/process.h"
#include "tests/rig/redis_connection.h"
#include "tests/rig/redis_server.h"
#include "tests/rig/relay.h"

namespace forebay::rig {

struct ReplicaSetOptions {
  std::string password{};           // of the Redis servers
  std::string sentinel_password{};  // of the Sentinels
  int down_after_ms = 500;          // without an answer for so long a primary counts as down
  bool wires = false;               // whatever goes to a node goes through a Relay: see wireTo()
};

class RedisReplicaSet {
 public:
  static constexpr size_t kNodes = 3, kSentinels = 3;

  explicit RedisReplicaSet(ReplicaSetOptions options = {});

  RedisServer& node(size_t i) { return *nodes_[i]; }
  RedisServer& at(uint16_t port);  // its own, or its wire's
  // Of the nodes: that calls itself a primary, and that a Sentinel names.
  RedisServer& primary();
  uint16_t namedBy(size_t sentinel) const;  // 0: it names nobody
  // Whom all running Sentinels name has changed from `before`, and calls itself a primary.
  bool hasMovedFrom(uint16_t before);

  // Where Sentinels, replicas and clients find it: the port of its wire, if it has one.
  uint16_t addressOf(const RedisServer& node) const;
  Relay& wireTo(const RedisServer& node);  // needs ReplicaSetOptions::wires
  // As Sentinels do, if they are given the time.
  void makeReplica(RedisServer& node);
  // All run, and know of each other; each has what the primary has.
  void awaitHealthy();
  // The highest config-epoch that a running Sentinel knows: it grows with each failover, by one or more.
  int64_t configEpoch() const;

  // SENTINEL FAILOVER, again and again until it is accepted.
  void failOver();

  std::vector<std::string> sentinelAddresses() const;  // "127.0.0.1:26379"
  Process& sentinel(size_t i) { return *sentinels_[i].process; }
  void startSentinel(size_t i);  // after it was killed: it knows what it knew then
  RedisConnection connectToSentinel(size_t i) const;
  std::string log() const;

 private:
  struct Sentinel {
    uint16_t port = 0;
    TempDir dir{"sentinel"};
    std::unique_ptr<Process> process;
  };

  void configure(Sentinel& sentinel) const;
  bool knowsAll(size_t sentinel) const;

  size_t indexOf(const RedisServer& node) const;
  void putOnWire(RedisServer& node);

  const ReplicaSetOptions options_;
  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::vector<std::unique_ptr<Relay>> wires_;  // none, or one each
  std::vector<Sentinel> sentinels_;
};

}  // namespace forebay::rig
