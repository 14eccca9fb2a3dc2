// PostgresProbe asks one PostgreSQL server who it is, over a connection of its own that it keeps. A question
// that is not answered in time is reported, and its answer still counts when it comes.
//
// On the thread of its loop.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "failover/facts.h"
#include "gateway/net/tick.h"
#include "gateway/probe/postgres_line.h"

namespace forebay::probe {

class PostgresProbe {
 public:
  struct Heard {
    std::function<void(const failover::Facts&, Instant asked)> answered;
    // `reached`: it is there, but too slow, full, or does not let us in.
    std::function<void(bool reached, std::string why)> failed;
    std::function<void()> lost;  // a connection that was at rest has ended: what follows tells why
  };

  PostgresProbe(net::Loop& loop, net::Resolver& resolver, conf::HostPort host, Login login, Duration timeout,
                Heard heard);

  // Asks now, unless a question is under way.
  void ask();
  bool asking() const { return state_ == State::kConnecting || state_ == State::kAsking; }
  void setTimeout(Duration timeout) { timeout_ = timeout; }
  const std::string& address() const { return line_.address(); }  // see there

 private:
  enum class State : uint8_t {
    kResting,     // no connection
    kConnecting,  // to ask then
    kReady,       // connected, nothing asked
    kAsking,      // the answer is awaited
  };

  void connect();
  void ready();
  void sendQuestion();
  void take(const PGresult& result);
  void lineLost(bool reached, std::string why);
  void overdue();
  void failed(bool reached, std::string why);

  net::Loop& loop_;
  Duration timeout_;
  const Heard heard_;
  State state_ = State::kResting;
  PostgresLine line_;
  net::Tick overdue_;
  Instant asked_{};
  int late_ = 0;          // timeouts of this question
  bool retried_ = false;  // a lost connection is made anew once before it counts
};

}  // namespace forebay::probe
