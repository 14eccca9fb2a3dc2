// From the socket of a server to those of the clients: whose reply is it, and where does it end?
#include <cassert>

#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/reply_shape.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"
#include "pools/in_flight.h"

namespace forebay::redis {

using Status = redisproto::ReplyScanner::Status;

constexpr std::string_view kNoScript = "-NOSCRIPT";

// A reply of this size takes longer than reading again what waits behind it.
constexpr uint64_t kWorthMoving = uint64_t{1} << 20;

// Replies to one client in a row, which leave in one piece.
struct Server::Run {
  Client* client = nullptr;
  size_t begin = 0;
  uint32_t replies = 0;

  // Everything before `end` that is not yet given on. `cut`: the last reply goes on behind it.
  void give(Bytes in, size_t end, bool cut) {
    if (client != nullptr) client->receive(in.substr(begin, end - begin), replies, cut);
    client = nullptr;
    begin = end;
    replies = 0;
  }
};

// False: the connection was given up, and `this` may be about to go.
bool Server::process(Bytes in) {
  const Instant now = cache_.worker().loop().now();
  Run run;
  size_t at = 0;
  while (at < in.size()) {
    // Whoever takes off what is in front gives these out; here, where a mistake would give replies to the
    // wrong clients, that is not relied on.
    if (!owed_.empty() && owed_.front().kind == Owed::Kind::kAnswer && !refusing_) [[unlikely]] {
      run.give(in, at, false);
      answersInTurn();
      if (state_ == State::kClosed) return false;
    }
    const Status status = scanner_.feed(in.substr(at));
    const size_t end = at + scanner_.consumed();
    if (status == Status::kMalformed) {
      run.give(in, at, false);
      connectionLost("what it sent is not Redis' protocol");
      return false;
    }
    if (state_ != State::kReady || kind_ == Kind::kSubscriber || scanner_.isPush() || written_ == 0 ||
        refusing_) [[unlikely]] {
      run.give(in, at, false);
      if (state_ == State::kClosed) return false;
      if (!takeApart(in.substr(at, end - at), status == Status::kEnd)) return false;
      at = run.begin = end;
      continue;
    }
    Owed& front = owed_.front();
    assert(kind_ != Kind::kShared || mid_reply_ || scanner_.type() == 0 ||
           replyFits(front.command, scanner_.type()));
    if (front.kind == Owed::Kind::kForward) [[likely]] {
      if (front.client != run.client) {
        run.give(in, at, false);
        if (state_ == State::kClosed) return false;
        run.client = front.client;
      }
      if (status == Status::kEnd) {
        if (in[at] == '-' && !mid_reply_ && concernsUs(in.substr(at, end - at))) [[unlikely]] {
          run.give(in, at, false);
          if (state_ == State::kClosed) return false;
          const ErrorTaken taken = takeError(in.substr(at, end - at));
          if (taken == ErrorTaken::kGivenUp) return false;
          if (taken == ErrorTaken::kTaken) {
            at = run.begin = end;
            continue;
          }
          run.client = owed_.front().client;
        }
        ++run.replies;
        count(front, now);
        popFront();
        mid_reply_ = false;
        if (!owed_.empty() && owed_.front().kind == Owed::Kind::kAnswer) [[unlikely]] {
          run.give(in, end, false);
          answersInTurn();
        }
      } else if (!mid_reply_ && scanner_.size() + scanner_.announced() <= kHeldReply) {
        run.give(in, at, false);
        scanner_ = {};
        held_.append(cache_.worker().loop().buffers(), in.substr(at));
        break;
      } else {
        mid_reply_ = true;
        run.give(in, end, true);
        if (kind_ == Kind::kShared && !detoured_) largeReply(now);
      }
    } else {
      run.give(in, at, false);
      if (state_ == State::kClosed) return false;
      const bool collect = front.kind != Owed::Kind::kSwallow;
      if (collect) partial_.append(in.substr(at, end - at));
      if (status == Status::kEnd) {
        const Bytes whole = collect ? Bytes(partial_) : in.substr(at, end - at);
        if (whole.starts_with('-') && kind_ == Kind::kShared && isRefusal(whole)) [[unlikely]] {
          const std::string error(whole);
          partial_.clear();
          if (!beginRefused(error)) return false;
          at = run.begin = end;
          continue;
        }
        if (front.client != nullptr) count(front, now);  // not what the gateway itself asks
        Owed done = std::move(front);
        done.text.reset();
        owed_.front().size = done.size;
        popFront();
        const std::string reply = std::exchange(partial_, {});
        finish(std::move(done), reply);
        if (state_ == State::kClosed) return false;
        answersInTurn();
      }
      run.begin = end;
    }
    at = end;
    if (state_ != State::kReady) break;
  }
  run.give(in, at, false);
  recordRun(now);
  return state_ != State::kClosed;
}

// ---- values that must be whole

// What is no reply that goes on to a client.
bool Server::takeApart(Bytes piece, bool end) {
  if (state_ != State::kReady || kind_ == Kind::kSubscriber) return takeWhole(piece, end);
  if (refusing_ && !scanner_.isPush() && refused_ < written_) return takeRefused(piece, end);
  return unasked(piece, end);
}

bool Server::takeWhole(Bytes piece, bool end) {
  if (!end || !partial_.empty()) partial_.append(piece);
  if (!end) return true;
  const std::string gathered = std::exchange(partial_, {});
  const Bytes whole = gathered.empty() ? piece : Bytes(gathered);
  if (state_ == State::kGreeting) return greetingAnswered(whole);
  cache_.published(whole);
  return state_ != State::kClosed;
}

// A push, or a reply to nothing that was asked: what MONITOR shows, the last words of a server that is full.
bool Server::unasked(Bytes piece, bool end) {
  if (holder_ != nullptr && (scanner_.isPush() || holder_->takesUnasked())) {
    holder_->receive(piece, 0, !end);
    return state_ != State::kClosed;
  }
  if (scanner_.isPush()) return true;
  partial_.append(piece);
  if (!end) return true;
  const std::string words(std::exchange(partial_, {}));
  connectionLost("it said: " + words.substr(0, words.find('\r')));
  return false;
}

void Server::finish(Owed owed, Bytes reply) {
  switch (owed.kind) {
    case Owed::Kind::kSwallow:
      if (owed.client != nullptr) owed.client->receive({}, 1);
      return;
    case Owed::Kind::kCollect:
      if (owed.client != nullptr) owed.client->collected(owed.command, reply);
      return;
    case Owed::Kind::kOwn: return cache_.answered(*this, reply);
    case Owed::Kind::kForward:
    case Owed::Kind::kAnswer: assert(false);
  }
}

void Server::answersInTurn() {
  if (refusing_) return;  // what stands in front goes to another connection
  while (!owed_.empty() && owed_.front().kind == Owed::Kind::kAnswer) {
    Owed next = std::move(owed_.front());
    owed_.front().size = 0;
    popFront();
    if (next.client != nullptr) next.client->receive(*next.text, 1);
  }
}

// ---- errors

// Something may have to be done, other than to give it to the client.
bool Server::concernsUs(Bytes error) { return error.starts_with(kNoScript) || isRefusal(error); }

Server::ErrorTaken Server::takeError(Bytes error) {
  if (error.starts_with(kNoScript)) return runScriptAgain() ? ErrorTaken::kTaken : ErrorTaken::kForClient;
  if (replica_) return beginRefused(error) ? ErrorTaken::kTaken : ErrorTaken::kGivenUp;
  if (kind_ != Kind::kShared) return refuseHolder(error) ? ErrorTaken::kTaken : ErrorTaken::kForClient;
  if (pools::afterError(error, owed_.front().command) != pools::Outcome::kNotExecuted)
    return ErrorTaken::kForClient;
  return beginRefused(error) ? ErrorTaken::kTaken : ErrorTaken::kGivenUp;
}

// ---- scripts

// Redis does not know the script that the oldest request names: it was restarted, or somebody has flushed its
// scripts. It gets our copy, and the request once more, unless something of this client is on its way behind
// it already: that would be done before.
bool Server::runScriptAgain() {
  cache_.forgetLoaded();
  const Owed& front = owed_.front();
  Client* client = front.client;
  if (!retains() || front.again || client == nullptr || client->closed() || client->outstanding() > 1)
    return false;
  const std::string wire(kept_.bytes().substr(0, front.size));
  redisproto::RequestProgress progress;
  redisproto::Request& request = cache_.worker().scratchRequest();
  if (redisproto::scanRequest(wire, {}, progress, request) != redisproto::RequestScan::kRequest ||
      front.command == nullptr || front.command->special != redisproto::Special::kEvalsha)
    return false;
  const auto body = cache_.shared().scripts.find(request.args[1]);
  if (body == nullptr) return false;
  const redisproto::Command* command = front.command;
  const Instant at = front.at;
  popFront();
  put(nullptr, cache_.scriptLoad(), Owed::Kind::kSwallow, redisproto::request({"SCRIPT", "LOAD", *body}));
  put(client, command, Owed::Kind::kForward, wire);
  owed_.back().again = true;
  owed_.back().at = at;
  loaded_.add(request.args[1]);
  cache_.counters().scripts_repaired.add();
  answersInTurn();  // what stood behind it is in front now
  return true;
}

// ---- counting

void Server::count(const Owed& owed, Instant now) {
  const redisproto::Command* command = owed.command;
  const redisproto::Group group = command != nullptr ? command->group : redisproto::Group::kOther;
  if (group != run_.group || owed.at != run_.at) {
    recordRun(now);
    run_ = {group, owed.at, 0};
  }
  ++run_.count;
  if (command == nullptr) return;
  if (command->is(redisproto::flag::kReadonly) && command->first_key != 0) countFound();
  if (now - owed.at >= cache_.slowFrom()) [[unlikely]]
    cache_.slow(owed, now - owed.at);
}

// Whether a read has found what it asked for: a value or a null tells, an aggregate, a number or an error
// does not.
void Server::countFound() {
  constexpr size_t kNullBulk = 5;  // "$-1\r\n", shorter than any value
  switch (scanner_.type()) {
    case '_': return cache_.counters().misses.add();
    case '$': return (scanner_.size() == kNullBulk ? cache_.counters().misses : cache_.counters().hits).add();
    case ',': return cache_.counters().hits.add();
    default: return;
  }
}

void Server::recordRun(Instant now) {
  if (run_.count == 0) return;
  cache_.counters().latency[static_cast<size_t>(run_.group)].record(now - run_.at, run_.count);
  cache_.counters().commands[static_cast<size_t>(run_.group)].add(run_.count);
  run_.count = 0;
}

// ---- large values

// Who is behind it waits; everybody else goes another way, unless there are too many ways already.
void Server::largeReply(Instant now) {
  const uint64_t size = scanner_.size() + scanner_.announced();
  if (size < cache_.config().large_value || !cache_.mayOpenShared()) return;
  detoured_ = true;
  cache_.detour(*this, kept_.bytes().substr(0, owed_.front().size), size, now);
  if (size >= kWorthMoving) moveOthers();
}

void Server::afterReplies() {
  if (state_ == State::kClosed) return;
  if (was_full_ && unsent() <= kHighWater / 2 && owed_.size() < kMaxOwed / 2) {
    was_full_ = false;
    cache_.roomAgain();
  }
  if (!owed_.empty()) return;
  idle_since_ = cache_.worker().loop().now();
  if (retiring_ && holder_ == nullptr) return close("it is not needed any more");
  if (detoured_) {
    detoured_ = false;
    cache_.detourEnded(*this);
  }
}

}  // namespace forebay::redis
