#include "gateway/postgres/worker_pool.h"

#include <algorithm>

#include "gateway/postgres/auth_query.h"
#include "gateway/postgres/cancel.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/events.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"

namespace forebay::postgres {
namespace {

// A refused login is tried again soon: somebody may be setting the password right this moment.
constexpr milliseconds kRefusalPause{250};
// While a budget shared with other pools is spent, what we want is said again so often.
constexpr seconds kWishAgain{1};

constexpr std::string_view kTooMany = "pool_size is smaller now";
constexpr std::string_view kYielded = "its place is needed by another pool";

// A pool of servers in replication mode is a database entry's own, under another name; so is auth_query's.
constexpr std::string_view kReplicationMark = ":replication=";

std::string_view entryName(std::string_view pool_name) {
  if (pool_name.ends_with(AuthQueries::kPoolSuffix))
    return pool_name.substr(0, pool_name.size() - AuthQueries::kPoolSuffix.size());
  return pool_name.substr(0, pool_name.find(kReplicationMark));
}

}  // namespace

WorkerPool::WorkerPool(PostgresWorker& worker, std::shared_ptr<PoolEntry> entry,
                       std::shared_ptr<DatabaseState> state, conf::Database database)
    : worker_(worker),
      entry_(std::move(entry)),
      state_(std::move(state)),
      database_(std::move(database)),
      pool_(entry_->shared, worker.index()),
      host_at_(worker.index()) {
  settings_ =
      conf::resolvePool(worker_.postgres(), database_, worker_.config().findUser(entry_->shared.user));
}

WorkerPool::~WorkerPool() {
  worker_.loop().deadlines().disarm(*this);
  servers_.forEach([](Server& server) { delete &server; });
}

// ---- borrowers

void WorkerPool::request(Borrower& borrower) {
  const Instant now = worker_.loop().now();
  if (!worker_.isPaused(*state_)) {
    if (auto* idle = static_cast<Server*>(
            pool_.takeIdle(borrower.wantedParameters(), worker_.postgres().server_round_robin))) {
      borrower.waiting_since = now;
      return lend(*idle, borrower, now);
    }
  }
  if (now < refused_until_ && refused_all_ && servers_.empty()) return borrower.failed(refusal_);
  if (!borrower.patient() && servers_.empty() && !refusal_.empty() && !mayDialNow(now))
    return borrower.failed(refusal_);
  counters().waits.add();
  const std::optional<uint32_t> has_idle = pool_.enqueue(borrower, now);
  if (worker_.isPaused(*state_)) return;
  if (has_idle) {
    worker_.shared().workers[*has_idle]->post(
        [database = databaseName(), user = user(), by = worker_.index()](PostgresWorker& other) {
          if (WorkerPool* pool = other.findPool(database, user)) pool->asked(by);
        });
    return;
  }
  dialIfWanted();
}

void WorkerPool::requestAgain(Borrower& borrower) {
  pool_.requeue(borrower);
  wake();
}

void WorkerPool::join(Client& client) {
  clients_.pushBack(client);
  keepMinimum();
}

void WorkerPool::withdraw(Borrower& borrower) { pool_.leave(borrower); }

void WorkerPool::lend(Server& server, Borrower& borrower, Instant waited_since) {
  const Instant now = worker_.loop().now();
  pools::PoolCounters& counted = counters();
  counted.server_assignments.add();
  counted.wait.record(now - waited_since);
  counted.wait_us.add(
      static_cast<uint64_t>(std::chrono::duration_cast<microseconds>(now - waited_since).count()));
  const conf::PostgresSettings& settings = worker_.postgres();
  const bool check =
      !settings.server_check_query.empty() && now - server.idle_since >= settings.server_check_delay;
  server.lendTo(borrower, check);
}

// ---- servers

void WorkerPool::dialled(Server& server) {
  --dialling_;
  server.dialling = false;
  refusals_ = 0;
  refusal_.clear();
  refused_until_ = {};
  server.idle_since = worker_.loop().now();  // it has just shown that it lives
  counters().server_logins.add();
  state_->reached(std::chrono::system_clock::now());
  logServerEvent(worker_.log(), server, "connected");
  if (server.outdated()) {
    server.close("its settings have changed");
  } else {
    free(server);
  }
  dialIfWanted();
}

void WorkerPool::dialFailed(Server& server, const DialFailure& failure) {
  counters().server_login_failures.add();
  const Instant now = worker_.loop().now();
  worker_.log().warning() << "pool " << databaseName() << "/" << user() << ": " << failure.reason;
  refusal_ = failure.response;
  refused_all_ = failure.kind == DialFailure::Kind::kLoginRefused;
  if (failure.kind != DialFailure::Kind::kUnreachable) {
    const Duration pause = std::min<Duration>(kRefusalPause * (1 << std::min(refusals_++, 5u)),
                                              worker_.postgres().server_login_retry);
    refused_until_ = now + pause;
    state_->reached(std::chrono::system_clock::now());
  } else {
    state_->unreachable(std::chrono::system_clock::now(), failure.reason);
  }
  closed(server);
  // With other servers up, the queue still moves: only who cannot be helped hears of it.
  if (servers_.empty()) failWaiters(failure.response, !refused_all_);
  dialIfWanted();
}

void WorkerPool::failWaiters(Bytes response, bool only_impatient) {
  std::vector<Borrower*> leaving;
  pool_.forEachWaiter([&](pools::Waiter& waiter) {
    auto& borrower = static_cast<Borrower&>(waiter);
    if (!only_impatient || !borrower.patient()) leaving.push_back(&borrower);
  });
  const std::string copy(response);
  for (Borrower* borrower : leaving) {
    pool_.leave(*borrower);
    borrower->failed(copy);
  }
}

void WorkerPool::free(Server& server) {
  if (worker_.isPaused(*state_)) {
    pool_.keep(server, worker_.loop().now(), worker_.postgres().server_round_robin);
    return;
  }
  if (mustYield()) return server.close(kYielded);
  if (aboveMaximum()) return server.close(kTooMany);
  const pools::Pool::Decision decision = pool_.onFree();
  switch (decision.next) {
    case pools::Pool::Next::kLend:
      return lend(server, static_cast<Borrower&>(*decision.waiter), decision.waiter->waiting_since);
    case pools::Pool::Next::kHandOver: return handOver(server, decision.worker);
    case pools::Pool::Next::kKeep: break;
  }
  pool_.keep(server, worker_.loop().now(), worker_.postgres().server_round_robin);
  const pools::Pool::HandOver late = pool_.onIdle();
  if (late.server != nullptr) handOver(static_cast<Server&>(*late.server), late.worker);
}

void WorkerPool::asked(uint32_t by_worker) {
  if (worker_.isPaused(*state_)) return;
  if (pools::PooledServer* server = pool_.giveIdle())
    return handOver(static_cast<Server&>(*server), by_worker);
  // Somebody was faster. The worker that asked may dial one of its own, if there is a permit.
  tellOfPermit(by_worker);
}

void WorkerPool::handOver(Server& server, uint32_t worker) {
  auto moved = std::make_shared<Server::Moved>(server.moveOut());
  static_cast<ListNode<InServerList>&>(server).unlink();
  worker_.cancels().forget(server);
  worker_.loop().bury(std::unique_ptr<Server>(&server));
  worker_.shared().workers[worker]->post(
      [moved, database = database_, name = databaseName(), owner = user()](PostgresWorker& other) {
        other.pool(database, name, owner).adopt(std::move(*moved));
      });
}

void WorkerPool::adopt(Server::Moved moved) {
  auto* server = new Server(*this, std::move(moved));
  servers_.pushBack(*server);
  server->idle_since = worker_.loop().now();
  if (!server->socket().valid()) return server->close("the event loop refused its socket");
  if (server->outdated()) return server->close("its settings have changed");
  server->watchOver();
  free(*server);
}

void WorkerPool::closed(Server& server) {
  if (server.dialling) {
    --dialling_;
    // One that logs in and is lost at once, by its connect_query perhaps, is not to be dialled in a tight
    // circle.
    if (server.backendPid() != 0) refused_until_ = worker_.loop().now() + kRefusalPause;
  }
  static_cast<ListNode<InServerList>&>(server).unlink();
  worker_.cancels().forget(server);
  worker_.loop().bury(std::unique_ptr<Server>(&server));
  entry_->shared.returnPermit();
  tellOthersOfFreePermit();
  dialIfWanted();
  keepMinimum();
}

// ---- dialling

void WorkerPool::dialIfWanted() {
  if (worker_.isPaused(*state_) || worker_.stopped()) return;
  const Instant now = worker_.loop().now();
  while (pool_.wantsServer(dialling_)) {
    if (!mayDialNow(now)) return;
    const pools::PermitRefused refused = entry_->shared.takePermit(limits(now));
    if (refused != pools::PermitRefused::kNo) return isFull(refused, now);
    ++dialling_;
    auto* server = new Server(*this, worker_.shared().next_server_id.fetch_add(1));
    servers_.pushBack(*server);
    server->dial();
  }
}

// Not before the server may have changed its mind, and not while every host is having a rest. Arms the next
// try.
bool WorkerPool::mayDialNow(Instant now) {
  Instant earliest = kNever;
  for (const conf::HostPort& host : database_.hosts)
    earliest = std::min(earliest, worker_.shared().health.retryAt(host));
  earliest = std::max(earliest, refused_until_);
  if (earliest <= now) return true;
  worker_.loop().deadlines().armBy(*this, earliest);
  return false;
}

// No permit is free. One comes back when a server closes; an idle one of a sibling pool may have to.
void WorkerPool::isFull(pools::PermitRefused refused, Instant now) {
  const pools::Waiter* oldest = pool_.oldestWaiter();
  switch (refused) {
    case pools::PermitRefused::kPool:
      if (settings_.reserve_pool_size > 0 && worker_.postgres().reserve_pool_timeout > Duration::zero()) {
        const Instant reserve_at = oldest->waiting_since + worker_.postgres().reserve_pool_timeout;
        if (reserve_at > now) worker_.loop().deadlines().armBy(*this, reserve_at);
      }
      return;
    case pools::PermitRefused::kDatabase:
      entry_->shared.database_account->wish(entry_->shared, oldest->waiting_since);
      break;
    case pools::PermitRefused::kUser:
      entry_->shared.user_account->wish(entry_->shared, oldest->waiting_since);
      break;
    case pools::PermitRefused::kNo: return;
  }
  // The budget of the database, or of the user, is spent: a server of another pool has to go, an idle one at
  // once, or else the first that comes free.
  worker_.askToYield();
  worker_.loop().deadlines().armBy(*this, now + kWishAgain);
}

bool WorkerPool::mustYield() {
  const pools::Waiter* oldest = pool_.oldestWaiter();
  const Instant own_since = oldest != nullptr ? oldest->waiting_since : kNever;
  return entry_->shared.database_account->mustYield(entry_->shared, own_since) ||
         entry_->shared.user_account->mustYield(entry_->shared, own_since);
}

pools::PermitLimits WorkerPool::limits(Instant now) const {
  const conf::PostgresSettings& settings = worker_.postgres();
  const conf::User* owner = worker_.config().findUser(user());
  pools::PermitLimits limits;
  limits.pool = settings_.pool_size;
  const pools::Waiter* oldest = const_cast<pools::Pool&>(pool_).oldestWaiter();
  if (oldest != nullptr && settings.reserve_pool_timeout > Duration::zero() &&
      now >= oldest->waiting_since + settings.reserve_pool_timeout)
    limits.pool += settings_.reserve_pool_size;
  limits.database = database_.max_db_connections.value_or(settings.max_db_connections);
  limits.user = owner ? owner->max_user_connections.value_or(settings.max_user_connections)
                      : settings.max_user_connections;
  return limits;
}

void WorkerPool::permitFreed() { dialIfWanted(); }

void WorkerPool::tellOthersOfFreePermit() {
  // All of them: the one whose client waits longest may be dialling as many as it needs already.
  for (uint32_t worker = 0; worker < entry_->shared.workers(); ++worker)
    if (worker != worker_.index() && entry_->shared.somebodyWaits(worker)) tellOfPermit(worker);
  // Where a database or a user has a budget of its own, the permit may be what a sibling pool waits for.
  const pools::PermitLimits caps = limits(worker_.loop().now());
  if (caps.database != 0 || caps.user != 0) worker_.permitFreedFor(databaseName(), user());
}

void WorkerPool::due(Instant) {
  dialIfWanted();
  keepMinimum();
}

// Keeps min_pool_size servers where the pool is in use, or where it is known whose they would be.
void WorkerPool::keepMinimum() {
  if (settings_.min_pool_size == 0 || worker_.stopped() || worker_.isPaused(*state_)) return;
  if (clients_.empty() && database_.user.empty()) return;
  const Instant now = worker_.loop().now();
  pools::PermitLimits caps = limits(now);
  caps.pool = std::min(settings_.min_pool_size, settings_.pool_size);
  while (mayDialNow(now) && entry_->shared.takePermit(caps) == pools::PermitRefused::kNo) {
    ++dialling_;
    auto* server = new Server(*this, worker_.shared().next_server_id.fetch_add(1));
    servers_.pushBack(*server);
    server->dial();
  }
}

bool WorkerPool::aboveMaximum() const {
  return entry_->shared.servers() > settings_.pool_size + settings_.reserve_pool_size;
}

bool WorkerPool::aboveMinimum() const { return entry_->shared.servers() > settings_.min_pool_size; }

// Servers that were opened together are not to grow old together: after one was retired the others have some
// time yet.
Instant WorkerPool::retireAt(const Server& server) const {
  const Duration lifetime = settings_.server_lifetime;
  if (lifetime == Duration::zero()) return kNever;
  const Instant old = server.connectedAt() + lifetime;
  return retired_at_ == Instant{} ? old
                                  : std::max(old, retired_at_ + lifetime / std::max(1u, settings_.pool_size));
}

// ---- steering

void WorkerPool::applySettings() {
  const conf::Database* found = worker_.config().findDatabase(entryName(databaseName()));
  if (found == nullptr) {
    const std::string gone =
        errorResponse(pgproto::sqlstate::kInvalidCatalogName,
                      "database \"" + databaseName() + "\" was removed from the configuration");
    settings_.min_pool_size = 0;
    failWaiters(gone, false);
    return closeAll("its database was removed", gone);
  }
  conf::Database database = *found;
  if (databaseName().ends_with(AuthQueries::kPoolSuffix))
    database = AuthQueries::ownDatabase(*found, entryName(databaseName()), user());
  if (database_.startup_parameters.contains("replication")) {  // with the parameters of its own client
    database.startup_parameters.insert(database_.startup_parameters.begin(),
                                       database_.startup_parameters.end());
    if (database.dbname.empty()) database.dbname = entryName(databaseName());
  }
  const bool elsewhere = !(database.hosts == database_.hosts && database.dbname == database_.dbname &&
                           database.user == database_.user && database.password == database_.password &&
                           database.startup_parameters == database_.startup_parameters &&
                           database.connect_query == database_.connect_query &&
                           database.server_tls_sslmode == database_.server_tls_sslmode &&
                           database.server_direct_tls == database_.server_direct_tls);
  database_ = std::move(database);
  settings_ = conf::resolvePool(worker_.postgres(), database_, worker_.config().findUser(user()));
  worker_.refreshCredentials(*this);
  refused_until_ = {};
  if (elsewhere) reconnect();
  while (aboveMaximum() && closeOneIdle(kTooMany)) {
  }
  wake();
}

void WorkerPool::reconnect() {
  std::vector<Server*> all;
  servers_.forEach([&](Server& server) { all.push_back(&server); });
  for (Server* server : all) server->closeWhenFree("RECONNECT");
}

void WorkerPool::closeAll(std::string_view reason, Bytes response) {
  std::vector<Client*> clients;
  clients_.forEach([&](Client& client) { clients.push_back(&client); });
  for (Client* client : clients) client->close(reason, response);
  std::vector<Server*> servers;
  servers_.forEach([&](Server& server) { servers.push_back(&server); });
  for (Server* server : servers) server->close(reason);
}

void WorkerPool::kill() {
  closeAll("KILL", errorResponse(pgproto::sqlstate::kAdminShutdown,
                                 "terminating connection due to administrator command",
                                 "The database was killed at the admin console."));
}

bool WorkerPool::yieldIdle() { return pool_.idle() > 0 && mustYield() && closeOneIdle(kYielded); }

bool WorkerPool::closeOneIdle(std::string_view reason) {
  pools::PooledServer* idle = pool_.giveIdle();
  if (idle == nullptr) return false;
  static_cast<Server*>(idle)->close(reason);
  return true;
}

void WorkerPool::tellOfPermit(uint32_t worker) {
  worker_.shared().workers[worker]->post([database = databaseName(), owner = user()](PostgresWorker& other) {
    if (WorkerPool* pool = other.findPool(database, owner)) pool->permitFreed();
  });
}

void WorkerPool::wake() {
  if (worker_.isPaused(*state_)) return;
  while (pool_.waiting() > 0 && pool_.idle() > 0) {
    auto* server = static_cast<Server*>(pool_.giveIdle());
    auto* borrower = static_cast<Borrower*>(pool_.nextWaiter());
    lend(*server, *borrower, borrower->waiting_since);
  }
  for (auto late = pool_.onIdle(); late.server != nullptr; late = pool_.onIdle())
    handOver(static_cast<Server&>(*late.server), late.worker);
  dialIfWanted();
  keepMinimum();
}

bool WorkerPool::quiet() const {
  bool quiet = true;
  const_cast<WorkerPool*>(this)->servers_.forEach(
      [&](Server& server) { quiet = quiet && server.state() == Server::State::kIdle; });
  return quiet;
}

}  // namespace forebay::postgres
