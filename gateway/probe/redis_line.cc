#include "gateway/probe/redis_line.h"

#include <cstring>
#include <utility>

#include "gateway/redis/reply_value.h"
#include "redisproto/builder.h"

namespace forebay::probe {

RedisLine::RedisLine(net::Loop& loop, net::Resolver& resolver, RedisDoor door, Duration timeout, Heard heard)
    : loop_(loop),
      resolver_(resolver),
      door_(std::move(door)),
      timeout_(timeout),
      heard_(std::move(heard)),
      heard_at_(loop.now()) {}

void RedisLine::start() {
  if (!door_.password.empty()) {
    logs_in_ = true;
    ++owed_;
    const std::string login = door_.user.empty() ? redisproto::request({"AUTH", door_.password})
                                                 : redisproto::request({"AUTH", door_.user, door_.password});
    unsent_.insert(0, login);
  }
  loop_.deadlines().arm(*this, loop_.now() + timeout_);
  dialer_ = std::make_unique<net::Dialer>(loop_, resolver_, door_.target,
                                          [this](Result<net::Socket> result) { dialled(std::move(result)); });
  dialer_->start();
}

void RedisLine::dialled(Result<net::Socket> result) {
  loop_.bury(std::move(dialer_));
  if (ended_) return;
  if (!result) return lost(result.error());
  socket_ = std::move(*result);
  socket_.setUser(*this);
  connected_ = true;
  if (owed_ == 0) loop_.deadlines().disarm(*this);
  flush();
}

void RedisLine::say(Bytes wire, size_t replies) {
  if (ended_) return;
  unsent_ += wire;
  if (owed_ == 0 && replies > 0) loop_.deadlines().arm(*this, loop_.now() + timeout_);
  owed_ += replies;
  flush();
}

void RedisLine::flush() {
  if (!connected_ || ended_) return;
  while (!unsent_.empty()) {
    const net::IoResult sent = socket_.write(unsent_);
    if (sent.status != net::IoStatus::kOk) break;  // a loss is found by reading
    unsent_.erase(0, sent.bytes);
  }
  socket_.want(true, !unsent_.empty());
}

void RedisLine::onReadable() {
  while (!ended_) {
    const net::IoResult got = socket_.read(loop_.scratch(), net::Loop::kScratchSize);
    switch (got.status) {
      case net::IoStatus::kWantRead:
      case net::IoStatus::kWantWrite: return;
      case net::IoStatus::kClosed: return lost("it has closed the connection");
      case net::IoStatus::kError: return lost(got.error != 0 ? std::strerror(got.error) : "TLS failed");
      case net::IoStatus::kOk: break;
    }
    heard_at_ = loop_.now();
    take(Bytes(loop_.scratch(), got.bytes));
    if (got.bytes < net::Loop::kScratchSize && !socket_.hasPending()) return;
  }
}

void RedisLine::take(Bytes in) {
  while (!in.empty() && !ended_) {
    using Status = redisproto::ReplyScanner::Status;
    const Status status = scanner_.feed(in);
    if (status == Status::kMalformed) return lost("what it sends is not Redis' protocol");
    if (scanner_.size() + scanner_.announced() > kMaxValue) return lost("it sends more than is understood");
    partial_ += in.substr(0, scanner_.consumed());
    in.remove_prefix(scanner_.consumed());
    if (status == Status::kEnd) taken(std::exchange(partial_, {}));
  }
}

void RedisLine::taken(Bytes value) {
  if (owed_ > 0) --owed_;
  loop_.deadlines().arm(*this, owed_ > 0 ? loop_.now() + timeout_ : kNever);
  if (!std::exchange(logs_in_, false)) return heard_.value(value);
  if (value.starts_with('-')) lost(std::string(redis::errorText(value)));
}

void RedisLine::due(Instant) { lost(connected_ ? "it has not answered in time" : "no connection in time"); }

void RedisLine::lost(const std::string& why) {
  if (ended_) return;
  end();
  heard_.lost(why);
}

void RedisLine::end() {
  ended_ = true;
  loop_.deadlines().disarm(*this);
  if (dialer_) loop_.bury(std::move(dialer_));
  socket_.close();
}

void dismiss(net::Loop& loop, std::unique_ptr<RedisLine>& line) {
  if (!line) return;
  line->end();
  loop.bury(std::move(line));
}

}  // namespace forebay::probe
