#include "pools/big_keys.h"

#include <algorithm>

#include "pools/key_hash.h"

namespace forebay::pools {
namespace {

bool larger(const BigKey& a, const BigKey& b) {
  return a.bytes != b.bytes ? a.bytes > b.bytes : a.key < b.key;
}

size_t firstWay(uint64_t hash, size_t ways) { return hash % (BigKeys::kSlots / ways) * ways; }

}  // namespace

bool BigKeys::isKnown(Bytes key, Instant now) const {
  const uint64_t hash = boundedKeyHash(key);
  const Slot* slot = &slots_[firstWay(hash, kWays)];
  for (size_t way = 0; way < kWays; ++way, ++slot) {
    if (slot->hash == hash && now < slot->until) return true;
  }
  return false;
}

void BigKeys::seen(Bytes key, uint64_t bytes, Instant now) {
  const uint64_t hash = boundedKeyHash(key);
  Slot* const ways = &slots_[firstWay(hash, kWays)];
  Slot* slot = std::find_if(ways, ways + kWays, [hash](const Slot& s) { return s.hash == hash; });
  if (slot == ways + kWays)  // the one that would be forgotten first makes room
    slot =
        std::min_element(ways, ways + kWays, [](const Slot& a, const Slot& b) { return a.until < b.until; });
  *slot = {hash, now + kMemory};
  none_from_ = std::max(none_from_, now + kMemory);
  name(hash, key, bytes, now);
}

void BigKeys::name(uint64_t hash, Bytes key, uint64_t bytes, Instant now) {
  const auto same = std::find_if(largest_.begin(), largest_.end(),
                                 [hash](const Named& named) { return named.hash == hash; });
  if (same != largest_.end()) {
    same->big.bytes = bytes;
    same->big.seen_at = now;
    return;
  }
  if (largest_.size() == kLargest)
    std::erase_if(largest_, [now](const Named& named) { return named.big.seen_at + kMemory <= now; });
  BigKey big{std::string(key.substr(0, kMaxKey)), bytes, now};
  if (largest_.size() < kLargest) {
    largest_.push_back({hash, std::move(big)});
    return;
  }
  const auto smallest =
      std::min_element(largest_.begin(), largest_.end(),
                       [](const Named& a, const Named& b) { return a.big.bytes < b.big.bytes; });
  if (smallest->big.bytes < bytes) *smallest = {hash, std::move(big)};
}

std::vector<BigKey> BigKeys::top() const {
  std::vector<BigKey> keys;
  keys.reserve(largest_.size());
  for (const Named& named : largest_) keys.push_back(named.big);
  std::sort(keys.begin(), keys.end(), larger);
  return keys;
}

std::vector<BigKey> mergeBigKeys(const std::vector<std::vector<BigKey>>& of_workers, size_t k) {
  std::vector<BigKey> keys;
  for (const std::vector<BigKey>& of_one : of_workers) {
    for (const BigKey& big : of_one) {
      const auto same = std::find_if(keys.begin(), keys.end(),
                                     [&big](const BigKey& other) { return other.key == big.key; });
      if (same == keys.end()) {
        keys.push_back(big);
      } else if (same->seen_at < big.seen_at) {
        *same = big;
      }
    }
  }
  std::sort(keys.begin(), keys.end(), larger);
  if (keys.size() > k) keys.resize(k);
  return keys;
}

}  // namespace forebay::pools
