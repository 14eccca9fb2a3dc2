#include "pools/prepared_set.h"

namespace forebay::pools {

PreparedSet::Standing PreparedSet::use(const StatementKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  order_.splice(order_.begin(), order_, found->second);
  return {found->second->state, found->second->parse_batch};
}

void PreparedSet::touch(const StatementKey& key, uint32_t batch) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) found->second->use_batch = batch;
}

void PreparedSet::parseSent(const StatementKey& key, uint32_t batch) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    *found->second = {key, State::kPending, batch, batch};
    return;
  }
  order_.push_front({key, State::kPending, batch, batch});
  entries_.emplace(key, order_.begin());
}

void PreparedSet::parseCompleted(const StatementKey& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) found->second->state = State::kReady;
}

void PreparedSet::parseSkipped(const StatementKey& key) {
  const auto found = entries_.find(key);
  // A statement that was ready before stays: a second Parse of its name is refused by the server, the first
  // one stands.
  if (found != entries_.end() && found->second->state == State::kPending) closed(key);
}

void PreparedSet::closed(const StatementKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  order_.erase(found->second);
  entries_.erase(found);
}

void PreparedSet::clear() {
  entries_.clear();
  order_.clear();
}

std::optional<StatementKey> PreparedSet::evict(size_t limit, uint32_t batch) {
  if (entries_.size() <= limit) return std::nullopt;
  for (auto entry = order_.rbegin(); entry != order_.rend(); ++entry) {
    if (entry->state == State::kPending || entry->use_batch == batch) continue;
    const StatementKey key = entry->key;
    closed(key);
    return key;
  }
  return std::nullopt;
}

}  // namespace forebay::pools
