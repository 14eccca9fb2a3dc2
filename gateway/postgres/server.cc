#include "gateway/postgres/server.h"

#include <cassert>

#include "gateway/postgres/cancel.h"
#include "gateway/postgres/events.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server_login.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {

Server::Server(WorkerPool& pool, uint64_t id) : pool_(pool), id_(id) {}

Server::Server(WorkerPool& pool, Moved moved)
    : pool_(pool),
      id_(moved.id),
      state_(State::kIdle),
      tracker_(std::move(moved.tracker)),
      prepared_(std::move(moved.prepared)),
      backend_pid_(moved.backend_pid),
      backend_secret_(std::move(moved.backend_secret)),
      host_(std::move(moved.host)),
      connected_at_(moved.connected_at),
      connected_wall_(moved.connected_wall),
      transactions_(moved.transactions),
      reconnects_(moved.reconnects),
      replayed_(moved.replayed) {
  net::Loop& loop = pool_.worker().loop();
  dialling = false;
  parameters = pool_.worker().parameters().intern(std::move(moved.parameters));
  base_parameters_ = pool_.worker().parameters().intern(std::move(moved.base_parameters));
  socket_ = net::Socket(loop, moved.socket.fd, *this, std::move(moved.socket.tls));
  watch();
  state_since_ = loop.now();
}

Server::~Server() {
  net::Loop& loop = pool_.worker().loop();
  loop.deadlines().disarm(*this);
  in_.clear(loop.buffers());
  out_.clear(loop.buffers());
}

Server::Moved Server::moveOut() {
  assert(state_ == State::kIdle && in_.empty() && out_.empty());
  Moved moved;
  moved.socket = socket_.release();
  moved.id = id_;
  moved.prepared = std::move(prepared_);
  moved.tracker = std::move(tracker_);
  moved.parameters = parameters->entries;
  moved.base_parameters = base_parameters_->entries;
  moved.backend_pid = backend_pid_;
  moved.backend_secret = backend_secret_;
  moved.host = host_;
  moved.connected_at = connected_at_;
  moved.connected_wall = connected_wall_;
  moved.transactions = transactions_;
  moved.reconnects = reconnects_;
  moved.replayed = replayed_;
  enter(State::kClosed);
  return moved;
}

void Server::enter(State next) {
  assert(state_ != State::kClosed);
  state_ = next;
  state_since_ = pool_.worker().loop().now();
  armDeadline(state_since_);
}

// ---- logging in

void Server::dial() {
  connected_at_ = pool_.worker().loop().now();
  reconnects_ = pool_.databaseState().reconnects.load();
  enter(State::kLogin);
  login_ = std::make_unique<ServerLogin>(*this);
  login_->start();
}

void Server::attemptStarted() { armDeadline(pool_.worker().loop().now()); }

void Server::useSocket(net::Socket socket) {
  socket_ = std::move(socket);
  socket_.setUser(*this);
  socket_.want(true, false);
}

void Server::loggedIn(LoggedIn result) {
  backend_pid_ = result.backend_pid;
  backend_secret_ = std::move(result.backend_secret);
  host_ = std::move(result.host);
  connected_wall_ = std::chrono::system_clock::now();
  pool_.worker().loop().bury(std::move(login_));
  adoptReported(std::move(result.reported));
  watch();
  const std::string& connect_query = pool_.database().connect_query;
  if (connect_query.empty()) {
    enter(State::kIdle);
    pool_.dialled(*this);
    return;
  }
  enter(State::kPreparing);
  runOwn(Purpose::kConnectQuery, connect_query);
}

void Server::adoptReported(std::vector<pools::Parameter> reported) {
  std::vector<pools::Parameter> tracked;
  for (const pools::Parameter& parameter : reported)
    if (followsClient(parameter.name)) tracked.push_back(parameter);
  parameters = base_parameters_ = pool_.worker().parameters().intern(std::move(tracked));
  pool_.entry().setWelcome(std::make_shared<const std::vector<pools::Parameter>>(std::move(reported)));
}

void Server::loginFailed(const DialFailure& failure) {
  enter(State::kClosed);
  pool_.worker().loop().bury(std::move(login_));
  socket_.close();
  pool_.dialFailed(*this, failure);
}

bool Server::reports(Bytes name) const { return base_parameters_ && base_parameters_->find(name) != nullptr; }

// ---- being lent

void Server::lendTo(Borrower& borrower, bool check) {
  assert(state_ == State::kIdle && borrower_ == nullptr);
  borrower_ = &borrower;
  ++lends_;
  borrower.promised(this);
  if (check) {
    enter(State::kPreparing);
    const std::string& query = pool_.worker().postgres().server_check_query;
    runOwn(Purpose::kCheck, query == "<empty>" ? Bytes() : Bytes(query));
    return;
  }
  checkReplayed();
}

void Server::switchParameters() {
  const pools::ParametersRef& wanted = borrower_->wantedParameters();
  if (!wanted || wanted == parameters) return lendNow();
  const std::string sql = pools::switchSql(*parameters, *wanted);
  if (sql.empty()) return lendNow();
  if (state_ != State::kPreparing) enter(State::kPreparing);
  switching_to_ = wanted;
  runOwn(Purpose::kParameters, sql);
}

void Server::restoreParameters() {
  enter(State::kPreparing);
  switchParameters();
}

void Server::lendNow() {
  state_ = State::kLent;  // no deadline of ours: the borrower has its own
  borrower_->lent(*this);
}

// ---- sending

void Server::send(std::span<const Bytes> runs) {
  // An error shows when reading: what the server said before it left is still to be heard.
  (void)out_.send(socket_, pool_.worker().loop().buffers(), runs);
  if (!out_.empty()) watch();
}

void Server::onWritable() {
  if (login_ || state_ == State::kClosed) return;
  (void)out_.flush(socket_, pool_.worker().loop().buffers());
  watch();
  if (out_.relaxed() && borrower_ != nullptr && state_ == State::kLent) borrower_->serverWritable();
  if (state_ == State::kCleaning && out_.empty()) clean();
}

void Server::pauseReading() {
  reading_paused_ = true;
  watch();
}

void Server::resumeReading() {
  reading_paused_ = false;
  watch();
  if (!socket_.hasPending()) return;
  // TLS holds bytes that no event will announce.
  pool_.worker().loop().defer([&pool = pool_, id = id_] {
    pool.servers().find([&](Server& server) {
      if (server.id() != id) return false;
      if (!server.reading_paused_) server.onReadable();
      return true;
    });
  });
}

// ---- closing

void Server::closeWhenFree() {
  close_reason_ = "its settings have changed";
  if (state_ == State::kLent && tracker_.idle()) borrower_->closeWanted();
  if (state_ != State::kIdle) return;
  pool_.core().removeIdle(*this);
  close(close_reason_);
}

void Server::lost(std::string_view reason) {
  pool_.doubt(host_);
  close(reason);
}

void Server::close(std::string_view reason, Bytes response) {
  if (state_ == State::kClosed) return;
  Borrower* borrower = std::exchange(borrower_, nullptr);
  const State before = state_;
  if (login_) pool_.worker().loop().bury(std::move(login_));
  if (before == State::kIdle && ListNode<pools::InIdleList>::linked()) pool_.core().removeIdle(*this);
  logServerEvent(pool_.worker().log(), *this, reason);
  if (socket_.valid() && out_.empty() && before != State::kLogin) {
    (void)socket_.write(Bytes("X\0\0\0\4", 5));
  }
  enter(State::kClosed);
  socket_.close();
  if (position_for_.ask != 0) pool_.tellPosition(std::exchange(position_for_, {}), host_, std::nullopt);
  if (before == State::kPreparing && borrower != nullptr) {
    borrower->promised(nullptr);
    pool_.requestAgain(*borrower);  // nothing of its own was sent yet
  } else if (borrower != nullptr) {
    std::string own;
    if (response.empty() && !fatal_seen_ && body_left_ == 0) {
      own = borrower->explainLoss(reason);
      response = own;
    }
    borrower->serverLost(body_left_ == 0 ? response : Bytes());
  }
  pool_.closed(*this);
}

// ---- time

void Server::armDeadline(Instant now) {
  const conf::PostgresSettings& settings = pool_.worker().postgres();
  Deadlines& deadlines = pool_.worker().loop().deadlines();
  switch (state_) {
    case State::kLogin: return deadlines.arm(*this, deadlineAfter(now, settings.server_connect_timeout));
    case State::kIdle:
      return deadlines.armBy(
          *this, std::min(deadlineAfter(now, settings.server_idle_timeout), pool_.retireAt(*this)));
    case State::kPreparing:
      return deadlines.armBy(*this, deadlineAfter(now, settings.server_connect_timeout));
    case State::kCleaning: return deadlines.armBy(*this, now + kCancelAfter);
    case State::kCanceling: return deadlines.armBy(*this, deadlineAfter(now, settings.cancel_wait_timeout));
    case State::kLent: return;
    case State::kClosed: return deadlines.disarm(*this);
  }
}

void Server::due(Instant now) {
  const conf::PostgresSettings& settings = pool_.worker().postgres();
  switch (state_) {
    case State::kLogin:
      if (login_) return login_->timedOut();
      return;
    case State::kIdle:
      if (now >= pool_.retireAt(*this)) return retire(now);
      if (now < deadlineAfter(idle_since, settings.server_idle_timeout)) return armDeadline(idle_since);
      if (pool_.aboveMinimum()) return close("server_idle_timeout");
      return armDeadline(now);
    case State::kPreparing:
      if (lateToTell(now)) return notCaughtUp();
      if (purpose_ == Purpose::kNone && std::exchange(waits_to_ask_, false)) return checkReplayed();
      if (now >= deadlineAfter(state_since_, settings.server_connect_timeout))
        return close("no answer to its check");
      return armDeadline(state_since_);
    case State::kCleaning:
      if (now >= state_since_ + kCleaningLimit) return close("it took too long to come clean");
      if (now < state_since_ + kCancelAfter) return armDeadline(state_since_);
      cancelOwn();
      return pool_.worker().loop().deadlines().arm(*this, state_since_ + kCleaningLimit);
    case State::kCanceling:
      if (now >= deadlineAfter(state_since_, settings.cancel_wait_timeout))
        return close("a cancel did not end");
      return armDeadline(state_since_);
    case State::kLent:
    case State::kClosed: return;
  }
}

}  // namespace forebay::postgres
