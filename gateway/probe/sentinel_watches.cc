#include "gateway/probe/sentinel_watches.h"

#include <utility>

namespace forebay::probe {
namespace {

// Whether what was set up for `before` is good for `after`: certificates are read anew with each reload.
bool sameWatch(const conf::Cache& before, const redis::Settings& old, const conf::Cache& after,
               const redis::Settings& now) {
  const auto facts = [](const conf::Cache& cache, const redis::Settings& settings) {
    const conf::RedisSettings& redis = settings.config->redis;
    const conf::ReadSettings& reading = cache.reading;
    return std::tuple(cache.sentinels, cache.master, cache.sentinel_user, cache.sentinel_password, cache.user,
                      cache.password, reading.reads != conf::Reads::kPrimary, reading.max_replica_lag,
                      reading.max_replica_lag_bytes, redis::serverTlsMode(redis, cache),
                      redis::sentinelTlsMode(redis, cache));
  };
  return facts(before, old) == facts(after, now) &&
         old.config->redis.server_tls == now.config->redis.server_tls;
}

}  // namespace

SentinelWatches::SentinelWatches(net::Loop& loop, Log& log, redis::Shared& shared)
    : loop_(loop),
      log_(log),
      shared_(shared),
      resolver_(std::make_unique<net::UvNameLookup>(loop.native()), net::Resolver::Ttl{}) {
  shared_.doubt = [this](const std::string& cache) {
    loop_.mailbox().post([this, cache] {
      if (const auto found = watched_.find(cache); found != watched_.end()) found->second.watch->doubt();
    });
  };
  shared_.want_proof = [this](const std::string& cache) {
    loop_.mailbox().post([this, cache] {
      if (const auto found = watched_.find(cache); found != watched_.end()) found->second.watch->wantProof();
    });
  };
}

SentinelWatches::~SentinelWatches() { shared_.doubt = shared_.want_proof = nullptr; }

void SentinelWatches::apply(const redis::SettingsPtr& settings) {
  const auto& caches = settings->config->redis.caches;
  std::erase_if(watched_, [&](const auto& each) {
    const auto now = caches.find(each.first);
    return now == caches.end() || !now->second.hasSentinels() ||
           !sameWatch(each.second.watch->cache(), *each.second.settings, now->second, *settings);
  });
  for (const auto& [name, cache] : caches)
    if (cache.hasSentinels() && !watched_.contains(name)) begin(cache, settings);
  resolver_.forgetExpired(loop_.now());
}

void SentinelWatches::begin(const conf::Cache& cache, const redis::SettingsPtr& settings) {
  const auto shared = shared_.cache(cache.name, 0);
  const failover::TopologyPtr before = shared->followed().topology;
  watched_[cache.name] = {
      std::make_unique<SentinelWatch>(
          loop_, resolver_, log_, settings, cache, before ? before->epoch : 0, shared->questions,
          [this, name = cache.name](const SentinelWatch::Told& told) { tell(name, told); }),
      settings};
}

void SentinelWatches::tell(const std::string& cache, const SentinelWatch::Told& told) {
  shared_.cache(cache, 0)->setFollowed({told.topology, told.history, told.replicas});
  if (!told.moved && !told.replicas_changed) return;
  for (redis::RedisWorker* worker : shared_.workers)
    worker->post([cache, told](redis::RedisWorker& there) {
      redis::WorkerCache* found = there.findCache(cache);
      if (found == nullptr) return;
      if (told.moved) found->follow(told.topology);
      if (told.replicas_changed) found->followReplicas(told.replicas);
    });
}

}  // namespace forebay::probe
