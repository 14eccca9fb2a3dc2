// RedisFaults does to a Redis behind Sentinels what PostgresFaults does to a PostgreSQL.
#pragma once

#include <string>

#include "tests/chaos/fault.h"
#include "tests/chaos/table.h"
#include "tests/rig/forebay.h"
#include "tests/rig/redis_sentinel.h"

namespace forebay::chaos {

class RedisFaults {
 public:
  explicit RedisFaults(int clients);

  void configure(rig::ForebayConfig& config) const;  // adds the caches
  // Throws when clients or servers cannot go on.
  Result run(const Fault& fault, rig::Forebay& forebay);
  std::string log() const { return set_.log(); }

 private:
  class Round;

  const int clients_;
  rig::RedisReplicaSet set_;
};

}  // namespace forebay::chaos
