// RedisRoleProbe asks one Redis what it is, over a connection that it keeps: ROLE, or what else the login is
// allowed to ask; where its position is to be compared with others', INFO, which alone tells of which
// replication stream it is. On its loop's thread; ended and buried, not destroyed, in a callback.
#pragma once

#include <array>
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
    // `number`: that ask() was given.
    std::function<void(const failover::RedisFacts& facts, Instant asked, uint64_t number)> answered;
    std::function<void(const std::string& why)> failed;  // also when the connection is lost at rest
  };

  RedisRoleProbe(net::Loop& loop, net::Resolver& resolver, RedisDoor door, bool compares, Heard heard)
      : loop_(loop),
        resolver_(resolver),
        door_(std::move(door)),
        ways_(compares ? kByPosition : kByRole),
        heard_(std::move(heard)) {}
  ~RedisRoleProbe() override { end(); }

  // Asks now, unless a question is under way or the node rests after a failure.
  void ask(uint64_t number);
  void end();

 private:
  void say();
  void replied(Bytes reply);

  static constexpr Duration kTimeout = seconds(1);
  using Ways = std::array<RoleQuestion, 3>;
  static constexpr Ways kByRole{RoleQuestion::kRole, RoleQuestion::kHello, RoleQuestion::kInfo};
  static constexpr Ways kByPosition{RoleQuestion::kInfo, RoleQuestion::kRole, RoleQuestion::kHello};

  net::Loop& loop_;
  net::Resolver& resolver_;
  const RedisDoor door_;
  const Ways ways_;
  const Heard heard_;
  std::unique_ptr<RedisLine> line_;
  Pause pause_;
  size_t way_ = 0;  // that was answered last, or is tried
  bool asking_ = false, ended_ = false;
  Instant asked_{};
  uint64_t number_ = 0;
};

}  // namespace forebay::probe
