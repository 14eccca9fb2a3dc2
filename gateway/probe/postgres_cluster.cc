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
      resolver_(resolver),
      hosts_(std::move(hosts)),
      login_(std::move(login)),
      told_(std::move(told)),
      monitor_(hosts_, rulesOf(settings), memory, loop.now()),
      remembered_(memory),
      asked_(hosts_.size()),
      published_(std::make_shared<const failover::Topology>(monitor_.topology())),
      promotions_(loop, resolver, monitor_, login_,
                  {.event = [this](const failover::Event& event) { told_.event(event); },
                   .hurry = [this] { hurry(); }}),
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
  if (now >= std::min(monitor_.decideBy(), promotions_.decideBy())) return decide();
  schedule(now);
}

// One that is asking is looked after when its answer comes, or its time is over.
void PostgresCluster::schedule(Instant now) {
  const Duration interval = monitor_.probeInterval(now);
  Instant next = std::min({now + interval, monitor_.decideBy(), promotions_.decideBy()});
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
  promotions_.consider(now);
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

void PostgresCluster::apply(const conf::FailoverSettings& settings, const Management& management) {
  monitor_.setRules(rulesOf(settings));
  for (const auto& probe : probes_) probe->setTimeout(settings.probe_timeout);
  watchPatroni(settings, management.patroni);
  promotions_.apply(settings, management.automatic && !patroni_, management.database);
}

void PostgresCluster::promote(size_t node, PromotionDone done) {
  if (!patroni_) return promotions_.promote(node, std::move(done));
  const auto is_it = [this, node](const PatroniMember& member) { return nodeOf(member) == node; };
  promotions_.promoteBy(patroni_->api(), node, is_it, std::move(done));
}

// Roles may be about to change: every server is asked at once.
void PostgresCluster::hurry() {
  monitor_.doubted(monitor_.topology().primary.value_or(0), loop_.now());
  askWhoIsDue();
}

// ---- Patroni

void PostgresCluster::watchPatroni(const conf::FailoverSettings& settings,
                                   const conf::PatroniSettings& patroni) {
  if (!patroni_ && patroni.urls.empty()) return;
  if (patroni_ && patroni_->settings() == patroni)
    return patroni_->setTimes(settings.probe_interval, settings.probe_timeout);
  patroni_.reset();
  promotions_.managerChanged();
  leader_.reset();
  if (patroni.urls.empty()) return;
  PatroniWatch::Told told;
  told.said = [this](const PatroniView& view, Instant asked) { patroniSaid(view, asked); };
  told.event = [this](std::string what) { told_.event({{}, std::move(what)}); };
  patroni_ = std::make_unique<PatroniWatch>(loop_, resolver_, patroni, settings.probe_interval,
                                            settings.probe_timeout, std::move(told));
}

// It is a reason to ask the servers, who decide. Only which of two claimants it is, is the record's to say.
void PostgresCluster::patroniSaid(const PatroniView& view, Instant asked) {
  const PatroniMember* leader = view.leader();
  const std::optional<PatroniMember> before =
      std::exchange(leader_, leader != nullptr ? std::optional(*leader) : std::nullopt);
  monitor_.managerNamed(leader != nullptr ? nodeOf(*leader) : std::nullopt, asked);
  if (leader_ != before) hurry();
  decide();
}

// Patroni may call a server by another name than the settings do.
std::optional<size_t> PostgresCluster::nodeOf(const PatroniMember& member) const {
  for (size_t node = 0; node < hosts_.size(); ++node)
    if (hosts_[node].port == member.at.port &&
        (hosts_[node].host == member.at.host || probes_[node]->address() == member.at.host))
      return node;
  return std::nullopt;
}

}  // namespace forebay::probe
