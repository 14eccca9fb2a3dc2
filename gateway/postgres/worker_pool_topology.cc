// A pool whose servers' roles are discovered: where it dials, what it holds back while there is nowhere to
// dial, and which of its servers must go when the roles change.
#include <algorithm>

#include "conf/address.h"
#include "failover/route.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {
namespace {

// A doubt is worth a question at once, and many doubts are worth no more.
constexpr milliseconds kDoubtPause{10};
// After an outage everybody wants a server at once, and the new primary has cold caches: so many more are
// dialled with each step.
constexpr milliseconds kSlowStartStep{20};
constexpr uint32_t kSlowStartDials = 4;

}  // namespace

std::vector<conf::HostPort> WorkerPool::hosts() const {
  if (!topology_) return database_.hosts;
  std::vector<conf::HostPort> all = failover::hostsFor(*topology_, conf::targetOf(database_));
  if (of_replica_)
    std::erase_if(all, [this](const conf::HostPort& host) { return host != database_.hosts[0]; });
  return all;
}

bool WorkerPool::serves(const conf::HostPort& host) const {
  if (!topology_) return true;
  const std::vector<conf::HostPort> all = hosts();
  return std::ranges::find(all, host) != all.end();
}

void WorkerPool::topologyChanged(failover::TopologyPtr topology) {
  topology_ = std::move(topology);
  const Instant now = worker_.loop().now();
  const bool hold = topology_ && hosts().empty();
  if (hold) holdBack(now);  // first: what closes now is not to be dialled anew
  closeFenced();
  if (!hold) letGo(now);
  resolveReads();
}

void WorkerPool::topologyMeasured(failover::TopologyPtr topology) {
  if (!topology_) return;  // they are discovered no more
  topology_ = std::move(topology);
  if (reads_) reads_->topologyChanged();
}

void WorkerPool::holdBack(Instant now) {
  if (held_since_ != kNever) return;
  held_since_ = now;
  if (of_replica_) return failWaiters({}, false);
  pool_.forEachWaiter([](pools::Waiter& waiter) { static_cast<Borrower&>(waiter).heldBack(); });
}

void WorkerPool::letGo(Instant now) {
  refused_until_ = {};
  if (held_since_ != kNever) {
    held_since_ = kNever;
    slow_start_ = now;
    hold_counters_.released.add(pool_.waiting());
  }
  wake();
}

// How many servers may be on their way at a time: more and more of them after an outage.
uint32_t WorkerPool::mostDialling(Instant now) {
  if (slow_start_ == kNever) return UINT32_MAX;
  const auto steps = static_cast<uint64_t>((now - slow_start_) / kSlowStartStep);
  if (steps < 8) {
    worker_.loop().deadlines().armBy(*this, slow_start_ + kSlowStartStep * (steps + 1));
    return kSlowStartDials << steps;
  }
  slow_start_ = kNever;
  return UINT32_MAX;
}

// Connections to a server that must not be written to, now or perhaps ever again.
void WorkerPool::closeFenced() {
  if (!topology_) return;
  const conf::TargetSessionAttrs target = conf::targetOf(database_);
  std::vector<Server*> fenced, leaving;
  servers_.forEach([&](Server& server) {
    if (server.state() == Server::State::kLogin) return;  // it finds out by itself
    const auto& nodes = topology_->nodes;
    const auto found = std::ranges::find(nodes, server.host(), &failover::Node::host);
    if (found == nodes.end()) return;
    const auto node = static_cast<size_t>(found - nodes.begin());
    if (failover::isFenced(*topology_, node, target)) {
      fenced.push_back(&server);
    } else if (!failover::serves(*topology_, node, target) && found->state == failover::NodeState::kUp) {
      leaving.push_back(&server);  // for a replica that was promoted, say, reads may end where they are
    }
  });
  for (Server* server : fenced) server->close(kOutOfRole);
  for (Server* server : leaving) server->closeWhenFree();
}

void WorkerPool::doubt(const conf::HostPort& host) {
  if (!topology_) return;
  const Instant now = worker_.loop().now();
  if (now < doubt_again_at_) return;
  doubt_again_at_ = now + kDoubtPause;
  worker_.shared().doubt(database_.name, host);
}

// More than the gateway is to hold while nobody can take it.
bool WorkerPool::holdsTooMuch() const {
  const conf::FailoverSettings& settings = worker_.config().failover;
  if (settings.hold_timeout == Duration::zero()) return true;
  const uint32_t workers = entry_->shared.workers();
  size_t waiting = 0;
  worker_.forEachPool([&](WorkerPool& pool) { waiting += pool.core().waiting(); });
  const uint64_t bytes = settings.hold_max_bytes / workers;
  const uint32_t clients = settings.hold_max_clients;
  return (clients != 0 && waiting >= (clients + workers - 1) / workers) ||
         (bytes != 0 && worker_.loop().buffers().bytesLent() >= bytes);
}

std::string WorkerPool::holdError(std::string_view what, Duration held) const {
  std::string detail = "Pool " + databaseName() + "/" + user() + ": " +
                       (topology_->why.empty() ? "no replica is up" : topology_->why) + " for " +
                       elapsed(held);
  for (const failover::Node& node : topology_->nodes)
    detail += "; " + conf::format(node.host) + " is " + std::string(failover::nameOf(node.state)) +
              (node.why.empty() || node.why == topology_->why ? "" : ": " + node.why);
  return errorResponse(
      pgproto::sqlstate::kCannotConnectNow,
      "no server of database \"" + databaseName() + "\" can take this: " + std::string(what), detail + ".",
      "Nothing of it was executed: it may be repeated. SHOW TOPOLOGY tells what is known of each server.");
}

}  // namespace forebay::postgres
