// SentinelWatch follows the primary of one cache: it asks the Sentinels and the nodes that they tell of,
// every second, and every 50 ms while a primary is missing or doubted, and lets failover::RedisMaster decide.
// Where replicas take reads, the nodes are asked every few milliseconds while a client waits for what it has
// written, and failover::RedisReplicas decides which may serve.
//
// On its loop's thread; neither asking nor looking up a name holds that up.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "failover/redis_master.h"
#include "failover/redis_replicas.h"
#include "gateway/log.h"
#include "gateway/net/tick.h"
#include "gateway/probe/redis_role_probe.h"
#include "gateway/probe/sentinel_link.h"
#include "gateway/redis/settings.h"

namespace forebay::probe {

class SentinelWatch {
 public:
  // `epoch`: the highest that was told of this cache before. `tell` is called whenever there is something new
  // to show, and `moved` says that there is another primary, or none.
  struct Told {
    failover::TopologyPtr topology;
    failover::History history;
    bool moved = false;
    failover::ReplicasPtr replicas{};  // null: the primary takes all reads
    bool replicas_changed = false;
  };
  using Tell = std::function<void(Told told)>;

  // `questions` counts what is asked of the nodes, and goes on from where it is.
  SentinelWatch(net::Loop& loop, net::Resolver& resolver, Log& log, redis::SettingsPtr settings,
                const conf::Cache& cache, uint64_t epoch, std::atomic<uint64_t>& questions, Tell tell);
  ~SentinelWatch();
  SentinelWatch(const SentinelWatch&) = delete;
  SentinelWatch& operator=(const SentinelWatch&) = delete;

  // Somebody has met what a healthy primary would not have done.
  void doubt();
  // Some client waits to read what it has written.
  void wantProof();
  const conf::Cache& cache() const { return cache_; }

 private:
  void ask();
  void askSoon();
  void askNodes();
  void askNodesBy(Instant at);
  void review();
  void meet();
  bool reviewReplicas(Instant now);
  void report(uint64_t before, bool replicas_changed);
  RedisDoor sentinelDoor(const conf::HostPort& host) const;
  RedisDoor nodeDoor(const conf::HostPort& host) const;
  std::unique_ptr<SentinelLink> makeLink(const conf::HostPort& host);
  std::unique_ptr<RedisRoleProbe> makeProbe(const conf::HostPort& host);

  static constexpr Duration kLeastPause = milliseconds(10);  // between two rounds of questions

  net::Loop& loop_;
  net::Resolver& resolver_;
  Log& log_;
  const redis::SettingsPtr settings_;
  const conf::Cache cache_;
  const Tell tell_;
  failover::RedisMaster master_;
  std::optional<failover::RedisReplicas> replicas_;  // where they take reads
  std::atomic<uint64_t>& questions_;
  std::map<std::string, std::unique_ptr<SentinelLink>> links_;     // by address
  std::map<std::string, std::unique_ptr<RedisRoleProbe>> probes_;  // by address
  Instant asked_at_{}, lists_asked_at_{}, nodes_asked_at_{};
  net::Tick tick_, nodes_tick_;
};

}  // namespace forebay::probe
