// The connections to replicas: they carry reads alone, and what goes wrong with one is no client's business.
#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/replicas.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"
#include "pools/in_flight.h"

namespace forebay::redis {

// Others may ask the same, and be answered: what it tells is about this node, or its users.
bool Server::refusesReads(Bytes error) {
  return pools::rejectedBeforeExecution(error) || error.starts_with("-NOPERM ") ||
         error.starts_with("-NOAUTH ");
}

// All that it owes is asked for once more, elsewhere, in the old order; then it is closed.
void Server::handOver(std::string_view reason) {
  if (state_ == State::kClosed) return;
  const std::string why(reason);
  replica_->lanes.remove(*this);
  cache_.replicas().failed(*replica_, why);
  Wires wires(*this);
  Ring<Owed> owed = std::exchange(owed_, {});
  for (size_t i = 0; i < owed.size(); ++i) {
    Owed next = std::move(owed[i]);
    const Bytes wire = wires.next(next.size);
    if (next.client == nullptr) continue;
    if (i == 0 && mid_reply_) next.client->close("its reply was cut off");
    if (next.client->closed()) {
      next.client->replied(1);
    } else {
      askElsewhere(next, wire);
    }
  }
  cache_.log("closed: " + why, *this);
  close(why);
}

void Server::askElsewhere(Owed& owed, Bytes wire) {
  Client& client = *owed.client;
  Server* target = client.server() == this ? cache_.readAgain(client) : client.server();
  if (target != nullptr) client.moved(*target);
  if (owed.kind == Owed::Kind::kAnswer) {
    if (target == nullptr || target->owed() == 0) return client.receive(*owed.text, 1);
    return target->putAnswer(client, std::move(*owed.text));
  }
  if (target != nullptr) {
    cache_.counters().reads_moved.add();
    return target->put(&client, owed.command, owed.kind, wire);
  }
  std::string text;
  if (owed.kind == Owed::Kind::kForward) redisproto::appendError(text, cache_.noReplicaError());
  client.receive(text, 1);
}

}  // namespace forebay::redis
