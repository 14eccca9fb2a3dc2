// PostgresCluster watches the servers of one cluster: it asks each of them in turn, gives what they say to
// its failover::PrimaryMonitor, and publishes what that makes of it.
//
// One question per second and server while all is well, one every 50 ms while the primary is missing or
// doubted ([failover] probe_interval, probe_fast_interval). Where Patroni manages them it is asked as often,
// and what it says of another leader makes the servers be asked at once. On the control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/failover.h"
#include "failover/primary_monitor.h"
#include "gateway/probe/patroni_watch.h"
#include "gateway/probe/postgres_probe.h"
#include "gateway/probe/promotions.h"

namespace forebay::probe {

// Who makes another server of a cluster the primary.
struct Management {
  conf::PatroniSettings patroni;  // without URLs: no Patroni,
  bool automatic = false;         // but this process, when it is time,
  std::string database;           // for the database of that name
};

class PostgresCluster {
 public:
  struct Told {
    std::function<void(const failover::TopologyPtr&)> changed;   // what may go where
    std::function<void(const failover::TopologyPtr&)> measured;  // only positions and lags; once a second
    std::function<void(const failover::Event&)> event;
    std::function<void(const failover::Memory&)> remember;  // this is to outlive the process
  };

  PostgresCluster(net::Loop& loop, net::Resolver& resolver, std::vector<conf::HostPort> hosts, Login login,
                  const conf::FailoverSettings& settings, failover::Memory memory, Told told);

  // A pooled connection to that server has met what a healthy primary would not have done.
  void doubt(const conf::HostPort& host);
  // PAUSE, RECONNECT, RESUME: it may be another cluster by now.
  void forget();
  void apply(const conf::FailoverSettings& settings, const Management& management);
  // Makes that one of hosts() the primary, or tells why not.
  void promote(size_t node, PromotionDone done);

  failover::TopologyPtr topology() const { return published_; }  // as the workers know it
  const failover::PrimaryMonitor& monitor() const { return monitor_; }
  const std::vector<conf::HostPort>& hosts() const { return hosts_; }
  const Login& login() const { return login_; }

 private:
  void askWhoIsDue();
  void schedule(Instant now);
  void decide();
  void publish(Instant now, bool changed);
  void watchPatroni(const conf::FailoverSettings& settings, const conf::PatroniSettings& patroni);
  void patroniSaid(const PatroniView& view, Instant asked);
  void hurry();
  std::optional<size_t> nodeOf(const PatroniMember& member) const;

  net::Loop& loop_;
  net::Resolver& resolver_;
  const std::vector<conf::HostPort> hosts_;
  const Login login_;
  const Told told_;
  failover::PrimaryMonitor monitor_;
  failover::Memory remembered_;
  std::vector<std::unique_ptr<PostgresProbe>> probes_;  // one per host
  std::vector<Instant> asked_;
  std::unique_ptr<PatroniWatch> patroni_;  // null: nobody manages these servers, as far as is known
  std::optional<PatroniMember> leader_;    // as Patroni said last
  failover::TopologyPtr published_;
  Instant published_at_{};
  Promotions promotions_;
  net::Tick tick_;
};

}  // namespace forebay::probe
