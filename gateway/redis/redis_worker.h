// RedisWorker: everything of one worker that speaks Redis: its clients and its part of every cache.
//
// Belongs to its worker's thread. Other threads reach it through post() only.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "gateway/admin/snapshot.h"
#include "gateway/log.h"
#include "gateway/net/loop.h"
#include "gateway/net/resolver.h"
#include "gateway/net/tick.h"
#include "gateway/redis/client.h"
#include "gateway/redis/settings.h"
#include "gateway/redis/worker_cache.h"
#include "redisproto/request.h"

namespace forebay::redis {

class RedisWorker;

// What all workers share. Outlives them.
struct Shared {
  explicit Shared(uint32_t count) : worker_count(count) {}
  const uint32_t worker_count;
  // Ids of clients are what CLIENT ID tells, the same over all workers.
  std::atomic<uint64_t> next_client_id{1}, next_server_id{1};
  std::atomic<uint32_t> client_count{0};
  std::vector<RedisWorker*> workers;  // complete before the first one runs
  // A worker has met what a healthy primary of this cache would not have done: who follows the Sentinels asks
  // them. From any thread; set while no worker runs.
  std::function<void(const std::string& cache)> doubt;
  // Some client waits to read what it has written from a replica of this cache: ask them soon.
  std::function<void(const std::string& cache)> want_proof;

  // Of the cache of this name, made when there is none. On the control thread, or before the workers run.
  std::shared_ptr<CacheShared> cache(const std::string& name, uint32_t lease_limit);
  std::map<std::string, std::shared_ptr<CacheShared>> caches() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<CacheShared>> caches_;
};

class RedisWorker final : public net::TurnEnd {
 public:
  RedisWorker(uint32_t index, net::Loop& loop, Log& log, Shared& shared, SettingsPtr settings);
  ~RedisWorker() override;
  RedisWorker(const RedisWorker&) = delete;
  RedisWorker& operator=(const RedisWorker&) = delete;

  // A connection that was just accepted for this cache. Takes over `fd`.
  void accepted(const std::string& cache, int fd, const net::PeerAddress& peer);
  void clientClosed(Client& client);
  // All replies to a closed client have come.
  void bury(Client& client);
  bool killClient(uint64_t id);  // false: it is not here
  Client* findClient(uint64_t id);

  // From any thread: runs `work` with this worker on its own thread.
  void post(std::function<void(RedisWorker&)> work);

  // Has the client look at what it holds back, in this turn but not at once.
  void resumeSoon(Client& client);
  // Too much is held for clients, of what they do not read or have sent and nobody could take yet: the one
  // with the most is closed.
  void shed();

  // ---- leases, over all workers
  void askOthersForLease(const std::string& cache);
  void wakeLeases(uint32_t worker, const std::string& cache);
  void publishFacts(const std::string& cache, const FactsPtr& facts);
  void scriptsFlushed(const std::string& cache);

  void start();  // once the loop runs
  void apply(SettingsPtr settings);
  void drain();
  void stopNow();
  bool empty() const { return clients_.empty(); }
  // Adds what this worker knows; the rows of single clients, slow requests and keys only where wanted.
  void fill(admin::Snapshot& out, bool clients, bool slow_log, bool keys);
  std::function<void()> on_empty;  // the last client has left while draining

  WorkerCache* findCache(std::string_view name);
  template <typename Visit>
  void forEachCache(Visit visit) {
    for (auto& [name, cache] : caches_) visit(*cache);
  }
  template <typename Visit>
  void forEachClient(Visit visit) {
    clients_.forEach(visit);
  }

  uint32_t index() const { return index_; }
  net::Loop& loop() { return loop_; }
  Log& log() { return log_; }
  Shared& shared() { return shared_; }
  const Settings& settings() const { return *settings_; }
  const conf::Config& config() const { return *settings_->config; }
  const conf::RedisSettings& redis() const { return settings_->config->redis; }
  net::Resolver& resolver() { return *resolver_; }
  bool draining() const { return draining_; }
  double jitter() { return jitter_.next(); }  // 0 to 1
  // Kept and used again, so that no request allocates.
  redisproto::Request& request() { return request_; }
  redisproto::Request& scratchRequest() { return scratch_request_; }
  std::string& wireScratch() { return wire_; }

  uint64_t connections_accepted = 0;
  admin::ReasonCounts rejected;

 protected:
  void turnEnds() override;

 private:
  void closeIdleServers();
  void closeClients(std::string_view reason);

  const uint32_t index_;
  net::Loop& loop_;
  Log& log_;
  Shared& shared_;
  SettingsPtr settings_;
  std::unique_ptr<net::Resolver> resolver_;
  redisproto::Request request_, scratch_request_;
  std::string wire_;
  std::map<std::string, std::unique_ptr<WorkerCache>, std::less<>> caches_;
  IntrusiveList<Client, InWorkerClients> clients_;
  IntrusiveList<Client, InWorkerClients> leaving_;  // closed, with replies on their way
  IntrusiveList<Client, InResumeList> resuming_;
  net::Tick idle_tick_, drain_tick_;
  size_t last_looked_ = 0;  // how many bytes were lent when clients' shares of them were last added up
  bool draining_ = false, stopped_ = false;
  Jitter jitter_;
};

}  // namespace forebay::redis
