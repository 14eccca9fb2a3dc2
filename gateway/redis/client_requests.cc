// What becomes of a client's requests: which connection each of them goes to.
#include <strings.h>

#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

using redisproto::RequestScan;
using redisproto::Special;
namespace flag = redisproto::flag;

namespace {

// In Redis' own words.
std::string unknownCommand(const std::vector<Bytes>& args) {
  constexpr size_t kShown = 128;
  std::string shown;
  for (size_t i = 1; i < args.size() && shown.size() < kShown; ++i)
    shown.append("'").append(args[i].substr(0, kShown - shown.size())).append("' ");
  return "ERR unknown command '" + std::string(args[0].substr(0, kShown)) +
         "', with args beginning with: " + shown;
}

}  // namespace

// Takes as many requests as it can; returns how many bytes they took.
size_t Client::consume(Bytes in) {
  consuming_ = true;
  size_t at = 0;
  Request& request = worker_.request();
  while (at < in.size() && hold_ == Hold::kNone && !goodbye_) {
    if (streaming_) [[unlikely]] {
      at += streamMore(in.substr(at));
      if (streaming_ || closed_) break;
      continue;
    }
    const Bytes rest = in.substr(at);
    const RequestScan scan = redisproto::scanRequest(
        rest, logged_in_ ? redisproto::RequestLimits{} : redisproto::kBeforeLogin, progress_, request);
    if (scan == RequestScan::kNothing) {
      at += request.size;
      continue;
    }
    if (scan == RequestScan::kNeedMore) {
      if (request.announced <= worker_.redis().large_value || !logged_in_) {
        must_be_whole_ = false;
      } else {
        at += takeLarge(rest, request);
      }
      break;
    }
    if (scan == RequestScan::kMalformed) {
      protocolError(request.error);
      break;
    }
    Bytes wire = rest.substr(0, request.size);
    if (request.is_inline) [[unlikely]] {
      worker_.wireScratch().clear();
      redisproto::appendRequest(worker_.wireScratch(), request.args);
      wire = worker_.wireScratch();
    }
    if (take(request, wire) != Step::kTaken) break;
    at += request.size;
    must_be_whole_ = false;
  }
  consuming_ = false;
  if (outstanding_ > 1 && server_ != nullptr) server_->batchEnds();
  // What it was lent for was refused meanwhile, or answered here.
  if (leased_ && outstanding_ == 0 && hold_ == Hold::kNone && !pinned()) [[unlikely]]
    leaveLease(true);
  return closed_ ? in.size() : at;
}

Client::Step Client::take(const Request& request, Bytes wire) {
  const std::vector<Bytes>& args = request.args;
  const Command* command = cache_.commandOf(args);
  if (command == nullptr && redisproto::looksLikeHttp(request)) {
    cache_.counters().protocol_errors.add();
    close("it speaks HTTP");
    return Step::kClosed;
  }
  if (outstanding_ >= kMaxOutstanding || out_.full()) [[unlikely]]
    return wait(Hold::kTooMany);
  if (!logged_in_) [[unlikely]] {
    const Special what = command != nullptr ? command->special : Special::kNone;
    if (what != Special::kAuth && what != Special::kHello && what != Special::kQuit &&
        what != Special::kReset) {
      cache_.counters().denied.add();
      return answerError("NOAUTH Authentication required.");
    }
  }
  last_command_ = command;
  if (listens() && resp_ == redisproto::Resp::k2 && !mayWhileSubscribed(command)) [[unlikely]]
    return answerError(
        "ERR Can't execute '" + std::string(command != nullptr ? command->name : args[0].substr(0, 128)) +
        "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
  if (command != nullptr && command->special != Special::kNone) [[unlikely]]
    return special(*command, request, wire);
  return forward(command, request, wire);
}

Client::Step Client::forward(const Command* command, const Request& request, Bytes wire) {
  if (acl_ != nullptr) {
    if (command != nullptr && !command->container && !command->takes(request.args.size())) [[unlikely]]
      return wrongArity(command->name);
    const std::string refusal = acl_->check(command, request.args, userName());
    if (!refusal.empty()) return refuse(command != nullptr ? refusal : unknownCommand(request.args));
  }
  if (leased_ || multi_lost_ || needsLease(command, request)) [[unlikely]]
    return onLease(command, request, wire);
  return onShared(*command, request, wire);
}

Client::Step Client::onShared(const Command& command, const Request& request, Bytes wire, bool collect) {
  bool slow = command.slow || command.is(flag::kModule);
  if (const Bytes* key = redisproto::firstKey(command, request.args)) {
    cache_.touched(*key);
    if (cache_.isBig(*key, worker_.loop().now())) slow = true;
  }
  if (cache_.splitsReads()) [[unlikely]] {
    if (const auto step = chooseNode(command, slow)) return *step;
  } else if (outstanding_ == 0) {
    server_ = &cache_.lane(resp_, database_, slow);
    on_slow_ = slow;
  } else if (slow != on_slow_) {
    return wait(Hold::kDrain);
  }
  if (server_->full()) [[unlikely]] {
    Server& full = *server_;
    if (outstanding_ == 0) server_ = nullptr;
    return noRoom(full);
  }
  return put(*server_, &command, wire, collect);
}

Client::Step Client::put(Server& server, const Command* command, Bytes wire, bool collect) {
  ++outstanding_;
  (command != nullptr && !command->writes() ? cache_.counters().reads : cache_.counters().writes).add();
  const Owed::Kind wanted = collect ? Owed::Kind::kCollect : Owed::Kind::kForward;
  server.put(this, command, replyWanted() ? wanted : Owed::Kind::kSwallow, wire);
  return Step::kTaken;
}

bool Client::replyWanted() {
  if (reply_mode_ == ReplyMode::kOn) [[likely]]
    return true;
  if (reply_mode_ == ReplyMode::kSkip) {
    reply_mode_ = ReplyMode::kOn;
    return false;
  }
  return reply_mode_ != ReplyMode::kOff;
}

Client::Step Client::wait(Hold why) {
  hold_ = why;
  // Its replies may have come in this very turn, while it was read.
  if (why == Hold::kDrain && outstanding_ == 0) worker_.resumeSoon(*this);
  if (why == Hold::kTooMany && outstanding_ == 0 && out_.relaxed()) worker_.resumeSoon(*this);
  return Step::kWait;
}

// ---- answers of our own

// In its turn: behind the replies that are still to come.
Client::Step Client::answer(std::string text) {
  cache_.counters().local.add();
  if (!replyWanted()) return Step::kTaken;
  if (outstanding_ > 0) {
    ++outstanding_;
    server_->putAnswer(*this, std::move(text));
    return Step::kTaken;
  }
  receive(text, 0);
  return closed_ ? Step::kClosed : Step::kTaken;
}

Client::Step Client::answerError(std::string_view text) {
  if (in_multi_) spoilTransaction();
  std::string out;
  redisproto::appendError(out, text);
  return answer(std::move(out));
}

Client::Step Client::refuse(std::string_view text) {
  cache_.counters().denied.add();
  return answerError(text);
}

Client::Step Client::wrongArity(std::string_view name) {
  return answerError("ERR wrong number of arguments for '" + std::string(name) + "' command");
}

// Behind it nothing can be understood any more.
void Client::protocolError(std::string_view text) {
  cache_.counters().protocol_errors.add();
  goodbye_ = true;
  reply_mode_ = ReplyMode::kOn;
  answerError(text.starts_with("ERR ") ? std::string(text) : "ERR " + std::string(text));
  if (closed_) return;
  watch();
  if (outstanding_ == 0 && out_.empty()) close(text);
}

// ---- connections of its own

// A large request, too: Redis may close the connection for its size.
bool Client::needsLease(const Command* command, const Request& request) const {
  if (command == nullptr || must_be_whole_) return true;
  if (command->is(flag::kAdmin)) return true;
  if (!command->is(flag::kBlocking)) return false;
  if (!command->name.starts_with("xread")) return true;
  for (size_t i = 1; i < request.args.size(); ++i) {  // XREAD waits only when told to
    const Bytes word = request.args[i];
    if (word.size() == 5 && strncasecmp(word.data(), "block", 5) == 0) return true;
    if (word.size() == 7 && strncasecmp(word.data(), "streams", 7) == 0) return false;
  }
  return false;
}

Client::Step Client::onLease(const Command* command, const Request& request, Bytes wire, bool collect) {
  if (multi_lost_) return answerError("ERR " + std::string(whyVoid()) + "; the transaction is void");
  if (extra_ && !extra_->lease_error.empty()) {
    // Who has sent more behind his MULTI does not want it done command by command.
    const bool begins = command != nullptr && command->special == Special::kMulti;
    multi_lost_ = extra_->multi_refused = begins && in_.size() > request.size;
    return answerError(std::exchange(extra_->lease_error, {}));
  }
  if (!leased_ && !takeLease()) return Step::kWait;
  if (server_->requestsEnded()) return wait(Hold::kDrain);
  if (server_->full()) return noRoom(*server_);
  noteChange(command);
  may_block_ = may_block_ || (!in_multi_ && bringsItsOwnTime(command));
  return put(*server_, command, wire, collect);
}

// False: it has to wait, and its request is looked at again.
bool Client::takeLease() {
  if (outstanding_ > 0) return wait(Hold::kDrain), false;
  hold_ = Hold::kLease;
  cache_.lease(*this);
  if (leased_) hold_ = Hold::kNone;
  return leased_;
}

void Client::leased(Server& server) {
  leased_ = true;
  server_ = &server;
  if (hold_ == Hold::kLease) hold_ = Hold::kNone;
  if (!consuming_) worker_.resumeSoon(*this);
}

void Client::leaseFailed(const std::string& error) {
  hold_ = Hold::kNone;
  extra().lease_error = error;
  worker_.resumeSoon(*this);
}

void Client::leaveLease(bool clean) {
  readServerOn();
  leased_ = false;
  cache_.giveBack(*std::exchange(server_, nullptr), clean);
  if (close_when_idle_ && isIdle()) close("the gateway is going");
}

// Its errors have been given already. A transaction is void, and what was watched may have changed.
void Client::leaseLost() {
  leased_ = false;
  server_ = nullptr;
  server_paused_ = false;
  multi_lost_ = multi_lost_ || in_multi_;
  if (extra_) extra_->multi_refused = false;
  watch_lost_ = watch_lost_ || watching_;
  in_multi_ = watching_ = false;
  const bool gone = tracking_ || monitors_ || streaming_;
  tracking_ = monitors_ = streaming_ = false;
  if (extra_) extra_->multi_database = UINT32_MAX;
  if (gone && !closed_) close("the connection that it had for itself was lost");
}

// ---- large requests

// A request of many megabytes goes through as it comes, on a connection of its own.
size_t Client::takeLarge(Bytes in, Request& partial) {
  const std::vector<Bytes>& args = partial.args;
  if (partial.announced > kMaxWhole && must_be_whole_)
    return protocolError("Protocol error: too large a request"), 0;
  if (must_be_whole_ || partial.is_inline) return 0;
  if (args.empty()) {  // they came before, when nobody could know how much would follow
    progress_ = {};
    redisproto::scanRequest(in, {}, progress_, partial);
    if (args.empty()) return 0;
  }
  const Command* command = cache_.commandOf(args);
  const bool plain = command != nullptr && command->special == Special::kNone && !command->container;
  const bool key_is_known =
      command != nullptr && command->first_key == 1 && command->last_key == 1 && args.size() > 1;
  const bool may_stream = plain && (acl_ == nullptr || (acl_->anyKey() && acl_->mayRun(*command)) ||
                                    (key_is_known && acl_->check(command, args, userName()).empty()));
  if (!may_stream || multi_lost_ || (listens() && resp_ == redisproto::Resp::k2)) {
    must_be_whole_ = true;
    if (partial.announced > kMaxWhole) protocolError("Protocol error: too large a request");
    return 0;
  }
  const redisproto::RequestProgress progress = std::exchange(progress_, {});
  if (extra_ && !extra_->lease_error.empty()) {
    protocolError(std::exchange(extra_->lease_error, {}));
    return 0;
  }
  if (onLease(command, partial, in) != Step::kTaken) return 0;
  streaming_ = true;
  extra().tail = std::make_unique<redisproto::RequestTail>(progress);
  extra_->tail->follow(in.substr(progress.scanned), {});
  return in.size();
}

size_t Client::streamMore(Bytes in) {
  const size_t taken = extra_->tail->follow(in, {});
  if (!extra_->tail->error().empty()) {
    close("its request is broken");
    return in.size();
  }
  server_->putMore(in.substr(0, taken));
  if (extra_->tail->done()) {
    streaming_ = false;
    extra_->tail.reset();
    if (outstanding_ == 0 && !pinned()) leaveLease(true);  // the answer came before the end: an error
  }
  return taken;
}

}  // namespace forebay::redis
