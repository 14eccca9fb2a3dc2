// Promotion: whether a replica may be made the primary, and which one, where nobody else decides that.
//
// A promotion leads away from what only other servers hold, so all that answer are asked what they have
// received: a server is promoted only if none of them is further. Pure: what is known is an argument.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "failover/topology.h"

namespace forebay::failover {

// For whom asked: what is in the way, and what to do.
struct Refusal {
  std::string message, detail, hint;
};

// Whether all servers that answer have told what they know since then: before, they may have received more
// than they had told.
bool heardSince(const Topology& topology, Instant since);

// Why an operator's word is not enough to promote that server; nothing: it is.
std::optional<Refusal> whyNotPromote(const Topology& topology, size_t node);

// Whom to promote without anybody's word, `former` being the last accepted primary.
struct Candidate {
  std::optional<size_t> node{};
  std::string why_not{};
};
Candidate chooseCandidate(const Topology& topology, std::optional<size_t> former);

// Promoter decides when a replica is promoted without anybody's word (`promote = "auto"`): there has been no
// primary for the whole delay, and there is a candidate, by what was said since the primary was lost. One
// attempt at a time; after it the delay begins anew, and what was said before its end counts no more.
class Promoter {
 public:
  struct Rules {
    bool automatic = false;
    Duration delay{};
  };

  // Whom to promote now. The attempt is under way from then on, until ended().
  std::optional<size_t> decide(const Topology& topology, std::optional<size_t> former, Instant now);
  // Also for a promotion that somebody asked for; false: one is under way already.
  bool begin() { return !std::exchange(under_way_, true); }
  void ended(Instant now);

  void setRules(const Rules& rules) { rules_ = rules; }
  // When to decide again though nothing new was heard; kNever: not for now.
  Instant decideBy() const { return decide_by_; }
  // Why nobody is promoted though it is time; told when it changes.
  std::optional<std::string> takeNews() { return std::exchange(news_, std::nullopt); }

 private:
  void say(const std::string& why_not);

  Rules rules_;
  bool under_way_ = false;
  Instant ended_{}, not_before_{};
  Instant decide_by_ = kNever;
  std::string said_{};
  std::optional<std::string> news_{};
};

}  // namespace forebay::failover
