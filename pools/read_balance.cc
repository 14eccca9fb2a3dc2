#include "pools/read_balance.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace forebay::pools {

namespace {

// A share counts in parts of a weight of one.
constexpr uint64_t kWhole = 1024, kFirst = kWhole / 8;

uint64_t slowStart(const ReadCandidate& candidate, Instant now) {
  if (candidate.eligible_since <= now - kSlowStart) return kWhole;
  const Duration since = std::max(now - candidate.eligible_since, Duration{});
  return kFirst + (kWhole - kFirst) * static_cast<uint64_t>(since / microseconds(1)) /
                      static_cast<uint64_t>(kSlowStart / microseconds(1));
}

uint64_t shareOf(const ReadCandidate& candidate, conf::Balance policy, Instant now) {
  if (candidate.weight == 0) return 0;
  const uint64_t weight = policy == conf::Balance::kRoundRobin ? 1 : candidate.weight;
  return weight * slowStart(candidate, now);
}

// Leaves the shares of those alone that have the least to do for their share.
template <typename Shares>
void keepLeastBusy(std::span<const ReadCandidate> candidates, Shares& shares) {
  // a / x < b / y, without a division; a share is far below 2^32.
  const auto lessToDo = [&](size_t one, size_t other) {
    return candidates[one].busy * shares[other] < candidates[other].busy * shares[one];
  };
  std::optional<size_t> least;
  for (size_t i = 0; i < candidates.size(); ++i)
    if (shares[i] > 0 && (!least || lessToDo(i, *least))) least = i;
  if (!least) return;
  const size_t chosen = *least;
  const uint64_t its_share = shares[chosen];
  for (size_t i = 0; i < candidates.size(); ++i)
    if (candidates[chosen].busy * shares[i] < candidates[i].busy * its_share) shares[i] = 0;
}

// The bits of a number that is one step from another become unlike that one's (the end of MurmurHash3).
uint64_t mixed(uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdull;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53ull;
  return hash ^ (hash >> 33);
}

// Rendezvous hashing with weights: each server draws a number for the client, and the highest wins. So a
// server that goes takes only its own clients away, and one that comes, or grows, takes only what becomes its
// own (Thaler and Ravishankar 1998; Schindelhauer and Schomaker 2005 for the logarithm).
template <typename Shares>
std::optional<size_t> highestDraw(std::span<const ReadCandidate> candidates, const Shares& shares,
                                  uint64_t client) {
  std::optional<size_t> winner;
  double highest = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (shares[i] == 0) continue;
    const uint64_t hash = mixed(client ^ mixed(candidates[i].name_hash));
    const double drawn = (static_cast<double>(hash >> 11) + 0.5) * 0x1.0p-53;  // above 0, below 1
    const double score = static_cast<double>(shares[i]) / -std::log(drawn);
    if (winner && score <= highest) continue;
    winner = i;
    highest = score;
  }
  return winner;
}

}  // namespace

uint64_t stableHash(Bytes bytes) {  // FNV-1a
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const char each : bytes) hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3ull;
  return mixed(hash);
}

std::optional<size_t> ReadBalance::choose(conf::Balance policy, std::span<const ReadCandidate> candidates,
                                          uint64_t client, Instant now) {
  assert(candidates.size() <= kMostCandidates);
  Shares shares;
  for (size_t i = 0; i < candidates.size(); ++i) shares[i] = shareOf(candidates[i], policy, now);
  switch (policy) {
    case conf::Balance::kLeastConnections: keepLeastBusy(candidates, shares); break;
    case conf::Balance::kIpHash: return highestDraw(candidates, shares, client);
    case conf::Balance::kRoundRobin:
    case conf::Balance::kWeighted: break;
  }
  return nextInTurn(candidates, shares);
}

// nginx's smooth weighted round robin: each gets its share as credit, who has most is next and pays for all.
// Whoever weighs 5 of 7 is not chosen five times in a row.
std::optional<size_t> ReadBalance::nextInTurn(std::span<const ReadCandidate> candidates,
                                              const Shares& shares) {
  std::optional<size_t> next;
  int64_t total = 0;
  const auto creditOf = [&](size_t i) -> int64_t& {
    assert(candidates[i].slot < kMostCandidates);
    return credit_[candidates[i].slot];
  };
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (shares[i] == 0) continue;
    const auto share = static_cast<int64_t>(shares[i]);
    creditOf(i) += share;
    total += share;
    if (!next || creditOf(i) > creditOf(*next)) next = i;
  }
  if (next) creditOf(*next) -= total;
  return next;
}

}  // namespace forebay::pools
