#include "gateway/postgres/client.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "gateway/postgres/cancel.h"
#include "gateway/postgres/client_login.h"
#include "gateway/postgres/events.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {

Client::Client(PostgresWorker& worker, int fd, const net::PeerAddress& peer, uint32_t slot)
    : worker_(worker),
      socket_(worker.loop(), fd, *this),
      id_(worker.shared().next_client_id.fetch_add(1, std::memory_order_relaxed)),
      connected_wall_(std::chrono::system_clock::now()),
      state_since_(worker.loop().now()),
      slot_(slot),
      peer_(peer) {
  worker.random().take(secret_.data(), secret_.size());
  login_ = std::make_unique<ClientLogin>(*this);
  socket_.want(true, false);
  armDeadline(state_since_);
}

Client::~Client() {
  worker_.loop().deadlines().disarm(*this);
  in_.clear(worker_.loop().buffers());
  out_.clear(worker_.loop().buffers());
}

uint32_t Client::pid() const {
  return ClientPid{worker_.postgres().peer_id, worker_.index(), slot_}.encode();
}

Bytes Client::cancelSecret() const { return Bytes(secret_.data(), long_secret_ ? secret_.size() : 4); }

void Client::enter(State next) {
  assert(state_ != State::kClosed);
  state_ = next;
  state_since_ = worker_.loop().now();
  armDeadline(state_since_);
}

// ---- logging in

void Client::awaitWelcome(WorkerPool& pool) {
  pool_ = &pool;
  pool.request(*this);
}

void Client::loggedIn(LoggedIn result) {
  worker_.loop().bury(std::move(login_));
  --worker_.login_clients;
  pool_ = result.pool;
  admin_ = result.admin;
  replication_ = result.replication;
  long_secret_ = result.protocol >= 0x30002;
  parameters_ = startup_parameters_ = std::move(result.parameters);
  if (pool_ != nullptr) pool_->join(*this);
  if (pool_ == nullptr) ++worker_.console_clients;
  enter(pool_ != nullptr ? State::kIdle : State::kConsole);
  if (worker_.config().log.log_connections) logEvent("logged in");
  send(result.greeting);
  if (state_ == State::kClosed) return;
  if (worker_.draining()) leaveBy(state_since_);
  in_.append(worker_.loop().buffers(), result.early);
  takeHeld();
}

// ---- events

void Client::onReadable() {
  if (state_ == State::kClosed) return;
  if (login_) return login_->onReadable();
  net::Loop& loop = worker_.loop();
  char* scratch = loop.scratch();
  const size_t held = in_.size();
  const bool in_scratch = held <= net::Loop::kScratchSize / 2;
  if (in_scratch && held > 0) std::memcpy(scratch, in_.bytes().data(), held);
  const size_t offset = in_scratch ? held : 0;
  const net::IoResult got = socket_.read(scratch + offset, net::Loop::kScratchSize - offset);
  switch (got.status) {
    case net::IoStatus::kWantRead:
    case net::IoStatus::kWantWrite: return;
    case net::IoStatus::kClosed: return left("the client closed the connection");
    case net::IoStatus::kError: return left(got.error != 0 ? std::strerror(got.error) : "TLS failed");
    case net::IoStatus::kOk: break;
  }
  if (pool_ != nullptr) pool_->counters().bytes_received.add(got.bytes);
  if (!in_scratch) {
    in_.append(loop.buffers(), Bytes(scratch, got.bytes));
    return takeHeld();
  }
  in_.clear(loop.buffers());
  const Bytes in(scratch, offset + got.bytes);
  const size_t used = consume(in);
  if (state_ == State::kClosed) return;
  in_.append(loop.buffers(), in.substr(used));
  watch();
}

// Deals with requests that were held back.
void Client::takeHeld() {
  if (in_.empty() || consuming_) return;
  const size_t used = consume(in_.bytes());
  if (state_ == State::kClosed) return;
  in_.consume(worker_.loop().buffers(), used);
  watch();
}

void Client::onWritable() {
  if (state_ == State::kClosed) return;
  if (login_) return login_->onWritable();
  if (out_.flush(socket_, worker_.loop().buffers()).status == net::IoStatus::kError)
    return left("the connection to the client was lost");
  if (server_ != nullptr && out_.relaxed()) server_->resumeReading();
  watch();
}

// Requests are read unless too many wait already, or the server takes no more.
void Client::watch() {
  const bool held_back =
      in_.size() > kMaxHeld && (state_ == State::kWaiting || flushing_ || settling_ || console_busy_);
  const bool server_full = server_ != nullptr && server_->full();
  socket_.want(!held_back && !server_full, !out_.empty());
  if (held_back || server_full || !socket_.hasPending()) return;
  worker_.loop().defer([&worker = worker_, slot = slot_, id = id_] {
    Client* client = worker.clients().at(slot);
    if (client != nullptr && client->id() == id && client->socket_.wantsReadable()) client->onReadable();
  });
}

void Client::send(Bytes bytes) {
  if (bytes.empty()) return;
  const net::IoResult sent = out_.send(socket_, worker_.loop().buffers(), bytes);
  if (sent.status == net::IoStatus::kError) return left("the connection to the client was lost");
  if (!out_.empty()) watch();
}

// ---- Borrower

void Client::lent(Server& server) {
  if (login_) {  // it only wanted to know what such a server reports
    server_ = nullptr;
    server.giveBack({.unused = true});
    return login_->welcomed();
  }
  server_ = &server;
  notified_ = false;
  enter(State::kActive);
  transaction_at_ = state_since_;
  if (close_when_idle_ && in_.empty()) return closeWhenIdle();
  takeHeld();
}

void Client::promised(Server* server) { server_ = server; }

void Client::failed(Bytes response) { close("no server can be had", response); }

void Client::received(Bytes run) {
  send(run);
  if (server_ != nullptr && out_.full()) server_->pauseReading();
}

void Client::parameterChanged(Bytes name, Bytes value) {
  parameters_ = worker_.parameters().with(parameters_, name, value);
}

void Client::parseConfirmed() {
  if (statements_) statements_->parseConfirmed();
}

void Client::errorReceived(Bytes, uint32_t skipped_parses) {
  error_seen_ = true;
  if (!statements_) return;
  statements_->parsesSkipped(skipped_parses);
  statements_->deallocating.clear();
}

void Client::commandCompleted(Bytes tag) {
  if (tag == "RESET" && reset_all_) everything_reset_ = true;
  if (tag == "COMMIT") committed_ = true;
  if (tag.size() < 8) return;
  if (tag == "ROLLBACK") rolled_back_ = true;
  if (tag == "DEALLOCATE" && statements_) return deallocated();
  if (tag != "DISCARD ALL" && tag != "DEALLOCATE ALL") return;
  if (statements_) statements_->clear();
  server_->prepared().clear();
  if (tag == "DEALLOCATE ALL") return;
  everythingReset();
}

void Client::deallocated() {
  const std::string name = std::exchange(statements_->deallocating, {});
  const pools::StatementRef* statement = name.empty() ? nullptr : statements_->find(name);
  if (statement == nullptr) return;
  server_->prepared().closed((*statement)->key);
  statements_->forget(name);
}

void Client::ready(char status, bool idle) {
  const Instant now = worker_.loop().now();
  pools::PoolCounters& counters = pool_->counters();
  counters.queries.add();
  counters.query.record(now - request_at_);
  counters.query_us.add(
      static_cast<uint64_t>(std::chrono::duration_cast<microseconds>(now - request_at_).count()));
  request_at_ = now;
  in_transaction_ = status != 'I';
  if (status == 'I') transactionEnded(now);
  if (rolled_back_ && status != 'I' && statements_ && !statements_->pending_sets.empty()) {
    // To a savepoint: which of the settings it took back is not known.
    statements_->pending_sets.clear();
    pins_.add(pools::Pins::kParameter);
  }
  if (committed_ && status != 'I' && statements_) applyPendingSets(true);  // AND CHAIN
  error_seen_ = rolled_back_ = committed_ = false;
  if (status != 'I' && pool_->settings().pool_mode == conf::PoolMode::kStatement)
    return close("a transaction in statement pooling mode",
                 errorResponse(pgproto::sqlstate::kProtocolViolation,
                               "transaction blocks are not allowed in statement pooling mode", {},
                               "Use pool_mode = \"transaction\" for this database or user."));
  if (std::exchange(settling_, false)) {
    armDeadline(now);
    return takeHeld();
  }
  if (!idle || streaming_ > 0) return armDeadline(now);
  if (close_when_idle_) return closeWhenIdle();
  if (mustKeepServer()) return keepServer();
  releaseServer();
}

void Client::transactionEnded(Instant now) {
  pools::PoolCounters& counters = pool_->counters();
  counters.transactions.add();
  counters.transaction.record(now - transaction_at_);
  counters.transaction_us.add(
      static_cast<uint64_t>(std::chrono::duration_cast<microseconds>(now - transaction_at_).count()));
  transaction_at_ = now;
  if (everything_reset_ && !rolled_back_ && !error_seen_) everythingReset();
  everything_reset_ = reset_all_ = false;
  if (statements_ && !statements_->pending_sets.empty()) applyPendingSets(!rolled_back_ && !error_seen_);
  if (unpin_effects_ != 0 && !error_seen_) pins_.afterRunning(unpin_effects_);
  unpin_effects_ = 0;
}

// Settings follow the client once they are committed. What is reset has, for the client, the value that it
// asked for at its login; on the server it has the server's own.
void Client::applyPendingSets(bool committed) {
  std::vector<ClientStatements::PendingSet> sets = std::move(statements_->pending_sets);
  statements_->pending_sets.clear();
  if (!committed) return;
  pools::ParameterTable& table = worker_.parameters();
  for (const auto& set : sets) {
    const bool reported = server_->reports(set.name);  // then its ParameterStatus has told
    const std::string* at_login = set.reset ? startup_parameters_->find(set.name) : nullptr;
    if (set.reset && at_login != nullptr) parameters_ = table.with(parameters_, set.name, *at_login);
    if (set.reset && at_login == nullptr && !reported) parameters_ = table.without(parameters_, set.name);
    if (!set.reset && !reported) parameters_ = table.with(parameters_, set.name, set.value, set.verbatim);
    if (reported) continue;
    server_->parameters = set.reset ? table.without(server_->parameters, set.name)
                                    : table.with(server_->parameters, set.name, set.value, set.verbatim);
  }
}

// DISCARD ALL or RESET ALL.
void Client::everythingReset() {
  std::vector<pools::Parameter> kept;
  for (const pools::Parameter& parameter : server_->parameters->entries)
    if (server_->reports(parameter.name)) kept.push_back(parameter);
  server_->parameters = worker_.parameters().intern(std::move(kept));
  if (startup_parameters_) parameters_ = startup_parameters_;
}

std::string Client::serverReplaced() {
  return errorResponse(
      pgproto::sqlstate::kAdminShutdown, "terminating connection due to administrator command",
      "The settings of the session's server connection have changed (server_fast_close).", "Connect again.");
}

bool Client::mustKeepServer() const {
  return pool_->settings().pool_mode == conf::PoolMode::kSession || pins_.any() || replication_;
}

void Client::keepServer() {
  if (server_->closeNeeded() && worker_.postgres().server_fast_close && !pins_.any())
    return close("server_fast_close", serverReplaced());
  if (parameters_ == server_->parameters || replication_) return enter(State::kActive);
  enter(State::kWaiting);  // for what a RESET took from its session
  server_->restoreParameters();
}

void Client::releaseServer() {
  Server* server = std::exchange(server_, nullptr);
  enter(State::kIdle);
  server->giveBack({.reset = worker_.postgres().server_reset_query_always});
}

void Client::closeWanted() {
  if (!in_transaction_ && streaming_ == 0) keepServer();
}

void Client::serverWritable() { watch(); }

void Client::serverLost(Bytes response) {
  server_ = nullptr;
  close("its server was lost", response);
}

// ---- leaving

void Client::left(std::string_view why) { close(why); }

void Client::close(std::string_view reason, Bytes response) {
  if (state_ == State::kClosed) return;
  const conf::LogSettings& log = worker_.config().log;
  // What a stranger can cause at will, such as to connect and hang up, is not logged.
  if ((log.log_disconnections && !(login_ && response.empty())) ||
      (log.log_pooler_errors && !response.empty()))
    logEvent(std::string("closed: ").append(reason));
  if (server_ != nullptr && server_->midMessage())
    response = {};  // it would be taken for the rest of that message
  if (!response.empty() && socket_.valid()) {
    (void)out_.send(socket_, worker_.loop().buffers(), response);
  }
  if (pool_ != nullptr && waiting()) pool_->withdraw(*this);
  if (login_) --worker_.login_clients;
  if (state_ == State::kConsole) --worker_.console_clients;
  if (console_busy_) worker_.shared().interrupt_console(id_);
  const State before = state_;
  enter(State::kClosed);
  if (Server* server = std::exchange(server_, nullptr)) {
    const bool session = pool_->settings().pool_mode == conf::PoolMode::kSession;
    const bool unsettled = statements_ && !statements_->pending_sets.empty();  // they may still take effect
    if (replication_) {
      server->giveBack({.broken_message = true});
    } else {
      // Whom we send away gets nothing more out of its query; who left on its own may have meant it to
      // finish.
      server->giveBack(
          {.reset = session || pins_.any() || unsettled || worker_.postgres().server_reset_query_always,
           .cancel = !response.empty(),
           .broken_message = streaming_ > 0 && before == State::kActive && !drop_streaming_});
    }
  }
  if (login_) login_->closed();
  giveBackBudgets();
  static_cast<ListNode<InClientList>&>(*this).unlink();
  socket_.close();
  worker_.clientClosed(*this);
}

void Client::closeWhenIdle() {
  if (state_ == State::kClosed) return;
  close_when_idle_ = true;
  const bool busy = in_transaction_ || (server_ != nullptr && !server_->tracker().nothingOwed()) ||
                    !in_.empty() || state_ == State::kWaiting;
  if (busy && state_ != State::kConsole && state_ != State::kLogin) return;
  close("the gateway is shutting down",
        errorResponse(pgproto::sqlstate::kAdminShutdown,
                      "terminating connection due to administrator command", "Forebay is shutting down.",
                      "Connect again: another instance, or the next one, will answer."));
}

void Client::leaveBy(Instant at) {
  leave_at_ = at;
  worker_.loop().deadlines().armBy(*this, at);
}

bool Client::takeBudgets(WorkerPool& pool, const std::string& user) {
  const conf::PostgresSettings& settings = worker_.postgres();
  const conf::User* owner = worker_.config().findUser(user);
  const uint32_t database_limit =
      pool.database().max_db_client_connections.value_or(settings.max_db_client_connections);
  const uint32_t user_limit =
      owner ? owner->max_user_client_connections.value_or(settings.max_user_client_connections)
            : settings.max_user_client_connections;
  pools::SharedAccount& database_account = *pool.entry().shared.database_account;
  if (!database_account.clients.take(database_limit)) return false;
  user_account_ = worker_.shared().directory.user(user);
  if (user_account_->clients.take(user_limit)) {
    database_account_ = pool.entry().shared.database_account;
    return true;
  }
  user_account_.reset();
  database_account.clients.giveBack();
  return false;
}

void Client::giveBackBudgets() {
  if (!database_account_) return;
  database_account_->clients.giveBack();
  user_account_->clients.giveBack();
  database_account_.reset();
}

void Client::cancel(std::function<void()> done) {
  if (state_ == State::kConsole && console_busy_) worker_.shared().interrupt_console(id_);
  if (state_ == State::kWaiting && waiting()) {
    cancelWaiting();
    return done();
  }
  const bool runs = state_ == State::kActive && !server_->tracker().nothingOwed();
  if (!runs) return done();
  worker_.cancels().cancelServer(*server_, std::move(done));
}

// The request in front of the queue of requests fails as it would have on a server; the session goes on.
void Client::cancelWaiting() {
  pool_->withdraw(*this);
  enter(State::kIdle);
  std::string reply =
      errorResponse(pgproto::sqlstate::kQueryCanceled, "canceling statement due to user request",
                    "It was still waiting for a server connection.", {}, "ERROR");
  const char type = in_.empty() ? 'S' : in_.bytes()[0];
  if (type == 'Q' || type == 'F') {
    pgproto::appendReadyForQuery(reply, 'I');
    pgproto::Header header;
    (void)pgproto::scanHeader(in_.bytes(), UINT32_MAX, header);
    const size_t held = static_cast<size_t>(std::min<uint64_t>(header.size, in_.size()));
    in_.consume(worker_.loop().buffers(), held);
    streaming_ = header.size - held;
    drop_streaming_ = true;
  } else {
    discarding_ = true;
  }
  send(reply);
  if (state_ != State::kClosed) takeHeld();
}

// ---- time

Duration Client::waited(Instant now) const { return waiting() ? now - waiting_since : Duration::zero(); }

void Client::armDeadline(Instant now) {
  Deadlines& deadlines = worker_.loop().deadlines();
  if (state_ == State::kClosed) return deadlines.disarm(*this);
  const conf::PostgresSettings& settings = worker_.postgres();
  if (state_ == State::kLogin) return deadlines.arm(*this, deadlineAfter(now, settings.client_login_timeout));
  if (pool_ == nullptr) return;
  const conf::PoolSettings& limits = pool_->settings();
  Instant next = kNever;
  switch (state_) {
    case State::kIdle: next = deadlineAfter(now, limits.client_idle_timeout); break;
    case State::kWaiting:
      next = deadlineAfter(now, limits.query_wait_timeout);
      if (!notified_) next = std::min(next, deadlineAfter(now, settings.query_wait_notify));
      break;
    case State::kActive:
      next =
          std::min(deadlineAfter(now, limits.query_timeout), deadlineAfter(now, limits.transaction_timeout));
      next = std::min(next, deadlineAfter(now, limits.idle_transaction_timeout));
      break;
    case State::kLogin:
    case State::kConsole:
    case State::kClosed: return;
  }
  if (next != kNever) deadlines.armBy(*this, next);
}

void Client::due(Instant now) {
  if (state_ == State::kClosed) return;
  const conf::PostgresSettings& settings = worker_.postgres();
  if (state_ == State::kLogin) {
    ++worker_.rejected["client_login_timeout"];
    return close("client_login_timeout", errorResponse(pgproto::sqlstate::kInvalidAuthorization,
                                                       "client_login_timeout: the login took too long"));
  }
  if (now >= leave_at_ || close_when_idle_) {
    closeWhenIdle();
    if (state_ == State::kClosed) return;
  }
  if (pool_ == nullptr) return;
  const conf::PoolSettings& limits = pool_->settings();
  const std::string where = "Pool " + pool_->databaseName() + "/" + pool_->user();
  pools::PoolCounters& counters = pool_->counters();
  Instant next = now < leave_at_ ? leave_at_ : kNever;
  // True when the limit is reached; else remembers when to look again.
  const auto reached = [&](Instant since, Duration limit) {
    const Instant at = deadlineAfter(since, limit);
    if (now >= at) return true;
    next = std::min(next, at);
    return false;
  };
  switch (state_) {
    case State::kIdle:
      if (reached(state_since_, limits.client_idle_timeout)) {
        counters.client_idle_timeouts.add();
        return close("client_idle_timeout",
                     errorResponse(pgproto::sqlstate::kIdleSessionTimeout,
                                   "client_idle_timeout: idle for too long", where + "."));
      }
      break;
    case State::kWaiting:
      if (reached(state_since_, limits.query_wait_timeout)) {
        counters.wait_timeouts.add();
        if (pool_->servers().empty() && !pool_->refusal().empty())
          return close("query_wait_timeout, and no server can be had", pool_->refusal());
        return close("query_wait_timeout",
                     errorResponse(pgproto::sqlstate::kTooManyConnections,
                                   "query_wait_timeout: no server connection came free in time",
                                   where + ": " + std::to_string(pool_->entry().shared.servers()) +
                                       " server connections, " + std::to_string(pool_->core().waiting()) +
                                       " clients waiting.",
                                   "Raise pool_size, or look for transactions that stay open."));
      }
      if (!notified_ && reached(state_since_, settings.query_wait_notify)) {
        notified_ = true;
        send(noticeResponse("00000", "No server connection available, client being queued", where + "."));
        if (state_ == State::kClosed) return;
      }
      break;
    case State::kActive: {
      if (in_transaction_ || !server_->tracker().nothingOwed()) {
        if (reached(transaction_at_, limits.transaction_timeout)) {
          counters.transaction_timeouts.add();
          return close("transaction_timeout",
                       errorResponse(pgproto::sqlstate::kTransactionTimeout,
                                     "transaction_timeout: the transaction took too long", where + "."));
        }
      }
      if (!server_->tracker().nothingOwed()) {
        if (reached(request_at_, limits.query_timeout)) {
          counters.query_timeouts.add();
          return close("query_timeout", errorResponse(pgproto::sqlstate::kQueryCanceled,
                                                      "query_timeout: the query took too long", where + "."));
        }
      } else if (in_transaction_ && reached(request_at_, limits.idle_transaction_timeout)) {
        counters.idle_transaction_timeouts.add();
        return close(
            "idle_transaction_timeout",
            errorResponse(pgproto::sqlstate::kIdleInTransactionTimeout,
                          "idle_transaction_timeout: idle in transaction for too long", where + "."));
      }
      break;
    }
    case State::kLogin:
    case State::kConsole:
    case State::kClosed: return;
  }
  if (next != kNever) worker_.loop().deadlines().arm(*this, next);
}

void Client::logEvent(std::string_view event) const {
  if (!worker_.log().wants(conf::LogLevel::kInfo)) return;
  const std::string peer = peer_.text();
  worker_.log().info({'C', id_, pool_ ? std::string_view(pool_->databaseName()) : std::string_view(),
                      pool_ ? std::string_view(pool_->user()) : std::string_view(), peer})
      << event;
}

}  // namespace forebay::postgres
