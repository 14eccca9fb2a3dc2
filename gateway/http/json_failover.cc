// /api/topology and /api/events. What is unknown is left out, or null where its absence would be a claim.
#include <nlohmann/json.hpp>

#include "conf/address.h"
#include "gateway/admin/text.h"
#include "gateway/http/json.h"
#include "gateway/http/metric_family.h"
#include "gateway/http/utf8.h"

namespace forebay::http {
namespace {

using Json = nlohmann::ordered_json;

Json textOrNull(const std::string& text) { return text.empty() ? Json() : Json(toUtf8(text)); }

Json nodeJson(const failover::Node& node, Instant now) {
  Json out = {
      {"node", toUtf8(conf::format(node.host))}, {"role", nameOf(node.role)}, {"state", nameOf(node.state)}};
  if (node.timeline != 0) out["timeline"] = node.timeline;
  if (node.lsn != 0) out["lsn"] = admin::lsnText(node.lsn);
  if (node.lag_bytes) out["lag_bytes"] = *node.lag_bytes;
  if (node.lag) out["lag_seconds"] = secondsOf(*node.lag);
  if (const auto age = admin::evidenceAge(node, now)) out["evidence_age_seconds"] = secondsOf(*age);
  if (!node.why.empty()) out["why"] = toUtf8(node.why);
  return out;
}

Json databaseJson(const admin::DatabaseTopology& row, Instant now) {
  Json out = {{"database", toUtf8(row.database)}};
  if (row.topology) {
    const failover::Topology& topology = *row.topology;
    out["epoch"] = topology.epoch;
    out["primary"] =
        topology.primary ? Json(toUtf8(conf::format(topology.nodes[*topology.primary].host))) : Json();
    if (const auto time = admin::withoutPrimary(topology, now)) {
      out["without_primary_seconds"] = secondsOf(*time);
      out["why"] = textOrNull(topology.why);
    }
    out["nodes"] = Json::array();
    for (const failover::Node& node : topology.nodes) out["nodes"].push_back(nodeJson(node, now));
  }
  out["primary_changes_total"] = row.primary_changes;
  out["outages_total"] = row.outages;
  out["outage_seconds_total"] = secondsOf(row.outage_time);
  out["last_outage_seconds"] = secondsOf(row.last_outage);
  out["held"] = {{"clients", row.held},
                 {"held_total", row.held_total},
                 {"released_total", row.released},
                 {"refused_total", row.held_refused}};
  return out;
}

}  // namespace

std::string topologyJson(const admin::Snapshot& snapshot) {
  Json out = {{"databases", Json::array()}};
  for (const admin::DatabaseTopology& row : snapshot.topologies)
    out["databases"].push_back(databaseJson(row, snapshot.taken_at));
  return out.dump(2) + "\n";
}

std::string eventsJson(const admin::Snapshot& snapshot) {
  Json out = {{"events", Json::array()}};
  for (const admin::Event& event : snapshot.events)
    out["events"].push_back({{"time", admin::formatIsoMoment(event.at)},
                             {"database", textOrNull(event.database)},
                             {"node", textOrNull(event.node)},
                             {"event", toUtf8(event.what)}});
  return out.dump(2) + "\n";
}

}  // namespace forebay::http
