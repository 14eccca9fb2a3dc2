// History: what there was of outages since somebody began to watch. The time before the first primary is
// none.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace forebay::failover {

struct History {
  uint64_t switches = 0;  // another server became primary
  uint64_t outages = 0;   // that are over
  Duration outage_time{}, last_outage{};

  void outageEnded(Duration lasted) {
    ++outages;
    last_outage = lasted;
    outage_time += lasted;
  }
};

}  // namespace forebay::failover
