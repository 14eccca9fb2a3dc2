#include "gateway/probe/postgres_cluster.h"

#include <algorithm>
#include <utility>

namespace forebay::probe {
namespace {

// Lags that are known to the workers are no older than this and a probe's interval.
constexpr milliseconds kMeasureEvery{500};

failover::Rules rulesOf(const conf::FailoverSettings& settings) {
  return {settings.probe_interval, settings.probe_fast_interval, settings.evidence_max_age,
          settings.lone_primary_wait};
}

}  // namespace

PostgresCluster::PostgresCluster(net::Loop& loop, net::Resolver& resolver, std::vector<conf::HostPort> hosts,
                                 Login login, const conf::FailoverSettings& settings, failover::Memory memory,
                                 Told told)
    : loop_(loop),
      hosts_(std::move(hosts)),
      login_(std::move(login)),
      told_(std::move(told)),
      monitor_(hosts_, rulesOf(settings), memory, loop.now()),
      remembered_(memory),
      asked_(hosts_.size()),
      published_(std::make_shared<const failover::Topology>(monitor_.topology())),
      tick_(loop, [this] { askWhoIsDue(); }) {
  for (size_t node = 0; node < hosts_.size(); ++node) {
    PostgresProbe::Heard heard;
    heard.answered = [this, node](const failover::Facts& facts, Instant asked) {
      monitor_.answered(node, facts, asked);
      decide();
    };
    heard.failed = [this, node](bool reached, std::string why) {
      monitor_.failed(node, reached, std::move(why), loop_.now());
      decide();
    };
    heard.lost = [this, node] {
      monitor_.doubted(node, loop_.now());
      askWhoIsDue();
    };
    probes_.push_back(std::make_unique<PostgresProbe>(loop, resolver, hosts_[node], login_,
                                                      settings.probe_timeout, std::move(heard)));
  }
  tick_.in(Duration::zero());
}

void PostgresCluster::askWhoIsDue() {
  loop_.forgetNow();
  const Instant now = loop_.now();
  const Duration interval = monitor_.probeInterval(now);
  for (size_t node = 0; node < probes_.size(); ++node) {
    if (now < asked_[node] + interval || probes_[node]->asking()) continue;
    asked_[node] = now;
    probes_[node]->ask();
  }
  if (now >= monitor_.decideBy()) return decide();
  schedule(now);
}

// One that is asking is looked after when its answer comes, or its time is over.
void PostgresCluster::schedule(Instant now) {
  const Duration interval = monitor_.probeInterval(now);
  Instant next = std::min(now + interval, monitor_.decideBy());
  for (size_t node = 0; node < probes_.size(); ++node)
    if (!probes_[node]->asking()) next = std::min(next, asked_[node] + interval);
  tick_.in(std::max<Duration>(next - now, milliseconds(1)));
}

void PostgresCluster::decide() {
  loop_.forgetNow();
  const Instant now = loop_.now();
  const bool changed = monitor_.decide(now);
  for (const failover::Event& event : monitor_.takeEvents()) told_.event(event);
  if (monitor_.memory() != remembered_) told_.remember(remembered_ = monitor_.memory());
  if (changed || now >= published_at_ + kMeasureEvery) publish(now, changed);
  schedule(now);
}

void PostgresCluster::publish(Instant now, bool changed) {
  published_at_ = now;
  published_ = std::make_shared<const failover::Topology>(monitor_.topology());
  (changed ? told_.changed : told_.measured)(published_);
}

void PostgresCluster::doubt(const conf::HostPort& host) {
  const auto found = std::ranges::find(hosts_, host);
  if (found == hosts_.end()) return;
  monitor_.doubted(static_cast<size_t>(found - hosts_.begin()), loop_.now());
  askWhoIsDue();
}

void PostgresCluster::forget() {
  monitor_.forget();
  decide();
  std::ranges::fill(asked_, Instant{});
  askWhoIsDue();
}

void PostgresCluster::apply(const conf::FailoverSettings& settings) {
  monitor_.setRules(rulesOf(settings));
  for (const auto& probe : probes_) probe->setTimeout(settings.probe_timeout);
}

}  // namespace forebay::probe
