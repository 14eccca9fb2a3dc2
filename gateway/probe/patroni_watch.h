// PatroniWatch asks a cluster's Patroni at regular intervals what it knows, and tells when it does not
// answer. On the control thread.
#pragma once

#include <functional>
#include <string>

#include "gateway/net/tick.h"
#include "gateway/probe/patroni_api.h"

namespace forebay::probe {

class PatroniWatch {
 public:
  struct Told {
    std::function<void(const PatroniView&, Instant asked)> said;
    std::function<void(std::string)> event;  // it does not answer; it answers again
  };

  PatroniWatch(net::Loop& loop, net::Resolver& resolver, conf::PatroniSettings settings, Duration interval,
               Duration timeout, Told told);

  void setTimes(Duration interval, Duration timeout);
  PatroniApi& api() { return api_; }
  const conf::PatroniSettings& settings() const { return api_.settings(); }

 private:
  void ask();
  void take(const Result<PatroniView>& view, Instant asked);

  net::Loop& loop_;
  Duration interval_, timeout_;
  const Told told_;
  PatroniApi api_;
  bool answers_ = true;
  net::Tick tick_;
};

}  // namespace forebay::probe
