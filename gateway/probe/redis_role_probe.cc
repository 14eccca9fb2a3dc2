#include "gateway/probe/redis_role_probe.h"

#include <utility>

#include "gateway/redis/reply_value.h"

namespace forebay::probe {

void RedisRoleProbe::end() {
  ended_ = true;
  dismiss(loop_, line_);
}

void RedisRoleProbe::ask(uint64_t number) {
  const Instant now = loop_.now();
  if (ended_ || asking_ || (!line_ && !pause_.over(now))) return;
  asked_ = now;
  number_ = number;
  const bool begins = !line_;
  if (begins) {
    line_ = std::make_unique<RedisLine>(loop_, resolver_, door_, kTimeout,
                                        RedisLine::Heard{.value = [this](Bytes reply) { replied(reply); },
                                                         .lost =
                                                             [this](const std::string& why) {
                                                               dismiss(loop_, line_);
                                                               asking_ = false;
                                                               pause_.failed(loop_.now());
                                                               heard_.failed(why);
                                                             }});
  }
  say();
  if (begins) line_->start();
}

void RedisRoleProbe::say() {
  asking_ = true;
  line_->say(askRole(ways_[way_]), 1);
}

// Who may not ask in one way is asked in the next: ROLE is for administrators, HELLO for everybody since
// Redis 6.
void RedisRoleProbe::replied(Bytes reply) {
  if (!std::exchange(asking_, false)) return;
  if (const auto facts = readRole(ways_[way_], reply)) {
    pause_.succeeded();
    return heard_.answered(*facts, asked_, number_);
  }
  way_ = (way_ + 1) % ways_.size();
  if (way_ != 0) return say();
  heard_.failed(reply.starts_with('-') ? std::string(redis::errorText(reply)) : "it does not tell its role");
}

}  // namespace forebay::probe
