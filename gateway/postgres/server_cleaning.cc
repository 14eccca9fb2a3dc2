// A server connection that was given back becomes clean again: drained, rolled back, reset.
#include <cassert>

#include "gateway/postgres/cancel.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {

void Server::giveBack(GiveBack how) {
  borrower_ = nullptr;
  if (!how.unused) ++transactions_;
  reset_wanted_ = reset_wanted_ || how.reset;
  position_for_ = how.position_for;
  dropping_ = waits_to_ask_ = false;
  if (reading_paused_) resumeReading();
  if (how.broken_message) return close("its client left in the middle of a message");
  if (tracker_.idle() && !reset_wanted_ && out_.empty() && position_for_.ask == 0) return cleaned();
  cancel_sent_ = false;
  enter(State::kCleaning);
  // A transaction that its client walked away from ends in a ROLLBACK anyway: no need to let its query
  // finish.
  if ((how.cancel || tracker_.status() != 'I') && !tracker_.nothingOwed()) cancelOwn();
  clean();
}

// Takes the next step towards a clean connection; called again after every ReadyForQuery.
void Server::clean() {
  if (tracker_.ambiguous()) return close("a COPY failed and its replies cannot be told apart");
  std::string rest;
  if (tracker_.copyingIn()) {
    constexpr Bytes kWhy = "the client has left";
    rest += 'f';
    appendBe32(rest, static_cast<uint32_t>(4 + kWhy.size() + 1));
    appendCString(rest, kWhy);
    tracker_.sentCopyEnd();
  }
  if (tracker_.unsynced() || tracker_.skipping()) {
    // A Sync commits what stands before it, which its client has not asked for: an error goes in front.
    rest += 'E';
    constexpr Bytes kNoPortal = "the client has left";
    appendBe32(rest, static_cast<uint32_t>(4 + kNoPortal.size() + 1 + 4));
    appendCString(rest, kNoPortal);
    appendBe32(rest, 0);
    tracker_.sent(pools::Owed::kExtended);
    pgproto::appendSync(rest);
    tracker_.sent(pools::Owed::kSync);
  }
  if (!rest.empty()) send(rest);
  if (!tracker_.nothingOwed()) return;
  if (tracker_.status() != 'I') return runOwn(Purpose::kRollback, "ROLLBACK");
  if (reset_wanted_) {
    const std::string& query = pool_.worker().postgres().server_reset_query;
    if (!query.empty()) return runOwn(Purpose::kReset, query);
    reset_wanted_ = false;
  }
  if (position_for_.ask != 0) return askPosition();
  if (!out_.empty()) return;  // what nobody answers, such as late COPY data, must be gone, too
  cleaned();
}

void Server::cleaned() {
  if (cancels_ > 0) {
    if (state_ != State::kCanceling) enter(State::kCanceling);
    return;
  }

  idle_since = pool_.worker().loop().now();  // it has just shown that it lives
  const conf::PostgresSettings& settings = pool_.worker().postgres();
  if (close_reason_ != nullptr) return close(close_reason_);
  if (outdated()) return close("RECONNECT");
  if (pool_.settings().server_lifetime == Duration::zero() && transactions_ > 0)
    return close("server_lifetime is 0");
  const Instant now = pool_.worker().loop().now();
  if (now >= pool_.retireAt(*this)) return retire(now);
  if (settings.server_max_queries != 0 && transactions_ >= settings.server_max_queries)
    return close("server_max_queries");
  enter(State::kIdle);
  pool_.free(*this);
}

bool Server::outdated() const {
  return close_reason_ != nullptr || pool_.databaseState().reconnects.load() != reconnects_;
}

void Server::retire(Instant now) {
  pool_.retired(now);
  close("server_lifetime");
}

void Server::cancelEnded(bool may_still_hit) {
  assert(cancels_ > 0);
  if (may_still_hit && close_reason_ == nullptr)
    close_reason_ = "a cancel that was sent to it may still arrive";
  if (--cancels_ == 0 && state_ == State::kCanceling) cleaned();
}

void Server::cancelOwn() {
  if (cancel_sent_) return;
  cancel_sent_ = true;
  pool_.worker().cancels().cancelServer(*this);
}

}  // namespace forebay::postgres
