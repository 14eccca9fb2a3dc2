// Topologies: what is known of the servers of each entry of the configuration whose roles are discovered. The
// control thread sets it; a worker asks when a pool is made, and is told of changes by mail. Locks, so
// nothing on a query's path uses it.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "failover/topology.h"

namespace forebay::postgres {

class Topologies {
 public:
  // Null: its roles are not discovered.
  failover::TopologyPtr of(std::string_view entry) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_entry_.find(entry);
    return found == by_entry_.end() ? nullptr : found->second;
  }
  void set(const std::string& entry, failover::TopologyPtr topology) {
    const std::lock_guard lock(mutex_);
    by_entry_[entry] = std::move(topology);
  }

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, failover::TopologyPtr, std::less<>> by_entry_;
};

}  // namespace forebay::postgres
