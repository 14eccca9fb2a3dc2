#include "failover/primary_monitor.h"

#include <algorithm>

#include "conf/address.h"

namespace forebay::failover {
namespace {

// So long is probed fast after a doubt: a promotion that has begun shows within that time, or in what
// follows.
constexpr seconds kDoubtLasts{2};

std::string timelineText(uint32_t timeline) { return "timeline " + std::to_string(timeline); }

}  // namespace

PrimaryMonitor::PrimaryMonitor(const std::vector<conf::HostPort>& nodes, Rules rules, Memory memory,
                               Instant now)
    : rules_(rules), memory_(memory), witnesses_(nodes.size()) {
  for (const conf::HostPort& host : nodes) topology_.nodes.push_back({.host = host});
  topology_.epoch = memory_.epoch;
  topology_.without_primary_since = now;
  topology_.why = "no server has answered yet";
}

// ---- evidence

void PrimaryMonitor::answered(size_t node, const Facts& facts, Instant asked) {
  Witness& witness = witnesses_[node];
  if (witness.facts && witness.asked > asked) return;  // answers of two connections may cross
  witness = {facts, asked, true, true, {}};
  learn(facts);
}

void PrimaryMonitor::learn(const Facts& facts) {
  if (memory_.system_identifier == 0) memory_.system_identifier = facts.system_identifier;
  if (belongs(facts)) memory_.timeline = std::max(memory_.timeline, facts.timeline);
}

void PrimaryMonitor::failed(size_t node, bool reached, std::string why, Instant now) {
  Witness& witness = witnesses_[node];
  witness.answered_last = false;
  witness.reached = reached;
  witness.failure = std::move(why);
  doubted(node, now);
}

void PrimaryMonitor::doubted(size_t node, Instant now) {
  if (topology_.primary && *topology_.primary != node) return;  // its loss changes nothing for the primary
  doubted_until_ = now + kDoubtLasts;
}

void PrimaryMonitor::forget() {
  memory_.system_identifier = 0;
  memory_.timeline = accepted_timeline_ = 0;
  for (Witness& witness : witnesses_) witness.facts.reset();
  record_ = {};
}

Duration PrimaryMonitor::probeInterval(Instant now) const {
  const bool well = topology_.primary && topology_.nodes[*topology_.primary].state == NodeState::kUp;
  return well && now >= doubted_until_ ? rules_.probe_interval : rules_.fast_probe_interval;
}

// ---- deciding

bool PrimaryMonitor::decide(Instant now) {
  const Topology before = topology_;
  decide_by_ = kNever;
  for (size_t node = 0; node < witnesses_.size(); ++node) describe(node, now);
  const std::optional<size_t> chosen = choose(now);
  if (chosen != topology_.primary) {
    memory_.epoch = ++topology_.epoch;
    topology_.primary = chosen;
    topology_.without_primary_since = chosen ? kNever : now;
  }
  if (chosen) {
    topology_.why.clear();
    const Witness& witness = witnesses_[*chosen];
    if (witness.facts && !witness.facts->in_recovery) accepted_timeline_ = witness.facts->timeline;
  }
  measureLag();
  keepHistory(before, now);
  note(before);
  return !sameStory(before, topology_);
}

bool PrimaryMonitor::fresh(const Witness& witness, Instant now) const {
  return witness.facts && witness.answered_last && now - witness.asked <= rules_.evidence_max_age;
}

bool PrimaryMonitor::claims(const Witness& witness, Instant now) const {
  return fresh(witness, now) && belongs(*witness.facts) && !witness.facts->in_recovery &&
         witness.facts->timeline == memory_.timeline;
}

// What is known of one server by itself; that it is fenced as one of two is found when choosing.
void PrimaryMonitor::describe(size_t node, Instant now) {
  const Witness& witness = witnesses_[node];
  Node& about = topology_.nodes[node];
  about.why = witness.failure;
  if (witness.facts) {
    about.role = witness.facts->in_recovery ? Role::kReplica : Role::kPrimary;
    about.timeline = witness.facts->timeline;
    about.read_only = witness.facts->read_only;
    about.lsn = witness.facts->lsn;
    about.received_lsn = witness.facts->received_lsn;
    about.seen = witness.asked;
  }
  if (!witness.answered_last && !witness.failure.empty()) {
    about.state = witness.reached && witness.facts ? NodeState::kSlow : NodeState::kDown;
    return;
  }
  if (!witness.facts) {
    about.state = NodeState::kUnknown;
    about.role = Role::kUnknown;
  } else if (!fresh(witness, now)) {
    about.state = NodeState::kSlow;
    about.why = "what it said last is too old";
  } else if (!belongs(*witness.facts)) {
    about.state = NodeState::kForeign;
    about.why = "its system identifier is " + std::to_string(witness.facts->system_identifier) +
                ", that of this cluster " + std::to_string(memory_.system_identifier);
  } else if (!witness.facts->in_recovery && witness.facts->timeline < memory_.timeline) {
    about.state = NodeState::kFenced;
    about.why = "it claims to be primary on " + timelineText(witness.facts->timeline) + ", and " +
                timelineText(memory_.timeline) + " exists";
  } else {
    about.state = NodeState::kUp;
  }
  if (fresh(witness, now)) decide_by_ = std::min(decide_by_, witness.asked + rules_.evidence_max_age);
}

std::optional<size_t> PrimaryMonitor::choose(Instant now) {
  std::vector<size_t> claimants;
  for (size_t node = 0; node < witnesses_.size(); ++node)
    if (claims(witnesses_[node], now)) claimants.push_back(node);
  if (claimants.size() > 1) {
    lone_.reset();
    return chooseAmong(claimants, now);
  }
  if (claimants.empty()) {
    lone_.reset();
    if (keepsPrimary()) return topology_.primary;
    topology_.why = "no server that can be reached is a primary";
    return std::nullopt;
  }
  const size_t claimant = claimants.front();
  if (topology_.primary == claimant || confirmed(claimant, now)) return claimant;
  topology_.why =
      conf::format(topology_.nodes[claimant].host) + " claims to be primary, and nobody has confirmed it yet";
  return std::nullopt;
}

// Several say so of the same timeline: each of them may hold what the others have not.
std::optional<size_t> PrimaryMonitor::chooseAmong(const std::vector<size_t>& claimants, Instant now) {
  const auto leader =
      std::ranges::find_if(claimants, [&](size_t node) { return isRecordedLeader(node, now); });
  if (leader == claimants.end()) {
    topology_.why = std::to_string(claimants.size()) + " servers claim to be primary on " +
                    timelineText(memory_.timeline) + ": one of them must be stopped, or follow the other";
    for (const size_t node : claimants) fence(node, topology_.why);
    return std::nullopt;
  }
  decide_by_ = std::min(decide_by_, record_.asked + rules_.evidence_max_age);
  for (const size_t node : claimants)
    if (node != *leader)
      fence(node, "it claims to be primary on " + timelineText(memory_.timeline) +
                      ", and the manager's leader is " + conf::format(topology_.nodes[*leader].host));
  return *leader;
}

bool PrimaryMonitor::isRecordedLeader(size_t node, Instant now) const {
  return record_.leader == node && now - record_.asked <= rules_.evidence_max_age;
}

void PrimaryMonitor::fence(size_t node, std::string why) {
  topology_.nodes[node].state = NodeState::kFenced;
  topology_.nodes[node].why = std::move(why);
}

// An accepted primary that only has not answered in time stays: nobody else claims to be one.
bool PrimaryMonitor::keepsPrimary() const {
  if (!topology_.primary) return false;
  const Witness& witness = witnesses_[*topology_.primary];
  if (!witness.facts || witness.facts->in_recovery || !belongs(*witness.facts) ||
      witness.facts->timeline < memory_.timeline)
    return false;
  return witness.answered_last || witness.reached;
}

bool PrimaryMonitor::confirmed(size_t claimant, Instant now) {
  // A promotion that came after all that was accepted before: nobody can be ahead of it unseen for long.
  const bool promoted = accepted_timeline_ != 0 && memory_.timeline > accepted_timeline_;
  size_t others = 0, heard = 0;
  for (size_t node = 0; node < witnesses_.size(); ++node) {
    if (node == claimant) continue;
    ++others;
    heard += fresh(witnesses_[node], now) && belongs(*witnesses_[node].facts);
  }
  if (promoted || others == 0 || heard > 0 || isRecordedLeader(claimant, now)) return true;
  if (lone_ != claimant) {
    lone_ = claimant;
    lone_since_ = now;
  }
  if (now >= lone_since_ + rules_.lone_primary_wait) return true;
  decide_by_ = std::min(decide_by_, lone_since_ + rules_.lone_primary_wait);
  return false;
}

// ---- what follows

void PrimaryMonitor::measureLag() {
  if (topology_.primary) {
    const Witness& told = witnesses_[*topology_.primary];
    if (told.facts && !told.facts->in_recovery)
      marks_.mark(told.facts->timeline, told.facts->lsn, told.asked);
  }
  uint64_t newest = 0;
  for (const Witness& witness : witnesses_)
    if (witness.facts && belongs(*witness.facts))
      newest = std::max({newest, witness.facts->received_lsn,
                         witness.facts->in_recovery || witness.facts->timeline == memory_.timeline
                             ? witness.facts->lsn
                             : 0});
  for (size_t node = 0; node < witnesses_.size(); ++node) {
    Node& about = topology_.nodes[node];
    const std::optional<Facts>& facts = witnesses_[node].facts;
    about.lag_bytes.reset();
    about.lag.reset();
    if (!facts || !facts->in_recovery || about.state == NodeState::kForeign) continue;
    about.lag_bytes = newest - std::min(newest, facts->lsn);
    about.lag = *about.lag_bytes == 0 ? Duration::zero() : marks_.behind(facts->lsn, witnesses_[node].asked);
    if (!about.lag) about.lag = facts->replay_age;  // the best that is known
  }
}

void PrimaryMonitor::keepHistory(const Topology& before, Instant now) {
  if (!topology_.primary || before.primary == topology_.primary) return;
  if (last_primary_ && !before.primary) history_.outageEnded(now - before.without_primary_since);
  history_.switches += last_primary_ && last_primary_ != topology_.primary;
  last_primary_ = topology_.primary;
}

void PrimaryMonitor::note(const Topology& before) {
  for (size_t node = 0; node < topology_.nodes.size(); ++node) {
    const Node& was = before.nodes[node];
    const Node& is = topology_.nodes[node];
    if (was.state == is.state && was.role == is.role) continue;
    std::string what = std::string(nameOf(is.role)) + ", " + std::string(nameOf(is.state));
    if (!is.why.empty()) what += ": " + is.why;
    events_.push_back({conf::format(is.host), std::move(what)});
  }
  if (before.primary == topology_.primary) {
    if (!topology_.primary && before.why != topology_.why)
      events_.push_back({{}, "no primary: " + topology_.why});
    return;
  }
  const std::string epoch = " (epoch " + std::to_string(topology_.epoch) + ")";
  if (topology_.primary) {
    events_.push_back({conf::format(topology_.nodes[*topology_.primary].host),
                       "accepted as primary on " + timelineText(memory_.timeline) + epoch});
  } else {
    events_.push_back({{}, "no primary: " + topology_.why + epoch});
  }
}

}  // namespace forebay::failover
