#include "failover/wal_marks.h"

#include <algorithm>

namespace forebay::failover {

void WalMarks::mark(uint32_t timeline, uint64_t lsn, Instant asked) {
  if (timeline != timeline_) marks_.clear();
  timeline_ = timeline;
  if (!marks_.empty() && (lsn <= marks_.back().lsn || asked < marks_.back().at + kApart)) return;
  // When they run out every second one goes: long lags need no fine scale.
  if (marks_.size() == kMost) {
    size_t kept = 0;
    for (size_t each = 0; each < marks_.size(); each += 2) marks_[kept++] = marks_[each];
    marks_.resize(kept);
  }
  marks_.push_back({lsn, asked});
}

std::optional<Duration> WalMarks::behind(uint64_t lsn, Instant asked) const {
  if (marks_.empty()) return std::nullopt;
  const auto missing = std::ranges::upper_bound(marks_, lsn, {}, &Mark::lsn);
  if (missing == marks_.end()) return Duration::zero();
  return std::max(asked - missing->at, Duration::zero());
}

}  // namespace forebay::failover
