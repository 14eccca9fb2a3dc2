#include "gateway/postgres/worker_pool.h"

#include <algorithm>

#include "gateway/postgres/auth_query.h"
#include "gateway/postgres/cancel.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/events.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/report.h"
#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

// A refused login is tried again soon: somebody may be setting the password right this moment.
constexpr milliseconds kRefusalPause{250};

// How often the log tells of clients that waited long.
constexpr seconds kLongWaitPause{10};

constexpr Bytes kDateStyle = "DateStyle";

}  // namespace

WorkerPool::WorkerPool(PostgresWorker& worker, std::shared_ptr<PoolEntry> entry,
                       std::shared_ptr<DatabaseState> state, conf::Database database)
    : worker_(worker),
      entry_(std::move(entry)),
      state_(std::move(state)),
      database_(std::move(database)),
      pool_(entry_->shared, worker.index()),
      host_at_(worker.index()),
      topology_(worker.shared().topologies.of(database_.name)),
      of_replica_(databaseName().find(kReplicaMark) != std::string::npos),
      hold_counters_(worker.hold_counters[database_.name]) {
  resolveSettings();
  if (topology_ && hosts().empty()) held_since_ = worker.loop().now();
  resolveReads();
}

void WorkerPool::resolveReads() {
  const bool of_clients = entryNameOf(databaseName()) == databaseName();
  const bool told_apart =
      of_clients && topology_ != nullptr && settings_.pool_mode != conf::PoolMode::kSession;
  if (told_apart && !reads_) reads_ = std::make_unique<ReadRouter>(*this);
  if (!told_apart && reads_) {
    const std::unique_ptr<ReadRouter> old = std::move(reads_);
    old->asker().abandon();  // who waits for an answer goes on without one
  }
  if (reads_) reads_->topologyChanged();
}

void WorkerPool::tellPosition(const Server::PositionFor& whom, const conf::HostPort& host,
                              std::optional<uint64_t> lsn) {
  Client* client = worker_.clients().at(whom.slot);
  if (client != nullptr && client->id() == whom.client) client->positionTold(whom.ask, host, lsn);
}

void WorkerPool::resolveSettings() {
  settings_ = conf::resolvePool(worker_.postgres(), database_, worker_.config().findUser(user()));
  shortest_limit_ = {};
  for (const Duration limit : {settings_.query_timeout, settings_.transaction_timeout,
                               settings_.idle_transaction_timeout, settings_.client_idle_timeout})
    if (limit > Duration::zero() && (shortest_limit_ == Duration::zero() || limit < shortest_limit_))
      shortest_limit_ = limit;
}

WorkerPool::~WorkerPool() {
  worker_.loop().deadlines().disarm(*this);
  if (trying_) trialEnded();
  reads_.reset();  // it may have a server
  while (!servers_.empty()) {
    delete &servers_.front();
    entry_->shared.returnPermit();
  }
}

// ---- borrowers

void WorkerPool::request(Borrower& borrower) {
  const Instant now = worker_.loop().now();
  if (!lendsNothing()) {
    if (auto* idle = static_cast<Server*>(pool_.takeIdle(borrower, borrower.wantedParameters(), now,
                                                         worker_.postgres().server_round_robin))) {
      borrower.waiting_since = now;
      return lend(*idle, borrower, now);
    }
  }
  if (held_since_ != kNever) [[unlikely]] {
    if (of_replica_) return borrower.failed({});  // who reads may do so elsewhere
    if (holdsTooMuch()) {
      hold_counters_.refused.add();
      const bool may_hold = worker_.config().failover.hold_timeout > Duration::zero();
      return borrower.failed(
          holdError(may_hold ? "too many wait already" : "hold_timeout is 0", now - held_since_));
    }
    counters().waits.add();
    hold_counters_.held.add();
    pool_.enqueue(borrower, now);
    return borrower.heldBack();
  }
  if (now < refused_until_ && refused_all_ && servers_.empty()) return borrower.failed(refusal_);
  if (!borrower.patient() && servers_.empty() && !refusal_.empty() && !topology_ && !mayDialNow(now))
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

bool WorkerPool::lendsNothing() const { return held_since_ != kNever || worker_.isPaused(*state_); }

void WorkerPool::requestAgain(Borrower& borrower) {
  if (of_replica_ && held_since_ != kNever) return borrower.failed({});
  pool_.requeue(borrower);
  wake();
}

void WorkerPool::join(Client& client) {
  unused_since_ = kNever;
  clients_.pushBack(client);
  keepMinimum();
}

void WorkerPool::withdraw(Borrower& borrower) { pool_.leave(borrower); }

void WorkerPool::lend(Server& server, Borrower& borrower, Instant waited_since) {
  const Instant now = worker_.loop().now();
  pools::PoolCounters& counted = counters();
  counted.server_assignments.add();
  counted.wait.record(now - waited_since);
  const conf::PostgresSettings& settings = worker_.postgres();
  const Duration slow = settings.query_wait_notify;
  if (now - waited_since >= slow && slow > Duration::zero()) [[unlikely]]
    waitedLong(now - waited_since, now);
  const bool check =
      !settings.server_check_query.empty() && now - server.idle_since >= settings.server_check_delay;
  server.lendTo(borrower, check);
}

// In a jam everybody waits long: one line in ten seconds tells of all.
void WorkerPool::waitedLong(Duration waited, Instant now) {
  ++long_waits_;
  if (long_wait_told_ != Instant{} && now - long_wait_told_ < kLongWaitPause) return;
  worker_.log().warning() << "pool " << databaseName() << "/" << user() << ": " << long_waits_
                          << (long_waits_ == 1 ? " client has" : " clients have")
                          << " waited long for a server, the last one for " << elapsed(waited) << " ("
                          << entry_->shared.servers() << " servers, " << pool_.waiting()
                          << " clients waiting)";
  long_wait_told_ = now;
  long_waits_ = 0;
}

const WorkerPool::Greeting& WorkerPool::greeting(const std::vector<pools::Parameter>& asked) {
  Welcome welcome = entry_->welcome();
  if (welcome == greeting_.welcome && asked == greeting_.asked) return greeting_;
  std::vector<pools::Parameter> all;
  for (const pools::Parameter& reported : *welcome)
    if (followsClient(reported.name)) all.push_back(reported);
  const auto isDateStyle = [](const pools::Parameter& each) {
    return pools::sameName(each.name, kDateStyle);
  };
  const auto current = std::ranges::find_if(*welcome, isDateStyle);
  for (pools::Parameter each : asked) {
    if (current != welcome->end() && isDateStyle(each))
      each.value = pools::wholeDateStyle(each.value, current->value);
    all.push_back(std::move(each));
  }
  greeting_.parameters = worker_.parameters().intern(std::move(all));
  greeting_.statuses.clear();
  for (const pools::Parameter& reported : *welcome) {
    const std::string* own = greeting_.parameters->find(reported.name);
    pgproto::appendParameterStatus(greeting_.statuses, reported.name, own != nullptr ? *own : reported.value);
  }
  greeting_.asked = asked;
  greeting_.welcome = std::move(welcome);
  return greeting_;
}

// ---- servers

void WorkerPool::dialled(Server& server) {
  unused_since_ = kNever;
  --dialling_;
  if (trying_) trialEnded();
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
  } else if (!serves(server.host())) {
    server.close(kOutOfRole);
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
  } else if (!of_replica_) {
    state_->unreachable(std::chrono::system_clock::now(), failure.reason);
  }
  closed(server);
  // With other servers up, the queue still moves: only who cannot be helped hears of it.
  // Where roles are discovered, a server that cannot be reached is soon known as such, and they are held.
  const bool all_held = topology_ && failure.kind == DialFailure::Kind::kUnreachable && !of_replica_;
  if (servers_.empty() && !all_held) failWaiters(failure.response, !refused_all_ && !of_replica_);
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
  if (lendsNothing()) {
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
  if (lendsNothing()) return;
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
  unused_since_ = kNever;
  auto* server = new Server(*this, std::move(moved));
  servers_.pushBack(*server);
  server->idle_since = worker_.loop().now();
  if (!server->socket().valid()) return server->close("the event loop refused its socket");
  if (server->outdated()) return server->close("its settings have changed");
  if (topology_) closeFenced();  // it may have left its worker before that one knew
  if (server->state() == Server::State::kClosed) return;
  server->watchOver();
  free(*server);
}

void WorkerPool::closed(Server& server) {
  if (server.dialling) {
    --dialling_;
    if (trying_) trialEnded();
    // One that logs in and is lost at once, by its connect_query perhaps, is not to be dialled in a tight
    // circle.
    if (server.backendPid() != 0) refused_until_ = worker_.loop().now() + kRefusalPause;
  } else {
    unused_since_ = kNever;
  }
  static_cast<ListNode<InServerList>&>(server).unlink();
  worker_.cancels().forget(server);
  worker_.loop().bury(std::unique_ptr<Server>(&server));
  entry_->shared.returnPermit();
  tellOthersOfFreePermit();
  dialIfWanted();
  keepMinimum();
  tryUntilReached();
}

}  // namespace forebay::postgres
