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
  const bool evalsha = command.special == Special::kEvalsha && args.size() > 1;
  if (command.special == Special::kScriptFlush) {
    const Step step = forward(&command, request, wire);
    if (step == Step::kTaken) {
      cache_.shared().scripts.clear();
      worker_.scriptsFlushed(cache_.name());
    }
    return step;
  }
  if (evalsha && !leased_ && !cache_.loaded().has(args[1]))
    if (const auto body = cache_.shared().scripts.find(args[1])) {
      if (const std::string refusal = denied(command, request); !refusal.empty()) return answerError(refusal);
      if (outstanding_ > 0 && on_slow_) return wait(Hold::kDrain);
      Server& server = outstanding_ > 0 ? *server_ : cache_.lane(resp_, database_, false);
      if (!server.full()) {
        server.put(nullptr, cache_.commands().find("SCRIPT", "LOAD"), Owed::Kind::kSwallow,
                   redisproto::request({"SCRIPT", "LOAD", *body}));
        cache_.loaded().add(args[1]);
        cache_.counters().scripts_repaired.add();
      }
    }
  const Step step = forward(&command, request, wire);
  if (step != Step::kTaken || evalsha) return step;
  const size_t body = command.special == Special::kEval ? 1 : 2;
  if (args.size() > body && args[body].size() <= kMaxScript) {
    const Bytes sha = cache_.scriptMemo().add(args[body]);
    if (!in_multi_) cache_.loaded().add(sha);
  }
  return step;
}

}  // namespace forebay::redis
