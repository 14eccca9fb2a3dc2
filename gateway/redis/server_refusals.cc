// A node that is no primary any more, or not yet: Sentinels say so, or it refuses requests itself. Nobody is
// told, as long as another may take them within command_wait_timeout.
#include <array>

#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/reply_value.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"
#include "pools/in_flight.h"

namespace forebay::redis {
namespace {

constexpr std::array<std::string_view, 3> kNoPrimary = {"-READONLY ", "-LOADING ", "-MASTERDOWN "};
constexpr std::string_view kReason = "it has refused commands, as it is no primary";

bool isRepeatable(const Owed& owed) {
  return owed.command != nullptr && pools::isRepeatable(*owed.command) && !owed.cut;
}

}  // namespace

bool Server::keepsAll() const { return retains() && cache_.follows(); }

// Sentinels are asked at once, whoever gets the error.
bool Server::isRefusal(Bytes error) {
  if (replica_) return refusesReads(error);
  if (!cache_.follows()) return false;
  for (const std::string_view word : kNoPrimary)
    if (error.starts_with(word)) return cache_.doubt(), true;
  return false;
}

// The oldest request was refused, by its error reply. False: the connection was given up.
bool Server::beginRefused(Bytes error) {
  if (replica_) return handOver(errorText(error)), false;
  refusing_ = true;
  refused_ = 0;
  return takeRefused(error, true);
}

// What is on its way behind a refused request is not given out: a read would miss a write before it. All that
// was not executed, or changes nothing, goes to the next connection, in the old order; the others' replies
// wait for their turn.
bool Server::takeRefused(Bytes piece, bool end) {
  if (!isRepeatable(owed_[refused_])) partial_.append(piece);  // which may be large, and is of no use
  if (!end) return true;
  noteRefused(owed_[refused_++], std::exchange(partial_, {}));
  while (refused_ < written_ && owed_[refused_].kind == Owed::Kind::kAnswer) ++refused_;
  if (refused_ < written_) return true;
  connectionLost(std::string(kReason));
  return false;
}

// Who has it for himself is told in our words, unless it is his transaction that is void; then it is closed.
bool Server::refuseHolder(Bytes error) {
  retiring_ = true;
  const Owed& front = owed_.front();
  if (front.client == nullptr || front.client->inMulti() ||
      pools::afterError(error, front.command) != pools::Outcome::kNotExecuted)
    return false;
  Owed refused = std::move(owed_.front());
  popFront();
  giveText(refused, notExecuted(kReason));
  answersInTurn();
  return true;
}

void Server::noteRefused(Owed& owed, std::string reply) {
  const bool refused =
      reply.starts_with('-') && pools::afterError(reply, owed.command) == pools::Outcome::kNotExecuted;
  if (!owed.cut && (isRepeatable(owed) || refused)) {
    owed.refused = true;
  } else if (owed.kind == Owed::Kind::kForward || owed.kind == Owed::Kind::kCollect) {
    owed.kind = Owed::Kind::kAnswer;
    owed.text = std::make_unique<std::string>(std::move(reply));
  }
}

void Server::nodeChanged(const std::string& reason) {
  net::Loop& loop = cache_.worker().loop();
  if (state_ == State::kClosed) return;
  if (state_ == State::kReady) {
    connectionLost(reason);
    if (state_ != State::kResting) return;  // closed, or dialling the new one
  }
  if (kind_ != Kind::kShared || retiring_) return close(reason);
  if (dialer_) loop.bury(std::move(dialer_));
  greeting_.reset();
  socket_.close();
  scanner_ = {};
  partial_.clear();
  state_ = State::kResting;
  failures_ = 0;
  dial_at_ = loop.now();
  if (owed_.empty()) cache_.serverRested(*this);
  if (state_ == State::kClosed) return;
  if (!owed_.empty()) dialWhenDue();
  armDeadline(loop.now());
}

}  // namespace forebay::redis
