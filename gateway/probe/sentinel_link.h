// SentinelLink asks one Sentinel about one name, and listens to what it publishes.
//
// Two connections, since one that subscribes cannot ask. Each is made anew when it is lost, after a pause
// that grows. On its loop's thread; ended and buried, not destroyed, in a callback.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/net/tick.h"
#include "gateway/probe/redis_line.h"
#include "gateway/probe/sentinel_replies.h"

namespace forebay::probe {

// When a connection that was lost may be tried again.
class Pause {
 public:
  bool over(Instant now) const { return now >= until_; }
  void failed(Instant now);
  void succeeded() { *this = {}; }

 private:
  unsigned failures_ = 0;
  Instant until_{};
};

class SentinelLink final : public net::Mortal {
 public:
  struct Heard {
    std::function<void(SentinelReply reply, Instant asked)> answered;
    std::function<void(const std::string& why)> failed;
    std::function<void(const SentinelHint& hint)> hint;
  };

  SentinelLink(net::Loop& loop, net::Resolver& resolver, RedisDoor door, std::string name, Heard heard);
  ~SentinelLink() override { end(); }

  // Asks now, unless a question is under way or the Sentinel rests after a failure. `lists`: the long
  // question.
  void ask(bool lists);
  void end();

 private:
  void replied(Bytes reply);
  void listen();
  void watch();
  void listenerLost();

  static constexpr Duration kTimeout = seconds(1);
  static constexpr Duration kPing = seconds(1), kSilence = seconds(3);  // of the one that listens

  net::Loop& loop_;
  net::Resolver& resolver_;
  const RedisDoor door_;
  const std::string name_;
  const Heard heard_;
  std::unique_ptr<RedisLine> asker_, listener_;
  Pause asker_pause_, listener_pause_;
  std::vector<std::string> replies_;
  size_t expected_ = 0;  // 0: nothing is asked
  Instant asked_{};
  bool ended_ = false;
  net::Tick watch_tick_;
};

}  // namespace forebay::probe
