// WalMarks measures how long a replica is behind, by the primary's own positions and one clock, ours.
//
// PostgreSQL tells how old the last transaction is that a replica has replayed, which grows while nobody
// writes. Here the time counts since the primary was first seen past what the replica has replayed: never
// longer than it really is behind, and shorter by no more than the time between two marks. Those lie as far
// apart as the probes' questions for some minutes back, and ever further before that.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace forebay::failover {

class WalMarks {
 public:
  // The primary has written up to `lsn`, as it said when asked at `asked`.
  void mark(uint32_t timeline, uint64_t lsn, Instant asked);
  // Of a replica that said at `asked` that it has replayed up to `lsn`. Nothing: no primary has told yet.
  std::optional<Duration> behind(uint64_t lsn, Instant asked) const;

 private:
  static constexpr size_t kMost = 256;
  static constexpr Duration kApart = milliseconds(100);

  struct Mark {
    uint64_t lsn = 0;
    Instant at{};
  };
  uint32_t timeline_ = 0;
  std::vector<Mark> marks_;  // the oldest first, each further than the one before
};

}  // namespace forebay::failover
