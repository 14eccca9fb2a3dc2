// RedisMaster decides who is the primary behind a name that Sentinels watch, from what they and the nodes
// say.
//
// Sentinels name the primary, and the highest config-epoch counts: one that was cut off, or is the last to
// hear of a failover, is overruled. Whom they name is accepted once it has called itself a primary. An
// accepted one is given up when they name another, when the replica that they have chosen calls itself a
// primary, or when it calls itself a replica; never for being slow, out of reach, or without a Sentinel left
// to ask.
//
// Pure: evidence and the time are arguments, what is decided is topology(). Belongs to one thread.
// https://redis.io/docs/latest/develop/reference/sentinel-clients/
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "conf/network.h"
#include "failover/history.h"
#include "failover/topology.h"

namespace forebay::failover {

// What one Sentinel said of the name.
struct SentinelWord {
  struct Peer {
    conf::HostPort host;
    std::string id;
  };

  conf::HostPort primary;     // SENTINEL get-master-addr-by-name
  uint64_t config_epoch = 0;  // of its last failover, as this Sentinel knows
  bool promoting = false;     // `primary` is promoted already, and not everybody is told yet
  bool troubled = false;      // it takes the primary for down, or fails over
  // With the long question only.
  bool has_lists = false;
  std::string id;                        // its own; empty: unknown
  std::vector<conf::HostPort> replicas;  // all that it knows and can reach
  std::vector<Peer> sentinels;           // the others that it can reach
};

// What a Redis said of itself (ROLE, or what stands in for it).
struct RedisFacts {
  bool primary = false;
  bool linked = true;                // of a replica: connected to its primary
  bool syncing = false;              // of a replica: it is being given all data anew
  std::optional<uint64_t> offset{};  // of the replication stream: written, or applied
  std::string stream{};              // the id of that stream; empty: unknown
  bool operator==(const RedisFacts&) const = default;
};

class RedisMaster {
 public:
  // `epoch`: goes on from there.
  RedisMaster(std::string name, const std::vector<conf::HostPort>& sentinels, Instant now,
              uint64_t epoch = 0);

  // ---- evidence, followed by decide(). `asked`: when the question was sent.
  void sentinelSaid(const conf::HostPort& sentinel, SentinelWord word, Instant asked);
  void sentinelUnaware(const conf::HostPort& sentinel, Instant asked);  // it does not know the name
  void sentinelFailed(const conf::HostPort& sentinel, std::string why);
  void nodeSaid(const conf::HostPort& node, const RedisFacts& facts, Instant asked);
  void nodeFailed(const conf::HostPort& node, std::string why, Instant now);
  // A hint: the Sentinels have chosen this replica for promotion.
  void selected(const conf::HostPort& node, Instant now);
  // Somebody has met what a healthy primary would not have done: ask fast for a while.
  void doubted(Instant now);

  // True when another node is primary, or none, or there is something else to be told.
  bool decide(Instant now);

  const Topology& topology() const { return topology_; }
  // Whom to ask: the Sentinels, those of the settings first, and the nodes.
  std::vector<conf::HostPort> sentinels() const;
  std::vector<conf::HostPort> nodes() const;
  // How long to wait between two questions.
  Duration askInterval(Instant now) const;

  const History& history() const { return history_; }

  static constexpr Duration kAskEvery = seconds(1);       // while all is well
  static constexpr Duration kAskFast = milliseconds(50);  // while a primary is missing or doubted
  static constexpr Duration kMaxAge = seconds(5);         // of what a Sentinel has said
  static constexpr Duration kProofAge = seconds(2);       // of what a node says of itself
  static constexpr Duration kDoubt = seconds(2), kSelection = seconds(10);  // how long to ask fast
  static constexpr Duration kForgetAfter = seconds(30);  // a Sentinel that another one told of

 private:
  struct Sentinel {
    conf::HostPort host;
    bool configured = false;
    std::optional<SentinelWord> word{};  // none: its last answer was another
    bool unaware = false;                // it was that it does not know the name
    std::string id{}, why{};
    Instant asked{};
    Instant alive{};  // when it last answered, or was told of
  };
  struct Witness {
    conf::HostPort host;
    std::optional<RedisFacts> facts{};
    Instant asked{};
    bool answered_last = false;
    std::string why{};
  };

  Sentinel* find(const conf::HostPort& host);
  Witness* findNode(const conf::HostPort& host);
  const Witness* findNode(const conf::HostPort& host) const;
  Witness& witness(const conf::HostPort& host);
  void takeLists(const SentinelWord& word, Instant now);
  void forget(Instant now);
  bool fresh(const Sentinel& sentinel, Instant now) const;
  const Sentinel* newest(Instant now) const;
  const Sentinel* mostNamed(const Sentinel& best, Instant now) const;
  bool proves(const Witness& witness, Instant now) const;
  bool claimedBySelected(Instant now) const;
  void giveUp(std::string why);
  void accept(const conf::HostPort& node);
  void noteOutage(Instant now);
  bool answers() const;
  std::string whyNone(Instant now) const;
  std::string whyNobodyNames() const;
  void describe(Instant now);
  Node describeNode(const Witness& witness) const;

  const std::string name_;
  std::vector<Sentinel> sentinels_;
  std::vector<Witness> nodes_;
  uint64_t highest_epoch_ = 0;              // config-epoch that anybody has told
  std::optional<conf::HostPort> named_;     // by the Sentinels
  std::optional<conf::HostPort> primary_;   // accepted
  std::optional<conf::HostPort> previous_;  // accepted before
  std::optional<conf::HostPort> selected_;
  Instant selected_at_{}, selected_until_{};  // when that was first told; how long it is looked at
  std::string given_up_;                      // why
  Instant doubted_until_{};
  Instant outage_since_;  // kNever: there is none
  uint64_t epoch_;
  bool ever_ = false;  // was there a primary?
  History history_;
  Topology topology_;
};

}  // namespace forebay::failover
