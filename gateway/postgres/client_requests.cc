// What a client sends: looked at message by message, passed on in runs as long as they get.
#include <algorithm>

#include "gateway/admin/console_login.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

using pools::Owed;

}  // namespace

size_t Client::consume(Bytes in) {
  Gather& out = worker_.gather();
  out.clear();
  consuming_ = true;
  size_t at = 0;
  Step step = Step::kTaken;
  while (at < in.size() && step == Step::kTaken) {
    if (streaming_ > 0) {
      const size_t count = static_cast<size_t>(std::min<uint64_t>(streaming_, in.size() - at));
      if (!drop_streaming_) out.pass(in.substr(at, count));
      streaming_ -= count;
      at += count;
      continue;
    }
    pgproto::Header header;
    const pgproto::Scan scan = pgproto::scanHeader(in.substr(at), worker_.postgres().max_packet_size, header);
    if (scan == pgproto::Scan::kNeedMore) break;
    if (scan == pgproto::Scan::kMalformed) {
      step = protocolError("invalid message length");
      break;
    }
    const size_t there = static_cast<size_t>(std::min<uint64_t>(header.size, in.size() - at));
    drop_streaming_ = false;
    ahead_ = in.substr(at);
    step = message(header, in.substr(at, there), there == header.size, out);
    if (step != Step::kTaken) break;
    at += there;
    streaming_ = header.size - there;
  }
  consuming_ = false;
  if (state_ == State::kClosed) return in.size();
  // What came before a goodbye, or before a mistake, is sent all the same.
  const bool ends = step == Step::kGoodbye || step == Step::kMistake;
  if (server_ != nullptr && !out.empty()) {
    rememberUnnamed();
    server_->send(out.runs());
  }
  out.clear();
  if (ends) {
    const std::unique_ptr<std::string> mistake = std::move(mistake_);
    if (step == Step::kGoodbye) left("the client said goodbye");
    if (mistake)
      close(*mistake, errorResponse(pgproto::sqlstate::kProtocolViolation, *mistake, place() + "."));
    return in.size();
  }
  // Late COPY data, which nothing answers, may have kept the server beyond its last ReadyForQuery.
  if (state_ == State::kActive && server_ != nullptr && streaming_ == 0 && !in_transaction_ &&
      server_->tracker().idle() && !mustKeepServer())
    releaseServer();
  return at;
}

Client::Step Client::message(const pgproto::Header& header, Bytes there, bool whole, Gather& out) {
  const Bytes body = there.size() >= pgproto::kHeaderSize ? there.substr(pgproto::kHeaderSize) : Bytes();
  if (state_ == State::kConsole) return console(header.type, body, whole);
  if (flushing_) return Step::kWait;
  if (discarding_) return discard(header.type, whole);
  if (forgetting_ && mustSettle(header.type)) return settle();
  switch (header.type) {
    case 'Q': return query(body, there, whole, out);
    case 'P': return parse(body, there, whole, out);
    case 'B': return bind(header, there, whole, out);
    case 'D':
    case 'C':
      if (header.size > kMaxNamesSize) return protocolError("a Describe or Close message is too long");
      if (!whole) return Step::kNeedMore;
      return header.type == 'D' ? describe(body, there, out) : closeTarget(body, there, out);
    case 'E':
      if (!haveServer()) return Step::kWait;
      startRequest();
      batch_executes_ = true;
      server_->tracker().sent(Owed::kExtended);
      break;
    case 'H':  // asks for what is owed already: without a server, nothing
      if (state_ == State::kWaiting) return Step::kWait;
      if (state_ != State::kActive) return Step::kTaken;
      if (mayEndBatch()) return endBatch(out);
      break;
    case 'S':
      if (!haveServer()) return Step::kWait;
      startRequest();
      batch_executes_ = false;
      server_->tracker().sent(Owed::kSync);
      break;
    case 'F': return functionCall(there, out);
    case 'd':
    case 'c':
    case 'f': return copyMessage(header.type, there, out);
    case 'X': return Step::kGoodbye;
    default:
      return protocolError("invalid frontend message type " +
                           std::to_string(static_cast<unsigned char>(header.type)));
  }
  out.pass(there);
  return Step::kTaken;
}

// ---- after an error, or a cancel, without a server: everything up to the next Sync is skipped, as a server
// does

Client::Step Client::discard(char type, bool whole) {
  drop_streaming_ = true;
  if (type != 'S' || !whole) return type == 'X' ? Step::kGoodbye : Step::kTaken;
  discarding_ = false;
  std::string ready;
  pgproto::appendReadyForQuery(ready, 'I');
  send(ready);
  return state_ == State::kClosed ? Step::kClosed : Step::kTaken;
}

// ---- names whose meaning depends on replies that have not come

// Is there a server to send to? If not, one is asked for.
bool Client::haveServer() {
  if (state_ == State::kActive) return reads_ == nullptr || staysHere();
  if (state_ == State::kWaiting) return false;
  WorkerPool* lender = pool_;
  if (pool_->reads() != nullptr) [[unlikely]] {
    lender = lenderAhead();
    if (lender == nullptr) return false;
  } else if (reads_) {
    reads_->at = nullptr;  // they were split before
  }
  state_ = State::kWaiting;  // most often for no time at all: its limits count once it has to wait
  state_since_ = worker_.loop().now();
  lender->request(*this);  // may lend at once, and may close this client
  if (state_ == State::kWaiting) armDeadline(state_since_);
  if (state_ == State::kIdle) return haveServer();  // not that one: the primary takes it
  return state_ == State::kActive && (reads_ == nullptr || staysHere());
}

// A request begins that is measured from here on, unless one is under way.
void Client::startRequest() {
  if (!server_->tracker().nothingOwed()) return;
  request_at_ = worker_.loop().now();
  if (!in_transaction_) transaction_at_ = request_at_;
  armDeadline(request_at_);
}

Client::Step Client::protocolError(std::string text) {
  mistake_ = std::make_unique<std::string>(std::move(text));
  return Step::kMistake;
}

// ---- simple Query

Client::Step Client::query(Bytes body, Bytes message, bool whole, Gather& out) {
  if (!whole && message.size() < kMaxWholeQuery) return Step::kNeedMore;
  if (worker_.postgres().disable_pqexec)
    return protocolError("the simple Query protocol is disabled (disable_pqexec)");
  if (!haveServer()) return state_ == State::kClosed ? Step::kClosed : Step::kWait;
  startRequest();
  const Bytes sql = whole && !body.empty() ? body.substr(0, body.size() - 1) : body;
  server_->unnamed_owner = 0;
  if (statements_) statements_->unnamed = {};
  if (!whole) may_commit_ = true;  // who knows what its end says
  if (tracksStatements()) {
    const pgproto::SqlScan found = pgproto::scanSql(sql);
    if (found.effects != pgproto::kNoEffect) {
      noteEffects(found.effects, sql, whole && found.single_statement && server_->tracker().nothingOwed());
      std::string renamed = boundToReplica();
      if ((found.effects & pgproto::kDeallocates) && !renameDeallocate(sql, renamed, out)) return settle();
      if (!renamed.empty()) {
        std::string query;
        pgproto::appendQuery(query, renamed);
        server_->tracker().sent(Owed::kQuery);
        out.add(query);
        return Step::kTaken;
      }
    }
  }
  server_->tracker().sent(Owed::kQuery);
  if (reads_ && asksForToken(sql)) {
    std::string query;
    pgproto::appendQuery(query, tokenQuery());
    out.add(query);
    return Step::kTaken;
  }
  out.pass(message);
  return Step::kTaken;
}

// ---- extended query

bool Client::tracksStatements() const {
  return pool_->settings().pool_mode != conf::PoolMode::kSession && !replication_;
}

// ---- COPY and function calls

Client::Step Client::copyMessage(char type, Bytes there, Gather& out) {
  // Without a server no COPY is open: what comes late, after an error has ended it, is ignored as PostgreSQL
  // does.
  drop_streaming_ = state_ != State::kActive;
  if (drop_streaming_) return state_ == State::kWaiting ? Step::kWait : Step::kTaken;
  if (type != 'd') server_->tracker().sentCopyEnd();
  out.pass(there);
  return Step::kTaken;
}

Client::Step Client::functionCall(Bytes there, Gather& out) {
  if (!haveServer()) return state_ == State::kClosed ? Step::kClosed : Step::kWait;
  startRequest();
  server_->tracker().sent(Owed::kFunctionCall);
  out.pass(there);
  return Step::kTaken;
}

// ---- the admin console

Client::Step Client::console(char type, Bytes body, bool whole) {
  if (!whole) return body.size() < kMaxNamesSize ? Step::kNeedMore : protocolError("a command is too long");
  if (type == 'X') return Step::kGoodbye;
  if (type != 'Q') {
    close("it sent the console more than a Query", admin::consoleRefusal(type));
    return Step::kClosed;
  }
  if (console_busy_) return Step::kWait;
  console_busy_ = true;
  request_at_ = worker_.loop().now();
  worker_.shared().console(worker_.index(), id_, std::string(body.substr(0, body.size() - 1)), admin_,
                           [&worker = worker_, slot = slot_, id = id_](const std::string& reply) {
                             Client* client = worker.clients().at(slot);
                             if (client == nullptr || client->id() != id) return;
                             client->console_busy_ = false;
                             client->send(reply);
                             if (client->state_ != State::kClosed) client->takeHeld();
                           });
  return Step::kTaken;
}

}  // namespace forebay::postgres
