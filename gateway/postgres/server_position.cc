// Positions in the WAL: a primary tells how far it has written when it comes back from who has written, and a
// replica is asked how far it has replayed before it is lent to who must not see less.
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/frame.h"

namespace forebay::postgres {
namespace {

constexpr Bytes kReplayedQuery = "SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn";
// A replica that has not caught up is asked again so soon.
constexpr milliseconds kAskAgainAfter{1};

}  // namespace

// Where the next record will begin, behind those of all commits that were answered; but where that is the
// first place on a page, behind its header, a replica that has replayed everything stands in front of the
// page. (A segment's first page has a long header; others may well have a record end there.)
const std::string Server::kWrittenExpression =
    "(SELECT n - CASE WHEN n % pg_size_bytes(current_setting('wal_segment_size')) = 40 THEN 40 "
    "WHEN n % current_setting('wal_block_size')::int8 = 24 THEN 24 ELSE 0 END "
    "FROM (SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::int8 AS n) AS inserted)";
const std::string Server::kWrittenQuery = "SELECT " + kWrittenExpression;

// Of a DataRow of one column.
std::optional<uint64_t> Server::lsnIn(Bytes row) {
  pgproto::Reader reader(row);
  if (reader.int16() != 1) return std::nullopt;
  const Bytes text = reader.bytes(reader.int32());
  return reader.ok() ? pools::parseLsn(text) : std::nullopt;
}

// ---- of a replica

void Server::checkReplayed() {
  if (!pool_.ofReplica() || borrower_->floor().lsn <= replayed_) return switchParameters();
  if (state_ != State::kPreparing) enter(State::kPreparing);
  runOwn(Purpose::kReplayed, kReplayedQuery);
  pool_.worker().loop().deadlines().armBy(*this, state_since_ + patience());
}

// How long a client is kept from the primary by a replica that has not what it wrote, or that hangs.
Duration Server::patience() const { return pool_.replicaWaitTimeout() + kAskAgainAfter; }

bool Server::lateToTell(Instant now) const {
  return purpose_ == Purpose::kReplayed && borrower_ != nullptr && now >= state_since_ + patience();
}

void Server::replayedTold() {
  if (!own_failed_ && own_lsn_) replayed_ = std::max(replayed_, *own_lsn_);
  if (state_ != State::kPreparing) return clean();  // its borrower has left meanwhile
  if (borrower_->floor().lsn <= replayed_) return switchParameters();
  const Instant now = pool_.worker().loop().now();
  if (own_failed_ || now >= state_since_ + pool_.replicaWaitTimeout()) return notCaughtUp();
  waits_to_ask_ = true;
  pool_.worker().loop().deadlines().armBy(*this, now + kAskAgainAfter);
}

void Server::notCaughtUp() {
  Borrower* borrower = std::exchange(borrower_, nullptr);
  const bool answered = purpose_ == Purpose::kNone;
  if (!answered) enter(State::kCleaning);  // until the answer comes
  borrower->promised(nullptr);
  borrower->behind();
  if (answered) cleaned();
}

// ---- of a primary

void Server::askPosition() { runOwn(Purpose::kPosition, kWrittenQuery); }

void Server::positionKnown() {
  const PositionFor whom = std::exchange(position_for_, {});
  const std::optional<uint64_t> lsn = own_failed_ ? std::nullopt : own_lsn_;
  WorkerPool& pool = pool_;
  const conf::HostPort host = host_;
  clean();  // it may be lent again at once, and is ours no more
  pool.tellPosition(whom, host, lsn);
}

}  // namespace forebay::postgres
