// What a Snapshot says about our ability to serve: pure rules, no I/O.
//
// A load balancer or Kubernetes must stop sending clients here only when another replica would do better. One
// database or cache of several being down is no such case, and a paused one is served: its clients wait. So
// are, for as long as `hold_timeout` says, those of one that has no primary.
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
  kHolding,   // clients are held until there is a primary
  kDisabled,  // clients are turned away, as an operator asked for
  kDown,      // no server is connected, and the last try to reach one has failed; or, where roles are
              // discovered, no server has the one that clients need
};

// What is known of the servers of a database whose roles are discovered.
struct TopologyHealth {
  std::optional<std::string> primary;                // the accepted one
  uint32_t primaries = 0, replicas = 0, others = 0;  // the first two: those that may be used
  std::optional<uint64_t> lag_bytes;                 // of the replica that is furthest behind
  std::optional<double> lag;                         // in seconds
  std::optional<double> without_primary;             // for how long, in seconds
};

struct DatabaseHealth {
  std::string name;
  DatabaseStatus status = DatabaseStatus::kUp;
  std::string error;      // why it is down
  double saturation = 0;  // of the fullest of its pools
  uint64_t clients = 0, waiting = 0, servers = 0;
  std::optional<TopologyHealth> topology;
  bool servable() const { return status != DatabaseStatus::kDisabled && status != DatabaseStatus::kDown; }
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
