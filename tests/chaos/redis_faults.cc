#include "tests/chaos/redis_faults.h"

#include <csignal>
#include <vector>

#include "tests/chaos/steps.h"
#include "tests/rig/cache_clients.h"
#include "tests/rig/cache_history.h"
#include "tests/rig/eventually.h"

namespace forebay::chaos {
namespace {

using rig::CacheClients;
using rig::RedisReplicaSet;
using rig::RedisServer;
using Clock = std::chrono::steady_clock;

// The same servers twice: reads go to the primary, or to replicas. Each has a port, in the order of the
// names.
constexpr const char *kOfPrimary = "main", *kSplit = "split";
constexpr int kReplicas = RedisReplicaSet::kNodes - 1;
constexpr milliseconds kRest(20);
constexpr int kDownAfter = 1500;  // ms; below a second, how often they ask, Sentinels are easily mistaken
constexpr int kNapDivisor = 5;    // so the longest nap is half of that
constexpr milliseconds kPatience = rig::seconds(60);  // for Sentinels to agree

}  // namespace

class RedisFaults::Round {
 public:
  Round(const Fault& fault, RedisReplicaSet& set, rig::Forebay& forebay, int count)
      : fault_(fault),
        set_(set),
        forebay_(forebay),
        former_(set.primary()),
        epoch_(set.configEpoch()),
        switches_(switches()),
        said_(forebay.log().size()),
        begun_(Clock::now()),
        clients_(
            {{forebay.redisPort(0), rig::Reads::kNewest}, {forebay.redisPort(1), rig::Reads::kOwnWrites}},
            count, kReplicas, fault.client_seed, kRest) {}

  Result run() {
    return throughFault(
        fault_, clients_, forebay_, set_, [this] { inflict(); }, [this] { return judge(); });
  }

 private:
  void inflict() {
    switch (fault_.kind) {
      case Kind::kMasterKill: return kill();
      case Kind::kMasterFreeze: return freeze();
      case Kind::kMasterNap: return nap();
      case Kind::kMasterIsolate: return isolate();
      case Kind::kMasterReset: return reset();
      case Kind::kAskedFailover: return failOver();
      case Kind::kKillSentinel: return killSentinels({oneSentinel()});
      case Kind::kFreezeSentinel: return freezeSentinel();
      case Kind::kNoSentinels: return killSentinels({0, 1, 2});
      case Kind::kNoSentinelsKill: return killWithoutSentinels();
      default: rig::fail("no fault of Redis");
    }
  }

  void kill() {
    beginFailover();
    clients_.disturb([&] { former_.kill(); });
    awaitSuccessor();
    bringBack();
  }

  // Thawed, it calls itself a primary until it is told.
  void freeze() {
    beginFailover();
    clients_.disturb([&] {
      former_.freeze();
      awaitSuccessor();
      clients_.awaitProgress();
    });
    former_.thaw();
    clients_.awaitProgress();
    set_.makeReplica(former_);
  }

  void nap() {
    former_.freeze();
    rest(fault_.lasts / kNapDivisor);
    former_.thaw();
  }

  // Sentinels and replicas cannot reach it either.
  void isolate() {
    rig::Relay& wire = set_.wireTo(former_);
    beginFailover();
    clients_.disturb([&] {
      pause(wire, fault_.direction);
      awaitSuccessor();
      clients_.awaitProgress();
    });
    wire.resume();
    clients_.awaitProgress();
    set_.makeReplica(former_);
  }

  void reset() {
    rig::Relay& wire = set_.wireTo(former_);
    clients_.disturb([&] { fault_.harder ? wire.reset() : wire.cut(); });
  }

  void failOver() {
    beginFailover();
    clients_.disturb([&] {
      set_.failOver();
      awaitSuccessor();
    });
  }

  size_t oneSentinel() const { return fault_.client_seed % RedisReplicaSet::kSentinels; }

  void killSentinels(const std::vector<size_t>& which) {
    for (const size_t each : which) set_.sentinel(each).kill();
    rest(fault_.lasts);
    for (const size_t each : which) set_.startSentinel(each);
  }

  void freezeSentinel() {
    rig::Process& sentinel = set_.sentinel(oneSentinel());
    sentinel.signal(SIGSTOP);
    rest(fault_.lasts);
    sentinel.signal(SIGCONT);
  }

  void killWithoutSentinels() {
    beginFailover();
    for (size_t i = 0; i < RedisReplicaSet::kSentinels; ++i) set_.sentinel(i).kill();
    clients_.disturb([&] { former_.kill(); });
    rest(fault_.lasts);
    for (size_t i = 0; i < RedisReplicaSet::kSentinels; ++i) set_.startSentinel(i);
    awaitSuccessor();
    bringBack();
  }

  void bringBack() {
    clients_.awaitProgress();
    former_.start();
    set_.makeReplica(former_);
  }

  void beginFailover() { failover_.begun = Clock::now(); }
  // From here on the gateway may have nothing acknowledged by the old one.
  void awaitSuccessor() {
    const uint16_t before = set_.addressOf(former_);
    const bool followed = rig::eventually(
        [&] {
          if (!set_.hasMovedFrom(before)) return false;
          const std::string line =
              "the primary is 127.0.0.1:" + std::to_string(set_.addressOf(set_.primary()));
          return forebay_.log().find(line, said_) != std::string::npos;
        },
        kPatience);
    if (!followed) rig::fail("no other primary:\n" + set_.log());
    failover_.ended = Clock::now();
  }

  int64_t switches() const {
    const std::string all = forebay_.get("/metrics");
    const size_t at = all.find("\nforebay_redis_primary_switches_total{");
    return at == std::string::npos ? 0 : std::stol(all.substr(all.find("} ", at) + 2));
  }

  Result judge() {
    rig::History history = clients_.stop(set_.primary());
    std::vector<rig::Failover> failovers;
    if (failover_.begun != rig::SteadyTime{}) failovers.push_back(failover_);
    // On a machine that is too busy Sentinels may see one more reason. It loses what any failover loses.
    const auto expected = static_cast<int64_t>(failovers.size());
    if (switches() - switches_ > expected && set_.configEpoch() - epoch_ > expected) {
      failovers.push_back({begun_, Clock::now()});
      history.disturbances.push_back({begun_, Clock::now()});
    }
    Result result = resultOf(history);
    result.violations = cacheViolationsOf(history, failovers);
    return result;
  }

  const Fault& fault_;
  RedisReplicaSet& set_;
  rig::Forebay& forebay_;
  RedisServer& former_;     // primary when it began
  const int64_t epoch_;     // then
  const int64_t switches_;  // of the gateway to another primary, until then
  const size_t said_;       // by the gateway, before
  const rig::SteadyTime begun_;
  rig::Failover failover_{};
  CacheClients clients_;
};

RedisFaults::RedisFaults(int clients)
    : clients_(clients), set_({.down_after_ms = kDownAfter, .wires = true}) {}

void RedisFaults::configure(rig::ForebayConfig& config) const {
  for (const std::string name : {kOfPrimary, kSplit}) {
    rig::TomlTable& cache = config.caches[name];
    cache["sentinels"] = set_.sentinelAddresses();
    cache["master"] = "mymaster";
    if (name == kSplit) cache["reads"] = "replicas";
  }
  config.redis["command_wait_timeout"] = "60s";
}

Result RedisFaults::run(const Fault& fault, rig::Forebay& forebay) {
  CacheClients::clear(set_.primary(), kReplicas);
  return Round(fault, set_, forebay, clients_).run();
}

}  // namespace forebay::chaos
