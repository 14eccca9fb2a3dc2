// What one worker counts for one cache. Written by the worker's thread; any thread may read.
#pragma once

#include <array>

#include "base/counter.h"
#include "base/histogram.h"
#include "redisproto/command.h"

namespace forebay::redis {

struct CacheCounters {
  std::array<Counter, redisproto::kGroups> commands;   // answered, by group
  std::array<Histogram, redisproto::kGroups> latency;  // from a request's arrival to its reply
  Histogram before_write;                              // from a request's arrival until it was written
  Counter reads, writes, local;                        // by class; local: answered here
  Counter hits, misses;                                // of reads that a value or a null answers
  Counter client_bytes, client_bytes_sent;             // from and to clients
  Counter bytes_received, bytes_sent;                  // from and to servers
  Counter server_logins, server_login_failures, server_losses;
  Counter leases, lease_waits;  // leases given; those that were not immediate
  Histogram lease_wait;
  Counter sent_again, outcome_unknown, timeouts;  // after a lost connection; deadlines
  Counter detours;                                // connections left alone with a large reply
  Counter denied, auth_failed, protocol_errors;
  Counter shed;                                   // clients closed for what was held for them
  Counter messages, deliveries, subscriber_gaps;  // Pub/Sub: received, passed on, connections lost
  Counter scripts_repaired;
  // Where replicas take reads. Those that the primary took: no replica was known to have what the client had
  // written; none served at all.
  Counter replica_reads, reads_behind, reads_without_replica;
  Counter replica_waits;  // reads that waited for a replica
  Counter reads_moved;    // sent again elsewhere, as the replica failed
};

}  // namespace forebay::redis
