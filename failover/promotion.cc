#include "failover/promotion.h"

#include <algorithm>

#include "conf/address.h"

namespace forebay::failover {
namespace {

bool claimsToBePrimary(const Node& node) {
  return node.role == Role::kPrimary && (node.state == NodeState::kUp || node.state == NodeState::kFenced);
}

// What it has when it is promoted: a server replays first what it has received. Positions on different
// timelines cannot be compared, and the later timeline is the one that counts.
std::pair<uint32_t, uint64_t> reach(const Node& node) {
  return {node.timeline, std::max(node.lsn, node.received_lsn)};
}

// The replica that has most; the first of equals.
size_t furthest(const Topology& topology, size_t best) {
  for (size_t node = 0; node < topology.nodes.size(); ++node)
    if (topology.isReplica(node) && reach(topology.nodes[node]) > reach(topology.nodes[best])) best = node;
  return best;
}

std::string shortOf(const Node& node, const Node& further) {
  if (node.timeline != further.timeline)
    return "is on timeline " + std::to_string(further.timeline) + ", and it on timeline " +
           std::to_string(node.timeline);
  return "has received " + std::to_string(reach(further).second - reach(node).second) + " bytes more";
}

std::string stateOf(const Node& node) {
  return std::string(nameOf(node.role)) + ", " + std::string(nameOf(node.state)) +
         (node.why.empty() ? "" : ": " + node.why);
}

// A fenced server of an older timeline is no primary any more, whatever it says.
bool inTheWay(const Topology& topology, const Node& node) {
  const auto newer = [&](const Node& each) {
    return each.state != NodeState::kForeign && each.timeline > node.timeline;
  };
  return claimsToBePrimary(node) && std::ranges::none_of(topology.nodes, newer);
}

}  // namespace

bool heardSince(const Topology& topology, Instant since) {
  return std::ranges::all_of(topology.nodes, [since](const Node& node) {
    return node.state != NodeState::kUp || node.seen >= since;
  });
}

std::optional<Refusal> whyNotPromote(const Topology& topology, size_t node) {
  const Node& wanted = topology.nodes[node];
  const std::string name = conf::format(wanted.host);
  for (const Node& each : topology.nodes) {
    if (!inTheWay(topology, each)) continue;
    const std::string primary = conf::format(each.host);
    if (&each == &wanted && topology.isPrimary(each.host))
      return Refusal{name + " is the primary already", "", ""};
    return Refusal{primary + " is a primary, and it answers",
                   "With a second one, each would take writes that the other has not.",
                   "Stop " + primary + " first, so that its last writes reach the replicas, and ask again."};
  }
  if (!topology.isReplica(node))
    return Refusal{name + " is no replica that answers", "It is " + stateOf(wanted) + ".",
                   "SHOW TOPOLOGY tells what is known of each server."};
  const size_t best = furthest(topology, node);
  if (best == node) return std::nullopt;
  const std::string better = conf::format(topology.nodes[best].host);
  return Refusal{name + " is not the furthest replica: what only others have received would be lost",
                 better + " " + shortOf(wanted, topology.nodes[best]) + ".",
                 "Promote " + better + " instead."};
}

Candidate chooseCandidate(const Topology& topology, std::optional<size_t> former) {
  if (!former)
    return {.why_not = "no primary was seen since the start, so nobody knows whose replicas these are"};
  std::optional<size_t> first;
  for (size_t node = 0; node < topology.nodes.size(); ++node) {
    const Node& each = topology.nodes[node];
    if (topology.isReplica(node)) {
      if (!first) first = node;
    } else if (node != *former || claimsToBePrimary(each)) {
      return {.why_not = conf::format(each.host) + " is no replica that answers (" + stateOf(each) +
                         "), and may hold what the others have not"};
    }
  }
  if (!first) return {.why_not = "there is no replica"};
  return {.node = furthest(topology, *first)};
}

std::optional<size_t> Promoter::decide(const Topology& topology, std::optional<size_t> former, Instant now) {
  decide_by_ = kNever;
  if (topology.primary) {
    not_before_ = {};
    said_.clear();
  }
  if (!rules_.automatic || under_way_ || topology.primary) return std::nullopt;
  const Instant due = std::max(topology.without_primary_since + rules_.delay, not_before_);
  if (now < due) {
    decide_by_ = due;
    return std::nullopt;
  }
  if (!heardSince(topology, std::max(ended_, topology.without_primary_since))) return std::nullopt;
  const Candidate candidate = chooseCandidate(topology, former);
  if (!candidate.node) {
    say(candidate.why_not);
    return std::nullopt;
  }
  said_.clear();
  begin();
  return candidate.node;
}

void Promoter::ended(Instant now) {
  under_way_ = false;
  ended_ = now;
  not_before_ = now + std::max<Duration>(rules_.delay, seconds(1));
}

void Promoter::say(const std::string& why_not) {
  if (why_not == said_) return;
  said_ = why_not;
  news_ = why_not;
}

}  // namespace forebay::failover
