// Reader: what a client's reads depend on where replicas take some of them.
#pragma once

#include <cstdint>

namespace forebay::redis {

struct Reader {
  // A replica has all that the client has written once it is proven for a higher question than this one
  // (failover/redis_replicas.h). 0: it has written nothing.
  uint64_t floor = 0;
  uint32_t turn = 0;   // which replica is its own; 0: it has read from none yet
  bool wrote = false;  // and the last reply has not come yet
  bool waits = false;  // the read in front has begun to wait for a replica
};

}  // namespace forebay::redis
