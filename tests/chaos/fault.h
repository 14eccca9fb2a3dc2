// What can be done to the servers behind a gateway, and how one fault differs from another of its kind.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tests/rig/error.h"
#include "tests/rig/postgres_server.h"

namespace forebay::chaos {

using rig::milliseconds;

enum class Kind : uint8_t {
  // of a PostgreSQL with two synchronous replicas
  kKill,        // of the primary; a replica is promoted
  kTwoKills,    // of the primary, and of its successor
  kSwitchover,  // the primary is stopped in good order, a replica promoted
  kFreeze,      // SIGSTOP; the primary wakes up after another was promoted
  kNap,         // SIGSTOP, and nobody is promoted
  kIsolate,  // the primary is cut off from the gateway, and another promoted, before it can be reached again
  kUsurp,    // another is promoted while the primary goes on, for all that the gateway can see
  kPartition,     // the primary is cut off from the gateway, and stays primary
  kSlowNetwork,   // between the gateway and the primary
  kReset,         // of every connection between the gateway and the primary
  kKillReplicas,  // one, or both; they come back
  kFillDisk,      // of the primary
  // of a Redis with two replicas and three Sentinels
  kMasterKill,
  kMasterFreeze,   // until another is master
  kMasterNap,      // for less than Sentinels mind
  kMasterIsolate,  // from everybody, until another is master
  kMasterReset,    // of every connection to it
  kAskedFailover,  // SENTINEL FAILOVER
  kKillSentinel,   // one; it comes back
  kFreezeSentinel,
  kNoSentinels,      // all are gone for a while
  kNoSentinelsKill,  // all are gone when the master is killed, and come back
};
std::span<const Kind> postgresKinds();
std::span<const Kind> redisKinds();
bool isOfRedis(Kind kind);

enum class Direction : uint8_t { kBoth, kToServer, kFromServer };  // what of the network stands still

struct Fault {
  Kind kind = Kind::kKill;
  milliseconds delay{};  // the clients are at work for so long before it
  milliseconds lasts{};
  Direction direction = Direction::kBoth;
  rig::Rejoin rejoin = rig::Rejoin::kRewind;  // how who was primary comes back
  bool harder = false;                        // both replicas; a server that panics; a FIN is an RST
  uint32_t client_seed = 0;

  bool operator==(const Fault&) const = default;
};

// On one line: "PostgreSQL: kill -9 of the primary; it comes back as a copy".
std::string describe(const Fault& fault);

}  // namespace forebay::chaos
