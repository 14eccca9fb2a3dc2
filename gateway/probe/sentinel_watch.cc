#include "gateway/probe/sentinel_watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "conf/address.h"

namespace forebay::probe {

using failover::Topology;

SentinelWatch::SentinelWatch(net::Loop& loop, net::Resolver& resolver, Log& log, redis::SettingsPtr settings,
                             const conf::Cache& cache, uint64_t epoch, std::atomic<uint64_t>& questions,
                             Tell tell)
    : loop_(loop),
      resolver_(resolver),
      log_(log),
      settings_(std::move(settings)),
      cache_(cache),
      tell_(std::move(tell)),
      master_(cache.master, cache.sentinels, loop.now(), epoch),
      questions_(questions),
      tick_(loop, [this] { ask(); }),
      nodes_tick_(loop, [this] { askNodes(); }) {
  const conf::ReadSettings& reading = cache.reading;
  if (reading.reads != conf::Reads::kPrimary)
    replicas_.emplace(failover::RedisReplicas::Bounds{.lag = reading.max_replica_lag,
                                                      .lag_bytes = reading.max_replica_lag_bytes});
  tick_.in(Duration::zero());
}

SentinelWatch::~SentinelWatch() {
  for (auto& [name, link] : links_) {
    link->end();
    loop_.bury(std::move(link));
  }
  for (auto& [name, probe] : probes_) {
    probe->end();
    loop_.bury(std::move(probe));
  }
}

// ---- asking

RedisDoor SentinelWatch::sentinelDoor(const conf::HostPort& host) const {
  const conf::SslMode mode = redis::sentinelTlsMode(settings_->config->redis, cache_);
  return {redis::targetOf(*settings_, host, mode), cache_.sentinel_user, cache_.sentinel_password};
}

RedisDoor SentinelWatch::nodeDoor(const conf::HostPort& host) const {
  const conf::SslMode mode = redis::serverTlsMode(settings_->config->redis, cache_);
  return {redis::targetOf(*settings_, host, mode), cache_.user, cache_.password};
}

std::unique_ptr<SentinelLink> SentinelWatch::makeLink(const conf::HostPort& host) {
  SentinelLink::Heard heard;
  heard.answered = [this, host](SentinelReply reply, Instant asked) {
    if (reply.kind == SentinelReply::Kind::kUnaware)
      master_.sentinelUnaware(host, asked);
    else
      master_.sentinelSaid(host, std::move(reply.word), asked);
    review();
  };
  heard.failed = [this, host](const std::string& why) {
    master_.sentinelFailed(host, why);
    review();
  };
  heard.hint = [this](const SentinelHint& hint) {
    if (hint.selected) master_.selected(*hint.selected, loop_.now());
    master_.doubted(loop_.now());
    review();
    askSoon();
  };
  return std::make_unique<SentinelLink>(loop_, resolver_, sentinelDoor(host), cache_.master,
                                        std::move(heard));
}

std::unique_ptr<RedisRoleProbe> SentinelWatch::makeProbe(const conf::HostPort& host) {
  RedisRoleProbe::Heard heard;
  heard.answered = [this, host](const failover::RedisFacts& facts, Instant asked, uint64_t number) {
    master_.nodeSaid(host, facts, asked);
    if (replicas_) replicas_->said(host, facts, number, asked);
    review();
  };
  heard.failed = [this, host](const std::string& why) {
    master_.nodeFailed(host, why, loop_.now());
    if (replicas_) replicas_->failed(host, why);
    review();
  };
  return std::make_unique<RedisRoleProbe>(loop_, resolver_, nodeDoor(host), replicas_.has_value(),
                                          std::move(heard));
}

// Makes what is missing, and lets go of what is known no more.
void SentinelWatch::meet() {
  const auto sync = [this](auto& have, const std::vector<conf::HostPort>& wanted, auto make) {
    std::set<std::string> names;
    for (const conf::HostPort& host : wanted) {
      const std::string name = conf::format(host);
      names.insert(name);
      if (have.contains(name)) continue;
      have[name] = make(host);
      askSoon();
    }
    for (auto at = have.begin(); at != have.end();) {
      if (names.contains(at->first)) {
        ++at;
        continue;
      }
      at->second->end();
      loop_.bury(std::move(at->second));
      at = have.erase(at);
    }
  };
  sync(links_, master_.sentinels(), [this](const conf::HostPort& host) { return makeLink(host); });
  sync(probes_, master_.nodes(), [this](const conf::HostPort& host) { return makeProbe(host); });
}

void SentinelWatch::ask() {
  const Instant now = asked_at_ = loop_.now();
  const bool lists = now - lists_asked_at_ >= failover::RedisMaster::kAskEvery;
  if (lists) lists_asked_at_ = now;
  meet();
  tick_.in(master_.askInterval(now));
  // What is asked may answer, or fail, at once, and so change who is known.
  std::vector<std::string> names;
  for (const auto& [name, link] : links_) names.push_back(name);
  for (const std::string& name : names)
    if (const auto found = links_.find(name); found != links_.end()) found->second->ask(lists);
  askNodes();
  if (lists) report(master_.topology().epoch, false);  // offsets and ages, for who looks
}

// Its number is known before the question leaves: whoever sees a lower one has nothing of what was asked
// then.
void SentinelWatch::askNodes() {
  nodes_asked_at_ = loop_.now();
  const uint64_t number = questions_.fetch_add(1) + 1;
  std::vector<std::string> names;
  for (const auto& [name, probe] : probes_) names.push_back(name);
  for (const std::string& name : names)
    if (const auto found = probes_.find(name); found != probes_.end()) found->second->ask(number);
  review();
  if (replicas_) askNodesBy(nodes_asked_at_ + replicas_->askInterval(nodes_asked_at_));
}

void SentinelWatch::askNodesBy(Instant at) {
  if (!nodes_tick_.armed() || at < nodes_tick_.at())
    nodes_tick_.in(std::max(at - loop_.now(), Duration::zero()));
}

// At once, but never without a pause between two rounds: many may ask for it.
void SentinelWatch::askSoon() {
  const Instant at = std::max(loop_.now(), asked_at_ + kLeastPause);
  if (!tick_.armed() || at < tick_.at()) tick_.in(at - loop_.now());
}

void SentinelWatch::doubt() {
  master_.doubted(loop_.now());
  askSoon();
}

void SentinelWatch::wantProof() {
  if (!replicas_) return;
  replicas_->wanted(loop_.now());
  askNodesBy(nodes_asked_at_ + failover::RedisReplicas::kAskFast);
}

// ---- what has come of it

void SentinelWatch::review() {
  const Instant now = loop_.now();
  const uint64_t before = master_.topology().epoch;
  const bool changed = master_.decide(now);
  meet();
  const bool replicas_changed = reviewReplicas(now);
  if (changed || replicas_changed) report(before, replicas_changed);
  const Duration interval = master_.askInterval(now);
  if (!tick_.armed() || now + interval < tick_.at()) tick_.in(interval);
}

bool SentinelWatch::reviewReplicas(Instant now) {
  if (!replicas_) return false;
  replicas_->follow(master_.topology());
  return replicas_->decide(now);
}

void SentinelWatch::report(uint64_t before, bool replicas_changed) {
  const Topology& topology = master_.topology();
  const bool moved = topology.epoch != before;
  if (moved && topology.primary)
    log_.info() << "cache " << cache_.name << ": the primary is "
                << conf::format(topology.nodes[*topology.primary].host) << ", epoch " << topology.epoch;
  else if (moved)
    log_.warning() << "cache " << cache_.name << " has no primary: " << topology.why;
  tell_({std::make_shared<const Topology>(topology), master_.history(), moved,
         replicas_ ? std::make_shared<const failover::Replicas>(replicas_->replicas()) : nullptr,
         replicas_changed});
}

}  // namespace forebay::probe
