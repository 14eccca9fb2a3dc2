#include "gateway/postgres/database_catalog.h"

#include <algorithm>
#include <utility>

#include "base/backoff.h"

namespace forebay::postgres {

DatabaseCatalog::Catalog DatabaseCatalog::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::optional<DatabaseCatalog::Claim> DatabaseCatalog::claim(Instant now) {
  if (!due(now)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!due(now)) return std::nullopt;
  if (current_ && now - loaded_at_ > kUsable) replace(nullptr);
  loading_ = true;
  outdated_ = false;
  began_at_ = now;
  dueAt(now + 2 * kLoadLimit);
  return ++last_claim_;
}

// Whether it is the claim that counts. Under the lock.
bool DatabaseCatalog::ends(Claim claim) { return claim == last_claim_ && std::exchange(loading_, false); }

void DatabaseCatalog::loaded(Claim claim, Catalog catalog, Instant now) {
  const std::lock_guard lock(mutex_);
  if (!ends(claim)) return;
  failures_ = 0;
  if (outdated_) return dueAt(std::max(now, began_at_ + kPause));
  replace(std::move(catalog));
  loaded_at_ = began_at_;
  dueAt(began_at_ + kFresh);
}

uint32_t DatabaseCatalog::failed(Claim claim, Instant now, double jitter) {
  const std::lock_guard lock(mutex_);
  if (!ends(claim)) return failures_;
  dueAt(now + backoff(kFirstRetry, failures_, kLastRetry, jitter));
  return ++failures_;
}

void DatabaseCatalog::invalidate(Instant now) {
  const std::lock_guard lock(mutex_);
  if (current_) replace(nullptr);
  outdated_ = true;
  const bool counting_on = loading_ || failures_ > 0;  // there is a time for the next one already
  if (!counting_on && began_at_ != Instant::min()) dueAt(std::max(now, began_at_ + kPause));
}

void DatabaseCatalog::replace(Catalog catalog) {
  current_ = std::move(catalog);
  epoch_.store(nextEpoch(), std::memory_order_release);
}

}  // namespace forebay::postgres
