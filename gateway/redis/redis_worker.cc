#include "gateway/redis/redis_worker.h"

#include <unistd.h>

#include <algorithm>

#include "gateway/redis/server.h"

namespace forebay::redis {
namespace {

constexpr Duration kLookForIdle = seconds(10);

}  // namespace

std::shared_ptr<CacheShared> Shared::cache(const std::string& name, uint32_t lease_limit) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<CacheShared>& cache = caches_[name];
  if (!cache) cache = std::make_shared<CacheShared>(worker_count, lease_limit);
  return cache;
}

std::map<std::string, std::shared_ptr<CacheShared>> Shared::caches() const {
  const std::lock_guard lock(mutex_);
  return caches_;
}

RedisWorker::RedisWorker(uint32_t index, net::Loop& loop, Log& log, Shared& shared, SettingsPtr settings)
    : index_(index),
      loop_(loop),
      log_(log),
      shared_(shared),
      settings_(std::move(settings)),
      resolver_(std::make_unique<net::Resolver>(std::make_unique<net::UvNameLookup>(loop.native()),
                                                net::Resolver::Ttl{})),
      idle_tick_(loop, [this] { closeIdleServers(); }),
      drain_tick_(loop, [this] { closeClients("shutdown_timeout has passed"); }),
      jitter_(index + 2) {}

RedisWorker::~RedisWorker() {
  while (!clients_.empty()) delete &clients_.front();
  while (!leaving_.empty()) delete &leaving_.front();
}

void RedisWorker::post(std::function<void(RedisWorker&)> work) {
  loop_.mailbox().post([this, work = std::move(work)] {
    if (!stopped_) work(*this);
  });
}

// ---- clients

void RedisWorker::accepted(const std::string& cache, int fd, const net::PeerAddress& peer) {
  ++connections_accepted;
  WorkerCache* found = findCache(cache);
  if (found == nullptr || stopped_) {
    ::close(fd);
    return;
  }
  if (shared_.client_count.fetch_add(1) >= redis().maxclients) {
    shared_.client_count.fetch_sub(1);
    rejected["maxclients"] += 1;
    constexpr std::string_view kFull = "-ERR max number of clients reached\r\n";
    [[maybe_unused]] const ssize_t sent = ::write(fd, kFull.data(), kFull.size());
    ::close(fd);
    return;
  }
  auto* client = new Client(*this, *found, fd, peer);
  clients_.pushBack(*client);
  found->clients().pushBack(*client);
  found->shared().clients.fetch_add(1, std::memory_order_relaxed);
  if (!client->valid()) return client->close("the event loop refused its socket");
  if (draining_) client->closeWhenIdle();
}

void RedisWorker::clientClosed(Client& client) {
  shared_.client_count.fetch_sub(1);
  client.cache().shared().clients.fetch_sub(1, std::memory_order_relaxed);
  client.ListNode<InWorkerClients>::unlink();
  leaving_.pushBack(client);
  if (client.outstanding() == 0) bury(client);
  if (draining_ && clients_.empty() && on_empty) on_empty();
}

void RedisWorker::bury(Client& client) {
  client.ListNode<InWorkerClients>::unlink();
  loop_.bury(std::unique_ptr<Client>(&client));
}

Client* RedisWorker::findClient(uint64_t id) {
  return clients_.find([id](Client& client) { return client.id() == id; });
}

bool RedisWorker::killClient(uint64_t id) {
  Client* client = findClient(id);
  if (client != nullptr) client->close("KILL_CLIENT");
  return client != nullptr;
}

void RedisWorker::resumeSoon(Client& client) {
  if (!client.ListNode<InResumeList>::linked()) resuming_.pushBack(client);
  loop_.atTurnEnd(*this);
}

void RedisWorker::turnEnds() {
  for (size_t left = resuming_.size(); left > 0 && !resuming_.empty(); --left) {
    Client& client = resuming_.front();
    client.ListNode<InResumeList>::unlink();
    client.resume();
  }
  if (!resuming_.empty()) loop_.defer([this] { loop_.atTurnEnd(*this); });
}

// PostgreSQL's clients have buffers of this loop, too. Ours are closed only where what is held for them, in
// buffers of up to twice its size, fills the budget; which is not added up each time.
void RedisWorker::shed() {
  const uint64_t budget = redis().maxmemory_clients / std::max<size_t>(1, shared_.workers.size());
  const size_t lent = loop_.buffers().bytesLent();
  last_looked_ = std::min(last_looked_, lent);
  if (budget == 0 || lent <= budget || lent < last_looked_ + budget / 16) return;
  uint64_t held = 0;
  Client* worst = nullptr;
  clients_.forEach([&](Client& client) {
    held += client.held();
    if (!client.noEvict() && (worst == nullptr || client.held() > worst->held())) worst = &client;
  });
  last_looked_ = 2 * held > budget ? 0 : lent;
  if (2 * held <= budget || worst == nullptr || worst->held() == 0) return;
  worst->cache().counters().shed.add();
  worst->close("memory for clients is used up (maxmemory_clients), and most of it is held for this one");
}

// ---- caches

WorkerCache* RedisWorker::findCache(std::string_view name) {
  const auto found = caches_.find(name);
  return found == caches_.end() ? nullptr : found->second.get();
}

void RedisWorker::askOthersForLease(const std::string& cache) {
  for (RedisWorker* other : shared_.workers)
    if (other != this)
      other->post([cache](RedisWorker& there) {
        if (WorkerCache* found = there.findCache(cache)) found->leases().yieldOne();
      });
}

void RedisWorker::wakeLeases(uint32_t worker, const std::string& cache) {
  shared_.workers[worker]->post([cache](RedisWorker& there) {
    if (WorkerCache* found = there.findCache(cache)) found->leases().wake();
  });
}

void RedisWorker::publishFacts(const std::string& cache, const FactsPtr& facts) {
  for (RedisWorker* each : shared_.workers)
    each->post([cache, facts](RedisWorker& there) {
      if (WorkerCache* found = there.findCache(cache)) found->apply(facts);
    });
}

void RedisWorker::scriptsFlushed(const std::string& cache) {
  for (RedisWorker* each : shared_.workers)
    each->post([cache](RedisWorker& there) {
      if (WorkerCache* found = there.findCache(cache)) found->forgetLoaded();
    });
}

void RedisWorker::closeIdleServers() {
  forEachCache([&](WorkerCache& cache) { cache.closeIdle(loop_.now()); });
  resolver_->forgetExpired(loop_.now());
  idle_tick_.in(kLookForIdle);
}

// ---- life

void RedisWorker::start() {
  for (const auto& [name, cache] : redis().caches) {
    caches_[name] = std::make_unique<WorkerCache>(
        *this, shared_.cache(name, cache.lease_pool_size.value_or(redis().lease_pool_size)), cache);
    if (index_ == 0) caches_[name]->watchNode();
  }
  idle_tick_.in(kLookForIdle);
}

void RedisWorker::apply(SettingsPtr settings) {
  settings_ = std::move(settings);
  const auto& configured = redis().caches;
  for (auto at = caches_.begin(); at != caches_.end();) {
    const auto still = configured.find(at->first);
    if (still != configured.end()) {
      at->second->applySettings(still->second);
      ++at;
      continue;
    }
    at->second->closeClients("its cache was removed from the settings");
    at->second->closeAll("its cache was removed from the settings");
    loop_.bury(std::move(at->second));
    at = caches_.erase(at);
  }
  for (const auto& [name, cache] : configured) {
    if (caches_.contains(name)) continue;
    caches_[name] = std::make_unique<WorkerCache>(
        *this, shared_.cache(name, cache.lease_pool_size.value_or(redis().lease_pool_size)), cache);
    if (index_ == 0) caches_[name]->watchNode();
  }
}

void RedisWorker::drain() {
  if (std::exchange(draining_, true)) return;
  std::vector<Client*> all;
  clients_.forEach([&](Client& client) { all.push_back(&client); });
  for (Client* client : all) client->closeWhenIdle();
  drain_tick_.in(redis().shutdown_timeout);
  if (clients_.empty() && on_empty) on_empty();
}

void RedisWorker::closeClients(std::string_view reason) {
  std::vector<Client*> all;
  clients_.forEach([&](Client& client) { all.push_back(&client); });
  for (Client* client : all) client->close(reason);
}

void RedisWorker::stopNow() {
  if (stopped_) return;
  draining_ = stopped_ = true;
  closeClients("the gateway has stopped");
  forEachCache([](WorkerCache& cache) { cache.closeAll("the gateway has stopped"); });
}

}  // namespace forebay::redis
