#include "pools/hot_keys.h"

#include <algorithm>
#include <unordered_map>

#include "pools/key_hash.h"

namespace forebay::pools {
namespace {

bool hotter(const HotKey& a, const HotKey& b) {
  return a.count != b.count ? a.count > b.count : a.key < b.key;
}

}  // namespace

void HotKeys::drawGap() {  // Marsaglia's xorshift: it need not be hard to guess
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  gap_ = 1 + random_ % (2 * kOneOf - 1);
}

void HotKeys::decay(Instant now) {
  if (halved_at_ == kNever || now < halved_at_ + kHalfLife) return;
  const auto times = (now - halved_at_) / kHalfLife;
  halved_at_ += times * kHalfLife;
  halve(static_cast<uint32_t>(std::min<decltype(times)>(times, 31)));
}

void HotKeys::halve(uint32_t times) {
  for (auto& row : rows_) {
    for (uint32_t& count : row) count >>= times;
  }
  for (Entry& entry : top_) entry.count >>= times;
  std::erase_if(top_, [](const Entry& entry) { return entry.count == 0; });
}

void HotKeys::sample(Bytes key, Instant now) {
  if (halved_at_ == kNever) halved_at_ = now;
  decay(now);
  key = key.substr(0, kMaxKey);
  const uint64_t hash = keyHash(key);
  enter(hash, countUp(hash), key);
}

// Only the lowest of a key's counters are raised: the others are too high already, by other keys' samples.
uint32_t HotKeys::countUp(uint64_t hash) {
  std::array<uint32_t*, kRows> counters;
  for (size_t row = 0; row < kRows; ++row) counters[row] = &rows_[row][(hash >> (16 * row)) % kColumns];
  uint32_t lowest = *counters[0];
  for (const uint32_t* counter : counters) lowest = std::min(lowest, *counter);
  if (lowest == UINT32_MAX) return lowest;
  for (uint32_t* counter : counters) {
    if (*counter == lowest) ++*counter;
  }
  return lowest + 1;
}

void HotKeys::enter(uint64_t hash, uint32_t count, Bytes key) {
  if (k_ == 0) return;
  Entry* coldest = nullptr;
  for (Entry& entry : top_) {
    if (entry.hash == hash) {
      entry.count = count;
      return;
    }
    if (coldest == nullptr || entry.count < coldest->count) coldest = &entry;
  }
  if (top_.size() < k_) {
    top_.push_back({hash, count, std::string(key)});
  } else if (coldest->count < count) {
    *coldest = {hash, count, std::string(key)};
  }
}

std::vector<HotKey> HotKeys::top() const {
  std::vector<HotKey> keys;
  keys.reserve(top_.size());
  for (const Entry& entry : top_) keys.push_back({entry.key, entry.count});
  std::sort(keys.begin(), keys.end(), hotter);
  return keys;
}

std::vector<HotKey> mergeHotKeys(std::span<const std::vector<HotKey>> of_workers, size_t k) {
  std::unordered_map<std::string, uint64_t> sums;
  for (const std::vector<HotKey>& keys : of_workers) {
    for (const HotKey& hot : keys) sums[hot.key] += hot.count;
  }
  std::vector<HotKey> keys;
  keys.reserve(sums.size());
  for (const auto& [key, count] : sums) keys.push_back({key, count});
  std::sort(keys.begin(), keys.end(), hotter);
  if (keys.size() > k) keys.resize(k);
  return keys;
}

}  // namespace forebay::pools
