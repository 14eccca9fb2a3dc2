#include <algorithm>
#include <array>
#include <vector>

#include "conf/address.h"
#include "gateway/admin/show.h"
#include "gateway/admin/text.h"
#include "gateway/log_text.h"

namespace forebay::admin {
namespace {

constexpr auto kInt = ColumnType::kInt4;
constexpr auto kBig = ColumnType::kInt8;

constexpr std::array kTopologyColumns{
    TableColumn{"database"},
    TableColumn{"node"},
    TableColumn{"role"},
    TableColumn{"timeline", kBig},
    TableColumn{"lag_bytes", kBig},
    TableColumn{"lag_ms", kBig},
    TableColumn{"evidence_age_ms", kBig},
    TableColumn{"state"},
    TableColumn{"epoch", kBig},
    TableColumn{"why"},
};
constexpr std::array kRouteColumns{TableColumn{"database"}, TableColumn{"node"}, TableColumn{"role"},
                                   TableColumn{"reads", kBig}, TableColumn{"why"}};
constexpr std::array kEventColumns{TableColumn{"time"}, TableColumn{"database"}, TableColumn{"node"},
                                   TableColumn{"event"}};

// What a server said stands in some of these, and that may be any bytes.
Cell printableIfAny(std::string_view raw) {
  if (raw.empty()) return std::nullopt;
  std::string out;
  appendPrintable(out, raw);
  return out;
}

Cell millisIfKnown(const std::optional<Duration>& time) {
  if (!time) return std::nullopt;
  return number(std::chrono::duration_cast<milliseconds>(*time).count());
}

std::vector<Cell> rowOf(const std::string& database, const failover::Node& node, uint64_t epoch,
                        Instant now) {
  return {text(database),
          text(conf::format(node.host)),
          text(nameOf(node.role)),
          node.timeline == 0 ? std::nullopt : number(node.timeline),
          node.lag_bytes ? number(*node.lag_bytes) : std::nullopt,
          millisIfKnown(node.lag),
          millisIfKnown(evidenceAge(node, now)),
          text(nameOf(node.state)),
          number(epoch),
          printableIfAny(node.why)};
}

// Stands for the server that ought to be there.
std::vector<Cell> rowOfNobody(const std::string& database, const failover::Topology& topology) {
  return {text(database),
          std::nullopt,
          text(nameOf(failover::Role::kPrimary)),
          std::nullopt,
          std::nullopt,
          std::nullopt,
          std::nullopt,
          text("missing"),
          number(topology.epoch),
          printableIfAny(topology.why)};
}

}  // namespace

Table showRoutes(const ShowContext& context) {
  Table out(kRouteColumns);
  for (const DatabaseTopology& row : context.snapshot.topologies)
    for (const ReadRows::Row& at : row.reads.rows) {
      std::string_view role;
      if (row.topology)
        for (const failover::Node& node : row.topology->nodes)
          if (conf::format(node.host) == at.node) role = nameOf(node.role);
      out.add({text(row.database), text(at.node), text(role), number(at.reads), printableIfAny(at.why)});
    }
  return out;
}

Table showTopology(const ShowContext& context) {
  Table out(kTopologyColumns);
  for (const DatabaseTopology& row : context.snapshot.topologies) {
    if (!row.topology) continue;
    for (const failover::Node& node : row.topology->nodes)
      out.add(rowOf(row.database, node, row.topology->epoch, context.snapshot.taken_at));
    if (!row.topology->primary) out.add(rowOfNobody(row.database, *row.topology));
  }
  return out;
}

Table showEvents(const ShowContext& context) {
  std::vector<Event> events = context.snapshot.events;
  std::reverse(events.begin(), events.end());  // of those at the same time, too, the last one is first
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at > b.at; });
  Table out(kEventColumns);
  for (const Event& event : events)
    out.add({text(formatMoment(event.at)), printableIfAny(event.database), printableIfAny(event.node),
             printableIfAny(event.what)});
  return out;
}

}  // namespace forebay::admin
