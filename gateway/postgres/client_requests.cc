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

// Names a statement that no server has: closing it does nothing, but is answered in its turn.
constexpr Bytes kNoStatement = "fb_none";
constexpr Bytes kEnd("\0", 1);  // of a String
// The names in front of a Bind, and the whole of a Describe or Close, are short.
constexpr size_t kMaxNames = 8192;
// SETs of one transaction that are followed one by one; after more the client is pinned.
constexpr size_t kMaxPendingSets = 1000;

std::string parseMessage(const pools::Statement& statement, Bytes name) {
  std::string message;
  pgproto::appendParse(message, name, statement.sql, statement.parameter_types);
  return message;
}

// A Describe or Close; and the front of a Bind below: made piece by piece, since nothing may be allocated
// here.
void addTarget(Gather& out, char type, char kind, Bytes name) {
  char head[6] = {type, 0, 0, 0, 0, kind};
  storeBe32(head + 1, static_cast<uint32_t>(4 + 1 + name.size() + 1));
  out.add(Bytes(head, sizeof head));
  out.add(name);
  out.add(kEnd);
}

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
    if (mistake) close(*mistake, errorResponse(pgproto::sqlstate::kProtocolViolation, *mistake));
    return in.size();
  }
  // Late COPY data, which nothing answers, may have kept the server beyond its last ReadyForQuery.
  if (state_ == State::kActive && streaming_ == 0 && !in_transaction_ && server_->tracker().idle() &&
      !mustKeepServer())
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
      if (header.size > kMaxNames) return protocolError("a Describe or Close message is too long");
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

// A batch that has only prepared and described, and is flushed: nothing was executed, so a Sync in place of
// the Flush changes nothing for the client, and its server need not wait for the client's next word. Some
// drivers prepare so.
bool Client::mayEndBatch() const {
  return !batch_executes_ && !in_transaction_ && tracksStatements() && !pins_.any() &&
         server_->tracker().unsynced() && !server_->tracker().skipping() && !server_->tracker().copying();
}

Client::Step Client::endBatch(Gather& out) {
  flushing_ = true;  // what comes next waits for the answers: after an error it is to be skipped
  server_->tracker().sent(Owed::kInjectedSync);
  out.add(Bytes("S\0\0\0\4", 5));
  return Step::kTaken;
}

void Client::batchEnded(bool idle) {
  flushing_ = false;
  discarding_ = error_seen_;
  error_seen_ = false;
  if (idle && streaming_ == 0 && in_.empty() && !mustKeepServer()) releaseServer();
  takeHeld();
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

// What follows a DEALLOCATE or DISCARD may name a statement that it takes away, or keeps because it fails.
bool Client::mustSettle(char type) {
  if (type == 'd' || type == 'c' || type == 'f' || type == 'X') return false;  // nothing is named there
  if (server_ != nullptr && !server_->tracker().nothingOwed()) return !server_->tracker().unsynced();
  forgetting_ = false;
  return false;
}

// A statement that a batch before this one has prepared, or failed to: its replies will tell.
bool Client::undecided(Bytes statement) const {
  return statements_ && statements_->undecided(statement, server_->tracker().batch());
}

Client::Step Client::settle() {
  settling_ = true;
  return Step::kWait;
}

// Is there a server to send to? If not, one is asked for.
bool Client::haveServer() {
  if (state_ == State::kActive) return true;
  if (state_ == State::kWaiting) return false;
  enter(State::kWaiting);
  pool_->request(*this);  // may lend at once, and may close this client
  return state_ == State::kActive;
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
  if (tracksStatements()) {
    const pgproto::SqlScan found = pgproto::scanSql(sql);
    if (found.effects != pgproto::kNoEffect) {
      noteEffects(found.effects, sql, whole && found.single_statement && server_->tracker().nothingOwed());
      std::string name;
      if ((found.effects & pgproto::kDeallocates) && statements_ && pgproto::parseDeallocate(sql, name)) {
        if (undecided(name)) return settle();
        if (const pools::StatementRef* statement = statements_->find(name)) {
          ensurePrepared(**statement, out);
          std::string renamed;
          pgproto::appendQuery(renamed, "DEALLOCATE " + (*statement)->name);
          statements_->deallocating = name;
          server_->tracker().sent(Owed::kQuery);
          out.add(renamed);
          return Step::kTaken;
        }
      }
    }
  }
  server_->tracker().sent(Owed::kQuery);
  out.pass(message);
  return Step::kTaken;
}

// What a text may leave behind in the session: pins, or settings that follow the client. `alone`: it is all
// that runs, outside a transaction block, so what it clears is surely cleared once it has ended well.
void Client::noteEffects(uint32_t effects, Bytes sql, bool alone) {
  addPins(effects);
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

// ---- extended query

bool Client::tracksStatements() const {
  return pool_->settings().pool_mode != conf::PoolMode::kSession && !replication_;
}

Client::Step Client::parse(Bytes body, Bytes message, bool whole, Gather& out) {
  const bool unnamed = !body.empty() && body[0] == '\0';
  if (!whole && message.size() < (unnamed ? kMaxWholeQuery : kMaxWholeParse)) return Step::kNeedMore;
  if (!whole && !unnamed) return protocolError("a prepared statement is longer than 16 MiB");
  if (!haveServer()) return state_ == State::kClosed ? Step::kClosed : Step::kWait;
  startRequest();
  pools::ReplyTracker& tracker = server_->tracker();
  pgproto::Parse parsed;
  if (whole && !pgproto::parseParse(body, parsed)) return protocolError("a malformed Parse message");
  const bool follows = tracksStatements() && worker_.postgres().max_prepared_statements > 0;
  if (unnamed || !follows || tracker.skipping()) {
    if (unnamed) {
      server_->unnamed_owner = id_;
      unnamed_parse_ = whole && follows ? body : Bytes();
    }
    if (tracksStatements()) {
      const pgproto::SqlScan found = pgproto::scanSql(whole ? parsed.sql : body);
      if (found.effects != pgproto::kNoEffect) noteEffects(found.effects, parsed.sql, tracker.nothingOwed());
      if (!unnamed) pins_.add(pools::Pins::kPrepare);
    }
    tracker.sent(Owed::kExtended);
    out.pass(message);
    return Step::kTaken;
  }

  if (undecided(parsed.statement)) return settle();
  pool_->counters().client_parses.add();
  if (!statements_) statements_ = std::make_unique<ClientStatements>();
  if (const pools::StatementRef* taken = statements_->find(parsed.statement)) {
    // The name is taken. The server says so itself, once it surely has the statement that the name stands
    // for.
    ensurePrepared(**taken, out);
    tracker.sent(Owed::kExtended);
    out.add(parseMessage(**taken, (*taken)->name));
    return Step::kTaken;
  }
  const pools::StatementRef statement = worker_.statements().intern(
      parsed.sql, parsed.parameter_types, [](Bytes sql) { return pgproto::scanSql(sql).effects; });
  const pools::PreparedSet::Standing standing = server_->prepared().use(statement->key);
  const bool there =
      standing.state == pools::PreparedSet::State::kReady ||
      (standing.state == pools::PreparedSet::State::kPending && standing.batch == tracker.batch());
  if (there) {
    server_->prepared().touch(statement->key, tracker.batch());
    tracker.sent(Owed::kCloseForParse);
    addTarget(out, 'C', 'S', kNoStatement);
  } else {
    prepareAnew(*statement, Owed::kParse, out);
  }
  statements_->parseSent(parsed.statement, statement, tracker.batch());
  return Step::kTaken;
}

// Makes sure that the server has the statement by the time it reads what is sent next.
void Client::ensurePrepared(const pools::Statement& statement, Gather& out) {
  pools::ReplyTracker& tracker = server_->tracker();
  const pools::PreparedSet::Standing standing = server_->prepared().use(statement.key);
  server_->prepared().touch(statement.key, tracker.batch());
  if (standing.state == pools::PreparedSet::State::kReady) return;
  if (standing.state == pools::PreparedSet::State::kPending && standing.batch == tracker.batch()) return;
  if (!tracker.skipping()) prepareAnew(statement, Owed::kInjectedParse, out);
}

void Client::prepareAnew(const pools::Statement& statement, Owed kind, Gather& out) {
  pools::ReplyTracker& tracker = server_->tracker();
  pools::PreparedSet& prepared = server_->prepared();
  if (prepared.use(statement.key).state == pools::PreparedSet::State::kPending) {
    // Sent in an earlier batch that has not been answered: an error there may have skipped it. Closing it
    // first makes the Parse right either way.
    tracker.sent(Owed::kInjectedClose, statement.key);
    addTarget(out, 'C', 'S', statement.name);
  }
  const size_t limit = worker_.postgres().max_prepared_statements;
  while (const auto evicted = prepared.evict(limit > 0 ? limit - 1 : 0, tracker.batch())) {
    tracker.sent(Owed::kInjectedClose, *evicted);
    addTarget(out, 'C', 'S', pools::serverName(*evicted));
  }
  prepared.parseSent(statement.key, tracker.batch());
  tracker.sent(kind, statement.key);
  out.add(parseMessage(statement, statement.name));
  pool_->counters().server_parses.add();
}

Client::Step Client::bind(const pgproto::Header& header, Bytes there, bool whole, Gather& out) {
  // Portal and statement stand in front: the values, however long, need not be here.
  const Bytes body = there.substr(std::min(there.size(), pgproto::kHeaderSize));
  const size_t portal_end = body.find('\0');
  const size_t names_end = portal_end == Bytes::npos ? Bytes::npos : body.find('\0', portal_end + 1);
  if (names_end == Bytes::npos) {
    if (whole || there.size() > kMaxNames) return protocolError("a malformed Bind message");
    return Step::kNeedMore;
  }
  if (!haveServer()) return state_ == State::kClosed ? Step::kClosed : Step::kWait;
  startRequest();
  const Bytes portal = body.substr(0, portal_end);
  const Bytes name = body.substr(portal_end + 1, names_end - portal_end - 1);
  if (undecided(name)) return settle();
  pool_->counters().binds.add();
  const pools::StatementRef* statement = statements_ && !name.empty() ? statements_->find(name) : nullptr;
  if (name.empty()) {
    unnamed_parse_ = {};  // used in the batch that made it: nothing to remember
    unnamedNeeded(out);
  }
  batch_executes_ = true;
  if (statement == nullptr) {
    server_->tracker().sent(Owed::kExtended);
    out.pass(there);
    return Step::kTaken;
  }
  if ((*statement)->effects != pgproto::kNoEffect)
    noteEffects((*statement)->effects, (*statement)->sql, false);
  ensurePrepared(**statement, out);
  server_->tracker().sent(Owed::kExtended);
  const std::string& server_name = (*statement)->name;
  char head[5] = {'B', 0, 0, 0, 0};
  storeBe32(head + 1, static_cast<uint32_t>(header.size - 1 - name.size() + server_name.size()));
  out.add(Bytes(head, sizeof head));
  out.add(portal);
  out.add(kEnd);
  out.add(server_name);
  out.add(kEnd);
  out.pass(body.substr(names_end + 1));
  return Step::kTaken;
}

Client::Step Client::describe(Bytes body, Bytes message, Gather& out) {
  pgproto::Target target;
  if (!pgproto::parseTarget(body, target)) return protocolError("a malformed Describe message");
  if (!haveServer()) return state_ == State::kClosed ? Step::kClosed : Step::kWait;
  startRequest();
  const bool named = target.kind == 'S' && !target.name.empty();
  if (named && undecided(target.name)) return settle();
  const pools::StatementRef* statement = named && statements_ ? statements_->find(target.name) : nullptr;
  if (target.kind == 'S' && target.name.empty()) unnamedNeeded(out);
  if (statement != nullptr) ensurePrepared(**statement, out);
  server_->tracker().sent(Owed::kExtended);
  if (statement != nullptr) {
    addTarget(out, 'D', 'S', (*statement)->name);
  } else {
    out.pass(message);
  }
  return Step::kTaken;
}

Client::Step Client::closeTarget(Bytes body, Bytes message, Gather& out) {
  pgproto::Target target;
  if (!pgproto::parseTarget(body, target)) return protocolError("a malformed Close message");
  if (!haveServer()) return state_ == State::kClosed ? Step::kClosed : Step::kWait;
  startRequest();
  if (target.kind == 'S' && undecided(target.name)) return settle();
  server_->tracker().sent(Owed::kExtended);
  if (target.kind == 'S' && !target.name.empty() && statements_ &&
      statements_->find(target.name) != nullptr) {
    statements_->forget(target.name);  // others may use it: on the server it stays until it is evicted
    addTarget(out, 'C', 'S', kNoStatement);
    return Step::kTaken;
  }
  out.pass(message);
  return Step::kTaken;
}

// ---- the unnamed statement: some drivers prepare it in one round trip and execute it in the next

void Client::unnamedNeeded(Gather& out) {
  if (server_->unnamed_owner == id_ || server_->tracker().skipping()) return;
  server_->unnamed_owner = id_;
  if (statements_ && statements_->unnamed) {
    server_->tracker().sent(Owed::kInjectedParse);
    out.add(parseMessage(*statements_->unnamed, {}));
  } else {  // it has none: nor shall it meet another client's
    server_->tracker().sent(Owed::kInjectedClose);
    addTarget(out, 'C', 'S', {});
  }
}

void Client::rememberUnnamed() {
  const Bytes body = std::exchange(unnamed_parse_, {});
  pgproto::Parse parsed;
  if (body.empty() || !pgproto::parseParse(body, parsed)) return;
  if (!statements_) statements_ = std::make_unique<ClientStatements>();
  statements_->unnamed = worker_.statements().intern(parsed.sql, parsed.parameter_types,
                                                     [](Bytes sql) { return pgproto::scanSql(sql).effects; });
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
  if (!whole) return body.size() < kMaxNames ? Step::kNeedMore : protocolError("a command is too long");
  if (type == 'X') return Step::kGoodbye;
  if (type != 'Q') {
    close("it sent the console more than a Query", admin::consoleRefusal(type));
    return Step::kClosed;
  }
  if (console_busy_) return Step::kWait;
  console_busy_ = true;
  worker_.shared().console(worker_.index(), id_, std::string(body.substr(0, body.size() - 1)), admin_,
                           [&worker = worker_, slot = slot_, id = id_](std::string reply) {
                             Client* client = worker.clients().at(slot);
                             if (client == nullptr || client->id() != id) return;
                             client->console_busy_ = false;
                             client->send(reply);
                             if (client->state_ != State::kClosed) client->takeHeld();
                           });
  return Step::kTaken;
}

}  // namespace forebay::postgres
