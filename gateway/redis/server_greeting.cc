// What a server says before it serves: HELLO or AUTH, CLIENT SETNAME, SELECT.
#include <charconv>
#include <cstring>

#include "gateway/redis/redis_worker.h"
#include "gateway/redis/reply_value.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

using redisproto::Resp;

void Server::dialled(Result<net::Socket> result) {
  if (state_ != State::kDialling) return;
  cache_.worker().loop().bury(std::move(dialer_));
  if (!result) return refused(result.error());
  socket_ = std::move(*result);
  socket_.setUser(*this);
  state_ = State::kGreeting;
  connected_wall_ = std::chrono::system_clock::now();
  greet();
}

void Server::greet() {
  using redisproto::request;
  const std::unique_ptr<Greeting> before = std::exchange(greeting_, std::make_unique<Greeting>());
  if (before) {  // what was said behind HELLO is answered, too
    greeting_->stale = before->steps.size() - before->at;
    greeting_->unsent = before->unsent;
  }
  const auto say = [this](Step step, std::string wire) {
    greeting_->steps.push_back(step);
    greeting_->unsent += wire;
  };
  const conf::Cache& cache = cache_.settings();
  const std::string user = cache.user.empty() ? "default" : cache.user;
  const bool login = !cache.password.empty();
  if (!cache_.speaksHello() && resp_ == Resp::k2) {
    if (login)
      say(Step::kAuth, cache.user.empty() ? request({"AUTH", cache.password})
                                          : request({"AUTH", cache.user, cache.password}));
    say(Step::kName, request({"CLIENT", "SETNAME", "forebay"}));
    say(Step::kClientId, request({"CLIENT", "ID"}));
  } else {
    const Bytes version = resp_ == Resp::k3 ? "3" : "2";
    say(Step::kHello,
        login ? request({"HELLO", version, "AUTH", user, cache.password}) : request({"HELLO", version}));
    say(Step::kName, request({"CLIENT", "SETNAME", "forebay"}));
  }
  if (database_ != 0) say(Step::kSelect, request({"SELECT", std::to_string(database_)}));
  scanner_ = {};
  partial_.clear();
  watch();
  onWritable();
}

// False: this connection is given up.
bool Server::greetingAnswered(Bytes value) {
  if (greeting_->stale > 0) return --greeting_->stale, true;
  const Step step = greeting_->steps[greeting_->at++];
  const bool failed = !value.empty() && (value[0] == '-' || value[0] == '!');
  const std::string_view words = failed ? errorText(value) : std::string_view();
  if (failed && step == Step::kHello && words.starts_with("ERR unknown command")) {
    cache_.speaksNoHello();
    if (resp_ == Resp::k3) return refused(std::string("it does not know HELLO, and so not RESP3")), false;
    greet();
    return true;
  }
  if (failed && step != Step::kName && step != Step::kClientId) return refused(std::string(words)), false;
  if (step == Step::kHello) {
    const HelloReply hello = readHello(value);
    backend_id_ = hello.id;
    const bool primary = hello.role.empty() ? !replica_ : hello.role == "master";
    if (cache_.follows() && primary != !replica_)
      return refused("it is a " + hello.role + (replica_ ? ", and no replica" : ", and no primary any more")),
             false;
    if (!replica_) cache_.learned(hello);
  }
  if (step == Step::kClientId && !failed)
    std::from_chars(value.data() + 1, value.data() + value.size(), backend_id_);
  if (greeting_->at == greeting_->steps.size()) ready();
  return state_ != State::kClosed;
}

void Server::ready() {
  const Instant now = cache_.worker().loop().now();
  state_ = State::kReady;
  greeting_.reset();
  failures_ = 0;
  epoch_ = cache_.epoch();
  questions_before_ = cache_.shared().questions.load();
  idle_since_ = now;
  cache_.counters().server_logins.add();
  cache_.log("connected", *this);
  armDeadline(now);
  cache_.serverReady(*this);
  if (state_ == State::kReady) cache_.worker().loop().atTurnEnd(*this);
}

// It could not be reached, or would not have us.
void Server::refused(std::string reason) {
  net::Loop& loop = cache_.worker().loop();
  cache_.counters().server_login_failures.add();
  if (replica_) return handOver(reason);
  cache_.dialFailed(*this, reason);
  if (dialer_) loop.bury(std::move(dialer_));
  greeting_.reset();
  socket_.close();
  scanner_ = {};
  partial_.clear();
  if (kind_ != Kind::kShared || retiring_) return close(reason);
  rest(loop.now());
  if (cache_.loginRefused()) expire(loop.now());
}

}  // namespace forebay::redis
