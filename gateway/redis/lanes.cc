#include "gateway/redis/lanes.h"

#include <algorithm>

#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

using redisproto::Resp;

Lanes::Lane& Lanes::find(Resp resp, uint32_t database, bool slow) {
  for (Lane& lane : lanes_)
    if (lane.resp == resp && lane.database == database && lane.slow == slow) return lane;
  lanes_.push_back({resp, database, slow, {}, {}});
  return lanes_.back();
}

Server& Lanes::choose(Resp resp, uint32_t database, bool slow) {
  Lane& lane = find(resp, database, slow);
  if (lane.open.empty()) [[unlikely]] {
    if (slow && !cache_.mayOpenShared()) return choose(resp, database, false);
    lane.open.push_back(&cache_.makeShared(resp, database, replica_));
  }
  Server& first = *lane.open.front();
  if (first.owed() < kCrowd) [[likely]]
    return first;
  return chooseInCrowd(lane);
}

// Nobody waits for a connection to be made: it serves from when it is there.
Server& Lanes::chooseInCrowd(Lane& lane) {
  Server* best = lane.open.front();
  Server* unused = nullptr;
  for (Server* server : lane.open) {
    if (server->state() != Server::State::kReady) {
      unused = server;
    } else if (server->owed() < kCrowd) {
      return *server;
    } else if (server->owed() < best->owed()) {
      best = server;
    }
  }
  if (best->state() != Server::State::kReady) return *best;
  if (unused == nullptr && lane.open.size() < kMostOpen && cache_.mayOpenShared()) {
    unused = &cache_.makeShared(lane.resp, lane.database, replica_);
    lane.open.push_back(unused);
  }
  if (unused != nullptr) unused->dialWhenDue();
  return *best;
}

void Lanes::avoid(Server& server) {
  for (Lane& lane : lanes_) {
    const auto at = std::ranges::find(lane.open, &server);
    if (at == lane.open.end()) continue;
    if (lane.spares.empty()) {
      lane.open.erase(at);
    } else {
      *at = lane.spares.back();
      lane.spares.pop_back();
    }
  }
}

bool Lanes::takeBack(Server& server) {
  if (has(server)) return true;
  for (Lane& lane : lanes_) {
    if (lane.resp != server.resp() || lane.database != server.database()) continue;
    if (lane.spares.size() >= kMostSpares) continue;
    lane.spares.push_back(&server);
    return true;
  }
  return false;
}

bool Lanes::has(const Server& server) const {
  return std::ranges::any_of(
      lanes_, [&](const Lane& lane) { return std::ranges::find(lane.open, &server) != lane.open.end(); });
}

void Lanes::remove(Server& server) {
  for (Lane& lane : lanes_) {
    std::erase(lane.open, &server);
    std::erase(lane.spares, &server);
  }
}

void Lanes::clear() {
  for (Lane& lane : lanes_) {
    lane.open.clear();
    lane.spares.clear();
  }
}

}  // namespace forebay::redis
