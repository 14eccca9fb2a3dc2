// MULTI, EXEC, WATCH: what becomes of a client's transaction, on the connection that it has for itself.
#include "gateway/redis/client.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

using redisproto::Special;

Client::Step Client::transaction(const Command& command, const Request& request, Bytes wire) {
  if (const std::string refusal = denied(command, request); !refusal.empty()) return refuse(refusal);
  const Special what = command.special;
  const bool takes = command.takes(request.args.size());
  if (multi_lost_) {  // its commands are gone with the connection that had queued them
    if (what != Special::kExec && what != Special::kDiscard)
      return answerError("ERR " + std::string(whyVoid()) + "; the transaction is void");
    multi_lost_ = watch_lost_ = false;
    if (what == Special::kDiscard) return answer("+OK\r\n");
    return answerError("EXECABORT Transaction discarded because " + std::string(whyVoid()) +
                       "; nothing of it was executed");
  }
  if (!leased_ && (what == Special::kExec || what == Special::kDiscard || what == Special::kUnwatch)) {
    watch_lost_ = false;
    return forward(&command, request, wire);
  }
  if (!leased_ && !takes) return wrongArity(command.name);
  if (what == Special::kExec && watch_lost_ && in_multi_) return failWatched();
  if (what == Special::kExec && in_multi_ && extra_ && extra_->multi_database != UINT32_MAX)
    return execAndSelect(command, wire);
  const Step step = onLease(&command, request, wire);
  if (step == Step::kTaken && leased_) transactionWent(what, takes);
  return step;
}

// What has become of the transaction, as Redis sees it. Too many arguments abort it at EXEC and nowhere else;
// EXEC and DISCARD without MULTI do not even end the watching.
void Client::transactionWent(Special what, bool takes) {
  if (what == Special::kExec && !takes) in_multi_ = watching_ = watch_lost_ = false;
  if (!takes) return;
  if (what == Special::kMulti) in_multi_ = true;
  if (what == Special::kWatch && !in_multi_) watching_ = true;
  if (what == Special::kUnwatch && !in_multi_) watching_ = watch_lost_ = false;
  if ((what == Special::kExec || what == Special::kDiscard) && in_multi_)
    in_multi_ = watching_ = watch_lost_ = false;
  if (!in_multi_ && extra_) extra_->multi_database = UINT32_MAX;
}

// The transaction has a SELECT, which counts only if it is executed: nothing more is taken until EXEC is
// answered, and nothing but its reply is to come.
Client::Step Client::execAndSelect(const Command& command, Bytes wire) {
  if (outstanding_ > 0) return wait(Hold::kDrain);
  extra_->exec_is_quiet = !replyWanted();
  exec_sent_ = true;
  noteChange(&command);
  in_multi_ = watching_ = false;
  ++outstanding_;
  cache_.counters().writes.add();
  server_->put(this, &command, Owed::Kind::kForward, wire);
  hold_ = Hold::kDrain;
  return Step::kTaken;
}

// Its reply may be of any size, so it goes on as it comes. How it begins says whether there was a
// transaction: servers give on at least a reply's first line. Returns what of `run` the client is to get.
Bytes Client::execReplied(Bytes run, uint32_t replies) {
  if (extra_->multi_database != UINT32_MAX) {
    if (mid_reply_ || run.starts_with('>')) return run;  // a push before it
    const uint32_t database = std::exchange(extra_->multi_database, UINT32_MAX);
    if (leased_ && run.starts_with('*') && !run.starts_with("*-")) selected(database);
  }
  if (replies > 0) exec_sent_ = false;
  return extra_->exec_is_quiet ? Bytes() : run;
}

// What it watched may have changed while no connection watched: EXEC fails as if it had.
Client::Step Client::failWatched() {
  if (outstanding_ > 0) return wait(Hold::kDrain);
  watch_lost_ = in_multi_ = watching_ = false;
  if (extra_) extra_->multi_database = UINT32_MAX;
  server_->put(nullptr, nullptr, Owed::Kind::kSwallow, redisproto::request({"DISCARD"}));
  std::string out;
  redisproto::appendNullArray(out, resp_);
  const Step step = answer(std::move(out));
  if (!closed_ && leased_) leaveLease(false);
  return closed_ ? Step::kClosed : step;
}

// An error while commands are queued aborts the transaction, also where it is ours: Redis is given one of its
// own.
void Client::spoilTransaction() {
  server_->put(nullptr, nullptr, Owed::Kind::kSwallow, redisproto::request({"GET"}));
}

}  // namespace forebay::redis
