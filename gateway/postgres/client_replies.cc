// What comes back to a client from its server, and what follows from it: whether the server may go, and which
// settings stay with the client.

#include "gateway/postgres/client.h"
#include "gateway/postgres/client_login.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/volatility_catalog.h"

namespace forebay::postgres {

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

void Client::failed(Bytes response) {
  if (reads_ && reads_->at != nullptr) {
    if (pool_->reads() != nullptr) pool_->reads()->failed(*reads_->at);
    return readAtPrimary();
  }
  close("no server can be had", response);
}

void Client::received(Bytes run) {
  if (reads_) reads_->passed_on = true;
  send(run);
  if (server_ != nullptr && out_.full()) server_->pauseReading();
}

void Client::parameterChanged(Bytes name, Bytes value) {
  parameters_ = worker_.parameters().with(parameters_, name, value);
}

void Client::nameConfirmed() {
  if (statements_) statements_->confirmed();
}

void Client::errorReceived(const pools::ReplyTracker& tracker) {
  error_seen_ = true;
  if (!statements_) return;
  statements_->skipped(tracker.droppedNames());
  statements_->deallocationsSkipped(tracker.failedBatch());
}

void Client::commandCompleted(Bytes tag) {
  if (tag == "SET" || tag == "RESET") ++sets_done_;
  if (tag == "RESET" && reset_all_) everything_reset_ = true;
  if (tag == "COMMIT") committed_ = true;
  if (pgproto::changesCatalog(tag)) ddl_seen_ = true;
  if (tag.size() < 8) return;
  if (tag == "ROLLBACK") rolled_back_ = true;
  if (tag == "DEALLOCATE" && statements_) return statements_->deallocated();
  if (tag != "DISCARD ALL" && tag != "DEALLOCATE ALL") return;
  if (statements_) statements_->clear();
  server_->prepared().clear();
  if (tag == "DEALLOCATE ALL") return;
  everythingReset();
}

void Client::ready(char status, bool idle) {
  const Instant now = worker_.loop().now();
  pools::PoolCounters& counters = pool_->counters();
  counters.queries.add();
  counters.query.record(now - request_at_);
  request_at_ = now;
  in_transaction_ = status != 'I';
  if (status == 'I') transactionEnded(now);
  if (statements_ && idle) statements_->deallocating.clear();  // what was prepared only, and not executed
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
                               "transaction blocks are not allowed in statement pooling mode", place() + ".",
                               "Use pool_mode = \"transaction\" for this database or user."));
  if (idle && reads_ && reads_->ask_again) {
    askAgain();
    releaseServer();
    return takeHeld();
  }
  if (std::exchange(settling_, false)) {
    armDeadline(now);
    return takeHeld();
  }
  if (!idle || streaming_ > 0) return armDeadline(now);
  may_commit_ = false;
  if (close_when_idle_) return closeWhenIdle();
  if (reads_ && reads_->at != nullptr && pins_.any()) [[unlikely]] {  // nothing may bind it to a replica
    pins_.clear();
    return releaseServer(true);
  }
  if (mustKeepServer()) return keepServer();
  releaseServer();
}

void Client::transactionEnded(Instant now) {
  pools::PoolCounters& counters = pool_->counters();
  counters.transactions.add();
  counters.transaction.record(now - transaction_at_);
  transaction_at_ = now;
  if (std::exchange(ddl_seen_, false)) pool_->databaseState().catalog.invalidate(now);
  if (everything_reset_ && !rolled_back_ && !error_seen_) everythingReset();
  everything_reset_ = reset_all_ = false;
  if (statements_ && !statements_->pending_sets.empty()) applyPendingSets(!rolled_back_ && !error_seen_);
  if (unpin_effects_ != 0 && !error_seen_) pins_.afterRunning(unpin_effects_);
  unpin_effects_ = 0;
  sets_done_ = 0;
}

// Settings follow the client once they are committed. What is reset has, for the client, the value that it
// asked for at its login; on the server it has the server's own.
void Client::applyPendingSets(bool committed) {
  std::vector<ClientStatements::PendingSet> sets = std::move(statements_->pending_sets);
  statements_->pending_sets.clear();
  if (!committed || sets_done_ == 0) return;  // prepared only, perhaps
  if (sets_done_ < sets.size()) {             // which of them were executed is not known
    pins_.add(pools::Pins::kParameter);
    return;
  }
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
  if (pool_->reads() != nullptr) takeToken();
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

void Client::releaseServer(bool reset) {
  Server* server = std::exchange(server_, nullptr);
  enter(State::kIdle);
  Server::GiveBack how{.reset = reset || worker_.postgres().server_reset_query_always};
  if (reads_) leaveServer(how);
  server->giveBack(how);
}

void Client::closeWanted() {
  if (!in_transaction_ && streaming_ == 0) keepServer();
}

void Client::serverWritable() { watch(); }

// 57P01 promises that nothing was committed, 08007 that nobody knows.
std::string Client::explainLoss(std::string_view reason) const {
  const std::string lost = "the connection to the server was lost: " + std::string(reason);
  if (server_->tracker().nothingOwed() && streaming_ == 0)
    return errorResponse(pgproto::sqlstate::kAdminShutdown, lost, place() + ".",
                         in_transaction_ ? "The open transaction was rolled back: run it again."
                                         : "No statement was under way. Connect again.");
  if (in_transaction_ && !may_commit_ && tracksStatements())
    return errorResponse(pgproto::sqlstate::kAdminShutdown, lost, place() + ".",
                         "No COMMIT was under way, so the transaction was rolled back: run it again.");
  return errorResponse(
      pgproto::sqlstate::kTransactionResolutionUnknown, lost, place() + ".",
      in_transaction_ ? "Whether the transaction was committed is not known: look before you run it again."
                      : "Whether the statement under way took effect is not known: look before you "
                        "run it again.");
}

void Client::serverLost(Bytes response) {
  server_ = nullptr;
  if (mayAskAgain()) return readAgain();
  close("its server was lost", response);
}

}  // namespace forebay::postgres
