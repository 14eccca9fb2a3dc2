// How a client leaves: by itself, because it must, or at a good moment; and how a wait of its is cancelled.
#include <algorithm>

#include "gateway/postgres/cancel.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/client_login.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {

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
  if (pool_ != nullptr && waiting()) lender().withdraw(*this);
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
  close("the gateway is shutting down", goodbye());
}

void Client::leaveBy(Instant at) {
  leave_at_ = at;
  worker_.loop().deadlines().armBy(*this, at);
}

std::string Client::takeBudgets(WorkerPool& pool, const std::string& user) {
  const conf::PostgresSettings& settings = worker_.postgres();
  const conf::User* owner = worker_.config().findUser(user);
  const uint32_t database_limit =
      pool.database().max_db_client_connections.value_or(settings.max_db_client_connections);
  const uint32_t user_limit =
      owner ? owner->max_user_client_connections.value_or(settings.max_user_client_connections)
            : settings.max_user_client_connections;
  pools::SharedAccount& database_account = *pool.entry().shared.database_account;
  if (!database_account.clients.take(database_limit))
    return "max_db_client_connections of database \"" + pool.databaseName() + "\" is " +
           std::to_string(database_limit);
  user_account_ = worker_.shared().directory.user(user);
  if (user_account_->clients.take(user_limit)) {
    database_account_ = pool.entry().shared.database_account;
    return {};
  }
  user_account_.reset();
  database_account.clients.giveBack();
  return "max_user_client_connections of user \"" + user + "\" is " + std::to_string(user_limit);
}

void Client::giveBackBudgets() {
  if (!database_account_) return;
  database_account_->clients.giveBack();
  user_account_->clients.giveBack();
  database_account_.reset();
}

void Client::cancel(CancelCaller caller) {
  if (state_ == State::kConsole && console_busy_) worker_.shared().interrupt_console(id_);
  if (state_ == State::kWaiting && waiting()) {
    cancelWaiting();
    return caller.tell();
  }
  const bool runs = state_ == State::kActive && !server_->tracker().nothingOwed();
  if (!runs) return caller.tell();
  worker_.cancels().cancelServer(*server_, std::move(caller));
}

// The request in front of the queue of requests fails as it would have on a server; the session goes on.
void Client::cancelWaiting() {
  lender().withdraw(*this);
  if (reads_) reads_->at = nullptr;
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

}  // namespace forebay::postgres
