// What an operator can set for reads: who takes the statements of a database's clients that only read, how
// fresh what they return must be, and which of several replicas is chosen.
// Part of a Config (conf/config.h), with the same rules: immutable once published, a duration or limit of
// zero means "none", except where a comment says otherwise.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "conf/network.h"

namespace forebay::conf {

// Who takes a statement that provably only reads.
enum class Reads : uint8_t {
  kPrimary,         // the primary, as everything else
  kReplicas,        // a replica; the primary only when none may, and if primary_fallback
  kPreferReplicas,  // the primary takes its share by load
};

// How old the data may be that a read sees.
enum class Consistency : uint8_t {
  kEventual,  // as old as max_replica_lag and max_replica_lag_bytes let a replica be
  kSession,   // never older than the client's own writes
  kStrong,    // never older than any write that this process has acknowledged before
};

// How one of several replicas is chosen.
enum class Balance : uint8_t {
  kRoundRobin,        // in turn
  kLeastConnections,  // the one with the least to do for its weight
  kWeighted,          // in turn, as often as its weight says
  kIpHash,            // each client's address has its own, for as long as that one is there
};

std::string_view nameOf(Reads reads);
std::string_view nameOf(Consistency consistency);
std::string_view nameOf(Balance balance);

// A host of which `port` is 0 stands for all its ports.
struct HostWeight {
  HostPort host;
  uint32_t weight = 1;
  bool operator==(const HostWeight&) const = default;
};

struct ReadSettings {
  Reads reads = Reads::kPrimary;
  bool primary_fallback = true;  // false: an error, where no replica may take a read
  Consistency consistency = Consistency::kSession;
  Balance balance = Balance::kLeastConnections;
  std::vector<HostWeight> weights;  // of hosts that do not weigh 1; see weightOf()
  Duration max_replica_lag = seconds(10);
  uint64_t max_replica_lag_bytes = 0;
  // How long a read waits for a replica to replay what its client has written, before the primary takes it.
  // 0: not at all.
  Duration replica_wait_timeout = milliseconds(10);
  bool operator==(const ReadSettings&) const = default;
};

// A host's share of the reads among the others'; 0: it takes none.
uint32_t weightOf(const ReadSettings& settings, const HostPort& host);

}  // namespace forebay::conf
