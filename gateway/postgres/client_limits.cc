// What a client may not do for too long: log in, wait, idle, run.
#include <algorithm>
#include <utility>

#include "conf/address.h"
#include "conf/values.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/client_login.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {

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
    case State::kActive: next = deadlineAfter(now, pool_->shortestLimit()); break;
    case State::kLogin:
    case State::kConsole:
    case State::kClosed: return;
  }
  if (next != kNever) deadlines.armBy(*this, next);
}

void Client::due(Instant now) {
  if (state_ == State::kClosed) return;
  if (now >= leave_at_ || close_when_idle_) {
    closeWhenIdle();
    if (state_ == State::kClosed) return;
  }
  if (pool_ == nullptr && state_ != State::kLogin) return;
  Limit limit{now, now < leave_at_ ? leave_at_ : kNever};
  switch (state_) {
    case State::kLogin: limitLogin(limit); break;
    case State::kIdle: limitIdling(limit); break;
    case State::kWaiting: limitWaiting(limit); break;
    case State::kActive: limitWorking(limit); break;
    case State::kConsole:
    case State::kClosed: return;
  }
  if (state_ != State::kClosed && limit.look_again != kNever)
    worker_.loop().deadlines().arm(*this, limit.look_again);
}

bool Client::Limit::reached(Instant since, Duration length) {
  const Instant at = deadlineAfter(since, length);
  if (now >= at) return true;
  look_again = std::min(look_again, at);
  return false;
}

std::string Client::place() const {
  if (pool_ == nullptr) return state_ == State::kConsole ? "Admin console" : "Login";
  std::string text = "Pool " + pool_->databaseName() + "/" + pool_->user();
  if (server_ != nullptr) return text + ", host " + conf::format(server_->host());
  std::string_view before = ", host ";
  for (const conf::HostPort& host : pool_->database().hosts)
    text.append(std::exchange(before, ", ")).append(conf::format(host));
  return text;
}

// While its pool has no server that it may dial.
bool Client::limitHold(Limit& limit) {
  if (!waiting() || lender().heldSince() == kNever) return false;
  const Instant since = std::max(lender().heldSince(), state_since_);
  if (!limit.reached(since, worker_.config().failover.hold_timeout)) return false;
  pool_->counters().wait_timeouts.add();
  close("hold_timeout", pool_->holdError("hold_timeout has passed", limit.now - pool_->heldSince()));
  return true;
}

void Client::heldBack() {
  worker_.loop().deadlines().armBy(
      *this, deadlineAfter(worker_.loop().now(), worker_.config().failover.hold_timeout));
}

void Client::limitLogin(Limit& limit) {
  if (limitHold(limit)) return;
  if (waiting() && limitQueueing(limit, waiting_since)) return;
  const Duration length = worker_.postgres().client_login_timeout;
  if (!limit.reached(state_since_, length)) return;
  ++worker_.rejected["client_login_timeout"];
  const bool queued = pool_ != nullptr;  // it has proved who it is
  close("client_login_timeout",
        errorResponse(
            queued ? pgproto::sqlstate::kTooManyConnections : pgproto::sqlstate::kInvalidAuthorization,
            "client_login_timeout: the login took too long",
            place() + ": " + (queued ? "no server connection" : "not done by the client") + " after " +
                elapsed(limit.now - state_since_) + ", the limit is " + conf::formatDuration(length) + ".",
            queued ? "Raise pool_size, look for transactions that stay open, or raise client_login_timeout."
                   : "Raise client_login_timeout if clients need longer."));
}

// Closes with an error that names the setting.
void Client::outOfTime(const TimeLimit& limit, Duration spent, Counter& counter) {
  counter.add();
  close(limit.setting,
        errorResponse(
            limit.sqlstate, std::string(limit.setting) + ": " + std::string(limit.what),
            place() + ": " + elapsed(spent) + ", the limit is " + conf::formatDuration(limit.length) + ".",
            std::string(limit.hint)));
}

void Client::idleTooLong(Duration spent) {
  outOfTime({"client_idle_timeout", pgproto::sqlstate::kIdleSessionTimeout, "idle for too long",
             "Connect again when there is something to do, or raise client_idle_timeout.",
             pool_->settings().client_idle_timeout},
            spent, pool_->counters().client_idle_timeouts);
}

void Client::limitIdling(Limit& limit) {
  if (limit.reached(state_since_, pool_->settings().client_idle_timeout))
    idleTooLong(limit.now - state_since_);
}

// In the pool's queue, for a query or inside the login.
bool Client::limitQueueing(Limit& limit, Instant since) {
  const Duration length = pool_->settings().query_wait_timeout;
  if (!limit.reached(since, length)) return false;
  pool_->counters().wait_timeouts.add();
  if (pool_->servers().empty() && !pool_->refusal().empty()) {
    close("query_wait_timeout, and no server can be had", pool_->refusal());
    return true;
  }
  close("query_wait_timeout",
        errorResponse(pgproto::sqlstate::kTooManyConnections,
                      "query_wait_timeout: no server connection came free in time",
                      place() + ": " + std::to_string(pool_->entry().shared.servers()) +
                          " server connections, " + std::to_string(pool_->core().waiting()) +
                          " clients waiting, this one for " + elapsed(limit.now - since) + ", the limit is " +
                          conf::formatDuration(length) + ".",
                      "Raise pool_size, or look for transactions that stay open."));
  return true;
}

// Only who has logged in is told that it is queued: before, clients do not expect a notice.
void Client::limitWaiting(Limit& limit) {
  if (limitHold(limit) || limitQueueing(limit, state_since_)) return;
  if (notified_ || !limit.reached(state_since_, worker_.postgres().query_wait_notify)) return;
  notified_ = true;
  send(noticeResponse("00000", "No server connection available, client being queued", place() + "."));
}

void Client::limitWorking(Limit& limit) {
  const conf::PoolSettings& limits = pool_->settings();
  pools::PoolCounters& counters = pool_->counters();
  const bool answered = server_->tracker().nothingOwed();
  if ((in_transaction_ || !answered) && limit.reached(transaction_at_, limits.transaction_timeout))
    return outOfTime(
        {"transaction_timeout", pgproto::sqlstate::kTransactionTimeout, "the transaction took too long",
         "Make transactions shorter, or raise transaction_timeout.", limits.transaction_timeout},
        limit.now - transaction_at_, counters.transaction_timeouts);
  if (!answered && limit.reached(request_at_, limits.query_timeout))
    return outOfTime({"query_timeout", pgproto::sqlstate::kQueryCanceled, "the query took too long",
                      "Make the query faster, or raise query_timeout.", limits.query_timeout},
                     limit.now - request_at_, counters.query_timeouts);
  if (answered && in_transaction_ && limit.reached(request_at_, limits.idle_transaction_timeout))
    return outOfTime({"idle_transaction_timeout", pgproto::sqlstate::kIdleInTransactionTimeout,
                      "idle in transaction for too long",
                      "End transactions when there is nothing left to do, or raise idle_transaction_timeout.",
                      limits.idle_transaction_timeout},
                     limit.now - request_at_, counters.idle_transaction_timeouts);
  // Who keeps its server between transactions may still be idle.
  if (answered && !in_transaction_ && limit.reached(request_at_, limits.client_idle_timeout))
    idleTooLong(limit.now - request_at_);
}

}  // namespace forebay::postgres
