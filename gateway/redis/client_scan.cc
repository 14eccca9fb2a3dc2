// SCAN and its like: a cursor goes back to the Redis that has given it, and to no other.
#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/worker_cache.h"
#include "pools/in_flight.h"

namespace forebay::redis {

// A cursor that this client did not begin with is of its run of Redis as long as nothing was lost lately.
Client::Step Client::scan(const Command& command, const Request& request, Bytes wire) {
  const bool goes_on = pools::goesOn(command, request.args);
  if (!goes_on) {
    extra().scan_begun = worker_.loop().now();
  } else if (!cache_.shared().ranSince(extra_ ? extra_->scan_begun : kNever)) {
    if (const std::string refusal = denied(command, request); !refusal.empty()) return refuse(refusal);
    return answerError(pools::cursorLostError());
  }
  return forward(&command, request, wire);
}

}  // namespace forebay::redis
