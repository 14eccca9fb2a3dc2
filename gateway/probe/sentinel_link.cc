#include "gateway/probe/sentinel_link.h"

#include <utility>

#include "base/backoff.h"
#include "redisproto/builder.h"

namespace forebay::probe {

void Pause::failed(Instant now) { until_ = now + backoff(milliseconds(50), failures_++, seconds(1), 0); }

SentinelLink::SentinelLink(net::Loop& loop, net::Resolver& resolver, RedisDoor door, std::string name,
                           Heard heard)
    : loop_(loop),
      resolver_(resolver),
      door_(std::move(door)),
      name_(std::move(name)),
      heard_(std::move(heard)),
      watch_tick_(loop, [this] { watch(); }) {
  watch_tick_.in(Duration::zero());
}

void SentinelLink::end() {
  ended_ = true;
  dismiss(loop_, asker_);
  dismiss(loop_, listener_);
}

// ---- asking

void SentinelLink::ask(bool lists) {
  const Instant now = loop_.now();
  if (ended_ || expected_ > 0 || (!asker_ && !asker_pause_.over(now))) return;
  expected_ = lists ? kLongReplies : kShortReplies;
  asked_ = now;
  replies_.clear();
  const bool begins = !asker_;
  if (begins) {
    asker_ = std::make_unique<RedisLine>(loop_, resolver_, door_, kTimeout,
                                         RedisLine::Heard{.value = [this](Bytes reply) { replied(reply); },
                                                          .lost =
                                                              [this](const std::string& why) {
                                                                dismiss(loop_, asker_);
                                                                expected_ = 0;
                                                                asker_pause_.failed(loop_.now());
                                                                heard_.failed(why);
                                                              }});
  }
  asker_->say(askSentinel(name_, lists), expected_);
  if (begins) asker_->start();
}

void SentinelLink::replied(Bytes reply) {
  if (expected_ == 0) return;
  replies_.emplace_back(reply);
  if (replies_.size() < expected_) return;
  expected_ = 0;
  asker_pause_.succeeded();
  SentinelReply said = readSentinel(replies_);
  if (said.kind == SentinelReply::Kind::kRefused) return heard_.failed(said.error);
  heard_.answered(std::move(said), asked_);
}

// ---- listening

void SentinelLink::watch() {
  if (ended_) return;
  watch_tick_.in(kPing);
  if (!listener_) return listen();
  if (loop_.now() - listener_->heardAt() > kSilence) return listenerLost();
  listener_->say(redisproto::request({"PING"}), 0);
}

void SentinelLink::listen() {
  if (!listener_pause_.over(loop_.now())) return;
  listener_ =
      std::make_unique<RedisLine>(loop_, resolver_, door_, kTimeout,
                                  RedisLine::Heard{.value =
                                                       [this](Bytes message) {
                                                         listener_pause_.succeeded();
                                                         if (const auto hint = readHint(message, name_))
                                                           heard_.hint(*hint);
                                                       },
                                                   .lost = [this](const std::string&) { listenerLost(); }});
  listener_->say(kSubscribeToHints, 1);
  listener_->start();
}

// What it has to say meanwhile is missed, and found out by asking.
void SentinelLink::listenerLost() {
  dismiss(loop_, listener_);
  listener_pause_.failed(loop_.now());
  watch_tick_.in(milliseconds(100));
}

}  // namespace forebay::probe
