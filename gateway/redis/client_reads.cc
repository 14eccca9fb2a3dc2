// Where a cache's replicas take reads: which of a client's requests go to one.
//
// Of a batch that is on its way everything stays together: a read behind a write goes with it, and a write
// behind reads waits until they are answered. So a client's order holds, and changes of the node are few.
#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/replicas.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

// Chooses where the request goes. A step: it goes nowhere, for now or at all.
std::optional<Client::Step> Client::chooseNode(const Command& command, bool slow) {
  if (outstanding_ > 0) {
    const Replica* replica = server_->replica();
    const bool stays = replica == nullptr || (command.on_replica && cache_.replicas().serves(*replica));
    if (slow != on_slow_ || !stays) return wait(Hold::kDrain);
  } else {
    if (command.on_replica) {
      if (const auto step = chooseReplica(slow)) return step;
    } else {
      server_ = &cache_.lane(resp_, database_, slow);
    }
    on_slow_ = slow;
  }
  noteChange(&command);
  if (!command.may_change && !server_->full()) cache_.readGoesTo(*server_);
  return std::nullopt;
}

std::optional<Client::Step> Client::chooseReplica(bool slow) {
  const conf::ReadSettings& reading = cache_.settings().reading;
  const ReadReplicas::Choice choice = cache_.replicas().choose(reader_, resp_, database_, slow);
  const bool waited = std::exchange(reader_.waits, false);
  if (choice.server != nullptr) {
    server_ = cache_.preferred(*choice.server, slow);
    return std::nullopt;
  }
  const bool behind = choice.none == ReadReplicas::None::kBehind;
  if (behind) cache_.wantProof();
  const Duration longest =
      behind || !reading.primary_fallback ? reading.replica_wait_timeout : Duration::zero();
  const Instant now = worker_.loop().now();
  if (!waited && longest > Duration::zero()) {
    cache_.counters().replica_waits.add();
    waiting_since_ = now;
  }
  if (longest > Duration::zero() && now - waiting_since_ < longest) {
    reader_.waits = true;
    cache_.replicas().wait(*this);
    const Step step = wait(Hold::kReplica);
    armDeadline(now);
    return step;
  }
  if (!reading.primary_fallback) return answerError(cache_.noReplicaError());
  (behind ? cache_.counters().reads_behind : cache_.counters().reads_without_replica).add();
  server_ = &cache_.lane(resp_, database_, slow);
  return std::nullopt;
}

// A large or a blocking request, a transaction or a script may write as well as any other.
void Client::noteChange(const Command* command) {
  const bool changes = command == nullptr || command->may_change;
  if (changes && cache_.readsOwnWrites()) reader_.wrote = true;
}

// All that it has written is acknowledged: what is asked of the primary from now on tells a position behind
// it.
void Client::writesAcknowledged() {
  reader_.wrote = false;
  reader_.floor = cache_.shared().questions.load();
  if (reader_.turn != 0) cache_.wantProof();  // it is likely to read next
}

// What it has written before this counts, too, and nobody has noted when.
void Client::replicasMayServe() {
  reader_.floor = cache_.shared().questions.load();
  reader_.wrote = outstanding_ > 0;
}

bool Client::readsFromReplica() const {
  return outstanding_ > 0 && !leased_ && server_->replica() != nullptr;
}

}  // namespace forebay::redis
