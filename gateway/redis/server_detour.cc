// Behind a large reply: who waits for nothing but reads is better off with asking again elsewhere.
#include <unordered_set>

#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"
#include "pools/in_flight.h"

namespace forebay::redis {
namespace {

bool mayMove(const Owed& owed) {
  if (owed.cut) return false;
  switch (owed.kind) {
    case Owed::Kind::kAnswer: return true;
    case Owed::Kind::kForward:
    case Owed::Kind::kCollect: return owed.command != nullptr && pools::isRepeatable(*owed.command);
    case Owed::Kind::kSwallow:
    case Owed::Kind::kOwn: return false;
  }
  return false;
}

}  // namespace

// A client moves with all that it waits for, so that its order holds, or not at all. The replies that come
// here nevertheless meet tombstones.
void Server::moveOthers() {
  if (!detoured_ || refusing_ || owed_.empty()) return;
  std::unordered_set<const Client*> stay{nullptr, owed_.front().client};
  for (size_t i = 1; i < owed_.size(); ++i)
    if (owed_[i].client != nullptr && (owed_[i].client->closed() || !mayMove(owed_[i])))
      stay.insert(owed_[i].client);
  Wires wires(*this);
  wires.next(owed_.front().size);
  for (size_t i = 1; i < owed_.size(); ++i) {
    Owed& next = owed_[i];
    const Bytes wire = wires.next(next.size);
    if (stay.contains(next.client)) continue;
    Client& client = *std::exchange(next.client, nullptr);
    Server& target = client.server() == this ? cache_.laneBeside(*this, client.onSlow()) : *client.server();
    client.moved(target);
    if (next.kind == Owed::Kind::kAnswer && target.owed() == 0) {
      client.receive(*next.text, 1);  // it waits behind nothing any more
    } else if (next.kind == Owed::Kind::kAnswer) {
      target.putAnswer(client, std::move(*next.text));
    } else {
      target.put(&client, next.command, next.kind, wire);
      next.kind = Owed::Kind::kSwallow;
    }
  }
}

}  // namespace forebay::redis
