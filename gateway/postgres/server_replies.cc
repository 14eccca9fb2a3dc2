// What a server sends: matched message by message, passed on in runs as long as they get.
#include <algorithm>
#include <cstring>

#include "gateway/postgres/events.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/server_login.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"
#include "pgproto/sql.h"

namespace forebay::postgres {
namespace {

constexpr uint32_t kMaxMessage = 0x7fffffff;
// A message whose inside matters is looked at when it is whole; one larger than this is passed on unseen.
constexpr size_t kMaxLookedAt = 64 * 1024;

// What a primary in good health does not say: it stops, or has become a replica.
bool endsARole(Bytes sqlstate) {
  return sqlstate.starts_with("57P0") || sqlstate == pgproto::sqlstate::kReadOnlyTransaction;
}

bool isFatal(const pgproto::ErrorFields& error) {
  const Bytes severity = error.severity();
  return severity == "FATAL" || severity == "PANIC";
}

bool insideMatters(char type) { return type == 'Z' || type == 'S' || type == 'E' || type == 'C'; }

}  // namespace

void Server::onReadable() {
  if (login_) return login_->onReadable();
  if (state_ == State::kClosed || reading_paused_) return;
  net::Loop& loop = pool_.worker().loop();
  char* scratch = loop.scratch();
  const size_t held = in_.size();  // the beginning of a message: less than kMaxLookedAt
  if (held > 0) std::memcpy(scratch, in_.bytes().data(), held);
  const net::IoResult got = socket_.read(scratch + held, net::Loop::kScratchSize - held);
  switch (got.status) {
    case net::IoStatus::kWantRead: return;
    case net::IoStatus::kWantWrite: return;
    case net::IoStatus::kClosed: return lost("the server closed the connection");
    case net::IoStatus::kError: return lost(got.error != 0 ? std::strerror(got.error) : "TLS failed");
    case net::IoStatus::kOk: break;
  }
  pool_.counters().bytes_sent.add(got.bytes);
  in_.clear(loop.buffers());
  const Bytes in(scratch, held + got.bytes);
  const size_t used = replies(in);
  if (state_ == State::kClosed) return;
  if (used < in.size()) in_.append(loop.buffers(), in.substr(used));
  if (socket_.hasPending() && !reading_paused_) resumeReading();
}

size_t Server::replies(Bytes in) {
  Walk walk{in};
  const uint32_t lend = lends_;
  while (walk.at < in.size() && state_ != State::kClosed) {
    if (body_left_ > 0) {
      const size_t count = static_cast<size_t>(std::min<uint64_t>(body_left_, in.size() - walk.at));
      body_left_ -= count;
      if (swallow_body_) {
        skip(walk, in.substr(walk.at, count));
      } else {
        walk.at += count;
      }
      continue;
    }
    pgproto::Header header;
    const pgproto::Scan scan = pgproto::scanHeader(in.substr(walk.at), kMaxMessage, header);
    if (scan == pgproto::Scan::kNeedMore) break;
    if (scan == pgproto::Scan::kMalformed) {
      passOn(walk);
      lost("it sent a malformed message");
      break;
    }
    const size_t there = static_cast<size_t>(std::min<uint64_t>(header.size, in.size() - walk.at));
    if (there < header.size && (insideMatters(header.type) || purpose_ != Purpose::kNone) &&
        header.size <= kMaxLookedAt)
      break;
    if (!reply(walk, header, in.substr(walk.at, there))) break;
    body_left_ = header.size - there;
  }
  if (state_ == State::kClosed) return in.size();
  passOn(walk);
  // Last, since the borrower may let go of the server and it may be lent to the next at once.
  // If passing on has ended its session, that has happened already.
  if (walk.idle && lends_ == lend && borrower_ != nullptr && state_ == State::kLent)
    borrower_->ready(tracker_.status(), true);
  if (!farewell_.empty() && lends_ == lend && borrower_ != nullptr && state_ == State::kLent) {
    fatal_seen_ = true;  // its session ends with its server
    borrower_->received(farewell_);
  }
  return walk.at;
}

// Looks at one message, or at the beginning of one that need not be seen whole. False: the connection is
// closed.
bool Server::reply(Walk& walk, const pgproto::Header& header, Bytes message) {
  const bool lent = state_ == State::kLent;
  swallow_body_ = !lent || tracker_.inInjectedQuery() || dropping_;
  if (header.type == 'D' || header.type == 'd') {
    if (swallow_body_) {
      if (purpose_ != Purpose::kNone) own_lsn_ = lsnIn(message.substr(pgproto::kHeaderSize));
      skip(walk, message);
    } else {
      walk.at += message.size();
    }
    return true;
  }
  const bool whole = message.size() == header.size;
  const Bytes body = whole ? message.substr(pgproto::kHeaderSize) : Bytes();
  switch (header.type) {
    case 'S': swallow_body_ = parameterStatus(body, swallow_body_); break;
    case 'E':
      if (walk.idle && lent && farewell(walk, body, message)) return true;
      errorReply(body, swallow_body_);
      if (dropping_) walk.run = walk.at, swallow_body_ = true;  // with what came before it
      break;
    case 'Z': readyForQuery(walk, message); return state_ != State::kClosed;
    case 'C':
      if (!swallow_body_ && whole) borrower_->commandCompleted(body.substr(0, body.size() - 1));
      [[fallthrough]];
    default:
      const bool clients_name = (header.type == '1' || header.type == '3') && tracker_.clientNameNext();
      switch (tracker_.received(header.type, 0, prepared_)) {
        case pools::Reply::kPass:
          if (lent && clients_name) borrower_->nameConfirmed();
          break;
        case pools::Reply::kSwallow: swallow_body_ = true; break;
        case pools::Reply::kAsParseComplete:
          if (!lent) break;
          borrower_->nameConfirmed();
          const_cast<char&>(message[0]) = '1';  // in our own read buffer
          break;
        case pools::Reply::kUnexpected: break;
      }
      break;
  }
  if (state_ == State::kClosed) return false;
  if (swallow_body_) {
    skip(walk, message);
  } else {
    walk.at += message.size();
  }
  return true;
}

// True: it is not to be passed on. What a replica says of itself is nothing to clients of its primary.
bool Server::parameterStatus(Bytes body, bool swallow) {
  pgproto::NamedValue parameter;
  if (!pgproto::parseParameterStatus(body, parameter)) return swallow;
  if (parameter.name == "in_hot_standby") pool_.doubt(host_);
  if (!followsClient(parameter.name)) return swallow || pool_.ofReplica();
  parameters = pool_.worker().parameters().with(parameters, parameter.name, parameter.value);
  if (!swallow) borrower_->parameterChanged(parameter.name, parameter.value);
  return swallow;
}

void Server::errorReply(Bytes body, bool swallow) {
  pgproto::ErrorFields fields;
  pgproto::parseErrorFields(body, fields);
  const bool fatal = isFatal(fields);
  if (fatal && !swallow) fatal_seen_ = true;
  if (fatal) fatal_reason_ = fields.message();
  if (endsARole(fields.sqlstate())) pool_.doubt(host_);
  tracker_.received('E', 0, prepared_);
  // The plan of a prepared statement no longer fits its tables: only a new connection forgets it for good.
  if (fields.sqlstate() == pgproto::sqlstate::kFeatureNotSupported &&
      fields.message().substr(0, 32) == "cached plan must not change resu")
    close_reason_ = "a prepared statement's result type has changed";
  if (swallow) {
    own_failed_ = true;
    own_error_ = body;
  } else {
    dropping_ = !fatal && borrower_->asksAgain(fields);
    borrower_->errorReceived(tracker_);
  }
}

// The server leaves, having answered all that it was asked: that is nothing to a client that lets go of it
// now. False: the error is another one.
bool Server::farewell(Walk& walk, Bytes body, Bytes message) {
  pgproto::ErrorFields fields;
  pgproto::parseErrorFields(body, fields);
  if (!isFatal(fields)) return false;
  fatal_reason_ = fields.message();
  if (endsARole(fields.sqlstate())) pool_.doubt(host_);
  close_reason_ = "the server ended the connection";
  farewell_ = message;
  skip(walk, message);
  return true;
}

void Server::readyForQuery(Walk& walk, Bytes message) {
  const char status = message.size() > pgproto::kHeaderSize ? message[pgproto::kHeaderSize] : 'I';
  const pools::Reply verdict = tracker_.received('Z', status, prepared_);
  if (verdict == pools::Reply::kUnexpected) {
    passOn(walk);
    return lost("it sent a ReadyForQuery that nothing asked for");
  }
  if (state_ != State::kLent || verdict == pools::Reply::kSwallow) {
    skip(walk, message);
    if (verdict == pools::Reply::kSwallow && purpose_ != Purpose::kNone) return ownFinished();
    if (verdict == pools::Reply::kSwallow && borrower_ != nullptr)
      return borrower_->batchEnded(tracker_.idle());
    if (state_ == State::kCleaning) clean();
    return;
  }
  if (std::exchange(dropping_, false)) {
    skip(walk, message);
  } else {
    walk.at += message.size();
  }
  walk.idle = tracker_.idle();
  if (!walk.idle) {
    passOn(walk);
    if (borrower_ != nullptr) borrower_->ready(status, false);
  }
  if (state_ == State::kLent && tracker_.wantsMarker()) runOwn(Purpose::kMarker, "");
}

void Server::passOn(Walk& walk) {
  if (walk.run < walk.at && borrower_ != nullptr && state_ == State::kLent)
    borrower_->received(walk.in.substr(walk.run, walk.at - walk.run));
  walk.run = walk.at;
}

void Server::skip(Walk& walk, Bytes message) {
  passOn(walk);
  walk.at += message.size();
  walk.run = walk.at;
}

// ---- our own SQL

void Server::runOwn(Purpose purpose, Bytes sql) {
  purpose_ = purpose;
  own_failed_ = false;
  own_lsn_.reset();
  own_error_.clear();
  std::string message;
  pgproto::appendQuery(message, sql);
  tracker_.sent(pools::Owed::kInjectedQuery);
  unnamed_owner = 0;  // a simple Query drops the unnamed statement
  send(message);
}

void Server::ownFinished() {
  const Purpose purpose = std::exchange(purpose_, Purpose::kNone);
  switch (purpose) {
    case Purpose::kConnectQuery:
      if (own_failed_) logServerError(pool_.worker().log(), *this, "connect_query", own_error_);
      enter(State::kIdle);
      pool_.dialled(*this);
      return;
    case Purpose::kCheck:
      if (own_failed_) return close("server_check_query failed");
      return state_ == State::kPreparing ? checkReplayed() : clean();
    case Purpose::kReplayed: return replayedTold();
    case Purpose::kPosition: return positionKnown();
    case Purpose::kParameters:
      if (!own_failed_) parameters = switching_to_;
      switching_to_ = {};
      if (state_ != State::kPreparing) return clean();  // its borrower has left meanwhile
      return own_failed_ ? preparationFailed() : lendNow();
    case Purpose::kRollback:
      if (own_failed_) return close("ROLLBACK failed");
      return clean();
    case Purpose::kReset:
      if (own_failed_) return close("server_reset_query failed");
      resetDone();
      return clean();
    case Purpose::kMarker:
      if (borrower_ != nullptr) borrower_->ready(tracker_.status(), tracker_.idle());
      return;
    case Purpose::kNone: return lost("it answered what nobody asked");
  }
}

// The borrower asked for a setting that the server refuses: its own words go to the borrower, the server is
// as before.
void Server::preparationFailed() {
  Borrower* borrower = std::exchange(borrower_, nullptr);
  std::string response = "E";
  appendBe32(response, static_cast<uint32_t>(own_error_.size() + 4));
  response += own_error_;
  borrower->promised(nullptr);
  borrower->failed(response);
  cleaned();
}

void Server::resetDone() {
  reset_wanted_ = false;
  const uint32_t effects = pgproto::scanSql(pool_.worker().postgres().server_reset_query).effects;
  if (effects & (pgproto::kDiscardsAll | pgproto::kDeallocatesAll)) prepared_.clear();
  if (effects & (pgproto::kDiscardsAll | pgproto::kResets)) parameters = base_parameters_;
}

}  // namespace forebay::postgres
