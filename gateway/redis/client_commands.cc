// CLIENT and INFO: what they tell is about the gateway's clients, with the gateway's ids.
#include <algorithm>
#include <optional>

#include "gateway/redis/client.h"
#include "gateway/redis/client_filter.h"
#include "gateway/redis/info.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/words.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

using redisproto::Special;

namespace {

constexpr std::string_view kOk = "+OK\r\n";

std::string integer(int64_t value) {
  std::string out;
  redisproto::appendInteger(out, value);
  return out;
}

}  // namespace

Client::Step Client::clientCommand(const Command& command, const Request& request, Bytes wire) {
  const bool own = command.special == Special::kClientKill && killsItself(request.args);
  if (const std::string refusal = denied(command, request); !refusal.empty() && !own) return refuse(refusal);
  const std::vector<Bytes>& args = request.args;
  if (!command.container && !command.takes(args.size())) return wrongArity(command.name);
  switch (command.special) {
    case Special::kClientId: return answer(integer(static_cast<int64_t>(id_)));
    case Special::kClientSetname: return setName(args[2]);
    case Special::kClientGetname: {
      std::string out;
      if (name().empty()) {
        redisproto::appendNull(out, resp_);
      } else {
        redisproto::appendBulk(out, name());
      }
      return answer(std::move(out));
    }
    case Special::kClientSetinfo: return setInfo(request);
    case Special::kClientInfo: {
      std::string out;
      redisproto::appendVerbatim(out, infoLine(worker_.loop().now()) + "\n", resp_);
      return answer(std::move(out));
    }
    case Special::kClientList: return list(request);
    case Special::kClientKill: return kill(request);
    case Special::kClientNoEvict:
      if (!sameWord(args[2], "on") && !sameWord(args[2], "off")) return answerError("ERR syntax error");
      no_evict_ = sameWord(args[2], "on");
      return answer(std::string(kOk));
    case Special::kClientReply: return replyMode(request);
    case Special::kClientUnblock: return unblock(request);
    case Special::kClientMaintNotifications:  // would come over a connection that others share
      return answerError("ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.");
    case Special::kClientCapa: return answer(std::string(kOk));
    case Special::kClientTracking:
    case Special::kClientNoTouch: return tracking(command, request, wire);
    case Special::kClientPause:
    case Special::kClientUnpause: return onLease(&command, request, wire);
    case Special::kClientGetredir:
    case Special::kClientTrackinginfo:
      if (leased_ && !in_multi_ && !monitors_) return onLease(&command, request, wire, true);
      [[fallthrough]];
    default: return leased_ ? onLease(&command, request, wire) : onShared(command, request, wire);
  }
}

Client::Step Client::setName(Bytes wanted) {
  if (!nameIsFine(wanted))
    return answerError("ERR Client names cannot contain spaces, newlines or special characters.");
  extra().name = wanted;
  return answer(std::string(kOk));
}

Client::Step Client::setInfo(const Request& request) {
  const Bytes what = request.args[2], value = request.args[3];
  const bool library = sameWord(what, "lib-name"), version = sameWord(what, "lib-ver");
  if (!library && !version)
    return answerError("ERR Unrecognized option '" + std::string(what.substr(0, 128)) + "'");
  if (!nameIsFine(value))
    return answerError("ERR " + std::string(what) +
                       " cannot contain spaces, newlines or special characters.");
  (library ? extra().lib_name : extra().lib_version) = value;
  return answer(std::string(kOk));
}

// Replies are dropped here: the shared connection goes on as if nothing were.
Client::Step Client::replyMode(const Request& request) {
  const Bytes mode = request.args[2];
  if (sameWord(mode, "on")) {
    reply_mode_ = ReplyMode::kOn;
    return answer(std::string(kOk));
  }
  if (sameWord(mode, "off")) {
    reply_mode_ = ReplyMode::kOff;
    return Step::kTaken;
  }
  if (!sameWord(mode, "skip")) return answerError("ERR syntax error");
  if (reply_mode_ != ReplyMode::kOff) reply_mode_ = ReplyMode::kSkip;
  return Step::kTaken;
}

// ---- clients of all workers

// Asks all workers, this one too; `then` is called here with their answers, unless the client has gone.
void Client::ask(std::function<std::string(RedisWorker&)> question,
                 std::function<void(Client&, const std::vector<std::string>&)> then) {
  hold_ = Hold::kAsk;
  struct Inquiry {
    std::vector<std::string> answers;
    size_t left;
  };
  auto inquiry = std::make_shared<Inquiry>();
  inquiry->left = worker_.shared().workers.size();
  for (RedisWorker* each : worker_.shared().workers) {
    each->post([question, then, inquiry, id = id_, home = &worker_](RedisWorker& there) {
      home->post([part = question(there), then, inquiry, id](RedisWorker& here) {
        inquiry->answers.push_back(part);
        if (--inquiry->left > 0) return;
        if (Client* client = here.findClient(id)) then(*client, inquiry->answers);
      });
    });
  }
}

// The answer is made of what all workers say.
Client::Step Client::answerByAll(std::function<std::string(RedisWorker&)> question,
                                 std::function<std::string(const std::vector<std::string>&)> conclude) {
  ask(std::move(question), [conclude](Client& client, const std::vector<std::string>& answers) {
    client.told(conclude(answers));
  });
  return Step::kTaken;
}

void Client::told(std::string reply) {
  hold_ = Hold::kNone;
  goodbye_ = extra_ && extra_->killed;
  answer(std::move(reply));
  if (closed_) return;
  if (goodbye_ && outstanding_ == 0 && out_.empty()) return close("CLIENT KILL");
  worker_.resumeSoon(*this);
}

// That needs no right to close others.
bool Client::killsItself(const std::vector<Bytes>& args) const {
  const auto filter = ClientFilter::ofKill(args);
  return filter && filter->meansOnly(*this);
}

Client::Step Client::kill(const Request& request) {
  const auto filter = ClientFilter::ofKill(request.args);
  if (!filter) return answerError(filter.error());
  if (!filter->user().empty() && cache_.findUser(filter->user()) == nullptr)
    return answerError("ERR No such user '" + filter->user() + "'");
  return answerByAll(
      [filter = *filter, cache = cache_.name(), self = id_](RedisWorker& there) {
        std::vector<Client*> found;
        there.forEachClient([&](Client& client) {
          if (client.cache().name() == cache && filter.matches(client) &&
              !(filter.skipsSelf() && client.id() == self))
            found.push_back(&client);
        });
        for (Client* client : found) client->killed(self);
        return std::to_string(found.size());
      },
      [old_form = filter->oldForm()](const std::vector<std::string>& parts) {
        int64_t killed = 0;
        for (const std::string& part : parts) killed += wholeNumber<int64_t>(part).value_or(0);
        if (!old_form) return integer(killed);
        return std::string(killed > 0 ? "+OK\r\n" : "-ERR No such client\r\n");
      });
}

// Who kills himself is still told so.
void Client::killed(uint64_t by) {
  if (by != id_) return close("CLIENT KILL");
  extra().killed = true;
}

// The one that it waits with there is told by its own id.
Client::Step Client::unblock(const Request& request) {
  const auto id = wholeNumber<int64_t>(request.args[2]);
  if (!id) return answerError("ERR value is not an integer or out of range");
  const bool error = request.args.size() > 3 && sameWord(request.args[3], "error");
  if (request.args.size() > 3 && !error && !sameWord(request.args[3], "timeout"))
    return answerError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  return answerByAll(
      [id = static_cast<uint64_t>(*id), cache = cache_.name(), error](RedisWorker& there) {
        Client* client = there.findClient(id);
        if (client == nullptr || client->cache().name() != cache || !client->hasLease())
          return std::string("0");
        if (client->outstanding() == 0 || client->server()->backendId() == 0) return std::string("0");
        Server& server =
            client->cache().lane(redisproto::Resp::k2, client->cache().settings().database, true);
        server.put(nullptr, nullptr, Owed::Kind::kSwallow,
                   redisproto::request({"CLIENT", "UNBLOCK", std::to_string(client->server()->backendId()),
                                        error ? "ERROR" : "TIMEOUT"}));
        return std::string("1");
      },
      [](const std::vector<std::string>& parts) {
        int64_t all = 0;
        for (const std::string& part : parts) all += wholeNumber<int64_t>(part).value_or(0);
        return integer(all);
      });
}

// ---- replies that are looked at

void Client::collected(const Command* command, Bytes reply) {
  switch (command != nullptr ? command->special : Special::kClientList) {
    case Special::kClientList:
      if (extra_ && !extra_->listed.empty()) return toldOfWaiting(reply);
      break;
    case Special::kClientTracking:
    case Special::kClientNoTouch:
      if (!reply.starts_with('-')) tracking_ = true;
      break;
    case Special::kClientGetredir:
    case Special::kClientTrackinginfo: return receive(withRedirect(reply), 1);
    case Special::kInfo: {
      const auto text = textOf(reply);
      if (!text) break;
      std::string out;  // Redis' own INFO, and our section behind it
      redisproto::appendVerbatim(out, std::string(*text) + "\r\n" + infoSection(cache_), resp_);
      return receive(out, 1);
    }
    default: break;
  }
  receive(reply, 1);
}

// ---- INFO

Client::Step Client::info(const Command& command, const Request& request, Bytes wire) {
  if (const std::string refusal = denied(command, request); !refusal.empty()) return refuse(refusal);
  if (listens() && resp_ == redisproto::Resp::k2) return forward(&command, request, wire);
  const std::vector<Bytes>& args = request.args;
  const bool ours = args.size() == 1 || std::any_of(args.begin() + 1, args.end(), [](Bytes section) {
                      return sameWord(section, "all") || sameWord(section, "default") ||
                             sameWord(section, "everything") || sameWord(section, "forebay");
                    });
  if (!ours || in_multi_ || monitors_ || !logged_in_)
    return leased_ ? onLease(&command, request, wire) : onShared(command, request, wire);
  if (args.size() == 2 && sameWord(args[1], "forebay")) {
    std::string out;
    redisproto::appendVerbatim(out, infoSection(cache_), resp_);
    return answer(std::move(out));
  }
  if (leased_) return onLease(&command, request, wire, true);
  return onShared(command, request, wire, true);
}

}  // namespace forebay::redis
