// ReadBalance chooses which of several servers takes a read.
//
// The candidates are told at each choice, those only that may take this read: who is too far behind, down or
// ejected (pools/outlier.h) is not among them. What is kept between choices is whose turn it is. A server
// that has come back begins with an eighth of its share, which grows to the whole within kSlowStart, so that
// a cold cache does not meet all its clients at once. One object belongs to one worker and one set of
// servers, and is not thread-safe; nothing here allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "conf/reads.h"

namespace forebay::pools {

inline constexpr size_t kMostCandidates = 64;
inline constexpr Duration kSlowStart = seconds(10);

struct ReadCandidate {
  uint8_t slot = 0;        // its own number among all servers of the set, below kMostCandidates
  uint32_t weight = 1;     // conf::weightOf(); 0: takes no reads
  uint32_t busy = 0;       // connections in use and clients waiting, as far as this worker sees
  uint64_t name_hash = 0;  // stableHash() of what all gateways call it
  Instant eligible_since = Instant::min();  // when it came back; the least: it was there from the start
};

// The same for the same bytes in every process, so that several gateways, and one after its restart, agree on
// which server is a client's. Not for tables that strangers can fill.
uint64_t stableHash(Bytes bytes);

class ReadBalance {
 public:
  // An index of `candidates`; nothing when none of them has any weight. `client` is the stableHash() of the
  // client's address, without its port.
  std::optional<size_t> choose(conf::Balance policy, std::span<const ReadCandidate> candidates,
                               uint64_t client, Instant now);

 private:
  using Shares = std::array<uint64_t, kMostCandidates>;  // of the candidates; 0: out of the question

  std::optional<size_t> nextInTurn(std::span<const ReadCandidate> candidates, const Shares& shares);

  std::array<int64_t, kMostCandidates> credit_{};  // by slot
};

}  // namespace forebay::pools
