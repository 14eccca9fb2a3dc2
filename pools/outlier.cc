#include "pools/outlier.h"

#include <algorithm>

namespace forebay::pools {

void Outlier::failed(Instant now) {
  if (ejected(now) || ++failures_ < kFailures) return;
  failures_ = 0;
  if (times_ > 0) times_ = std::max(times_ - (now - until_) / kEjection, int64_t{0});
  times_ = std::min(times_ + 1, kLongest / kEjection);
  until_ = now + times_ * kEjection;
}

}  // namespace forebay::pools
