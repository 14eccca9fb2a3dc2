// Behind a cache with Sentinels: who is the primary, and what is done when that changes.
#include "conf/address.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {
namespace {

// Doubts of one worker reach the control thread no more often.
constexpr Duration kDoubtPause = milliseconds(20);

std::optional<conf::HostPort> primaryOf(const failover::Topology& topology) {
  if (!topology.primary) return std::nullopt;
  return topology.nodes[*topology.primary].host;
}

}  // namespace

std::string WorkerCache::nodeName() const { return node_ ? conf::format(*node_) : "no primary"; }

// What was sent to the old node and not answered is settled as if its connections were lost; what waits goes
// to the new one, as soon as there is one.
void WorkerCache::follow(failover::TopologyPtr topology) {
  if (!follows_ || closing_) return;
  const std::optional<conf::HostPort> before = node_;
  topology_ = std::move(topology);
  node_ = primaryOf(*topology_);
  if (node_ == before) return;
  ++epoch_;
  primary_reads_ = nullptr;
  refusal_.clear();
  refused_ = false;
  speaks_hello_ = true;
  forgetLoaded();
  shared_->lost(clock());
  leases_.forgetFailures();
  const std::string reason =
      node_ ? "the primary is " + nodeName() + " now" : "no primary: " + topology_->why;
  for (Server* server : serversOf(nullptr)) server->nodeChanged(reason);
  if (!node_) return;
  leases_.nodeFound();
  pub_sub_.nodeFound();
  askNode();
}

void WorkerCache::doubt() {
  if (!follows_ || closing_ || !worker_.shared().doubt) return;
  const Instant now = worker_.loop().now();
  if (now - doubted_at_ < kDoubtPause) return;
  doubted_at_ = now;
  worker_.shared().doubt(name());
}

}  // namespace forebay::redis
