// WalPosition: a place in a PostgreSQL cluster's WAL, bound to the timeline on which it was told.
//
// What a session has written is visible on a replica that has replayed the WAL up to where it was written and
// is on that timeline or on a later one, which has the earlier one's history up to its fork
// (https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace forebay::pools {

struct WalPosition {
  uint32_t timeline = 0;
  uint64_t lsn = 0;  // 0: the beginning, which everybody has passed

  bool operator==(const WalPosition&) const = default;
  bool operator<(const WalPosition& other) const {  // what is on a later timeline is further
    return timeline != other.timeline ? timeline < other.timeline : lsn < other.lsn;
  }
};

// A pg_lsn as the number that it is: its distance from 0/0, in decimal.
std::optional<uint64_t> parseLsn(Bytes text);
// "3:97517557832", the timeline first: what a session is shown as its token, and takes back.
std::optional<WalPosition> parseWalPosition(Bytes text);

}  // namespace forebay::pools
