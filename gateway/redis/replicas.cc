#include "gateway/redis/replicas.h"

#include <algorithm>

#include "conf/address.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

Replica::Replica(WorkerCache& cache, conf::HostPort at, uint64_t& reads_so_far)
    : host(std::move(at)), name(conf::format(host)), lanes(cache, this), reads(reads_so_far) {}

// ---- for clients

bool ReadReplicas::serves(const Replica& replica) const {
  if (!replica.told.serves) return false;
  if (replica.failures == 0) return true;
  return replica.told.proven > replica.failed_at && cache_.clock() >= replica.rests_until;
}

// Nobody waits for a connection to be made: it serves from when it is there, and the replica has answered
// since. What was told by one that was restarted meanwhile says nothing of this one.
ReadReplicas::Choice ReadReplicas::choose(Reader& reader, redisproto::Resp resp, uint32_t database,
                                          bool slow) {
  if (reader.turn == 0 && ++turns_ == 0) ++turns_;
  if (reader.turn == 0) reader.turn = turns_;
  None none = None::kNobody;
  for (size_t i = 0; i < all_.size(); ++i) {
    Replica& each = *all_[(reader.turn + i) % all_.size()];
    if (!serves(each)) continue;
    if (each.told.proven <= reader.floor) {
      none = None::kBehind;
      continue;
    }
    Server& server = each.lanes.choose(resp, database, slow);
    if (server.state() == Server::State::kReady && each.told.answered > server.questionsBefore())
      return {&server, {}};
    server.dialWhenDue();
  }
  return {nullptr, none};
}

std::string ReadReplicas::whyNone() const {
  std::string out;
  for (const auto& each : all_) {
    const std::string& why = each->told.serves ? each->failure : each->told.why;
    out += (out.empty() ? "" : "; ") + each->name + ": " +
           (why.empty() ? "it is not known to have what this client has written" : why);
  }
  return out.empty() ? "Sentinel tells of none" : out;
}

void ReadReplicas::wake() {
  while (!waiting_.empty()) {
    Client& next = waiting_.front();
    next.ListNode<InWaitQueue>::unlink();
    cache_.worker().resumeSoon(next);
  }
}

// ---- told by the cache

void ReadReplicas::follow(const failover::ReplicasPtr& replicas, uint64_t epoch) {
  std::vector<std::shared_ptr<Replica>> before = std::move(all_);
  all_.clear();
  std::vector<std::shared_ptr<Replica>> silent;
  if (replicas && replicas->epoch == epoch) {
    for (const failover::Replica& told : replicas->all) {
      const auto known =
          std::ranges::find_if(before, [&](const auto& each) { return each && each->host == told.host; });
      all_.push_back(known != before.end()
                         ? std::move(*known)
                         : std::make_shared<Replica>(cache_, told.host, readsOf(conf::format(told.host))));
      if (all_.back()->told.answers && !told.answers) silent.push_back(all_.back());
      all_.back()->told = told;
    }
  }
  for (const auto& each : before)
    if (each) giveUp(*each, "it is no replica any more");
  for (const auto& each : silent) giveUp(*each, each->told.why);
  wake();
}

void ReadReplicas::giveUp(const Replica& replica, std::string_view reason) {
  for (Server* server : cache_.serversOf(&replica)) server->handOver(reason);
}

void ReadReplicas::ready(Replica& replica) {
  if (serves(replica)) replica.failures = 0;
  cache_.wantProof();
  wake();
}

void ReadReplicas::failed(Replica& replica, std::string_view reason) {
  replica.failed_at = cache_.shared().questions.load();
  replica.rests_until = cache_.clock() + cache_.retryPause(replica.failures++);
  replica.failure = reason;
  cache_.wantProof();
}

void ReadReplicas::forgetConnections() {
  for (const auto& each : all_) each->lanes.clear();
}

void ReadReplicas::clear(std::string_view reason) {
  const std::vector<std::shared_ptr<Replica>> before = std::move(all_);
  all_.clear();
  for (const auto& each : before) giveUp(*each, reason);
  wake();
}

}  // namespace forebay::redis
