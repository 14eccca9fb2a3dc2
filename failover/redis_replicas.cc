#include "failover/redis_replicas.h"

#include <algorithm>

namespace forebay::failover {

void RedisReplicas::follow(const Topology& topology) {
  if (replicas_.epoch != topology.epoch) {
    positions_.clear();
    stream_.clear();
    replicas_ = {.epoch = topology.epoch, .all = {}};
  }
  primary_.reset();
  if (topology.primary) primary_ = topology.nodes[*topology.primary].host;
  std::vector<Known> known;
  for (const Node& node : topology.nodes) {
    if (primary_ == node.host) continue;
    const auto before = std::ranges::find(known_, node.host, &Known::host);
    known.push_back(before != known_.end() ? std::move(*before) : Known{.host = node.host});
  }
  known_ = std::move(known);
}

// ---- evidence

void RedisReplicas::said(const conf::HostPort& node, const RedisFacts& facts, uint64_t question,
                         Instant asked) {
  if (primary_ == node) return primarySaid(facts, question, asked);
  const auto from = std::ranges::find(known_, node, &Known::host);
  if (from == known_.end()) return;
  from->facts = facts;
  from->question = question;
  from->asked = asked;
  from->why.clear();
}

void RedisReplicas::failed(const conf::HostPort& node, const std::string& why) {
  const auto from = std::ranges::find(known_, node, &Known::host);
  if (from == known_.end()) return;
  from->facts.reset();
  from->why = why;
}

void RedisReplicas::primarySaid(const RedisFacts& facts, uint64_t question, Instant asked) {
  if (!facts.primary || !facts.offset) return;
  // It was started anew, or promoted: what it writes now is not what the others had a position of.
  const bool goes_on =
      stream_ == facts.stream && (positions_.empty() || positions_.back().offset <= *facts.offset);
  if (!goes_on) positions_.clear();
  stream_ = facts.stream;
  if (!positions_.empty() && positions_.back().offset == *facts.offset) positions_.pop_back();
  if (positions_.size() >= kMostPositions) makeRoom();
  positions_.push_back({question, *facts.offset, asked});
}

// Of the older half every second one: the further back, the less it matters.
void RedisReplicas::makeRoom() {
  std::deque<Position> fewer;
  for (size_t i = 0; i < positions_.size(); ++i)
    if (i % 2 == 0 || i >= positions_.size() / 2) fewer.push_back(positions_[i]);
  positions_ = std::move(fewer);
}

// ---- decisions

// The newest position that it has passed. Null: none is known.
const RedisReplicas::Position* RedisReplicas::provenFor(const RedisFacts& facts) const {
  if (facts.primary || !facts.offset || facts.stream.empty() || facts.stream != stream_) return nullptr;
  const auto beyond = std::ranges::upper_bound(positions_, *facts.offset, {}, &Position::offset);
  return beyond == positions_.begin() ? nullptr : &*std::prev(beyond);
}

std::string RedisReplicas::whyNot(const Known& known, const Position* proven, Instant now) const {
  if (!known.facts) return known.why.empty() ? "it has not answered yet" : known.why;
  const RedisFacts& facts = *known.facts;
  if (facts.primary) return "it calls itself a primary";
  if (facts.syncing) return "it is being given the primary's data";
  if (!facts.linked) return "it is not connected to its primary";
  if (!facts.offset || facts.stream.empty()) return "it does not tell its position (INFO replication)";
  if (stream_.empty()) return "the position of the primary is not known";
  if (facts.stream != stream_) return "it does not follow the primary's replication stream";
  if (proven == nullptr) return "it is behind all that is known of the primary";
  const uint64_t newest = positions_.back().offset;
  if (bounds_.lag_bytes > 0 && newest > *facts.offset && newest - *facts.offset > bounds_.lag_bytes)
    return "it is behind by more than max_replica_lag_bytes";
  if (bounds_.lag > Duration::zero() && now - proven->asked > bounds_.lag)
    return "what it has may be older than max_replica_lag";
  return {};
}

Replica RedisReplicas::describe(const Known& known, Instant now) const {
  Replica out{.host = known.host, .answers = known.facts.has_value(), .answered = known.question};
  const Position* proven = known.facts ? provenFor(*known.facts) : nullptr;
  out.why = whyNot(known, proven, now);
  out.serves = out.why.empty();
  if (proven == nullptr) return out;
  out.proven = proven->question;
  const Position& newest = positions_.back();
  out.lag_bytes = newest.offset - std::min(newest.offset, *known.facts->offset);
  out.lag = proven == &newest ? Duration::zero()
                              : std::max<Duration>(known.asked - proven->asked, Duration::zero());
  return out;
}

bool RedisReplicas::decide(Instant now) {
  std::vector<Replica> before = std::move(replicas_.all);
  replicas_.all.clear();
  for (const Known& each : known_) replicas_.all.push_back(describe(each, now));
  const auto same = [](const Replica& one, const Replica& other) {
    return one.host == other.host && one.serves == other.serves && one.answers == other.answers &&
           one.proven == other.proven && one.answered == other.answered && one.why == other.why;
  };
  return !std::ranges::equal(before, replicas_.all, same);
}

Duration RedisReplicas::askInterval(Instant now) const {
  if (now < wanted_until_) return kAskFast;
  if (bounds_.lag == Duration::zero()) return kAskEvery;
  return std::clamp(bounds_.lag / 4, kAskFast, kAskEvery);
}

}  // namespace forebay::failover
