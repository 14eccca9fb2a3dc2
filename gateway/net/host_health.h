// HostHealth remembers which hosts could not be reached lately, so that nobody hammers a server that is down
// and one bad host delays no other. Shared by all workers. Locks only while some host is failing: a request
// that has to wait for a server asks, too.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "conf/network.h"

namespace forebay::net {

class HostHealth {
 public:
  static constexpr milliseconds kFirstPause{100};

  // The pause doubles with each failure in a row up to `longest` (server_login_retry), less a random part of
  // up to a half (`jitter` from 0 to 1), so that gateways do not come back in step.
  void failed(const conf::HostPort& host, Instant now, Duration longest, double jitter);
  void succeeded(const conf::HostPort& host);

  // When the host may be tried again; a time in the past when it may now.
  Instant retryAt(const conf::HostPort& host) const;

 private:
  struct State {
    unsigned failures = 0;
    Instant retry_at{};
  };
  static std::string keyOf(const conf::HostPort& host) { return host.host + ":" + std::to_string(host.port); }

  std::atomic<bool> any_{false};  // is there somebody in hosts_?
  mutable std::mutex mutex_;      // guards what follows
  std::map<std::string, State> hosts_;
};

}  // namespace forebay::net
