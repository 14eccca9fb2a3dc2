// How long a request may wait: for a connection, and for its answer.
#include "conf/address.h"
#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"
#include "pools/in_flight.h"

namespace forebay::redis {

using redisproto::Special;
namespace flag = redisproto::flag;

bool bringsItsOwnTime(const redisproto::Command* command) {
  return command == nullptr || command->is(flag::kBlocking) || command->is(flag::kModule) ||
         command->special == Special::kWait || command->special == Special::kMonitor;
}

// What was sent has command_timeout from then on; before that, command_wait_timeout counts.
Instant Server::answerBy(size_t i) const {
  const Duration wait = cache_.commandWaitTimeout(), answer = cache_.commandTimeout();
  if (state_ != State::kReady) return wait > Duration::zero() ? owed_[i].at + wait : kNever;
  if (answer == Duration::zero()) return kNever;
  if (i < written_) return owed_[i].at + microseconds(owed_[i].waited_us) + answer;
  return wait > Duration::zero() ? owed_[i].at + wait + answer : kNever;
}

// Whoever is in the middle of his reply gets nothing else before its end.
bool Server::answersLate(size_t i) const {
  return owed_[i].client != nullptr && !(mid_reply_ && owed_[i].client == owed_[0].client);
}

Instant Server::firstAnswerBy() const {
  if (owed_.empty()) return kNever;
  if (kind_ == Kind::kShared) {
    for (size_t i = 0; i < owed_.size(); ++i)
      if (answersLate(i) && owed_[i].kind != Owed::Kind::kAnswer) return answerBy(i);
    return kNever;
  }
  // Who holds a connection may take his time with a large request, and with reading a large reply.
  const Owed& front = owed_[0];
  if (state_ != State::kReady || written_ == 0 || mid_reply_ || cache_.commandTimeout() == Duration::zero())
    return kNever;
  if (front.client == nullptr || front.client->streams()) return kNever;
  if (bringsItsOwnTime(front.command) && !ended_) return kNever;
  return std::max(answerBy(0), wrote_at_ + cache_.commandTimeout());
}

void Server::armDeadline(Instant now) {
  Instant at = firstAnswerBy();
  if (state_ == State::kDialling || state_ == State::kGreeting)
    at = std::min(at, dialling_since_ + cache_.config().server_connect_timeout);
  if (state_ == State::kResting && hasNode() && (!owed_.empty() || cache_.keepsTrying(*this)))
    at = std::min(at, std::max(dial_at_, now));
  cache_.worker().loop().deadlines().arm(*this, at);
}

void Server::due(Instant now) {
  if (state_ == State::kClosed) return;
  expire(now);
  if (state_ == State::kClosed) return;
  if ((state_ == State::kDialling || state_ == State::kGreeting) &&
      now >= dialling_since_ + cache_.config().server_connect_timeout)
    return refused("no answer within server_connect_timeout");
  if (state_ == State::kResting && (!owed_.empty() || cache_.keepsTrying(*this))) {
    dialWhenDue();
    if (state_ != State::kResting) return;  // dialling arms it
  }
  armDeadline(now);
}

void Server::expire(Instant now) {
  if (replica_) {
    if (firstAnswerBy() <= now) handOver("it has not answered within command_timeout");
    return;
  }
  if (kind_ != Kind::kShared) {
    if (firstAnswerBy() <= now) {
      cache_.counters().timeouts.add();
      connectionLost("no answer within command_timeout");
    }
  } else if (state_ == State::kReady) {
    expireSent(now);
  } else {
    expireWaiting(now);
  }
}

void Server::expireWaiting(Instant now) {
  while (!owed_.empty() && (answerBy(0) <= now || cache_.loginRefused())) {
    Owed late = std::move(owed_.front());
    owed_.front().size = late.size;
    popFront();
    cache_.counters().timeouts.add();
    giveText(late, cache_.whyUnreachable(cache_.commandWaitTimeout()));
    answersInTurn();
  }
  afterReplies();
}

// Deadlines belong to requests: the client is answered, the late reply meets a tombstone.
void Server::expireSent(Instant now) {
  const std::string error = std::string(pools::lateReplyError()) + " (" + place() + ", command_timeout)";
  for (size_t i = 0; i < owed_.size(); ++i) {
    if (!answersLate(i)) continue;
    Owed& next = owed_[i];
    if (next.kind != Owed::Kind::kAnswer) {  // an answer of ours goes with the one in front of it
      if (answerBy(i) > now) return;
      cache_.counters().timeouts.add();
    }
    Owed late;
    late.client = std::exchange(next.client, nullptr);
    late.kind = next.kind;
    late.text = std::move(next.text);
    if (late.kind != Owed::Kind::kAnswer) next.kind = Owed::Kind::kSwallow;
    giveText(late, error);
    if (state_ == State::kClosed) return;
  }
}

std::string Server::noRoomError() const {
  const Duration waited = cache_.commandWaitTimeout();
  if (state_ != State::kReady) return cache_.whyUnreachable(waited);
  return "ERR cache " + cache_.name() + ": no room on the connection to Redis at " + cache_.nodeName() +
         " within " + std::to_string(std::chrono::duration_cast<milliseconds>(waited).count()) +
         " ms; the command was not executed";
}

// The error, or what was to be said anyhow; nothing to whom wants no replies.
void Server::giveText(Owed& owed, std::string_view error) {
  if (owed.client == nullptr) return;
  std::string text;
  if (owed.kind == Owed::Kind::kAnswer) {
    text = std::move(*owed.text);
  } else if (owed.kind != Owed::Kind::kSwallow) {
    redisproto::appendError(text, error);
  }
  owed.client->receive(text, 1);
}

}  // namespace forebay::redis
