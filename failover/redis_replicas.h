// RedisReplicas decides which replicas of a primary may answer reads, and what each of them is known to have.
//
// Whoever asks the nodes numbers his questions, one number after the other, before they leave. What the
// primary answers to question n is a position of its replication stream behind everything that it had
// acknowledged before n was asked. A replica that has applied that much of the same stream is proven for n.
// So who has written needs to remember no more than the number of the last question then, and may read from
// every replica that is proven for a higher one.
//
// The same questions bound how old an answer may be: a replica has all that was written before the question
// was asked that it is proven for.
//
// Pure: evidence and the time are arguments, what is decided is replicas(). Belongs to one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "failover/redis_master.h"
#include "failover/topology.h"

namespace forebay::failover {

struct Replica {
  conf::HostPort host;
  bool serves = false;                  // may answer reads
  bool answers = false;                 // has answered when it was asked last
  uint64_t proven = 0;                  // the highest number that it is proven for; 0: none
  uint64_t answered = 0;                // the number of the question that it answered last
  std::optional<uint64_t> lag_bytes{};  // behind the newest position that the primary told
  std::optional<Duration> lag{};        // no more than this, when it was asked last
  std::string why{};                    // it may not
};

struct Replicas {
  uint64_t epoch = 0;  // of the topology that they belong to
  std::vector<Replica> all;
};
using ReplicasPtr = std::shared_ptr<const Replicas>;

class RedisReplicas {
 public:
  struct Bounds {  // 0: none
    Duration lag{};
    uint64_t lag_bytes = 0;
  };
  explicit RedisReplicas(Bounds bounds) : bounds_(bounds) {}

  // Another primary makes all that was known worthless.
  void follow(const Topology& topology);
  // ---- evidence, followed by decide(). `asked`: when the question of that number was sent.
  void said(const conf::HostPort& node, const RedisFacts& facts, uint64_t question, Instant asked);
  void failed(const conf::HostPort& node, const std::string& why);
  // Somebody waits to read what he has written: ask fast for a while.
  void wanted(Instant now) { wanted_until_ = now + kWanted; }

  // True when there is something new for those who read.
  bool decide(Instant now);

  const Replicas& replicas() const { return replicas_; }
  Duration askInterval(Instant now) const;

  static constexpr Duration kAskEvery = seconds(1);  // at most: a bound of the lag makes it less
  static constexpr Duration kAskFast = milliseconds(5), kWanted = milliseconds(100);
  static constexpr size_t kMostPositions = 1024;

 private:
  struct Position {  // of the primary
    uint64_t question = 0, offset = 0;
    Instant asked{};
  };
  struct Known {
    conf::HostPort host;
    std::optional<RedisFacts> facts{};  // none: its last answer was another
    uint64_t question = 0;
    Instant asked{};
    std::string why{};
  };

  void primarySaid(const RedisFacts& facts, uint64_t question, Instant asked);
  void makeRoom();
  Replica describe(const Known& known, Instant now) const;
  std::string whyNot(const Known& known, const Position* proven, Instant now) const;
  const Position* provenFor(const RedisFacts& facts) const;

  const Bounds bounds_;
  std::optional<conf::HostPort> primary_;
  std::string stream_;              // the id of the primary's replication stream
  std::deque<Position> positions_;  // of that stream, ascending, no offset twice
  std::vector<Known> known_;
  Instant wanted_until_{};
  Replicas replicas_;
};

}  // namespace forebay::failover
