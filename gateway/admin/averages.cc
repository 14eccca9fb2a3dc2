#include "gateway/admin/averages.h"

#include <utility>

namespace forebay::admin {
namespace {

// A database that was removed and has come back starts at zero again.
uint64_t grown(uint64_t before, uint64_t after) { return after >= before ? after - before : after; }

uint64_t perEvent(uint64_t time, uint64_t events) { return events == 0 ? 0 : time / events; }

}  // namespace

StatTotals::StatTotals(const PoolCounters& counters)
    : server_assignments(counters.server_assignments),
      transactions(counters.transactions),
      queries(counters.queries),
      client_bytes(counters.client_bytes),
      server_bytes(counters.server_bytes),
      transaction_time(counters.transaction.sum_us),
      query_time(counters.query.sum_us),
      wait_time(counters.wait.sum_us),
      client_parses(counters.client_parses),
      server_parses(counters.server_parses),
      binds(counters.binds) {}

StatTotals& StatTotals::operator+=(const StatTotals& other) {
  server_assignments += other.server_assignments;
  transactions += other.transactions;
  queries += other.queries;
  client_bytes += other.client_bytes;
  server_bytes += other.server_bytes;
  transaction_time += other.transaction_time;
  query_time += other.query_time;
  wait_time += other.wait_time;
  client_parses += other.client_parses;
  server_parses += other.server_parses;
  binds += other.binds;
  return *this;
}

DatabaseTotals totalsByDatabase(const Snapshot& snapshot) {
  DatabaseTotals out;
  for (const auto& [key, pool] : snapshot.pools) out[key.first] += StatTotals(pool.counters);
  return out;
}

StatTotals sumOf(const DatabaseTotals& totals) {
  StatTotals sum;
  for (const auto& [database, of_one] : totals) sum += of_one;
  return sum;
}

StatTotals averageBetween(const StatTotals& before, const StatTotals& after, Duration elapsed) {
  StatTotals out;
  const double period = std::chrono::duration<double>(elapsed).count();
  if (period <= 0) return out;
  const auto perSecond = [&](uint64_t StatTotals::*field) {
    return static_cast<uint64_t>(static_cast<double>(grown(before.*field, after.*field)) / period);
  };
  const auto difference = [&](uint64_t StatTotals::*field) { return grown(before.*field, after.*field); };

  for (const auto field : {&StatTotals::server_assignments, &StatTotals::transactions, &StatTotals::queries,
                           &StatTotals::client_bytes, &StatTotals::server_bytes, &StatTotals::client_parses,
                           &StatTotals::server_parses, &StatTotals::binds})
    out.*field = perSecond(field);
  out.transaction_time =
      perEvent(difference(&StatTotals::transaction_time), difference(&StatTotals::transactions));
  out.query_time = perEvent(difference(&StatTotals::query_time), difference(&StatTotals::queries));
  out.wait_time = perEvent(difference(&StatTotals::wait_time), difference(&StatTotals::server_assignments));
  return out;
}

void Averages::tick(DatabaseTotals totals, Instant now) {
  older_ = std::exchange(newer_, std::move(totals));
  older_at_ = std::exchange(newer_at_, now);
}

StatTotals Averages::of(std::string_view database, const StatTotals& current, Instant now) const {
  const auto before = older_.find(database);
  return averageBetween(before == older_.end() ? StatTotals{} : before->second, current, now - older_at_);
}

StatTotals Averages::ofAll(const StatTotals& current, Instant now) const {
  return averageBetween(sumOf(older_), current, now - older_at_);
}

}  // namespace forebay::admin
