// The sums and averages of SHOW STATS.
//
// An average looks back over at least one whole stats_period and at most two: it compares now with the totals
// as they were at the last tick but one. So it neither jumps at a tick nor starts from nothing after one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gateway/admin/snapshot.h"

namespace forebay::admin {

// PgBouncer's statistics of one database or of all. Times are in microseconds, as they are shown.
struct StatTotals {
  uint64_t server_assignments = 0, transactions = 0, queries = 0;
  uint64_t client_bytes = 0, server_bytes = 0;
  uint64_t transaction_time = 0, query_time = 0, wait_time = 0;
  uint64_t client_parses = 0, server_parses = 0, binds = 0;

  StatTotals() = default;
  explicit StatTotals(const PoolCounters& counters);
  StatTotals& operator+=(const StatTotals& other);
  bool operator==(const StatTotals&) const = default;
};

using DatabaseTotals = std::map<std::string, StatTotals, std::less<>>;  // by database
DatabaseTotals totalsByDatabase(const Snapshot& snapshot);
StatTotals sumOf(const DatabaseTotals& totals);

// What happened between the two, per second; times per transaction, query and assignment.
StatTotals averageBetween(const StatTotals& before, const StatTotals& after, Duration elapsed);

class Averages {
 public:
  explicit Averages(Instant start) : older_at_(start), newer_at_(start) {}

  void tick(DatabaseTotals totals, Instant now);  // once per stats_period

  StatTotals of(std::string_view database, const StatTotals& current, Instant now) const;
  StatTotals ofAll(const StatTotals& current, Instant now) const;

 private:
  DatabaseTotals older_, newer_;
  Instant older_at_, newer_at_;
};

}  // namespace forebay::admin
