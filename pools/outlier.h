// Outlier keeps a server out of the choice for a while after it has failed several times in a row.
//
// The model is Envoy's outlier detection
// (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier): kFailures without a
// success between them eject it for kEjection, the next time for twice that, and so on up to kLongest; each
// kEjection that it stays in the choice takes one of those times back. What fails while it is ejected was
// sent before, and says nothing new. A failure is one of the server, such as a refused or lost connection,
// never one of a statement. Not thread-safe: each worker judges by what it sees.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace forebay::pools {

class Outlier {
 public:
  static constexpr uint32_t kFailures = 5;
  static constexpr Duration kEjection = seconds(10), kLongest = seconds(300);

  void failed(Instant now);
  void succeeded() { failures_ = 0; }

  bool ejected(Instant now) const { return now < until_; }
  Instant until() const { return until_; }  // the end of its last ejection

 private:
  uint32_t failures_ = 0;  // in a row
  int64_t times_ = 0;      // ejected, less those taken back
  Instant until_ = Instant::min();
};

}  // namespace forebay::pools
