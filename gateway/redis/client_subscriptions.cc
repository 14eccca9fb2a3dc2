// SUBSCRIBE and its kin, as one client sees them.
#include <algorithm>

#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

using pools::SubscriptionKind;
using redisproto::Resp;
using redisproto::Special;
using Added = pools::Subscriptions::Added;

namespace {

constexpr std::string_view kSubscribed[] = {"subscribe", "psubscribe", "ssubscribe"};
constexpr std::string_view kUnsubscribed[] = {"unsubscribe", "punsubscribe", "sunsubscribe"};

std::string confirmation(Resp resp, std::string_view what, const std::string* name, size_t count) {
  std::string out;
  redisproto::appendPush(out, 3, resp);
  redisproto::appendBulk(out, what);
  if (name != nullptr) {
    redisproto::appendBulk(out, *name);
  } else {
    redisproto::appendNull(out, resp);
  }
  redisproto::appendInteger(out, static_cast<int64_t>(count));
  return out;
}

// What another client's tracking is redirected to is one connection's own.
bool hearsInvalidations(const std::vector<Bytes>& args) {
  return std::find(args.begin(), args.end(), "__redis__:invalidate") != args.end();
}

}  // namespace

bool Client::mayWhileSubscribed(const Command* command) const {
  if (command == nullptr) return false;
  switch (command->special) {
    case Special::kSubscribe:
    case Special::kPsubscribe:
    case Special::kSsubscribe:
    case Special::kUnsubscribe:
    case Special::kPunsubscribe:
    case Special::kSunsubscribe:
    case Special::kPing:
    case Special::kQuit:
    case Special::kReset: return true;
    default: return false;
  }
}

Client::Step Client::subscribedPing(const Request& request) {
  if (request.args.size() > 2) return wrongArity("ping");
  std::string out;
  redisproto::appendArray(out, 2);
  redisproto::appendBulk(out, "pong");
  redisproto::appendBulk(out, request.args.size() == 2 ? request.args[1] : Bytes());
  return answer(std::move(out));
}

// The client is told when Redis has confirmed all of the names: from then on it misses nothing.
Client::Step Client::subscribe(SubscriptionKind kind, const Command& command, const Request& request,
                               Bytes wire) {
  if (const std::string refusal = denied(command, request); !refusal.empty()) return refuse(refusal);
  if (request.args.size() < 2) return wrongArity(command.name);
  if (in_multi_ || multi_lost_ || monitors_) return onLease(&command, request, wire);
  if (outstanding_ > 0) return wait(Hold::kDrain);
  if (hearsInvalidations(request.args)) {
    if (listens())  // whose messages come another way: UNSUBSCRIBE could not tell which of them it means
      return answerError("ERR __redis__:invalidate must be subscribed to before any other channel");
    const Step step = onLease(&command, request, wire);
    if (step == Step::kTaken && leased_) monitors_ = true;
    return step;
  }
  Subscribing& pending = extra().subscribing;
  pending.kind = kind;
  for (size_t i = 1; i < request.args.size(); ++i) {
    std::string name(request.args[i]);
    std::string& reply = pending.replies.emplace_back();
    const Added added = cache_.pubSub().subscribe(*this, kind, name, kMaxNames);
    if (added == Added::kTooMany) {
      redisproto::appendError(reply, "ERR too many subscriptions of one client");
      continue;
    }
    reply = confirmation(resp_, kSubscribed[static_cast<size_t>(kind)], &name, countFor(kind));
    if (added != Added::kConfirmed) pending.unconfirmed.emplace(std::move(name), pending.replies.size() - 1);
  }
  hold_ = Hold::kConfirm;
  confirmIfAll();
  if (hold_ == Hold::kConfirm) {
    waiting_since_ = worker_.loop().now();
    armDeadline(waiting_since_);
  }
  return closed_ ? Step::kClosed : Step::kTaken;
}

void Client::confirmed(SubscriptionKind kind, Bytes name, uint32_t times) {
  if (closed_ || !extra_ || times == 0 || extra_->subscribing.kind != kind) return;
  extra_->subscribing.unconfirmed.erase(std::string(name));
  confirmIfAll();
}

void Client::refused(SubscriptionKind kind, Bytes name, uint32_t times, Bytes error) {
  if (closed_) return;
  if (times == 0) return close("Redis does not let it listen any more: " + std::string(error));
  Subscribing& pending = extra().subscribing;
  if (pending.kind != kind) return;
  const auto [first, last] = pending.unconfirmed.equal_range(std::string(name));
  for (auto each = first; each != last; ++each) {
    std::string& reply = pending.replies[each->second];
    reply.clear();
    redisproto::appendError(reply, error);
  }
  pending.unconfirmed.erase(first, last);
  confirmIfAll();
}

void Client::confirmIfAll() {
  Subscribing& pending = extra_->subscribing;
  if (pending.replies.empty() || !pending.unconfirmed.empty()) return;
  std::string out;
  for (const std::string& reply : std::exchange(pending.replies, {})) out += reply;
  out += std::exchange(extra_->pushes, {});
  hold_ = Hold::kNone;
  receive(out, 0);
  if (!closed_ && !consuming_ && (ended_ || !in_.empty())) worker_.resumeSoon(*this);
}

// There has been no connection for too long.
void Client::unconfirmed(Duration waited) {
  cache_.counters().timeouts.add();
  Subscribing& pending = extra_->subscribing;
  for (const auto& [name, place] : std::exchange(pending.unconfirmed, {})) {
    cache_.pubSub().unsubscribe(*this, pending.kind, name);
    pending.replies[place].clear();
    redisproto::appendError(pending.replies[place], cache_.whyUnreachable(waited));
  }
  confirmIfAll();
}

Client::Step Client::unsubscribe(SubscriptionKind kind, const Command& command, const Request& request,
                                 Bytes wire) {
  if (monitors_) return onLease(&command, request, wire);
  if (in_multi_) return answerError("ERR UNSUBSCRIBE is not allowed in transactions");
  if (outstanding_ > 0) return wait(Hold::kDrain);
  const std::string_view what = kUnsubscribed[static_cast<size_t>(kind)];
  std::vector<std::string> names;
  for (size_t i = 1; i < request.args.size(); ++i) names.emplace_back(request.args[i]);
  if (names.empty()) names = cache_.pubSub().names(*this, kind);
  std::string out;
  if (names.empty()) out = confirmation(resp_, what, nullptr, countFor(kind));
  for (const std::string& name : names) {
    cache_.pubSub().unsubscribe(*this, kind, name);
    out += confirmation(resp_, what, &name, countFor(kind));
  }
  receive(out, 0);
  return closed_ ? Step::kClosed : Step::kTaken;
}

}  // namespace forebay::redis
