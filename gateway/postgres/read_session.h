// ReadSession: what one client's session needs for its reads to go to replicas: what it must not see less of
// than, and what may be asked again elsewhere. Exists only for clients whose database splits reads.
#pragma once

#include <cstdint>

#include "gateway/net/buffer.h"
#include "gateway/postgres/read_ahead.h"
#include "pools/parameters.h"
#include "pools/wal_position.h"

namespace forebay::postgres {

class WorkerPool;

// What a client has written, to be taken along to its next connection.
inline constexpr Bytes kTokenParameter = "forebay.token";

struct ReadSession {
  // A session that reads between its writes is told the position of each write at once; one that only writes
  // need not know.
  static constexpr uint8_t kInterest = 32;  // writes in a row

  // The pool of the replica that it waits for or has a server of; null: its own pool, the primary's.
  WorkerPool* at = nullptr;
  bool routed = false;     // where the unit at hand goes is decided
  bool home_next = false;  // the next unit goes to the primary, whatever it is

  // ---- what it has written (consistency = "session")
  pools::WalPosition floor;      // reads may not see less
  bool wrote = false;            // since it was lent its server
  bool dirty = false;            // it has written what `floor` does not cover
  bool awaits_floor = false;     // `floor` is on its way, and so long what it has sent waits
  bool fresh = false;            // `floor` was told for the read at hand (consistency = "strong")
  uint32_t asks = 0;             // positions asked for on its behalf: the last answer counts
  uint8_t interest = kInterest;  // left since its last read

  // ---- the read under way on a replica, or on a primary that may die
  net::Buffer kept;        // its messages
  bool passed_on = false;  // the client has seen something of the answer
  bool refused = false;    // by a replica, with an error: the primary may write for it
  bool ask_again = false;  // it failed in a way that another server would not have

  // ---- what its parameters say, until they are others
  pools::ParametersRef judged;
  bool may_split = true;
  bool read_only_by_default = false;
  ReadRole role = ReadRole::kAuto;
};

}  // namespace forebay::postgres
