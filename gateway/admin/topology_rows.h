// Failover's part of a Snapshot: what is known of the databases whose servers are asked for their roles, and
// what happened to them last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "conf/config.h"
#include "failover/topology.h"

namespace forebay::admin {

// Where a database's reads went, where they are split.
struct ReadRows {
  struct Row {
    std::string node;    // "host:port"
    uint64_t reads = 0;  // units that only read and were sent there
    std::string why;     // it takes none now; empty: it may
  };
  std::vector<Row> rows;                             // in the order in which they were heard of
  uint64_t behind = 0, asked_again = 0, floors = 0;  // see postgres::ReadCounters

  Row& of(std::string_view node);
  ReadRows& operator+=(const ReadRows& other);
};

struct DatabaseTopology {
  std::string database;            // the name of its settings: "*" for all that have none of their own
  failover::TopologyPtr topology;  // null: nothing is known yet

  // Counted since the process started; nothing of it ever falls.
  uint64_t primary_changes = 0;                             // another server became primary
  uint64_t outages = 0;                                     // times without a primary
  Duration outage_time{};                                   // of all of them together
  uint64_t held_total = 0, released = 0, held_refused = 0;  // clients held; served after all; refused

  ReadRows reads;

  Duration last_outage{};
  uint32_t held = 0;  // clients that wait for a primary now

  // As the settings say.
  conf::TargetSessionAttrs target = conf::TargetSessionAttrs::kPrimary;
  Duration hold_timeout{};

  DatabaseTopology& operator+=(const DatabaseTopology& other);  // of the same database
};

struct Event {
  WallTime at{};
  std::string database, node;  // a node is "host:port"; empty: it is about all of them
  std::string what;
};

// ---- what is read out of a Topology

// How old the answer is that a server's row tells of; nothing: it never gave one.
std::optional<Duration> evidenceAge(const failover::Node& node, Instant now);
// For how long there has been no accepted primary; nothing: there is one.
std::optional<Duration> withoutPrimary(const failover::Topology& topology, Instant now);
// Whether there is a server for its clients.
bool servable(const DatabaseTopology& row);
// If there is none, whether they wait for one without an error so far.
bool holds(const DatabaseTopology& row, Instant now);

std::string lsnText(uint64_t lsn);  // "16/B374D848", as PostgreSQL writes it

}  // namespace forebay::admin
