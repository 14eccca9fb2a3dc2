#include "gateway/postgres/postgres_worker.h"

#include <unistd.h>

#include <algorithm>

#include "gateway/postgres/auth_query.h"
#include "gateway/postgres/cancel.h"
#include "gateway/postgres/catalog_loads.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"

namespace forebay::postgres {
namespace {

constexpr Duration kLongestLook = seconds(60), kShortestLook = milliseconds(100);

}  // namespace

PostgresWorker::PostgresWorker(uint32_t index, net::Loop& loop, Log& log, Shared& shared,
                               SettingsPtr settings)
    : index_(index),
      loop_(loop),
      log_(log),
      shared_(shared),
      settings_(std::move(settings)),
      resolver_(std::make_unique<net::Resolver>(std::make_unique<net::UvNameLookup>(loop.native()),
                                                net::Resolver::ttlOf(postgres()))),
      key_queue_(loop),
      auth_queries_(std::make_unique<AuthQueries>(*this)),
      catalog_loads_(std::make_unique<CatalogLoads>(*this)),
      cancels_(std::make_unique<Cancels>(*this)),
      tidy_tick_(loop, [this] { dropUnusedPools(); }),
      jitter_(index) {}

PostgresWorker::~PostgresWorker() = default;

void PostgresWorker::post(std::function<void(PostgresWorker&)> work) {
  loop_.mailbox().post([this, work = std::move(work)] {
    if (!stopped_) work(*this);
  });
}

// ---- clients

namespace {

void clientsChanged(PostgresWorker& worker, uint32_t clients) {
  const uint32_t limit = worker.postgres().max_client_conn;
  if (worker.shared().filling.crossed(clients, limit))
    worker.log().warning() << "80 % of max_client_conn are reached: " << clients << " clients of " << limit;
}

}  // namespace

void PostgresWorker::accepted(int fd, const net::PeerAddress& peer) {
  ++connections_accepted;
  const uint32_t slot = clients_.freeSlot();
  if (slot == ClientPid::kMaxSlots || stopped_) {
    ::close(fd);
    return;
  }
  clientsChanged(*this, shared_.client_count.fetch_add(1, std::memory_order_relaxed) + 1);
  ++login_clients;
  Client* client = clients_.add(std::make_unique<Client>(*this, fd, peer, slot), slot);
  if (!client->socket().valid()) return client->close("the event loop refused its socket");
  // With TCP_DEFER_ACCEPT the first packet is there already.
  if (postgres().tcp.defer_accept && !peer.isUnix()) client->onReadable();
}

void PostgresWorker::clientClosed(Client& client) {
  clientsChanged(*this, shared_.client_count.fetch_sub(1, std::memory_order_relaxed) - 1);
  loop_.bury(clients_.remove(client.slot()));
  if (draining_ && clients_.size() == 0 && on_empty) on_empty();
}

bool PostgresWorker::killClient(uint64_t id) {
  Client* found = nullptr;
  clients_.forEach([&](Client& client) {
    if (client.id() == id) found = &client;
  });
  if (found == nullptr) return false;
  found->close("KILL_CLIENT", errorResponse(pgproto::sqlstate::kAdminShutdown,
                                            "terminating connection due to administrator command",
                                            "The client was killed at the admin console."));
  return true;
}

// ---- pools

WorkerPool* PostgresWorker::findPool(std::string_view database, std::string_view user) {
  const auto found = pools_.find(std::pair<std::string, std::string>(database, user));
  return found == pools_.end() ? nullptr : found->second.get();
}

WorkerPool& PostgresWorker::pool(const conf::Database& database, std::string_view database_name,
                                 std::string_view user) {
  if (WorkerPool* known = findPool(database_name, user)) return *known;
  auto made = std::make_unique<WorkerPool>(*this, shared_.directory.pool(database_name, user),
                                           shared_.directory.database(databaseOf(database_name)), database);
  WorkerPool& pool = *made;
  pools_.emplace(std::pair<std::string, std::string>(database_name, user), std::move(made));
  refreshCredentials(pool);
  pool.wake();
  return pool;
}

// Looks now and then: what may be unused for an hour may be so for a minute more.
void PostgresWorker::dropUnusedPools() {
  const Instant now = loop_.now();
  for (auto at = pools_.begin(); at != pools_.end();) {
    if (now < at->second->dropAt(now)) {
      at->second->tryUntilReached();  // who did so may be gone
      ++at;
    } else {
      loop_.bury(std::move(at->second));  // behind its servers, which may be buried in this very turn
      at = pools_.erase(at);
    }
  }
  forEachPool([](WorkerPool& pool) {
    if (pool.reads() != nullptr) pool.reads()->forgetPools();
  });
  shared_.directory.dropUnheld();
  Duration period = kLongestLook;
  for (const Duration limit : {postgres().pool_idle_timeout, postgres().autodb_idle_timeout})
    if (limit > Duration::zero()) period = std::min(period, limit / 2);
  if (const Duration retry = postgres().server_login_retry; retry > Duration::zero())
    period = std::min(period, retry / 2);  // pools that their server never let in
  tidy_tick_.in(std::max<Duration>(period, kShortestLook));
}

void PostgresWorker::openMinimumPools() {
  for (const auto& [name, database] : postgres().databases) {
    if (name == "*" || database.user.empty()) continue;
    const conf::PoolSettings settings =
        conf::resolvePool(postgres(), database, config().findUser(database.user));
    if (settings.min_pool_size > 0) pool(database, name, database.user);
  }
}

void PostgresWorker::refreshCredentials(WorkerPool& pool) {
  const conf::Database& database = pool.database();
  const std::string* listed = config().userlist.find(pool.user());
  ServerCredentials credentials;
  if (!database.password.empty()) {
    credentials.secret = database.password;
  } else if (listed != nullptr) {
    credentials.secret = *listed;
  } else {
    return;  // what its clients brought along still counts
  }
  pool.entry().setCredentials(std::move(credentials));
}

void PostgresWorker::askToYield() {
  const auto yieldHere = [](PostgresWorker& worker) {
    for (auto& [key, pool] : worker.pools_)
      if (pool->yieldIdle()) return true;
    return false;
  };
  if (yieldHere(*this)) return;
  for (PostgresWorker* other : shared_.workers)
    if (other != this) other->post([yieldHere](PostgresWorker& there) { yieldHere(there); });
}

void PostgresWorker::permitFreedFor(std::string_view database, std::string_view user) {
  for (PostgresWorker* worker : shared_.workers) {
    worker->post([of_database = std::string(databaseOf(database)),
                  of_user = std::string(user)](PostgresWorker& there) {
      for (auto& [key, pool] : there.pools_)
        if (pool->core().waiting() > 0 &&
            (databaseOf(pool->databaseName()) == of_database || pool->user() == of_user))
          pool->permitFreed();
    });
  }
}

// ---- life

void PostgresWorker::apply(SettingsPtr settings) {
  const bool tls_changed = !(settings->config->postgres.server_tls == postgres().server_tls);
  settings_ = std::move(settings);
  resolver_->setTtl(net::Resolver::ttlOf(postgres()));
  scram_secrets_.clear();
  auth_queries_->forgetAll();
  std::vector<WorkerPool*> all;
  forEachPool([&](WorkerPool& pool) { all.push_back(&pool); });
  for (WorkerPool* pool : all) {
    pool->applySettings();
    if (tls_changed) pool->reconnect();
  }
  if (index_ == 0) openMinimumPools();
  dropUnusedPools();
}

void PostgresWorker::topologyChanged(const std::vector<std::string>& entries,
                                     const failover::TopologyPtr& topology) {
  std::vector<WorkerPool*> all;
  forEachPool([&](WorkerPool& pool) {
    if (std::ranges::find(entries, pool.database().name) != entries.end()) all.push_back(&pool);
  });
  for (WorkerPool* pool : all) pool->topologyChanged(topology);
}

void PostgresWorker::topologyMeasured(const std::vector<std::string>& entries,
                                      const failover::TopologyPtr& topology) {
  forEachPool([&](WorkerPool& pool) {
    if (std::ranges::find(entries, pool.database().name) != entries.end()) pool.topologyMeasured(topology);
  });
}

void PostgresWorker::loadCatalog(WorkerPool& pool) {
  if (!stopping_ && pool.heldSince() == kNever) catalog_loads_->loadIfDue(pool, pool.databaseState().catalog);
}

std::shared_ptr<pools::ShapeCache> PostgresWorker::shapes(std::string_view database) {
  const auto known = shapes_.find(database);
  if (known != shapes_.end())
    if (std::shared_ptr<pools::ShapeCache> shared = known->second.lock()) return shared;
  // Names that anybody may ask for come and go.
  std::erase_if(shapes_, [](const auto& each) { return each.second.expired(); });
  if (!shaper_) shaper_ = std::make_unique<pgproto::SqlShaper>();
  const auto made = std::make_shared<pools::ShapeCache>(*shaper_);
  shapes_.emplace(database, made);
  return made;
}

void PostgresWorker::drain(std::optional<Duration> spread) {
  if (draining_) return;
  draining_ = true;
  const Instant now = loop_.now();
  clients_.forEach([&](Client& client) {
    if (spread) client.leaveBy(now + std::chrono::duration_cast<Duration>(*spread * jitter()));
  });
  if (clients_.size() == 0 && on_empty) on_empty();
}

void PostgresWorker::stopNow() {
  if (stopped_) return;
  draining_ = stopping_ = true;
  const std::string response = goodbye();
  std::vector<Client*> all;
  clients_.forEach([&](Client& client) { all.push_back(&client); });
  for (Client* client : all) client->close("the gateway has stopped", response);
  stopped_ = true;
  auth_queries_->stop();
  catalog_loads_->stop();
  cancels_->stop();
  forEachPool([](WorkerPool& pool) { pool.closeAll("the gateway has stopped", {}); });
}

}  // namespace forebay::postgres
