#include "gateway/net/host_health.h"

#include <algorithm>

#include "base/backoff.h"

namespace forebay::net {

void HostHealth::failed(const conf::HostPort& host, Instant now, Duration longest, double jitter) {
  const std::lock_guard lock(mutex_);
  State& state = hosts_[keyOf(host)];
  any_.store(true);
  state.retry_at = now + backoff(kFirstPause, state.failures++, longest, jitter);
}

void HostHealth::succeeded(const conf::HostPort& host) {
  if (!any_.load()) return;
  const std::lock_guard lock(mutex_);
  hosts_.erase(keyOf(host));
  any_.store(!hosts_.empty());
}

Instant HostHealth::retryAt(const conf::HostPort& host) const {
  if (!any_.load()) return Instant::min();
  const std::lock_guard lock(mutex_);
  const auto found = hosts_.find(keyOf(host));
  return found == hosts_.end() ? Instant::min() : found->second.retry_at;
}

}  // namespace forebay::net
