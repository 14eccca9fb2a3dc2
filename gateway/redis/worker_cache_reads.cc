// Where a cache's replicas take reads: what a worker is told of them, and asks for.
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {
namespace {

// One worker's wishes reach the control thread no more often.
constexpr Duration kWantPause = milliseconds(2);

}  // namespace

void WorkerCache::applyReads() {
  const bool noted_writes = reads_own_writes_;
  splits_reads_ = follows_ && settings_.reading.reads != conf::Reads::kPrimary;
  reads_own_writes_ = splits_reads_ && settings_.reading.consistency != conf::Consistency::kEventual;
  if (!splits_reads_) return replicas_.clear("its cache reads from the primary now");
  if (noted_writes || !reads_own_writes_) return;
  clients_.forEach([](Client& client) { client.replicasMayServe(); });
}

void WorkerCache::followReplicas(const failover::ReplicasPtr& replicas) {
  if (splits_reads_ && !closing_) replicas_.follow(replicas, topology_ ? topology_->epoch : 0);
}

void WorkerCache::readGoesTo(const Server& server) {
  if (server.replica() != nullptr) {
    ++server.replica()->reads;
    counters_->replica_reads.add();
  } else if (node_) {
    if (primary_reads_ == nullptr) primary_reads_ = &replicas_.readsOf(nodeName());
    ++*primary_reads_;
  }
}

std::vector<Server*> WorkerCache::serversOf(const Replica* replica) {
  std::vector<Server*> all;
  servers_.forEach([&](Server& server) {
    if (server.replica() == replica) all.push_back(&server);
  });
  return all;
}

Lanes& WorkerCache::lanesOf(const Server& server) {
  return server.replica() != nullptr ? server.replica()->lanes : lanes_;
}

Server& WorkerCache::laneBeside(const Server& server, bool slow) {
  return lanesOf(server).choose(server.resp(), server.database(), slow);
}

// The primary takes its share of the reads where that is wanted: what it has less to do for than the replica.
Server* WorkerCache::preferred(Server& replica, bool slow) {
  if (settings_.reading.reads != conf::Reads::kPreferReplicas) return &replica;
  Server& primary = lane(replica.resp(), replica.database(), slow);
  const bool less = primary.state() == Server::State::kReady && primary.owed() < replica.owed();
  return less ? &primary : &replica;
}

Server* WorkerCache::readAgain(Client& client) {
  if (settings_.reading.primary_fallback || !splits_reads_)
    return &lane(client.resp(), client.database(), client.onSlow());
  return replicas_.choose(client.reader(), client.resp(), client.database(), client.onSlow()).server;
}

std::string WorkerCache::noReplicaError() const {
  return "MASTERDOWN cache " + name() + ": no replica may answer (" + replicas_.whyNone() +
         "), and primary_fallback is off";
}

void WorkerCache::wantProof() {
  if (closing_ || !worker_.shared().want_proof) return;
  const Instant now = clock();
  if (now - wanted_at_ < kWantPause) return;
  wanted_at_ = now;
  worker_.shared().want_proof(name());
}

}  // namespace forebay::redis
