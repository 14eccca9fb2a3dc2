#include "gateway/redis/pub_sub.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/reply_value.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {
namespace {

using Kind = pools::SubscriptionKind;

constexpr std::string_view kSubscribe[] = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"};
constexpr std::string_view kUnsubscribe[] = {"UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"};

// The first words of a push: enough to know what it is and for whom.
struct Words {
  std::array<Bytes, 3> word;
  size_t count = 0;
};

Words firstWords(Bytes value) {
  Words words;
  size_t at = value.find("\r\n");
  while (at != Bytes::npos && words.count < words.word.size()) {
    at += 2;
    if (at >= value.size() || value[at] != '$') break;
    size_t size = 0;
    const auto read = std::from_chars(value.data() + at + 1, value.data() + value.size(), size);
    const size_t begin = static_cast<size_t>(read.ptr - value.data()) + 2;
    if (read.ec != std::errc() || begin > value.size() || value.size() - begin < size) break;
    words.word[words.count++] = value.substr(begin, size);
    at = begin + size;
  }
  return words;
}

std::optional<Kind> kindOf(Bytes word, std::string_view plain) {
  if (word == plain) return Kind::kChannel;
  if (word.size() != plain.size() + 1 || word.substr(1) != plain) return std::nullopt;
  return word[0] == 'p' ? Kind::kPattern : Kind::kShard;
}

}  // namespace

PubSub::PubSub(WorkerCache& cache) : cache_(cache), retry_(cache.worker().loop(), [this] { connect(); }) {}

void PubSub::connect() {
  if (server_ != nullptr || subscriptions_.empty() || !cache_.hasNode()) return;
  server_ = &cache_.makeSubscriber();
  server_->dial();
}

void PubSub::connected(Server&) {
  ready_ = true;
  failures_ = 0;
  subscriptions_.upstreamReady([this](Kind kind, Bytes name) { say(true, kind, name); });
}

void PubSub::lost(Server& server) {
  if (&server != server_) return;
  server_ = nullptr;
  if (ready_) cache_.counters().subscriber_gaps.add();
  if (ready_) subscriptions_.upstreamLost();
  ready_ = false;
  asked_.clear();
  if (subscriptions_.empty() || cache_.closing()) return;
  retry_.in(cache_.retryPause(failures_++));
}

void PubSub::nodeFound() {
  failures_ = 0;
  connect();
}

void PubSub::say(bool subscribe, Kind kind, Bytes name) {
  const auto index = static_cast<size_t>(kind);
  asked_.pushBack({subscribe, kind, std::string(name)});
  server_->putMore(redisproto::request({subscribe ? kSubscribe[index] : kUnsubscribe[index], name}));
}

pools::Subscriptions::Added PubSub::subscribe(Client& client, Kind kind, Bytes name, size_t max_names) {
  const auto added = subscriptions_.add(kind, name, client, max_names);
  if (added == pools::Subscriptions::Added::kSubscribe && ready_) say(true, kind, name);
  if (server_ == nullptr) connect();
  return added;
}

pools::Subscriptions::Removed PubSub::unsubscribe(Client& client, Kind kind, Bytes name) {
  const auto removed = subscriptions_.remove(kind, name, client);
  if (removed.unsubscribe && ready_) say(false, kind, name);
  return removed;
}

std::vector<std::string> PubSub::names(const Client& client, Kind kind) const {
  return subscriptions_.names(kind, client);
}

void PubSub::left(Client& client) {
  subscriptions_.removeAll(client, [this](Kind kind, Bytes name) {
    if (ready_) say(false, kind, name);
  });
}

void PubSub::received(Bytes value) {
  if (value.empty()) return;
  if (value[0] == '-' || value[0] == '!') return failed(value);
  const Words words = firstWords(value);
  if (words.count < 2) return;
  if (const auto kind = kindOf(words.word[0], "message")) {
    cache_.counters().messages.add();
    const Bytes rest = value.substr(1);
    uint64_t deliveries = 0;
    subscriptions_.forEach(*kind, words.word[1], [&](pools::Subscriber& subscriber) {
      auto& client = static_cast<Client&>(subscriber);
      ++deliveries;
      client.pushed(client.resp() == redisproto::Resp::k3 ? ">" : "*", rest);
    });
    return cache_.counters().deliveries.add(deliveries);
  }
  answered(words.word[0], words.word[1]);
}

void PubSub::answered(Bytes what, Bytes name) {
  const std::string text(name);
  if (const auto kind = kindOf(what, "subscribe")) {
    if (!asked_.empty()) asked_.popFront();
    return subscriptions_.confirmed(*kind, text, [&](pools::Subscriber& subscriber, uint32_t times) {
      static_cast<Client&>(subscriber).confirmed(*kind, text, times);
    });
  }
  const auto kind = kindOf(what, "unsubscribe");
  if (!kind) return;
  if (!asked_.empty() && !asked_.front().subscribe && asked_.front().name == text) asked_.popFront();
  if (subscriptions_.unsubscribed(*kind, text)) say(true, *kind, text);
}

// The oldest question was refused: this user of Redis may not use that channel.
void PubSub::failed(Bytes error) {
  if (asked_.empty()) return;
  const Asked asked = asked_.front();
  asked_.popFront();
  if (!asked.subscribe) return;
  const std::string text(errorText(error));
  const bool unsubscribe =
      subscriptions_.refused(asked.kind, asked.name, [&](pools::Subscriber& subscriber, uint32_t times) {
        static_cast<Client&>(subscriber).refused(asked.kind, asked.name, times, text);
      });
  if (unsubscribe) say(false, asked.kind, asked.name);
}

}  // namespace forebay::redis
