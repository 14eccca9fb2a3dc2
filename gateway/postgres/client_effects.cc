// What a text leaves behind in the session that runs it: pins, and settings that follow the client.

#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

// SETs of one transaction that are followed one by one; after more the client is pinned.
constexpr size_t kMaxPendingSets = 1000;

}  // namespace

// What a text may leave behind in the session: pins, or settings that follow the client. `alone`: it is all
// that runs, outside a transaction block, so what it clears is surely cleared once it has ended well.
void Client::noteEffects(uint32_t effects, Bytes sql, bool alone) {
  addPins(effects);
  if (effects & pgproto::kEnds) may_commit_ = true;
  constexpr uint32_t kForgets = pgproto::kDeallocates | pgproto::kDeallocatesAll | pgproto::kDiscardsAll;
  if (effects & kForgets) forgetting_ = true;
  constexpr uint32_t kClears = pgproto::kUnlistensAll | pgproto::kDiscardsTemp |
                               pgproto::kFreesAdvisoryLocks | pgproto::kDeallocatesAll |
                               pgproto::kDiscardsAll;
  unpin_effects_ = alone && !in_transaction_ ? effects & kClears : 0;
  if (!(effects & (pgproto::kSets | pgproto::kResets))) return;
  if (effects & pgproto::kResets) reset_all_ = pgproto::resetsAll(sql);
  if (followSet(sql)) return;
  const auto reported = [this](Bytes name) { return server_->reports(name); };
  if ((effects & pgproto::kSets) && !pgproto::setsOnlyKnown(sql, reported)) {
    pins_.add(pools::Pins::kParameter);
    pinned_since_ = std::chrono::system_clock::now();
  }
}

// Remembers a SET or RESET of one parameter until its transaction is committed. False: it is another kind of
// text.
bool Client::followSet(Bytes sql) {
  pgproto::SetStatement set;
  std::string value;
  bool verbatim = false;
  const bool is_one = pgproto::parseSetStatement(sql, set);
  pgproto::SetStatement list;
  if (!(is_one && set.reset) && pgproto::parseSetList(sql, list)) {
    set = list;  // said again in its own words, since what is quoted and what is not may matter
    value = list.value;
    verbatim = true;
  } else if (!is_one || !pgproto::appendSetValue(set, value)) {
    return false;
  }
  if (!statements_) statements_ = std::make_unique<ClientStatements>();
  if (statements_->pending_sets.size() >= kMaxPendingSets) return false;
  statements_->pending_sets.push_back(
      {std::string(set.name, set.name_size), std::move(value), set.reset, verbatim});
  return true;
}

void Client::addPins(uint32_t effects) {
  const uint32_t before = pins_.bits();
  pins_.beforeRunning(effects);
  if (pins_.bits() == before) return;
  if (before == 0) pinned_since_ = std::chrono::system_clock::now();
  pool_->counters().pins.add();
}

}  // namespace forebay::postgres
