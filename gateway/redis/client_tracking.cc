// CLIENT TRACKING: Redis tells the very connection that reads, or one that it is told to tell, when what was
// read has changed.

#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/words.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {
namespace {

// The place of the id behind REDIRECT; 0: there is none.
size_t redirectAt(const std::vector<Bytes>& args) {
  for (size_t i = 3; i + 1 < args.size(); ++i)
    if (sameWord(args[i], "redirect")) return i + 1;
  return 0;
}

}  // namespace

// What follows is about this one connection to Redis, so the client keeps it, also when it is switched off.
Client::Step Client::tracking(const Command& command, const Request& request, Bytes wire) {
  const bool on = sameWord(request.args[2], "on");
  if (!on && !sameWord(request.args[2], "off")) return answerError("ERR syntax error");
  if (!on && !tracking_ && outstanding_ > 0) return wait(Hold::kDrain);  // it may have been switched on
  if (!on && !tracking_) return answer("+OK\r\n");
  std::string redirected;
  if (const size_t at = redirectAt(request.args);
      at != 0 && command.special == redisproto::Special::kClientTracking) {
    if (!extra_ || extra_->redirect_to == 0) return findRedirect(request.args[at]);
    const int64_t backend = std::exchange(extra_->redirect_to, 0);
    if (backend < 0) return answerError("ERR The client ID you want redirect to does not exist");
    const std::string id = std::to_string(backend);
    std::vector<Bytes> args = request.args;
    args[at] = id;
    redisproto::appendRequest(redirected, args);
    wire = redirected;
  }
  // The reply says whether it is on; where none can be looked at, it is taken to be.
  const bool seen = !in_multi_ && !monitors_ && reply_mode_ == ReplyMode::kOn;
  const Step step = onLease(&command, request, wire, seen);
  if (step == Step::kWait && !redirected.empty()) extra_->redirect_to = 0;  // asked for again then
  if (step != Step::kTaken || !leased_) return step;
  tracking_ = tracking_ || !seen;
  if (command.special == redisproto::Special::kClientTracking && on)
    extra().redirected =
        redirected.empty() ? 0 : *wholeNumber<int64_t>(request.args[redirectAt(request.args)]);
  return step;
}

// What GETREDIR and TRACKINGINFO answer: Redis knows the other one by its own id, the client by the
// gateway's.
std::string Client::withRedirect(Bytes reply) const {
  constexpr Bytes kField = "redirect\r\n";
  std::string out(reply);
  const size_t field = out.find(kField), at = field == std::string::npos ? 0 : field + kField.size();
  const size_t end = out.find('\r', at);
  if (at >= out.size() || out[at] != ':' || end == std::string::npos) return out;
  const bool is_id = out[at + 1] != '-' && out[at + 1] != '0';
  if (is_id && extra_ && extra_->redirected > 0)
    out.replace(at + 1, end - at - 1, std::to_string(extra_->redirected));
  return out;
}

// The client knows the other one by the gateway's id; Redis knows it by that of its connection, which it has
// for itself since it has subscribed to __redis__:invalidate.
Client::Step Client::findRedirect(Bytes text) {
  const auto wanted = wholeNumber<uint64_t>(text);
  if (!wanted) return answerError("ERR value is not an integer or out of range");
  const auto backendId = [wanted = *wanted, cache = cache_.name()](RedisWorker& there) -> std::string {
    Client* client = there.findClient(wanted);
    if (client == nullptr || client->cache().name() != cache || !client->hasLease()) return {};
    return std::to_string(client->server()->backendId());
  };
  ask(backendId, [](Client& client, const std::vector<std::string>& answers) {
    client.extra().redirect_to = -1;
    for (const std::string& answer : answers)
      if (const auto id = wholeNumber<int64_t>(answer)) client.extra().redirect_to = *id;
    client.hold_ = Hold::kNone;
    client.worker_.resumeSoon(client);
  });
  return Step::kWait;
}

}  // namespace forebay::redis
