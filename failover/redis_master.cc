#include "failover/redis_master.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "conf/address.h"

namespace forebay::failover {

using conf::format;

RedisMaster::RedisMaster(std::string name, const std::vector<conf::HostPort>& sentinels, Instant now,
                         uint64_t epoch)
    : name_(std::move(name)), outage_since_(now), epoch_(epoch) {
  for (const conf::HostPort& each : sentinels) sentinels_.push_back({.host = each, .configured = true});
  describe(now);
}

RedisMaster::Sentinel* RedisMaster::find(const conf::HostPort& host) {
  const auto found = std::ranges::find(sentinels_, host, &Sentinel::host);
  return found == sentinels_.end() ? nullptr : &*found;
}

RedisMaster::Witness* RedisMaster::findNode(const conf::HostPort& host) {
  const auto found = std::ranges::find(nodes_, host, &Witness::host);
  return found == nodes_.end() ? nullptr : &*found;
}

const RedisMaster::Witness* RedisMaster::findNode(const conf::HostPort& host) const {
  const auto found = std::ranges::find(nodes_, host, &Witness::host);
  return found == nodes_.end() ? nullptr : &*found;
}

RedisMaster::Witness& RedisMaster::witness(const conf::HostPort& host) {
  if (Witness* known = findNode(host)) return *known;
  nodes_.push_back({.host = host});
  return nodes_.back();
}

// ---- evidence

void RedisMaster::sentinelSaid(const conf::HostPort& sentinel, SentinelWord word, Instant asked) {
  Sentinel* from = find(sentinel);
  if (from == nullptr) return;
  from->asked = from->alive = asked;
  from->unaware = false;
  from->why.clear();
  if (!word.id.empty()) from->id = word.id;
  witness(word.primary);
  if (word.has_lists) {
    from->word = word;
    return takeLists(word, asked);  // which may move `from`
  }
  if (from->word && from->word->has_lists) {  // what it said last stays good
    word.has_lists = true;
    word.replicas = std::move(from->word->replicas);
    word.sentinels = std::move(from->word->sentinels);
  }
  from->word = std::move(word);
}

void RedisMaster::takeLists(const SentinelWord& word, Instant now) {
  for (const conf::HostPort& each : word.replicas) witness(each);
  for (const SentinelWord::Peer& each : word.sentinels) {
    const bool known = std::ranges::any_of(sentinels_, [&](const Sentinel& other) {
      return other.host == each.host || (!each.id.empty() && other.id == each.id);
    });
    if (!known) sentinels_.push_back({.host = each.host, .id = each.id, .alive = now});
  }
}

void RedisMaster::sentinelUnaware(const conf::HostPort& sentinel, Instant asked) {
  Sentinel* from = find(sentinel);
  if (from == nullptr) return;
  from->asked = from->alive = asked;
  from->word.reset();
  from->unaware = true;
  from->why.clear();
}

void RedisMaster::sentinelFailed(const conf::HostPort& sentinel, std::string why) {
  Sentinel* from = find(sentinel);
  if (from == nullptr) return;
  from->word.reset();
  from->unaware = false;
  from->why = std::move(why);
}

void RedisMaster::nodeSaid(const conf::HostPort& node, const RedisFacts& facts, Instant asked) {
  Witness* from = findNode(node);
  if (from == nullptr) return;
  from->facts = facts;
  from->asked = asked;
  from->answered_last = true;
  from->why.clear();
}

void RedisMaster::nodeFailed(const conf::HostPort& node, std::string why, Instant now) {
  Witness* from = findNode(node);
  if (from == nullptr) return;
  if (primary_ == node && from->answered_last) doubted(now);
  from->answered_last = false;
  from->why = std::move(why);
}

void RedisMaster::selected(const conf::HostPort& node, Instant now) {
  witness(node);
  // Told once more, by each Sentinel and at each step: what the node has said since the first time still
  // counts.
  if (selected_ != node || now >= selected_until_) selected_at_ = now;
  selected_ = node;
  selected_until_ = now + kSelection;
}

void RedisMaster::doubted(Instant now) { doubted_until_ = now + kDoubt; }

// ---- decisions

bool RedisMaster::fresh(const Sentinel& sentinel, Instant now) const {
  return sentinel.word.has_value() && now - sentinel.asked <= kMaxAge;
}

// Of the answers that count most: those of the highest config-epoch, and among them of who has promoted
// another since.
const RedisMaster::Sentinel* RedisMaster::newest(Instant now) const {
  const Sentinel* best = nullptr;
  size_t answers = 0;
  const auto rank = [](const Sentinel& each) {
    return std::tuple(each.word->config_epoch, each.word->promoting);
  };
  for (const Sentinel& each : sentinels_) {
    if (!fresh(each, now)) continue;
    ++answers;
    if (best == nullptr || rank(each) > rank(*best)) best = &each;
  }
  if (best == nullptr) return nullptr;
  // All who know better are out of reach. Unless most are here, and say the same: they were set up anew.
  if (best->word->config_epoch < highest_epoch_ && answers * 2 <= sentinels_.size()) return nullptr;
  return mostNamed(*best, now);
}

// Whom most name, of those who are as good as `best`; the accepted one where it is named at all.
const RedisMaster::Sentinel* RedisMaster::mostNamed(const Sentinel& best, Instant now) const {
  const Sentinel* chosen = &best;
  size_t most = 0;
  for (const Sentinel& each : sentinels_) {
    if (!fresh(each, now) || each.word->config_epoch != best.word->config_epoch ||
        each.word->promoting != best.word->promoting)
      continue;
    if (primary_ == each.word->primary) return &each;
    const auto votes = static_cast<size_t>(std::ranges::count_if(sentinels_, [&](const Sentinel& other) {
      return fresh(other, now) && other.word->primary == each.word->primary;
    }));
    if (votes > most) chosen = &each, most = votes;
  }
  return chosen;
}

bool RedisMaster::proves(const Witness& witness, Instant now) const {
  return witness.answered_last && witness.facts->primary && now - witness.asked <= kProofAge;
}

// The Sentinels' choice has become a primary, which they will notice within a second. Until then they name
// the old one, and what is written there is lost. They close all connections to it when they promote it, so
// that it could not be reached a moment ago means nothing.
bool RedisMaster::claimedBySelected(Instant now) const {
  if (!selected_ || now >= selected_until_ || selected_ == primary_ || selected_ == named_) return false;
  const Witness* chosen = findNode(*selected_);
  return chosen != nullptr && chosen->facts && chosen->facts->primary && chosen->asked >= selected_at_ &&
         now - chosen->asked <= kProofAge;
}

void RedisMaster::giveUp(std::string why) {
  previous_ = std::exchange(primary_, std::nullopt);
  given_up_ = std::move(why);
  ++epoch_;
}

void RedisMaster::accept(const conf::HostPort& node) {
  if (previous_ && previous_ != node) ++history_.switches;
  primary_ = previous_ = node;
  given_up_.clear();
  ++epoch_;
}

bool RedisMaster::decide(Instant now) {
  forget(now);
  if (const Sentinel* best = newest(now)) {
    named_ = best->word->primary;
    highest_epoch_ = best->word->config_epoch;
  }
  const bool claimed = claimedBySelected(now);
  if (primary_) {
    const Witness* holder = findNode(*primary_);
    if (named_ && named_ != primary_)
      giveUp("Sentinel names " + format(*named_));
    else if (claimed)
      giveUp(format(*selected_) + " has been promoted");
    else if (holder->answered_last && !holder->facts->primary)
      giveUp(format(*primary_) + " calls itself a replica");
  }
  if (!primary_ && named_ && !claimed)
    if (const Witness* candidate = findNode(*named_); candidate != nullptr && proves(*candidate, now))
      accept(*named_);
  noteOutage(now);
  const Topology before = std::move(topology_);
  describe(now);
  return !sameStory(before, topology_);
}

// There is a primary, and it answered when it was asked last.
bool RedisMaster::answers() const {
  if (!primary_) return false;
  const Witness* holder = findNode(*primary_);
  return holder != nullptr && holder->answered_last;
}

void RedisMaster::noteOutage(Instant now) {
  if (!answers()) {
    outage_since_ = std::min(outage_since_, now);
    return;
  }
  if (outage_since_ == kNever) return;
  if (std::exchange(ever_, true)) {  // the time before the very first is no outage
    history_.outageEnded(now - outage_since_);
  }
  outage_since_ = kNever;
}

void RedisMaster::forget(Instant now) {
  std::erase_if(sentinels_, [&](const Sentinel& each) {
    return !each.configured && !each.word && now - each.alive > kForgetAfter;
  });
  // A node that no Sentinel has told of for long is not asked any more.
  const auto isWanted = [&](const Witness& node) {
    if (node.host == primary_ || node.host == named_ || node.host == selected_) return true;
    return std::ranges::any_of(sentinels_, [&](const Sentinel& each) {
      if (!each.word) return false;
      return each.word->primary == node.host ||
             (each.word->has_lists &&
              std::ranges::find(each.word->replicas, node.host) != each.word->replicas.end());
    });
  };
  const bool somebody_tells =
      std::ranges::any_of(sentinels_, [](const Sentinel& each) { return each.word && each.word->has_lists; });
  if (somebody_tells) std::erase_if(nodes_, [&](const Witness& node) { return !isWanted(node); });
}

// ---- whom to ask, and when

std::vector<conf::HostPort> RedisMaster::sentinels() const {
  std::vector<conf::HostPort> out;
  for (const Sentinel& each : sentinels_) out.push_back(each.host);
  return out;
}

std::vector<conf::HostPort> RedisMaster::nodes() const {
  std::vector<conf::HostPort> out;
  for (const Witness& each : nodes_) out.push_back(each.host);
  return out;
}

Duration RedisMaster::askInterval(Instant now) const {
  const bool selecting = selected_ && selected_ != primary_ && now < selected_until_;
  const bool troubled = std::ranges::any_of(
      sentinels_, [&](const Sentinel& each) { return fresh(each, now) && each.word->troubled; });
  return !answers() || selecting || troubled || now < doubted_until_ ? kAskFast : kAskEvery;
}

// ---- what is told

std::string RedisMaster::whyNobodyNames() const {
  size_t unaware = 0, silent = 0;
  std::string first;
  for (const Sentinel& each : sentinels_) {
    unaware += each.unaware;
    silent += !each.unaware && !each.word;
    if (first.empty() && !each.why.empty()) first = format(each.host) + ": " + each.why;
  }
  if (unaware + silent < sentinels_.size()) return {};
  const std::string reason = first.empty() ? "" : " (" + first + ")";
  if (silent == 0) return "no Sentinel knows the name '" + name_ + "'";
  if (unaware == 0)
    return first.empty() ? "no Sentinel has answered yet" : "no Sentinel can be reached" + reason;
  return std::to_string(unaware) + " of " + std::to_string(sentinels_.size()) +
         " Sentinels do not know the name '" + name_ + "', and the others cannot be reached" + reason;
}

std::string RedisMaster::whyNone(Instant now) const {
  if (claimedBySelected(now)) return given_up_;
  const std::string nobody = whyNobodyNames();
  if (!named_) return nobody;
  const Witness* candidate = findNode(*named_);
  std::string out = "Sentinel names " + format(*named_) + ", which ";
  if (!nobody.empty()) out = nobody + "; " + format(*named_) + ", the last one named, ";
  if (candidate == nullptr || (!candidate->answered_last && candidate->why.empty()))
    return out + "has not answered yet";
  if (!candidate->answered_last) return out + "cannot be asked: " + candidate->why;
  return out + (candidate->facts->primary ? "has not been asked since" : "calls itself a replica");
}

Node RedisMaster::describeNode(const Witness& witness) const {
  Node node{.host = witness.host};
  node.seen = witness.asked;
  node.why = witness.why;
  if (witness.facts) node.role = witness.facts->primary ? Role::kPrimary : Role::kReplica;
  if (!witness.answered_last) {
    node.state = witness.why.empty() ? NodeState::kUnknown : NodeState::kDown;
    return node;
  }
  node.state = NodeState::kUp;
  node.lsn = witness.facts->offset.value_or(0);
  if (witness.facts->primary && primary_ != witness.host) {
    node.state = NodeState::kFenced;
    node.why = "it calls itself a primary, and is not the accepted one";
  }
  if (!witness.facts->primary && !witness.facts->linked) node.why = "it is not connected to its primary";
  return node;
}

void RedisMaster::describe(Instant now) {
  topology_ = {};
  topology_.epoch = epoch_;
  topology_.without_primary_since = outage_since_;
  std::optional<uint64_t> newest;
  for (const Witness& each : nodes_) {
    if (primary_ == each.host) {
      topology_.primary = topology_.nodes.size();
      if (each.answered_last) newest = each.facts->offset;
    }
    topology_.nodes.push_back(describeNode(each));
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Witness& each = nodes_[i];
    if (!newest || !each.answered_last || each.facts->primary || !each.facts->offset) continue;
    topology_.nodes[i].lag_bytes = *newest - std::min(*newest, *each.facts->offset);
  }
  topology_.why = primary_ ? whyNobodyNames() : whyNone(now);
}

}  // namespace forebay::failover
