// Logging in, the protocol's version, databases: what a client's session consists of.
#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/words.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

using redisproto::Resp;
using redisproto::Special;

namespace {

// What Redis itself answers even where its arguments are too many or too few.
bool endsOrBeginsTransaction(Special what) {
  return what == Special::kMulti || what == Special::kExec || what == Special::kDiscard ||
         what == Special::kWatch || what == Special::kUnwatch;
}

// What only the gateway can answer, so that it can not be queued at Redis.
bool isOfTheGateway(Special what) {
  switch (what) {
    case Special::kHello:
    case Special::kAuth:
    case Special::kSubscribe:
    case Special::kPsubscribe:
    case Special::kSsubscribe:
    case Special::kUnsubscribe:
    case Special::kPunsubscribe:
    case Special::kSunsubscribe:
    case Special::kAclWhoami:
    case Special::kClientId:
    case Special::kClientSetname:
    case Special::kClientGetname:
    case Special::kClientSetinfo:
    case Special::kClientInfo:
    case Special::kClientList:
    case Special::kClientKill:
    case Special::kClientNoEvict:
    case Special::kClientReply:
    case Special::kClientUnblock:
    case Special::kClientCapa: return true;
    default: return false;
  }
}

}  // namespace

Client::Step Client::special(const Command& command, const Request& request, Bytes wire) {
  if (!command.container && !endsOrBeginsTransaction(command.special) && !command.takes(request.args.size()))
    return wrongArity(command.name);
  if (in_multi_ && isOfTheGateway(command.special))
    return answerError("ERR '" + command.name + "' can not be part of a transaction through this gateway");
  switch (command.special) {
    case Special::kHello: return hello(request);
    case Special::kAuth: return auth(request);
    case Special::kReset: return reset();
    case Special::kQuit: return quit();
    case Special::kSelect: return select(command, request, wire);
    case Special::kPing:
      if (listens() && resp_ == Resp::k2) return subscribedPing(request);
      return forward(&command, request, wire);
    case Special::kMulti:
    case Special::kExec:
    case Special::kDiscard:
    case Special::kWatch:
    case Special::kUnwatch: return transaction(command, request, wire);
    case Special::kSubscribe: return subscribe(pools::SubscriptionKind::kChannel, command, request, wire);
    case Special::kPsubscribe: return subscribe(pools::SubscriptionKind::kPattern, command, request, wire);
    case Special::kSsubscribe: return subscribe(pools::SubscriptionKind::kShard, command, request, wire);
    case Special::kUnsubscribe: return unsubscribe(pools::SubscriptionKind::kChannel, command, request, wire);
    case Special::kPunsubscribe:
      return unsubscribe(pools::SubscriptionKind::kPattern, command, request, wire);
    case Special::kSunsubscribe: return unsubscribe(pools::SubscriptionKind::kShard, command, request, wire);
    case Special::kEval:
    case Special::kEvalsha:
    case Special::kScriptLoad:
    case Special::kScriptFlush: return script(command, request, wire);
    case Special::kAclWhoami: {
      std::string out;
      redisproto::appendBulk(out, userName());
      return answer(std::move(out));
    }
    case Special::kSync:
      if (const std::string refusal = denied(command, request); !refusal.empty()) return refuse(refusal);
      return answerError("ERR a replica can not follow Redis through a gateway; connect it to Redis itself");
    case Special::kMonitor:
    case Special::kWait:
    case Special::kScriptKill:
    case Special::kFunctionKill:
    case Special::kScriptDebug:
    case Special::kShutdown:
    case Special::kDebug: return ownConnection(command, request, wire);
    case Special::kInfo: return info(command, request, wire);
    case Special::kScan: return scan(command, request, wire);
    case Special::kClient:
    case Special::kClientId:
    case Special::kClientSetname:
    case Special::kClientGetname:
    case Special::kClientSetinfo:
    case Special::kClientList:
    case Special::kClientInfo:
    case Special::kClientKill:
    case Special::kClientNoEvict:
    case Special::kClientNoTouch:
    case Special::kClientReply:
    case Special::kClientPause:
    case Special::kClientUnpause:
    case Special::kClientUnblock:
    case Special::kClientTracking:
    case Special::kClientCaching:
    case Special::kClientTrackinginfo:
    case Special::kClientGetredir:
    case Special::kClientHelp:
    case Special::kClientMaintNotifications:
    case Special::kClientCapa: return clientCommand(command, request, wire);
    case Special::kNone:
    case Special::kEcho:
    case Special::kScriptExists:
    case Special::kCommand:
    case Special::kLolwut:
    case Special::kReadonlyMode:
    case Special::kReadwriteMode:
    case Special::kAsking:
    case Special::kFlushall:
    case Special::kSwapdb: return forward(&command, request, wire);
  }
  return forward(&command, request, wire);
}

// MONITOR shows what all do until the client goes, and a debugger talks without being asked, too. WAIT counts
// from the connection's last command on, so the connection gets one behind all that the client has written. A
// script is killed past those who wait for it.
Client::Step Client::ownConnection(const Command& command, const Request& request, Bytes wire) {
  if (const std::string refusal = denied(command, request); !refusal.empty()) return refuse(refusal);
  const bool refused = multi_lost_ || (extra_ && !extra_->lease_error.empty());  // onLease() tells
  if (command.special == Special::kWait && !leased_ && !refused && !takeLease()) return Step::kWait;
  if (command.special == Special::kWait && leased_ && !in_multi_ && outstanding_ == 0)
    server_->put(nullptr, nullptr, Owed::Kind::kSwallow, redisproto::request({"PING"}));
  const Step step = onLease(&command, request, wire);
  const bool lasts = command.special == Special::kMonitor || command.special == Special::kScriptDebug;
  if (step == Step::kTaken && leased_ && lasts) monitors_ = true;
  return step;
}

std::string Client::denied(const Command& command, const Request& request) {
  if (acl_ == nullptr) return {};
  return acl_->check(&command, request.args, userName());
}

// ---- logging in

bool Client::logIn(Bytes user, Bytes password) {
  const UserPtr found = cache_.findUser(user);
  if (!passwordFits(found.get(), password)) {
    cache_.counters().auth_failed.add();
    return false;
  }
  const bool first = !logged_in_;
  rightsChanged(found, cache_.acl(found));
  if (first && worker_.config().log.log_connections) logEvent("logged in");
  return true;
}

constexpr std::string_view kWrongPass = "WRONGPASS invalid username-password pair or user is disabled.";

Client::Step Client::auth(const Request& request) {
  const std::vector<Bytes>& args = request.args;
  if (args.size() < 2) return wrongArity("auth");
  if (args.size() > 3) return answerError("ERR syntax error");
  if (args.size() == 2) {
    const UserPtr user = cache_.findUser("default");
    if (user != nullptr && user->password_digest.empty())
      return answerError(
          "ERR AUTH <password> called without any password configured for the default user. Are you sure "
          "your configuration is correct?");
  }
  const Bytes user = args.size() == 3 ? args[1] : Bytes("default");
  if (!logIn(user, args.back())) return answerError(kWrongPass);
  return answer("+OK\r\n");
}

Client::Step Client::hello(const Request& request) {
  const std::vector<Bytes>& args = request.args;
  Resp wanted = resp_;
  if (args.size() > 1) {
    const auto version = wholeNumber<int64_t>(args[1]);
    if (!version) return answerError("ERR Protocol version is not an integer or out of range");
    if (version != 2 && version != 3) return answerError("NOPROTO unsupported protocol version");
    wanted = version == 3 ? Resp::k3 : Resp::k2;
  }
  Bytes user, password, name;
  bool authenticates = false, names = false;
  for (size_t i = 2; i < args.size();) {
    if (sameWord(args[i], "auth") && i + 2 < args.size()) {
      authenticates = true;
      user = args[i + 1];
      password = args[i + 2];
      i += 3;
    } else if (sameWord(args[i], "setname") && i + 1 < args.size()) {
      names = true;
      name = args[i + 1];
      i += 2;
    } else {
      return answerError("ERR Syntax error in HELLO option '" + std::string(args[i].substr(0, 128)) + "'");
    }
  }
  if (wanted == Resp::k3 && !cache_.speaksHello()) return answerError("NOPROTO unsupported protocol version");
  if (wanted != resp_ && outstanding_ > 0) return wait(Hold::kDrain);
  if (wanted != resp_ && leased_)
    return answerError("ERR the protocol's version can not be changed in a transaction or while tracking");
  if (authenticates && !logIn(user, password)) return answerError(kWrongPass);
  if (!logged_in_)
    return answerError(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "
        "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at "
        "the "
        "same time");
  if (names && !nameIsFine(name))
    return answerError("ERR Client names cannot contain spaces, newlines or special characters.");
  if (cache_.facts()->version.empty() && cache_.speaksHello() && !asked_node_) return askNode();
  if (names) extra().name = name;
  resp_ = wanted;
  return answer(helloReply());
}

// The first clients may come before the node was ever reached, and would be told of another than there is.
// Once it has answered, or could not be reached in time, the request is looked at again.
Client::Step Client::askNode() {
  if (outstanding_ > 0) return wait(Hold::kDrain);
  asked_node_ = true;
  server_ = &cache_.lane(resp_, database_, false);
  on_slow_ = false;
  ++outstanding_;
  server_->put(this, nullptr, Owed::Kind::kSwallow, redisproto::request({"PING"}));
  return wait(Hold::kDrain);
}

std::string Client::helloReply() const {
  const FactsPtr& facts = cache_.facts();
  std::string out;
  redisproto::appendMap(out, 7, resp_);
  const auto text = [&out](std::string_view key, std::string_view value) {
    redisproto::appendBulk(out, key);
    redisproto::appendBulk(out, value);
  };
  const auto number = [&out](std::string_view key, int64_t value) {
    redisproto::appendBulk(out, key);
    redisproto::appendInteger(out, value);
  };
  text("server", "redis");
  text("version", facts->version.empty() ? "7.0.0" : facts->version);
  number("proto", resp_ == Resp::k3 ? 3 : 2);
  number("id", static_cast<int64_t>(id_));
  text("mode", "standalone");
  text("role", "master");
  redisproto::appendBulk(out, "modules");
  redisproto::appendArray(out, 0);
  return out;
}

// As if it had just connected; the library's name stays.
Client::Step Client::reset() {
  if (outstanding_ > 0) return wait(Hold::kDrain);
  forgetSession();
  return answer("+RESET\r\n");
}

void Client::forgetSession() {
  in_multi_ = watching_ = tracking_ = monitors_ = multi_lost_ = watch_lost_ = false;
  if (leased_) leaveLease(false);
  if (listens()) cache_.pubSub().left(*this);
  reply_mode_ = ReplyMode::kOn;
  resp_ = Resp::k2;
  database_ = cache_.settings().database;
  no_evict_ = false;
  if (extra_) {
    extra_->name.clear();
    extra_->multi_database = UINT32_MAX;
  }
  logged_in_ = false;
  user_ = nullptr;
  acl_ = nullptr;
  cache_.welcome(*this);
}

// What comes behind it is not looked at.
Client::Step Client::quit() {
  goodbye_ = true;
  reply_mode_ = ReplyMode::kOn;
  answer("+OK\r\n");
  if (!closed_ && outstanding_ == 0 && out_.empty()) close("it took leave");
  return Step::kClosed;
}

// ---- databases

namespace {

Result<uint32_t> databaseOf(Bytes text, uint32_t known) {
  const auto number = wholeNumber<int64_t>(text);
  if (!number) return Error{"ERR value is not an integer or out of range"};
  const int64_t wanted = *number;
  if (wanted < INT32_MIN || wanted > INT32_MAX)
    return Error{"ERR value is out of range, value must between -2147483648 and 2147483647"};
  if (wanted < 0 || wanted >= known) return Error{"ERR DB index is out of range"};
  return static_cast<uint32_t>(wanted);
}

}  // namespace

Client::Step Client::select(const Command& command, const Request& request, Bytes wire) {
  if (const std::string refusal = denied(command, request); !refusal.empty()) return refuse(refusal);
  const uint32_t known = cache_.facts()->databases;
  const auto wanted = databaseOf(request.args[1], known > 0 ? known : kDatabasesByDefault);
  // On its own connection Redis is told, too, unless nobody could say afterwards which database it is in.
  if (!wanted && (!leased_ || known == 0)) return answerError(wanted.error());
  if (leased_) {
    const Step step = onLease(&command, request, wire);
    if (step != Step::kTaken || !wanted) return step;
    if (in_multi_) {
      extra().multi_database = *wanted;
    } else {
      selected(*wanted);
    }
    return step;
  }
  if (*wanted == database_) return answer("+OK\r\n");
  if (outstanding_ > 0) return wait(Hold::kDrain);
  database_ = *wanted;
  return answer("+OK\r\n");
}

void Client::selected(uint32_t database) {
  database_ = database;
  if (leased_) server_->setDatabase(database);
}

}  // namespace forebay::redis
