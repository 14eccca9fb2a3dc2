// CacheClients are applications that write and read through a gateway to Redis, each a key of its own, and
// note what they are told (tests/rig/cache_history.h); RegisterClients are the same for PostgreSQL.
//
// Some writes are followed by WAIT for all replicas, and some go out together with the next read. A client
// keeps its connection whatever happens: one that is lost is an error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tests/rig/history.h"
#include "tests/rig/redis_server.h"

namespace forebay::rig {

class CacheClients {
 public:
  struct Route {
    uint16_t port = 0;  // of the gateway
    Reads reads = Reads::kNewest;
  };

  // As if nobody had written yet, on so many replicas too.
  static void clear(RedisServer& primary, int replicas);

  // `routes`: they take them by turns. `replicas`: so many have a write that is everywhere. They start at
  // once.
  CacheClients(std::vector<Route> routes, int count, int replicas, uint32_t seed, milliseconds rest);
  ~CacheClients();

  // As of RegisterClients.
  void awaitProgress(int writes = 5, milliseconds limit = kPatience);
  void disturb(const std::function<void()>& fault);
  // Ends them, and gives what they have noted, each with a last read past the gateway.
  History stop(RedisServer& primary);

 private:
  class Client;
  const Route& routeOf(size_t client) const { return routes_[client % routes_.size()]; }

  const std::vector<Route> routes_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Disturbance> disturbances_;
};

}  // namespace forebay::rig
