// Facts: what one PostgreSQL server told a probe about itself.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace forebay::failover {

struct Facts {
  uint64_t system_identifier = 0;  // made by initdb: the same on a primary and all its replicas, forever
  uint32_t timeline = 0;           // grows with each promotion
  bool in_recovery = false;        // a replica
  bool read_only = false;          // default_transaction_read_only
  // Positions in the WAL, comparable within a timeline. Of a primary: what is written; of a replica: what is
  // replayed, and so visible to queries.
  uint64_t lsn = 0;
  uint64_t received_lsn = 0;             // of a replica; 0: it has not streamed since its start
  std::optional<Duration> replay_age{};  // of a replica: how old the last transaction is that it replayed
};

}  // namespace forebay::failover
