#include "gateway/redis/client_filter.h"

#include <algorithm>

#include "gateway/redis/client.h"
#include "gateway/redis/words.h"

namespace forebay::redis {
namespace {

std::optional<uint64_t> positive(Bytes text) {
  const auto value = wholeNumber<uint64_t>(text);
  return value == 0 ? std::nullopt : value;
}

}  // namespace

Status ClientFilter::take(Bytes option, Bytes value) {
  if (sameWord(option, "id")) {
    const auto id = positive(value);
    if (!id) return Error{"ERR client-id should be greater than 0"};
    ids_.push_back(*id);
  } else if (sameWord(option, "type")) {
    const bool normal = sameWord(value, "normal"), pubsub = sameWord(value, "pubsub");
    const bool other = sameWord(value, "master") || sameWord(value, "replica") || sameWord(value, "slave");
    if (!normal && !pubsub && !other)
      return Error{"ERR Unknown client type '" + std::string(value.substr(0, 128)) + "'"};
    type_ = normal ? Type::kNormal : pubsub ? Type::kPubsub : Type::kOther;
  } else if (sameWord(option, "addr")) {
    address_ = value;
  } else if (sameWord(option, "laddr")) {
    local_address_ = value;
  } else if (sameWord(option, "user")) {
    user_ = value;
  } else if (sameWord(option, "maxage")) {
    max_age_ = positive(value);
    if (!max_age_) return Error{"ERR syntax error"};
  } else if (sameWord(option, "skipme")) {
    if (!sameWord(value, "yes") && !sameWord(value, "no")) return Error{"ERR syntax error"};
    skip_self_ = sameWord(value, "yes");
  } else {
    return Error{"ERR syntax error"};
  }
  return Ok{};
}

Result<ClientFilter> ClientFilter::ofList(const std::vector<Bytes>& args) {
  ClientFilter filter;
  filter.skip_self_ = false;
  if (args.size() == 2) return filter;
  if (sameWord(args[2], "id") && args.size() > 3) {
    for (size_t i = 3; i < args.size(); ++i) {
      const auto id = positive(args[i]);
      if (!id) return Error{"ERR Invalid client ID"};
      filter.ids_.push_back(*id);
    }
    return filter;
  }
  if (!sameWord(args[2], "type") || args.size() != 4) return Error{"ERR syntax error"};
  if (const Status taken = filter.take(args[2], args[3]); !taken) return Error{taken.error()};
  return filter;
}

Result<ClientFilter> ClientFilter::ofKill(const std::vector<Bytes>& args) {
  ClientFilter filter;
  if (args.size() == 3) {
    filter.old_form_ = true;
    filter.skip_self_ = false;
    filter.address_ = args[2];
    return filter;
  }
  if (args.size() % 2 != 0) return Error{"ERR syntax error"};
  for (size_t i = 2; i + 1 < args.size(); i += 2)
    if (const Status taken = filter.take(args[i], args[i + 1]); !taken) return Error{taken.error()};
  return filter;
}

bool ClientFilter::meansOnly(const Client& self) const {
  if (old_form_) return address_ == self.peer().text();
  const auto own = [&](uint64_t id) { return id == self.id(); };
  return !skip_self_ && !ids_.empty() && std::all_of(ids_.begin(), ids_.end(), own);
}

bool ClientFilter::matches(const Client& client) const {
  if (!ids_.empty() && std::find(ids_.begin(), ids_.end(), client.id()) == ids_.end()) return false;
  if (type_ && *type_ != (client.listens() ? Type::kPubsub : Type::kNormal)) return false;
  if (!address_.empty() && client.peer().text() != address_) return false;
  if (!local_address_.empty() && client.localAddress() != local_address_) return false;
  if (!user_.empty() && (!client.user() || client.user()->name != user_)) return false;
  if (max_age_) {
    const auto age =
        std::chrono::duration_cast<seconds>(std::chrono::system_clock::now() - client.connectedWall());
    if (static_cast<uint64_t>(age.count()) < *max_age_) return false;
  }
  return true;
}

}  // namespace forebay::redis
