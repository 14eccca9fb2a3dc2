// RedisRoleProbe asks one Redis what it is, over a connection that it keeps: ROLE, or what else the login is
// allowed to ask. On its loop's thread; ended and buried, not destroyed, in a callback.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/probe/redis_line.h"
#include "gateway/probe/sentinel_link.h"
#include "gateway/probe/sentinel_replies.h"

namespace forebay::probe {

class RedisRoleProbe final : public net::Mortal {
 public:
  struct Heard {
    std::function<void(const failover::RedisFacts& facts, Instant asked)> answered;
    std::function<void(const std::string& why)> failed;  // also when the connection is lost at rest
  };

  RedisRoleProbe(net::Loop& loop, net::Resolver& resolver, RedisDoor door, Heard heard)
      : loop_(loop), resolver_(resolver), door_(std::move(door)), heard_(std::move(heard)) {}
  ~RedisRoleProbe() override { end(); }

  // Asks now, unless a question is under way or the node rests after a failure.
  void ask();
  void end();

 private:
  void say();
  void replied(Bytes reply);

  static constexpr Duration kTimeout = seconds(1);

  net::Loop& loop_;
  net::Resolver& resolver_;
  const RedisDoor door_;
  const Heard heard_;
  std::unique_ptr<RedisLine> line_;
  Pause pause_;
  RoleQuestion question_ = RoleQuestion::kRole;  // that was answered last, or is tried
  bool asking_ = false, ended_ = false;
  Instant asked_{};
};

}  // namespace forebay::probe
