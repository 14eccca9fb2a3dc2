// PrimaryMonitor decides who is the primary of one PostgreSQL cluster, from what its servers say of
// themselves.
//
// A server is accepted as primary only if it belongs to the cluster (system identifier), is not in recovery,
// its timeline is not below the highest that was ever seen, what it said is fresh, and nobody else claims the
// same timeline: two that were promoted from the same parent cannot be told apart, so neither gets a write,
// unless a manager such as Patroni has just named one of them as its leader. What the manager says decides
// nothing else. Until another server or the manager confirms it, a lone claimant waits a little: the real
// primary may be about to answer. What is remembered over a restart rules out old timelines. An accepted
// primary is given up when it cannot be reached, is in recovery, or is overtaken; never for being slow.
//
// Pure: evidence and the time are arguments, what is decided is topology(). Belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "failover/facts.h"
#include "failover/history.h"
#include "failover/topology.h"
#include "failover/wal_marks.h"

namespace forebay::failover {

// What outlives the process (`[state] dir`).
struct Memory {
  uint64_t system_identifier = 0;  // 0: not known yet
  uint32_t timeline = 0;           // the highest ever seen
  uint64_t epoch = 0;
  bool operator==(const Memory&) const = default;
};

// As the settings say (conf/failover.h).
struct Rules {
  Duration probe_interval{};       // while all is well
  Duration fast_probe_interval{};  // while a primary is missing or doubted
  Duration evidence_max_age{};
  Duration lone_primary_wait{};
};

// Something that an operator wants to know of later.
struct Event {
  std::string node;  // "host:port"; empty: of the cluster
  std::string what;
};

class PrimaryMonitor {
 public:
  PrimaryMonitor(const std::vector<conf::HostPort>& nodes, Rules rules, Memory memory, Instant now);

  // ---- evidence, followed by decide()
  // `asked`: when the question was sent, since what was true then may have changed.
  void answered(size_t node, const Facts& facts, Instant asked);
  // `reached`: the connection stands, or the server was too slow to say anything; else it cannot be used.
  void failed(size_t node, bool reached, std::string why, Instant now);
  // Whom the manager's record names as leader, when it was asked; nothing: nobody, or none of these servers.
  void managerNamed(std::optional<size_t> leader, Instant asked) { record_ = {leader, asked}; }
  // A pooled connection has met something that a healthy primary would not have done: probe fast for a while.
  void doubted(size_t node, Instant now);
  // The cluster may be another one now (pg_upgrade, restored from a dump): it is learnt anew.
  void forget();

  // True when what may go where has changed, or why not.
  bool decide(Instant now);

  const Topology& topology() const { return topology_; }
  // Who was accepted last, whether it still is or not.
  std::optional<size_t> lastPrimary() const { return last_primary_; }
  const Memory& memory() const { return memory_; }
  const History& history() const { return history_; }
  const Rules& rules() const { return rules_; }
  void setRules(const Rules& rules) { rules_ = rules; }
  // How long to wait between two questions to a server.
  Duration probeInterval(Instant now) const;
  // When to decide again though nothing new was heard; kNever: not for now.
  Instant decideBy() const { return decide_by_; }
  std::vector<Event> takeEvents() { return std::exchange(events_, {}); }

 private:
  struct Witness {
    std::optional<Facts> facts{};
    Instant asked{};
    bool answered_last = false;  // or the last attempt failed,
    bool reached = false;        // after its connection stood
    std::string failure{};
  };
  struct LeaderRecord {
    std::optional<size_t> leader{};
    Instant asked{};
  };

  bool fresh(const Witness& witness, Instant now) const;
  bool belongs(const Facts& facts) const { return facts.system_identifier == memory_.system_identifier; }
  bool claims(const Witness& witness, Instant now) const;
  void learn(const Facts& facts);
  void describe(size_t node, Instant now);
  std::optional<size_t> choose(Instant now);
  std::optional<size_t> chooseAmong(const std::vector<size_t>& claimants, Instant now);
  bool isRecordedLeader(size_t node, Instant now) const;
  bool confirmed(size_t claimant, Instant now);
  bool keepsPrimary() const;
  void fence(size_t node, std::string why);
  void measureLag();
  void note(const Topology& before);
  void keepHistory(const Topology& before, Instant now);

  Rules rules_;
  Memory memory_;
  std::vector<Witness> witnesses_;
  LeaderRecord record_;
  WalMarks marks_;  // of the accepted primary
  Topology topology_;
  uint32_t accepted_timeline_ = 0;  // of the last accepted primary
  std::optional<size_t> lone_;      // who waits to be confirmed,
  Instant lone_since_{};            // since when
  Instant doubted_until_{};
  Instant decide_by_ = kNever;
  std::vector<Event> events_;
  History history_;
  std::optional<size_t> last_primary_;
};

}  // namespace forebay::failover
