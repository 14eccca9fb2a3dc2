// What is known of the PostgreSQL servers whose roles are discovered, and what failover did. What is unknown
// is left out.
#include "conf/address.h"
#include "gateway/http/metrics.h"

namespace forebay::http {
namespace {

using admin::DatabaseTopology;
using failover::Node;
using failover::NodeState;
using failover::Role;
using Rows = std::vector<DatabaseTopology>;

Labels labelsOf(const DatabaseTopology& row, const Node& node) {
  return {label("database", row.database), label("node", conf::format(node.host))};
}

// `value` of each server, where it is known: std::optional<double>.
void appendNodes(Family family, const Rows& rows, auto value) {
  for (const DatabaseTopology& row : rows) {
    if (!row.topology) continue;
    for (const Node& node : row.topology->nodes)
      if (const std::optional<double> known = value(node)) family.add(labelsOf(row, node), *known);
  }
}

// One series for each of `all`, of which the one that `current` says is 1.
void appendChoice(Family family, const Rows& rows, std::string_view label_name, auto all, auto current) {
  for (const DatabaseTopology& row : rows) {
    if (!row.topology) continue;
    for (const Node& node : row.topology->nodes)
      for (const auto each : all) {
        Labels labels = labelsOf(row, node);
        labels.push_back(label(label_name, nameOf(each)));
        family.add(std::move(labels), current(node) == each ? 1 : 0);
      }
  }
}

void appendStates(Families& out, const Rows& rows) {
  appendNodes(
      gauge(out, "forebay_postgres_node_up", "Whether a server answers and may be used as what it is."), rows,
      [](const Node& node) { return node.state == NodeState::kUp ? 1.0 : 0.0; });
  appendChoice(gauge(out, "forebay_postgres_node_role", "1 for the role that a server says it has."), rows,
               "role", std::initializer_list<Role>{Role::kPrimary, Role::kReplica, Role::kUnknown},
               [](const Node& node) { return node.role; });
  appendChoice(gauge(out, "forebay_postgres_node_state", "1 for the state that a server is in."), rows,
               "state",
               std::initializer_list<NodeState>{NodeState::kUp, NodeState::kSlow, NodeState::kDown,
                                                NodeState::kFenced, NodeState::kForeign, NodeState::kUnknown},
               [](const Node& node) { return node.state; });
}

void appendPositions(Families& out, const Rows& rows, Instant now) {
  using Known = std::optional<double>;
  appendNodes(gauge(out, "forebay_postgres_node_timeline", "The timeline that a server is on."), rows,
              [](const Node& node) { return node.timeline == 0 ? Known() : Known(node.timeline); });
  appendNodes(gauge(out, "forebay_postgres_node_lag_bytes", "WAL that a replica has not replayed yet."), rows,
              [](const Node& node) {
                return node.lag_bytes ? Known(static_cast<double>(*node.lag_bytes)) : Known();
              });
  appendNodes(gauge(out, "forebay_postgres_node_lag_seconds", "How far a replica is behind."), rows,
              [](const Node& node) { return node.lag ? Known(secondsOf(*node.lag)) : Known(); });
  appendNodes(gauge(out, "forebay_postgres_node_evidence_age_seconds",
                    "How old the last answer of a server is: it rises while there is none."),
              rows, [now](const Node& node) {
                const std::optional<Duration> age = admin::evidenceAge(node, now);
                return age ? Known(secondsOf(*age)) : Known();
              });
}

void appendEach(Family family, const Rows& rows, auto value) {
  for (const DatabaseTopology& row : rows)
    family.add({label("database", row.database)}, static_cast<double>(value(row)));
}

void appendReads(Families& out, const Rows& rows) {
  Family reads = counter(out, "forebay_postgres_node_reads_total",
                         "Requests that only read, by the server that they were sent to.");
  for (const DatabaseTopology& row : rows)
    for (const admin::ReadRows::Row& at : row.reads.rows)
      reads.add({label("database", row.database), label("node", at.node)}, static_cast<double>(at.reads));
  appendEach(counter(out, "forebay_reads_behind_total",
                     "Reads sent to the primary because a replica had not caught up with their session."),
             rows, [](const DatabaseTopology& row) { return row.reads.behind; });
  appendEach(counter(out, "forebay_reads_asked_again_total",
                     "Reads asked again of the primary because a replica had failed them."),
             rows, [](const DatabaseTopology& row) { return row.reads.asked_again; });
  appendEach(counter(out, "forebay_reads_floors_total",
                     "Positions in the WAL that the primary was asked for behind writes."),
             rows, [](const DatabaseTopology& row) { return row.reads.floors; });
}

void appendTopologies(Families& out, const Rows& rows, Instant now) {
  Family primary =
      gauge(out, "forebay_failover_primary_up", "Whether there is a primary that takes clients.");
  for (const DatabaseTopology& row : rows)
    if (row.topology) primary.add({label("database", row.database)}, row.topology->primaryUp() ? 1 : 0);
  Family without = gauge(out, "forebay_failover_without_primary_seconds",
                         "For how long there has been no primary; 0: there is one.");
  for (const DatabaseTopology& row : rows)
    if (row.topology)
      without.add({label("database", row.database)},
                  secondsOf(admin::withoutPrimary(*row.topology, now).value_or(Duration{})));
  Family epoch = gauge(out, "forebay_failover_epoch", "Raised whenever a primary comes or goes.");
  for (const DatabaseTopology& row : rows)
    if (row.topology) epoch.add({label("database", row.database)}, static_cast<double>(row.topology->epoch));
}

}  // namespace

void appendFailoverMetrics(Families& out, const admin::Snapshot& snapshot) {
  const Rows& rows = snapshot.topologies;
  if (rows.empty()) return;
  appendStates(out, rows);
  appendPositions(out, rows, snapshot.taken_at);
  appendTopologies(out, rows, snapshot.taken_at);
  appendReads(out, rows);
  appendEach(counter(out, "forebay_failover_primary_changes_total", "Another server became primary."), rows,
             [](const DatabaseTopology& row) { return row.primary_changes; });
  appendEach(counter(out, "forebay_failover_outages_total", "Times without a primary."), rows,
             [](const DatabaseTopology& row) { return row.outages; });
  appendEach(counter(out, "forebay_failover_outage_seconds_total", "How long they took together."), rows,
             [](const DatabaseTopology& row) { return secondsOf(row.outage_time); });
  appendEach(gauge(out, "forebay_failover_last_outage_seconds", "How long the last one took."), rows,
             [](const DatabaseTopology& row) { return secondsOf(row.last_outage); });
  appendEach(gauge(out, "forebay_failover_held_clients", "Clients that wait for a primary."), rows,
             [](const DatabaseTopology& row) { return row.held; });
  appendEach(counter(out, "forebay_failover_held_total", "Clients that had to wait for a primary."), rows,
             [](const DatabaseTopology& row) { return row.held_total; });
  appendEach(counter(out, "forebay_failover_released_total", "Those that a primary then served."), rows,
             [](const DatabaseTopology& row) { return row.released; });
  appendEach(counter(out, "forebay_failover_held_refused_total",
                     "Clients refused since too many waited, or for too long."),
             rows, [](const DatabaseTopology& row) { return row.held_refused; });
}

}  // namespace forebay::http
