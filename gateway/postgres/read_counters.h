// ReadCounters counts what became of reads that were split: of one entry of the configuration, on one worker.
#pragma once

#include <map>
#include <string>

#include "base/counter.h"

namespace forebay::postgres {

struct ReadCounters {
  std::map<std::string, Counter, std::less<>> at;  // units that only read, by the server that got them
  Counter behind;       // of these, sent to the primary after all: the replica had not caught up
  Counter asked_again;  // or asked of it again, since the replica had failed them
  Counter floors;       // positions that were asked for behind writes
};

}  // namespace forebay::postgres
