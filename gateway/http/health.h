// What a Snapshot says about our ability to serve: pure rules, no I/O.
//
// A load balancer or Kubernetes must stop sending clients here only when another replica would do better. One
// database or cache of several being down is no such case, and a paused one is served: its clients wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/snapshot.h"

namespace forebay::http {

enum class DatabaseStatus : uint8_t {
  kUp,        // a server is connected, or was reached when one was last needed, or none was needed yet
  kPaused,    // clients are held until RESUME
  kDisabled,  // clients are turned away, as an operator asked for
  kDown,      // no server is connected, and the last try to reach one has failed
};

struct DatabaseHealth {
  std::string name;
  DatabaseStatus status = DatabaseStatus::kUp;
  std::string error;      // why it is down
  double saturation = 0;  // of the fullest of its pools
  uint64_t clients = 0, waiting = 0, servers = 0;
  bool servable() const { return status == DatabaseStatus::kUp || status == DatabaseStatus::kPaused; }
};

struct CacheHealth {
  std::string name;
  admin::RedisNodeState status = admin::RedisNodeState::kUnknown;
  std::string error;                // why it is down
  std::optional<std::string> role;  // of its Redis
  std::optional<double> info_age;   // seconds since Redis has last said how it is
  double saturation = 0;            // of its leases
  uint64_t clients = 0, waiting = 0, servers = 0;
  // One that was not asked for yet may well be.
  bool servable() const {
    return status == admin::RedisNodeState::kUp || status == admin::RedisNodeState::kUnknown;
  }
};

struct Health {
  bool ready = false;
  std::string_view reason;  // "ok", or what keeps us from being ready
  bool degraded = false;    // ready, but not every database and cache is
  std::vector<DatabaseHealth> databases;
  std::vector<CacheHealth> caches;
};

Health judge(const admin::Snapshot& snapshot);
// The same, as if there were nothing but the caches. Without any it is ready.
Health judgeCaches(const admin::Snapshot& snapshot);

// Servers lent out, as a share of the pool's limit; 0 for a pool that may have none.
double saturationOf(const admin::PoolRow& pool);
// Leases lent out, as a share of the limit; 0 where there may be none.
double leaseSaturationOf(const admin::RedisCacheRow& cache);

std::string_view nameOf(DatabaseStatus status);

}  // namespace forebay::http
