// SentinelWatches follows the primaries of all caches that Sentinels tell of, and tells the workers. On the
// control thread; it is destroyed before its loop is stopped, when no worker runs any more.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "gateway/log.h"
#include "gateway/net/resolver.h"
#include "gateway/probe/sentinel_watch.h"
#include "gateway/redis/redis_worker.h"

namespace forebay::probe {

class SentinelWatches {
 public:
  // From now on a worker's doubts come here.
  SentinelWatches(net::Loop& loop, Log& log, redis::Shared& shared);
  ~SentinelWatches();
  SentinelWatches(const SentinelWatches&) = delete;
  SentinelWatches& operator=(const SentinelWatches&) = delete;

  // At the start, and after each reload, once the workers have their letters.
  void apply(const redis::SettingsPtr& settings);

 private:
  struct Watched {
    std::unique_ptr<SentinelWatch> watch;
    redis::SettingsPtr settings;
  };

  void begin(const conf::Cache& cache, const redis::SettingsPtr& settings);
  void tell(const std::string& cache, const SentinelWatch::Told& told);

  net::Loop& loop_;
  Log& log_;
  redis::Shared& shared_;
  net::Resolver resolver_;
  std::map<std::string, Watched> watched_;
};

}  // namespace forebay::probe
