// Scripts: the gateway keeps its own copies, so a server that does not know one yet is told before it is
// asked to run it.
#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/words.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

using redisproto::Special;

Client::Step Client::script(const Command& command, const Request& request, Bytes wire) {
  const std::vector<Bytes>& args = request.args;
  if (readsFromReplica()) return wait(Hold::kDrain);
  const bool evalsha = command.special == Special::kEvalsha && args.size() > 1;
  if (command.special == Special::kScriptFlush) {
    const Step step = forward(&command, request, wire);
    if (step == Step::kTaken) {
      cache_.shared().scripts.clear();
      worker_.scriptsFlushed(cache_.name());
    }
    return step;
  }
  const bool to_lease = must_be_whole_ && !leased_;
  if (to_lease && !multi_lost_ && (!extra_ || extra_->lease_error.empty()) && !takeLease())
    return Step::kWait;
  if (evalsha && !(must_be_whole_ && !leased_) && !serverOf(command).loaded().has(args[1]))
    if (const auto body = cache_.shared().scripts.find(args[1]))
      return evalWith(*body, command, request, wire);
  const Step step = forward(&command, request, wire);
  if (step != Step::kTaken || evalsha) return step;
  const size_t body = command.special == Special::kEval ? 1 : 2;
  if (args.size() > body && args[body].size() <= kMaxScript) {
    const Bytes sha = cache_.scriptMemo().add(args[body]);
    if (!in_multi_ && server_ != nullptr) server_->loaded().add(sha);
  }
  return step;
}

// The script is loaded in front of the request; in a transaction, where that would be queued and answered,
// the request brings it along.
Client::Step Client::evalWith(Bytes body, const Command& command, const Request& request, Bytes wire) {
  if (const std::string refusal = denied(command, request); !refusal.empty()) return refuse(refusal);
  if (in_multi_) {
    std::vector<Bytes> args = request.args;
    args[0] = command.name == "evalsha" ? "EVAL" : "EVAL_RO";
    args[1] = body;
    std::string whole;
    redisproto::appendRequest(whole, args);
    return forward(&command, request, whole);
  }
  if (!leased_ && outstanding_ > 0 && on_slow_ != command.slow) return wait(Hold::kDrain);
  Server& server = serverOf(command);
  if (multi_lost_ || server.full()) return forward(&command, request, wire);
  server.put(nullptr, cache_.scriptLoad(), Owed::Kind::kSwallow,
             redisproto::request({"SCRIPT", "LOAD", body}));
  server.loaded().add(request.args[1]);
  cache_.counters().scripts_repaired.add();
  if (leased_) return forward(&command, request, wire);
  server_ = &server;
  on_slow_ = command.slow;
  noteChange(&command);
  return put(server, &command, wire);
}

// Where it goes unless its key is known to be big.
Server& Client::serverOf(const Command& command) {
  return leased_ || outstanding_ > 0 ? *server_ : cache_.lane(resp_, database_, command.slow);
}

}  // namespace forebay::redis
