#include "pools/prepared_set.h"

#include <algorithm>

namespace forebay::pools {

PreparedSet::Standing PreparedSet::use(const StatementKey& key, uint32_t batch) {
  if (order_.empty() || order_.front().key != key) {  // most often it is the one that was used last
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
      const bool leaving = std::find(evicted_.begin(), evicted_.end(), key) != evicted_.end();
      return leaving ? Standing{State::kPending, kNoBatch} : Standing{};
    }
    order_.splice(order_.begin(), order_, found->second);
  }
  Entry& entry = order_.front();
  entry.use_batch = batch;
  if (entry.unanswered > 0) return {State::kPending, entry.parse_batch};
  return entry.unsure ? Standing{State::kPending, kNoBatch} : Standing{State::kReady, entry.parse_batch};
}

PreparedSet::Entry& PreparedSet::entry(const StatementKey& key) {
  const auto [at, is_new] = entries_.try_emplace(key);
  if (is_new) {
    order_.emplace_front().key = key;
    at->second = order_.begin();
  }
  return *at->second;
}

void PreparedSet::parseSent(const StatementKey& key, uint32_t batch) {
  Entry& sent = entry(key);
  ++sent.unanswered;
  sent.parse_batch = sent.use_batch = batch;
}

void PreparedSet::parseCompleted(const StatementKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& completed = *found->second;
  if (completed.unanswered > 0) --completed.unanswered;
  completed.stands = true;
  completed.unsure = false;
}

void PreparedSet::parseSkipped(const StatementKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  if (found->second->unanswered > 0) --found->second->unanswered;
  forgetIfGone(key);
}

void PreparedSet::closeCompleted(const StatementKey& key) {
  if (const auto evicted = std::find(evicted_.begin(), evicted_.end(), key); evicted != evicted_.end()) {
    evicted_.erase(evicted);
    return;
  }
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  found->second->stands = found->second->unsure = false;
  forgetIfGone(key);
}

void PreparedSet::closeSkipped(const StatementKey& key) {
  const auto evicted = std::find(evicted_.begin(), evicted_.end(), key);
  if (evicted == evicted_.end()) return;  // it stands, or does not, as before
  evicted_.erase(evicted);
  entry(key).stands = true;
}

void PreparedSet::closed(const StatementKey& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) found->second->unsure = true;
}

void PreparedSet::forgetIfGone(const StatementKey& key) {
  const auto found = entries_.find(key);
  const Entry& left = *found->second;
  if (left.stands || left.unsure || left.unanswered > 0) return;
  order_.erase(found->second);
  entries_.erase(found);
}

void PreparedSet::clear() {
  evicted_.clear();
  for (auto at = order_.begin(); at != order_.end();) {
    const StatementKey key = at->key;
    at->stands = at->unsure = false;
    ++at;
    forgetIfGone(key);
  }
}

std::optional<StatementKey> PreparedSet::evict(size_t limit, uint32_t batch) {
  if (entries_.size() <= limit) return std::nullopt;
  for (auto oldest = order_.rbegin(); oldest != order_.rend(); ++oldest) {
    if (oldest->unanswered > 0 || oldest->use_batch == batch) continue;
    const StatementKey key = oldest->key;
    evicted_.push_back(key);
    order_.erase(std::next(oldest).base());
    entries_.erase(key);
    return key;
  }
  return std::nullopt;
}

}  // namespace forebay::pools
