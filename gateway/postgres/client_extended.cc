// The extended-query protocol in transaction pooling: statements that a client has prepared on one server
// connection and uses on another.
#include <algorithm>

#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

using pools::Owed;

// Names a statement that no server has: closing it does nothing, but is answered in its turn.
constexpr Bytes kNoStatement = "fb_none";

std::string parseMessage(const pools::Statement& statement, Bytes name) {
  std::string message;
  pgproto::appendParse(message, name, statement.sql, statement.parameter_types);
  return message;
}

char* put(char* at, Bytes bytes) { return std::copy(bytes.begin(), bytes.end(), at); }

// A Describe or Close.
void addTarget(Gather& out, char type, char kind, Bytes name) {
  const size_t size = pgproto::kHeaderSize + 1 + name.size() + 1;
  char* const message = out.room(size);
  message[0] = type;
  storeBe32(message + 1, static_cast<uint32_t>(size - 1));
  message[pgproto::kHeaderSize] = kind;
  *put(message + pgproto::kHeaderSize + 1, name) = '\0';
}

}  // namespace

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

// A DEALLOCATE of one of the client's statements in terms of the server, which is made sure to have it; left
// empty when it names none. False: that is not decided yet.
bool Client::renameDeallocate(Bytes sql, std::string& renamed, Gather& out) {
  std::string name;
  if (!statements_ || !pgproto::parseDeallocate(sql, name)) return true;
  if (undecided(name)) return false;
  const uint32_t batch = server_->tracker().batch();
  const pools::StatementRef* statement = statements_->find(name);
  if (statement == nullptr || statements_->isDeallocating(name)) {
    statements_->deallocating.push_back(
        {{}, batch});  // one that SQL has prepared, or nobody: passed on as it is
    return true;
  }
  ensurePrepared(**statement, out);
  server_->prepared().closed((*statement)->key);
  renamed = "DEALLOCATE " + (*statement)->name;
  statements_->deallocating.push_back({std::move(name), batch});
  return true;
}

Client::Step Client::settle() {
  settling_ = true;
  return Step::kWait;
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
    std::string renamed;
    if (tracksStatements()) {
      const pgproto::SqlScan found = pgproto::scanSql(whole ? parsed.sql : body);
      if (found.effects != pgproto::kNoEffect) noteEffects(found.effects, parsed.sql, tracker.nothingOwed());
      if (reads_) renamed = boundToReplica();
      if (reads_ && unnamed && whole && asksForToken(parsed.sql)) renamed = tokenQuery();
      if (!unnamed) pins_.add(pools::Pins::kPrepare);
      if ((found.effects & pgproto::kDeallocates) && unnamed && whole && !tracker.skipping() &&
          !renameDeallocate(parsed.sql, renamed, out))
        return settle();
    }
    if (unnamed) {
      if (statements_) statements_->unnamed = {};
      server_->unnamed_owner = id_;
      unnamed_parse_ = whole && follows && renamed.empty() ? body : Bytes();
    }
    tracker.sent(Owed::kExtended);
    if (!renamed.empty()) {
      std::string parse;
      pgproto::appendParse(parse, {}, renamed, parsed.parameter_types);
      out.add(parse);
      return Step::kTaken;
    }
    out.pass(message);
    return Step::kTaken;
  }

  if (undecided(parsed.statement)) return settle();
  pool_->counters().client_parses.add();
  if (!statements_) statements_ = std::make_unique<ClientStatements>();
  if (const pools::StatementRef* taken = statements_->find(parsed.statement);
      taken != nullptr && !statements_->isDeallocating(parsed.statement)) {
    // The name is taken. The server says so itself, once it surely has the statement that the name stands
    // for.
    ensurePrepared(**taken, out);
    tracker.sent(Owed::kExtended);
    out.add(parseMessage(**taken, (*taken)->name));
    return Step::kTaken;
  }
  if (statements_->full()) return protocolError("too many prepared statements: close some, or reconnect");
  const pools::StatementRef statement = worker_.statements().intern(
      parsed.sql, parsed.parameter_types, [](Bytes sql) { return pgproto::scanSql(sql).effects; });
  const pools::PreparedSet::Standing standing = server_->prepared().use(statement->key, tracker.batch());
  const bool there =
      standing.state == pools::PreparedSet::State::kReady ||
      (standing.state == pools::PreparedSet::State::kPending && standing.batch == tracker.batch());
  if (there) {
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
  const pools::PreparedSet::Standing standing = server_->prepared().use(statement.key, tracker.batch());
  if (standing.state == pools::PreparedSet::State::kReady) return;
  if (standing.state == pools::PreparedSet::State::kPending && standing.batch == tracker.batch()) return;
  if (!tracker.skipping()) prepareAnew(statement, Owed::kInjectedParse, out);
}

void Client::prepareAnew(const pools::Statement& statement, Owed kind, Gather& out) {
  pools::ReplyTracker& tracker = server_->tracker();
  pools::PreparedSet& prepared = server_->prepared();
  if (prepared.use(statement.key, tracker.batch()).state == pools::PreparedSet::State::kPending) {
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
    if (whole || there.size() > kMaxNamesSize) return protocolError("a malformed Bind message");
    return Step::kNeedMore;
  }
  if (!haveServer()) return state_ == State::kClosed ? Step::kClosed : Step::kWait;
  startRequest();
  const Bytes name = body.substr(portal_end + 1, names_end - portal_end - 1);
  if (undecided(name)) return settle();
  pool_->counters().binds.add();
  const pools::StatementRef* statement = statements_ && !name.empty() ? statements_->find(name) : nullptr;
  if (name.empty()) {
    const bool remembered = unnamed_parse_.empty() && statements_ && statements_->unnamed;
    if (remembered && statements_->unnamed->effects != pgproto::kNoEffect)
      noteEffects(statements_->unnamed->effects, statements_->unnamed->sql, false);
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
  if (!boundToReplica().empty()) return protocolError("a statement would bind the session to a replica");
  ensurePrepared(**statement, out);
  server_->tracker().sent(Owed::kExtended);
  const std::string& server_name = (*statement)->name;
  const Bytes portal = body.substr(0, portal_end + 1);  // with its end
  char* const front = out.room(pgproto::kHeaderSize + portal.size() + server_name.size() + 1);
  front[0] = 'B';
  storeBe32(front + 1, static_cast<uint32_t>(header.size - 1 - name.size() + server_name.size()));
  *put(put(front + pgproto::kHeaderSize, portal), server_name) = '\0';
  out.pass(body.substr(names_end + 1));
  return Step::kTaken;
}

Client::Step Client::describe(Bytes body, Bytes message, Gather& out) {
  pgproto::Target target;
  const bool of_portal = !body.empty() && body[0] == 'P';  // nothing in it concerns us
  if (!of_portal && !pgproto::parseTarget(body, target)) return protocolError("a malformed Describe message");
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
  pools::ReplyTracker& tracker = server_->tracker();
  if (target.kind == 'S' && !target.name.empty() && !tracker.skipping() && statements_ &&
      statements_->find(target.name) != nullptr) {
    statements_->closeSent(target.name, tracker.batch());
    tracker.sent(Owed::kClose);
    addTarget(out, 'C', 'S', kNoStatement);  // others may use it: on the server it stays until it is evicted
    return Step::kTaken;
  }
  tracker.sent(Owed::kExtended);
  out.pass(message);
  return Step::kTaken;
}

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

}  // namespace forebay::postgres
