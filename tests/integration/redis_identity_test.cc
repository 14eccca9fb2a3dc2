// No reply is ever given to the wrong client: 500 of them ask what only they can be answered, while clients
// leave in the middle, deadlines pass, and the connections to Redis are killed, reset and held up.
//
// FOREBAY_IDENTITY_SECONDS says how long, 3 by default.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <random>
#include <set>

#include "tests/rig/forebay.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

using Random = std::mt19937;

constexpr const char* kScript = "return ARGV[1]";
constexpr const char* kScriptSha = "098e0f0d1448c0a81dafe820f66d460eb09263da";

size_t upTo(Random& random, size_t most) { return std::uniform_int_distribution<size_t>(0, most)(random); }

// What may be said instead of the answer: each says that something was lost or late.
bool isHonestError(const RedisValue& reply) {
  if (!reply.isError()) return false;
  for (const char* words :
       {"ERR the connection to the server was lost", "ERR the server has not answered in time",
        "ERR the connection to Redis was lost", "EXECABORT Transaction discarded because the connection",
        "ERR EXEC without MULTI", "ERR cache main: no connection to Redis", "ERR all "}) {
    if (reply.text.starts_with(words)) return true;
  }
  return false;
}

// One client after another on one seat: what it asks has its own number in it, and so has every answer.
class Seat {
 public:
  using Fits = std::function<bool(const RedisValue&)>;

  void connect(uint16_t port, Random& random) {
    static int64_t clients = 0;
    number_ = ++clients;
    own_ = "client-" + std::to_string(number_);
    fd_ = connectTcp(port);
    in_.clear(), out_.clear(), asked_.clear();
    sent_ = acknowledged_ = counted_ = increments_ = 0;
    counter_known_ = false;
    doubtful_.clear();
    if (upTo(random, 1) == 0)
      ask({"HELLO", "3"}, [](const RedisValue& reply) { return reply.type == RedisType::kMap; });
  }
  void leave(bool with_reset) {
    if (with_reset) resetOnClose(fd_.get());
    fd_.reset();
  }
  bool connected() const { return static_cast<bool>(fd_); }
  bool waits() const { return connected() && (!asked_.empty() || !out_.empty()); }
  pollfd polled() const { return {fd_.get(), static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT)), 0}; }

  void askSome(Random& random) {
    for (size_t left = 1 + upTo(random, 7); left > 0; --left) askOne(random);
  }

  void write() {
    const ssize_t put = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put > 0) out_.erase(0, static_cast<size_t>(put));
  }

  // How many replies came; the seat is free when the gateway has closed the connection.
  size_t read() {
    char buffer[65536];
    const ssize_t got = recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) return fd_.reset(), 0;
    in_.append(buffer, static_cast<size_t>(got));
    size_t replies = 0;
    while (in_.size() >= redisValueSizeAtLeast(in_)) {
      const std::optional<RedisValue> reply = parseRedisValue(in_);
      if (!reply) break;
      ++replies;
      take(*reply);
    }
    return replies;
  }

  size_t answers = 0, errors = 0;

 private:
  struct Asked {
    std::string what;
    Fits fits;
    int64_t sets = 0;  // the number of the value
  };

  void ask(const RedisArgs& args, Fits fits, int64_t sets = 0) {
    out_ += encode(args);
    asked_.push_back({args.at(0) + " of " + own_, std::move(fits), sets});
  }

  void take(const RedisValue& reply) {
    if (asked_.empty()) {
      ADD_FAILURE() << own_ << " got what it never asked for: " << reply.shown().substr(0, 200);
      return;
    }
    const Asked asked = std::move(asked_.front());
    asked_.pop_front();
    const bool honest = isHonestError(reply);
    ++(honest ? errors : answers);
    if (honest && asked.sets > 0) doubtful_.insert(asked.sets);
    EXPECT_TRUE(honest || asked.fits(reply)) << asked.what << ": " << reply.shown().substr(0, 300);
  }

  std::string next() { return own_ + ":" + std::to_string(++sent_); }
  // Of its own, and not older than what was confirmed; what nobody knows the outcome of may come at any time.
  bool isRecent(const std::string& text, int64_t oldest) const {
    const std::string head = text.substr(0, text.find_first_of(' '));
    if (!head.starts_with(own_ + ":")) return false;
    const int64_t number = std::atoll(head.c_str() + own_.size() + 1);
    return (number >= oldest && number <= sent_) || doubtful_.contains(number);
  }

  Fits same(const std::string& text) {
    return [text](const RedisValue& reply) { return reply == resp::bulk(text); };
  }

  Fits confirms(const RedisValue& good, int64_t number) {
    return [this, good, number](const RedisValue& reply) {
      if (reply == good) acknowledged_ = std::max(acknowledged_, number);
      return reply == good;
    };
  }

  void set(const std::string& value) {
    ask({"SET", own_, value}, confirms(resp::simple("OK"), sent_), sent_);
  }

  void askOne(Random& random) {
    switch (upTo(random, 11)) {
      case 0: return set(next());
      case 1: return set(next() + " " + std::string(100'000, 'v'));  // it streams, and so does its GET
      case 2:
      case 3:
        return ask({"GET", own_}, [this](const RedisValue& reply) {
          return reply.isNull() ? acknowledged_ == 0 : isRecent(reply.text, acknowledged_);
        });
      case 4: {
        const std::string text = next();
        return ask({"ECHO", text}, same(text));
      }
      case 5: {
        const std::string text = next();
        return ask({"EVAL", kScript, "0", text}, same(text));
      }
      case 6: return increment();
      case 7: return transaction();
      case 8: return pop();
      case 9:
        return ask({"MGET", own_, "none"}, [this](const RedisValue& reply) {
          if (reply.children.size() != 2 || !reply.at(1).isNull()) return false;
          const RedisValue& value = reply.at(0);
          return value.isNull() ? acknowledged_ == 0 : isRecent(value.text, acknowledged_);
        });
      case 10: {
        const std::string text = next();
        return ask({"EVALSHA", kScriptSha, "0", text}, same(text));
      }
      case 11:  // which is gathered whole, and has something added
        return ask({"INFO", "server", "forebay"}, [](const RedisValue& reply) {
          return reply.text.find("# Server") != std::string::npos &&
                 reply.text.find("# Forebay") != std::string::npos;
        });
    }
  }

  // Each counts once at most, and those that were answered count just once.
  void increment() {
    const int64_t base = number_ * 1'000'000;
    if (!counter_known_) {
      if (increments_ > 0) return;
      return ask({"SET", "counter-" + own_, std::to_string(base)},
                 [this](const RedisValue& reply) { return counter_known_ = reply == resp::simple("OK"); });
    }
    ++increments_;
    ask({"INCR", "counter-" + own_}, [this, base](const RedisValue& reply) {
      const int64_t before = std::exchange(counted_, reply.integer - base);
      return reply.type == RedisType::kInteger && counted_ > before && counted_ <= increments_;
    });
  }

  void transaction() {
    ask({"MULTI"}, [](const RedisValue& reply) { return reply == resp::simple("OK"); });
    const std::string value = next();
    // Outside of a transaction when MULTI itself was lost.
    ask(
        {"SET", own_, value}, [](const RedisValue& reply) { return reply.type == RedisType::kSimple; },
        sent_);
    ask({"ECHO", value}, [value](const RedisValue& reply) {
      return reply == resp::simple("QUEUED") || reply == resp::bulk(value);
    });
    ask({"EXEC"}, confirms(resp::array({resp::simple("OK"), resp::bulk(value)}), sent_), sent_);
  }

  void pop() {
    const std::string list = "list-" + own_;
    ask({"RPUSH", list, next()}, [](const RedisValue& reply) { return reply.integer > 0; });
    ask({"BLPOP", list, "0.2"}, [this, list](const RedisValue& reply) {
      if (reply.isNull()) return errors > 0;  // its RPUSH was lost
      return reply.children.size() == 2 && reply.at(0).text == list && isRecent(reply.at(1).text, 0);
    });
  }

  int64_t number_ = 0;
  std::string own_, in_, out_;
  Fd fd_;
  std::deque<Asked> asked_;
  int64_t sent_ = 0, acknowledged_ = 0;  // numbers of values
  int64_t increments_ = 0, counted_ = 0;
  bool counter_known_ = false;
  std::set<int64_t> doubtful_;
};

class Crowd {
 public:
  Crowd(uint16_t port, size_t seats) : port_(port), seats_(seats) {}

  // Sees to whatever has come; with `more`, whoever has all his answers asks again, leaves, or is replaced.
  void turn(bool more) {
    std::vector<pollfd> polled;
    for (Seat& seat : seats_) {
      if (!seat.connected() && more) seat.connect(port_, random_);
      if (seat.connected() && more && !seat.waits() && upTo(random_, 3) > 0) seat.askSome(random_);
      if (seat.connected() && more && upTo(random_, 999) == 0) seat.leave(upTo(random_, 1) == 0);
      polled.push_back(seat.polled());
    }
    ASSERT_GE(poll(polled.data(), polled.size(), 10), 0);
    for (size_t i = 0; i < seats_.size(); ++i) {
      if (polled[i].revents & POLLOUT) seats_[i].write();
      if (polled[i].revents & (POLLIN | POLLHUP | POLLERR) && seats_[i].connected()) seats_[i].read();
    }
  }

  bool waits() const {
    return std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.waits(); });
  }
  size_t answers() const { return sum(&Seat::answers); }
  size_t errors() const { return sum(&Seat::errors); }

 private:
  size_t sum(size_t Seat::*what) const {
    size_t all = 0;
    for (const Seat& seat : seats_) all += seat.*what;
    return all;
  }

  const uint16_t port_;
  std::vector<Seat> seats_;
  Random random_{4711};
};

// One mishap after the other, each for a moment.
void mishap(size_t turn, RedisServer& redis, Relay& relay) {
  switch (turn % 6) {
    case 0: redis.run({"CLIENT", "KILL", "TYPE", "normal"}); return;
    case 1: relay.reset(); return;
    case 2: relay.pause(); return;  // longer than command_timeout
    case 3: relay.resume(); return;
    case 4: relay.resetAfter(50'000); return;  // in the middle of a reply
    case 5: relay.cut(); return;
  }
}

TEST(RedisIdentity, NoReplyIsEverGivenToTheWrongClient) {
  RedisServer redis;
  Relay relay(redis.port());
  ForebayConfig config;
  config.addCache("main", relay.port());
  config.listen["workers"] = 2;
  config.redis["command_timeout"] = "500ms";
  config.log["log_disconnections"] = false;
  config.log["log_connections"] = false;
  const Forebay forebay(config);
  ASSERT_EQ(redis.text({"SCRIPT", "LOAD", kScript}), kScriptSha);
  Crowd crowd(forebay.redisPort(), 500);

  const char* asked = std::getenv("FOREBAY_IDENTITY_SECONDS");
  const SteadyTime start = std::chrono::steady_clock::now();
  const SteadyTime end = start + seconds(asked ? std::atoi(asked) : 3);
  SteadyTime next_mishap = start + milliseconds(500);
  for (size_t mishaps = 0; std::chrono::steady_clock::now() < end && !testing::Test::HasFailure();) {
    crowd.turn(true);
    if (std::chrono::steady_clock::now() < next_mishap) continue;
    next_mishap = std::chrono::steady_clock::now() + milliseconds(mishaps % 6 == 2 ? 700 : 150);
    mishap(mishaps++, redis, relay);
  }
  relay.resume();
  const SteadyTime patience = std::chrono::steady_clock::now() + kPatience;
  while (crowd.waits() && std::chrono::steady_clock::now() < patience) crowd.turn(false);
  EXPECT_FALSE(crowd.waits()) << "requests were never answered";
  EXPECT_GT(crowd.answers(), 1000u);
  std::cout << crowd.answers() << " answers, " << crowd.errors() << " errors that say what was lost\n";
}

}  // namespace
}  // namespace forebay::rig
