#include "pools/shape_cache.h"

#include <cassert>

namespace forebay::pools {

using pgproto::Classification;

namespace {

constexpr Classification kWrites{.kind = Classification::Kind::kOther,
                                 .reason = Classification::Reason::kStatement};
constexpr Classification kTooLong{.kind = Classification::Kind::kOther,
                                  .reason = Classification::Reason::kTooLong};

}  // namespace

const Classification* ShapeCache::find(Bytes sql, uint64_t epoch) {
  if (epoch != epoch_) {
    clear();
    epoch_ = epoch;
  }
  if (pgproto::beginsAsWrite(sql)) return &kWrites;
  if (const Classification* known = recent_.find(sql)) return known;
  if (sql.size() > pgproto::SqlShaper::kMaxSql) return &kTooLong;
  asked_ = shaper_.shape(sql);
  if (asked_.size() > pgproto::kMaxClassifiedSql) return &kTooLong;
  const auto found = entries_.find(asked_);
  if (found == entries_.end()) return nullptr;
  const Order::iterator entry = found->second;
  if (entry != order_.begin()) order_.splice(order_.begin(), order_, entry);
  recent_.remember(sql, entry->classification);
  return &entry->classification;
}

Classification ShapeCache::learn(const pgproto::VolatilityCatalog* catalog) {
  assert(!entries_.contains(asked_));
  const Classification classification = pgproto::classify(asked_, catalog);
  if (weight(asked_) > max_bytes_) return classification;
  makeRoom(weight(asked_));
  const Entry& entry = order_.emplace_front(Entry{std::string(asked_), classification});
  entries_.emplace(entry.shape, order_.begin());
  bytes_ += weight(entry.shape);
  return classification;
}

void ShapeCache::makeRoom(size_t bytes) {
  while (bytes_ + bytes > max_bytes_) {
    const Entry& oldest = order_.back();
    bytes_ -= weight(oldest.shape);
    entries_.erase(oldest.shape);
    order_.pop_back();
  }
}

void ShapeCache::clear() {
  recent_.clear();
  entries_.clear();
  order_.clear();
  bytes_ = 0;
}

}  // namespace forebay::pools
