// What an operator does to a pool: new settings, RECONNECT, KILL, PAUSE and RESUME.

#include <algorithm>

#include "gateway/postgres/auth_query.h"
#include "gateway/postgres/cancel.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {

void WorkerPool::applySettings() {
  const conf::Database* found = worker_.config().findDatabase(entryNameOf(databaseName()));
  if (found == nullptr) {
    const std::string gone =
        errorResponse(pgproto::sqlstate::kInvalidCatalogName,
                      "database \"" + databaseName() + "\" was removed from the configuration",
                      "A reload found no entry for it in [postgres.databases], and no \"*\".",
                      "Add the entry again and reload, or connect to another database.");
    settings_.min_pool_size = 0;
    failWaiters(gone, false);
    return closeAll("its database was removed", gone);
  }
  conf::Database database = *found;
  if (databaseName().ends_with(AuthQueries::kPoolSuffix))
    database = AuthQueries::ownDatabase(*found, entryNameOf(databaseName()), user());
  if (of_replica_)
    database = ReadRouter::replicaDatabase(*found, entryNameOf(databaseName()), database_.hosts[0]);
  if (database_.startup_parameters.contains("replication")) {  // with the parameters of its own client
    database.startup_parameters.insert(database_.startup_parameters.begin(),
                                       database_.startup_parameters.end());
    if (database.dbname.empty()) database.dbname = entryNameOf(databaseName());
  }
  const bool elsewhere = !(database.hosts == database_.hosts && database.dbname == database_.dbname &&
                           database.user == database_.user && database.password == database_.password &&
                           database.startup_parameters == database_.startup_parameters &&
                           database.connect_query == database_.connect_query &&
                           database.server_tls_sslmode == database_.server_tls_sslmode &&
                           database.server_direct_tls == database_.server_direct_tls);
  database_ = std::move(database);
  resolveSettings();
  resolveReads();
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
  for (Server* server : all) server->closeWhenFree();
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

void WorkerPool::closeBusy() {
  std::vector<Server*> busy;
  servers_.forEach([&](Server& server) {
    if (server.state() != Server::State::kIdle) busy.push_back(&server);
  });
  const std::string response =
      errorResponse(pgproto::sqlstate::kAdminShutdown, "terminating connection due to administrator command",
                    "SUSPEND has waited for suspend_timeout.", "Connect again.");
  for (Server* server : busy) server->close("suspend_timeout", response);
}

bool WorkerPool::closeOneIdle(std::string_view reason) {
  pools::PooledServer* idle = pool_.giveIdle();
  if (idle == nullptr) return false;
  static_cast<Server*>(idle)->close(reason);
  return true;
}

void WorkerPool::wake() {
  if (lendsNothing()) return;
  while (pool_.waiting() > 0 && pool_.idle() > 0) {
    auto* server = static_cast<Server*>(pool_.giveIdle());
    auto* borrower = static_cast<Borrower*>(pool_.nextWaiter());
    lend(*server, *borrower, borrower->waiting_since);
  }
  for (auto late = pool_.onIdle(); late.server != nullptr; late = pool_.onIdle())
    handOver(static_cast<Server&>(*late.server), late.worker);
  dialIfWanted();
  keepMinimum();
  tryUntilReached();
}

bool WorkerPool::unused() const {
  const postgres::Cancels::Load cancels = worker_.cancels().load(*this);
  const uint32_t trials = trying_ ? 1 : 0;
  const bool kept_warm = settings_.min_pool_size > 0 && !database_.user.empty();
  return !kept_warm && clients_.empty() && servers_.size() == trials && pool_.waiting() == 0 &&
         dialling_ == trials && cancels.active + cancels.waiting == 0;
}

Instant WorkerPool::dropAt(Instant now) {
  if (!unused()) {
    unused_since_ = kNever;
  } else if (unused_since_ == kNever) {
    unused_since_ = now;
  }
  return unused_since_ == kNever ? kNever : deadlineAfter(unused_since_, idleLimit());
}

// Zero: it stays.
Duration WorkerPool::idleLimit() const {
  const conf::PostgresSettings& settings = worker_.postgres();
  const bool automatic = !settings.databases.contains(databaseName());
  // Where trust lets everybody in, the server has not, and strangers may bring any number of names along.
  // What could not be reached stays: it is tried until it can.
  const bool of_stranger = !entry_->welcome() && (refused_all_ || refusal_.empty());
  Duration shortest{};
  for (const Duration limit :
       {settings.pool_idle_timeout, automatic ? settings.autodb_idle_timeout : Duration::zero(),
        of_stranger ? settings.server_login_retry : Duration::zero()})
    if (limit > Duration::zero() && (shortest == Duration::zero() || limit < shortest)) shortest = limit;
  return shortest;
}

bool WorkerPool::quiet() const {
  bool quiet = true;
  const_cast<WorkerPool*>(this)->servers_.forEach(
      [&](Server& server) { quiet = quiet && server.state() == Server::State::kIdle; });
  return quiet;
}

}  // namespace forebay::postgres
