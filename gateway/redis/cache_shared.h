// What all workers share of one cache. Outlives the workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "failover/redis_master.h"
#include "failover/redis_replicas.h"
#include "pools/lease_limit.h"
#include "pools/script_cache.h"
#include "redisproto/acl.h"
#include "redisproto/command.h"

namespace forebay::redis {

// Of those who may log in to a cache: made from the settings, immutable.
struct CacheUser {
  std::string name;
  std::string password_digest;  // SHA-256; empty: any password will do
  redisproto::AclRules rules;
  bool restricted = false;  // rules apply: it is one of `users`, not the backend's own user
};

// What is known of the node behind a cache. Immutable once published; each worker holds the newest.
struct NodeFacts {
  std::string version, mode;
  uint32_t databases = 0;  // 0: unknown
  std::shared_ptr<const redisproto::CommandTable> commands = redisproto::CommandTable::builtIn();
};
using FactsPtr = std::shared_ptr<const NodeFacts>;

// What INFO said last.
struct NodeStats {
  std::map<std::string, std::string, std::less<>> fields;  // "used_memory" -> "1048576"
  WallTime at{};
  std::string error;  // why there is nothing newer
};

// What the control thread has told last of a cache whose primary Sentinels name.
struct Followed {
  failover::TopologyPtr topology;  // null: nothing yet, or the cache has no Sentinels
  failover::History history{};
  failover::ReplicasPtr replicas{};  // null: the same, or the primary takes all reads
};

struct CacheShared {
  CacheShared(uint32_t workers, uint32_t lease_limit) : leases(workers, lease_limit) {}

  pools::LeaseLimit leases;
  pools::ScriptCache scripts;
  std::atomic<uint32_t> clients{0};
  // How many the control thread has put to the nodes (failover/redis_replicas.h).
  std::atomic<uint64_t> questions{0};

  void setStats(NodeStats stats) {
    const std::lock_guard lock(mutex_);
    stats_ = std::move(stats);
  }
  NodeStats stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
  }
  // Whether the node could be reached when it was tried last.
  void reached(WallTime at) {
    const std::lock_guard lock(mutex_);
    if (contact_.reached <= contact_.unreachable) contact_.up_since = at;
    contact_.reached = at;
    contact_.silent = false;
  }
  void unreachable(WallTime at, std::string why) {
    const std::lock_guard lock(mutex_);
    if (contact_.unreachable <= contact_.reached) contact_.down_since = at;
    contact_.unreachable = at;
    contact_.why = std::move(why);
  }
  // A connection was lost: it may have been Redis itself that has ended, or is another one now. INFO tells.
  void lost(Instant at) {
    const std::lock_guard lock(mutex_);
    lost_ = at;
    lost_lately_ = true;
  }
  void isRun(std::string_view id) {  // empty: it does not tell
    const std::lock_guard lock(mutex_);
    if (lost_lately_ && (id.empty() || id != run_id_)) run_since_ = lost_;
    lost_lately_ = false;
    run_id_ = id;
  }
  // Whether it was this run of Redis that gave a cursor at that time (kNever: nobody knows when), as far as
  // can be told.
  bool ranSince(Instant at) const {
    const std::lock_guard lock(mutex_);
    return lost_lately_ ? at != kNever && at >= lost_ : at >= run_since_;
  }
  // Its connections are open, but it has not answered for long.
  void silent(WallTime at, std::string why) {
    unreachable(at, std::move(why));
    const std::lock_guard lock(mutex_);
    contact_.silent = true;
  }
  void setFollowed(Followed followed) {
    const std::lock_guard lock(mutex_);
    followed_ = std::move(followed);
  }
  Followed followed() const {
    const std::lock_guard lock(mutex_);
    return followed_;
  }
  struct Contact {
    WallTime reached{}, unreachable{};  // when last; the default: never
    WallTime up_since{}, down_since{};  // the first of the latest ones in a row
    std::string why;
    bool silent = false;
  };
  Contact contact() const {
    const std::lock_guard lock(mutex_);
    return contact_;
  }

 private:
  mutable std::mutex mutex_;  // guards what follows: nothing of it is on the path of a command
  NodeStats stats_;
  Contact contact_;
  Followed followed_;
  std::string run_id_;
  Instant run_since_{}, lost_{};
  bool lost_lately_ = false;  // and nobody has asked since whether it is the same run
};

}  // namespace forebay::redis
