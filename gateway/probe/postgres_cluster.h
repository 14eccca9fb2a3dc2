// PostgresCluster watches the servers of one cluster: it asks each of them in turn, gives what they say to
// its failover::PrimaryMonitor, and publishes what that makes of it.
//
// One question per second and server while all is well, one every 50 ms while the primary is missing or
// doubted
// ([failover] probe_interval, probe_fast_interval). On the control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/failover.h"
#include "failover/primary_monitor.h"
#include "gateway/probe/postgres_probe.h"

namespace forebay::probe {

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
  void apply(const conf::FailoverSettings& settings);

  failover::TopologyPtr topology() const { return published_; }  // as the workers know it
  const failover::PrimaryMonitor& monitor() const { return monitor_; }
  const std::vector<conf::HostPort>& hosts() const { return hosts_; }
  const Login& login() const { return login_; }

 private:
  void askWhoIsDue();
  void schedule(Instant now);
  void decide();
  void publish(Instant now, bool changed);

  net::Loop& loop_;
  const std::vector<conf::HostPort> hosts_;
  const Login login_;
  const Told told_;
  failover::PrimaryMonitor monitor_;
  failover::Memory remembered_;
  std::vector<std::unique_ptr<PostgresProbe>> probes_;  // one per host
  std::vector<Instant> asked_;
  failover::TopologyPtr published_;
  Instant published_at_{};
  net::Tick tick_;
};

}  // namespace forebay::probe
