// Where a client's requests go when the servers of its database are told apart: what only reads to a replica
// that has replayed what the client wrote, if replicas are to have reads, all else to the primary.
#include <algorithm>
#include <array>
#include <utility>

#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {

using conf::Consistency;

namespace {

// A parameter of ours, without the quotes that a SET may have put around it.
std::optional<Bytes> ownParameter(const pools::Parameters& parameters, Bytes name) {
  const pools::Parameter* found = parameters.entry(name);
  if (found == nullptr) return std::nullopt;
  Bytes value = found->value;
  if (found->verbatim && value.size() >= 2 && value.front() == '\'' && value.back() == '\'')
    value = value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

// It has a server, and another message to send. False: that one has to wait, or goes to another server.
bool Client::staysHere() {
  ReadSession& reads = *reads_;
  if (std::exchange(reads.routed, false)) return true;
  const pools::ReplyTracker& tracker = server_->tracker();
  const bool within = in_transaction_ || tracker.unsynced() || tracker.skipping() || streaming_ > 0;
  if (reads.at == nullptr) {
    if (!tracker.unsynced()) {  // a request of its own, behind the one that was looked at
      reads.wrote = true;
      keepNothing();
    }
    return true;
  }
  const bool ends = in_transaction_ && may_commit_ && !tracker.nothingOwed() && !tracker.unsynced();
  if (reads.ask_again || ends) {  // where the next one goes is not known yet
    settling_ = true;
    return false;
  }
  if (within || pins_.any()) return true;
  if (tracker.nothingOwed()) {
    releaseServer();
    return haveServer();
  }
  if (unitAhead().kind == Unit::Kind::kRead) {
    keepNothing();  // only one answer at a time can be asked for again
    return true;
  }
  settling_ = true;
  return false;
}

// The pool that the request at hand is for. Null: it has to wait, or the client is gone.
WorkerPool* Client::lenderAhead() {
  if (!reads_) {  // reads were not split when it logged in: what it has written is not known
    reads_ = std::make_unique<ReadSession>();
    reads_->dirty = true;
  }
  ReadSession& reads = *reads_;
  if (reads.awaits_floor) return nullptr;
  const bool fresh = std::exchange(reads.fresh, false), refused = std::exchange(reads.refused, false);
  reads.routed = true;
  reads.at = nullptr;
  keepNothing();
  const bool home_next = std::exchange(reads.home_next, false);
  const Unit unit = unitAhead();
  if (unit.kind == Unit::Kind::kWrite) {
    reads.wrote = true;
    return pool_;
  }
  reads.interest = ReadSession::kInterest;
  if (!home_next && pool_->reads()->splits()) {
    if (!floorKnown(fresh)) {
      if (reads.awaits_floor) return nullptr;
    } else {
      reads.at = pool_->reads()->replicaFor(*this, floor());
    }
  }
  // What a replica has refused, or nothing but its role calls a read, may write on the primary.
  if (reads.at == nullptr && (refused || unit.asserted)) {
    reads.wrote = true;
  } else if (unit.repeatable) {
    reads.kept.append(worker_.loop().buffers(), ahead_.substr(0, unit.size));
    reads.passed_on = reads.ask_again = false;
  }
  if (reads.at != nullptr) return reads.at;
  if (home_next || pool_->reads()->fallsBack()) {
    pool_->reads()->atPrimary();
    return pool_;
  }
  close("no replica may take a read", pool_->reads()->noReplicaError());
  return nullptr;
}

Unit Client::unitAhead() {
  ReadSession& reads = *reads_;
  if (reads.judged != parameters_) judgeParameters();
  if (pool_->reads() == nullptr || !reads.may_split || reads.role == ReadRole::kPrimary ||
      !tracksStatements() || replication_)
    return {};
  const bool follows_names = worker_.postgres().max_prepared_statements > 0;
  return ReadAhead{*pool_->reads(), statements_.get(), reads.read_only_by_default, reads.role,
                   follows_names}(ahead_);
}

// What a replica would read otherwise than the primary, or we than PostgreSQL.
void Client::judgeParameters() {
  ReadSession& reads = *reads_;
  reads.judged = parameters_;
  const auto is = [this](Bytes name, Bytes value) {
    const std::optional<Bytes> set = ownParameter(*parameters_, name);
    return set && pools::sameName(*set, value);
  };
  // In these a byte of a character may look like a quote or a backslash.
  static constexpr std::array<Bytes, 6> kUnsafe = {"SJIS", "BIG5", "GBK", "GB18030", "UHC", "JOHAB"};
  reads.may_split = !is("standard_conforming_strings", "off") &&
                    !is("default_transaction_isolation", "serializable") &&
                    std::ranges::none_of(kUnsafe, [&](Bytes name) { return is("client_encoding", name); });
  reads.read_only_by_default =
      is("default_transaction_read_only", "on") || is("default_transaction_read_only", "true");
  reads.role = readRole(ownParameter(*parameters_, kRoleParameter).value_or(Bytes()));
}

// ---- what the session has written

// Is it known what the session's reads must not see less of?
bool Client::floorKnown(bool fresh) {
  ReadSession& reads = *reads_;
  switch (pool_->database().reading.consistency) {
    case Consistency::kEventual: return true;
    case Consistency::kSession: return !reads.dirty;
    case Consistency::kStrong: break;
  }
  if (fresh) return true;
  reads.awaits_floor = true;
  pool_->reads()->asker().askFor({slot_, id_, ++reads.asks});
  return false;
}

// Before the server goes back to its pool.
void Client::leaveServer(Server::GiveBack& how) {
  ReadSession& reads = *reads_;
  reads.routed = false;
  keepNothing();
  if (WorkerPool* replica = std::exchange(reads.at, nullptr)) {
    if (pool_->reads() != nullptr) pool_->reads()->succeeded(*replica);
    return;
  }
  reads.dirty = reads.dirty || reads.wrote;
  reads.wrote = false;
  const bool wanted = pool_->reads() != nullptr && pool_->reads()->splits() &&
                      pool_->database().reading.consistency == Consistency::kSession;
  if (!reads.dirty || !wanted || reads.interest == 0) return;
  --reads.interest;
  pool_->reads()->counters().floors.add();
  reads.awaits_floor = true;
  how.position_for = {slot_, id_, ++reads.asks};
}

void Client::positionTold(uint32_t ask, const conf::HostPort& host, std::optional<uint64_t> lsn) {
  ReadSession& reads = *reads_;
  if (ask != reads.asks) return;
  reads.awaits_floor = false;
  const std::optional<pools::WalPosition> position =
      lsn && pool_->reads() != nullptr ? pool_->reads()->positionAt(host, *lsn) : std::nullopt;
  if (position) {
    reads.floor = std::max(reads.floor, *position);
    reads.dirty = false;
  }
  reads.fresh = position.has_value();
  reads.home_next = reads.home_next || !position;
  if (state_ == State::kIdle) takeHeld();
}

pools::WalPosition Client::floor() const {
  const bool counts = reads_ && pool_->database().reading.consistency != Consistency::kEventual;
  return counts ? reads_->floor : pools::WalPosition{};
}

// ---- reads that have to be asked again

void Client::keepNothing() {
  if (!reads_->kept.empty()) reads_->kept.clear(worker_.loop().buffers());
}

// A replica cannot serve this read, or not soon enough: nothing of it was sent, or all of it waits anew.
void Client::readAtPrimary() {
  reads_->at = nullptr;
  reads_->home_next = true;
  enter(State::kIdle);
  takeHeld();  // unless that is who asks
}

void Client::behind() {
  if (pool_->reads() != nullptr) pool_->reads()->counters().behind.add();
  readAtPrimary();
}

// Would the primary not have said so? Then its answer counts, and nobody hears of this one.
bool Client::asksAgain(const pgproto::ErrorFields& error) {
  if (reads_ == nullptr || reads_->at == nullptr || reads_->kept.empty() || reads_->passed_on) return false;
  if (!ReadRouter::isOfReplica(error)) return false;
  reads_->ask_again = true;
  return true;
}

// A read whose server is gone, and of whose answer nobody has seen anything.
bool Client::mayAskAgain() const {
  return reads_ && !reads_->kept.empty() && !reads_->passed_on && !in_transaction_ && !pins_.any();
}

void Client::readAgain() {
  if (reads_->at != nullptr && pool_->reads() != nullptr) pool_->reads()->failed(*reads_->at);
  askAgain();
  keepNothing();
  readAtPrimary();
}

// What was kept comes first again, and goes to the primary.
void Client::askAgain() {
  net::BufferPool& buffers = worker_.loop().buffers();
  const std::string again = std::string(reads_->kept.bytes()) + std::string(in_.bytes());
  forgetUnanswered();
  if (pool_->reads() != nullptr) pool_->reads()->counters().asked_again.add();
  reads_->refused = std::exchange(reads_->ask_again, false);
  reads_->home_next = true;
  settling_ = batch_executes_ = error_seen_ = false;
  in_.clear(buffers);
  in_.append(buffers, again);
}

// The statements that the kept messages prepare are to be prepared again, under the same names.
void Client::forgetUnanswered() {
  if (!statements_) return;
  statements_->skipped(SIZE_MAX);
  Bytes rest = reads_->kept.bytes();
  for (pgproto::Frame frame; pgproto::scanFrame(rest, UINT32_MAX, frame) == pgproto::Scan::kFrame;
       rest.remove_prefix(frame.whole.size())) {
    pgproto::Parse parse;
    if (frame.type == 'P' && pgproto::parseParse(frame.body, parse) && !parse.statement.empty())
      statements_->forget(parse.statement);
  }
}

// ---- what a client says of its reads

// In a READ ONLY transaction on a replica: after a statement that has just bound the session to its server,
// which would keep it from ever writing again, another one that fails in its place. Empty: it has not.
std::string Client::boundToReplica() {
  if (reads_ == nullptr || reads_->at == nullptr || !pins_.any()) return {};
  pins_.clear();
  reads_->home_next = true;
  return "DO $forebay$BEGIN RAISE EXCEPTION 'this statement would bind the session to a replica' USING "
         "ERRCODE = '40001', HINT = 'Run the transaction again: the primary will take it. SET forebay.role = "
         "''primary'' keeps a session there.'; END$forebay$";
}

bool Client::asksForToken(Bytes sql) {
  constexpr Bytes kShow = "show ", kAround = " ;\n";
  const size_t begin = sql.find_first_not_of(kAround);
  if (begin == Bytes::npos) return false;
  sql = sql.substr(begin, sql.find_last_not_of(kAround) - begin + 1);
  return sql.size() == kShow.size() + kTokenParameter.size() &&
         pools::sameName(sql.substr(0, kShow.size()), kShow) &&
         pools::sameName(sql.substr(kShow.size()), kTokenParameter);
}

// Its answer looks as SHOW's does: how far the server is, which covers all that the session has written and
// seen.
std::string Client::tokenQuery() const {
  const std::string position =
      reads_->at != nullptr ? "pg_last_wal_replay_lsn() - '0/0'::pg_lsn" : Server::kWrittenExpression;
  uint32_t timeline = 0;
  if (const failover::TopologyPtr& topology = pool_->topology())
    for (const failover::Node& node : topology->nodes)
      if (node.host == server_->host()) timeline = node.timeline;
  return "SELECT concat('" + std::to_string(timeline) + ":', " + position + ") AS \"" +
         std::string(kTokenParameter) + "\"";
}

// A SET or a startup option has brought a token: from here on it is the session's floor, and no parameter.
void Client::takeToken() {
  if (!reads_) reads_ = std::make_unique<ReadSession>();
  const std::optional<Bytes> token = ownParameter(*parameters_, kTokenParameter);
  if (!token) return;
  if (const std::optional<pools::WalPosition> position = pools::parseWalPosition(*token)) {
    reads_->floor = std::max(reads_->floor, *position);
  } else if (!token->empty()) {
    send(noticeResponse(pgproto::sqlstate::kInvalidParameterValue,
                        "forebay.token is not changed: \"" + std::string(*token) +
                            "\" is not what SHOW forebay.token tells"));
  }
  parameters_ = worker_.parameters().without(parameters_, kTokenParameter);
  if (startup_parameters_)
    startup_parameters_ = worker_.parameters().without(startup_parameters_, kTokenParameter);
}

}  // namespace forebay::postgres
