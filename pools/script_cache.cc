#include "pools/script_cache.h"

#include <openssl/evp.h>

#include <cassert>

#include "pools/key_hash.h"

namespace forebay::pools {
namespace {

int hexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

ScriptDigest scriptDigest(Bytes body) {
  ScriptDigest digest{};
  unsigned size = 0;
  [[maybe_unused]] const int done =
      EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha1(), nullptr);
  assert(done == 1 && size == digest.size());
  return digest;
}

std::string scriptSha(const ScriptDigest& digest) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string sha;
  sha.reserve(2 * digest.size());
  for (const uint8_t byte : digest) {
    sha += kHex[byte >> 4];
    sha += kHex[byte & 15];
  }
  return sha;
}

std::optional<ScriptDigest> parseScriptSha(Bytes any_case) {
  ScriptDigest digest;
  if (any_case.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const int high = hexValue(any_case[2 * i]), low = hexValue(any_case[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return digest;
}

std::string ScriptCache::add(Bytes body) { return keep(scriptDigest(body), body)->sha; }

ScriptCache::ScriptPtr ScriptCache::keep(const ScriptDigest& digest, Bytes body) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = scripts_.find(digest); found != scripts_.end()) return use(found->second);
  }
  auto script = std::make_shared<Script>(digest, body);  // copies the body, so not under the mutex
  const std::lock_guard lock(mutex_);
  if (const auto found = scripts_.find(digest); found != scripts_.end()) return use(found->second);
  insert(script);
  return script;
}

ScriptCache::ScriptPtr ScriptCache::use(Order::iterator position) {
  order_.splice(order_.begin(), order_, position);
  return *position;
}

void ScriptCache::insert(const ScriptPtr& script) {
  const size_t bytes = weight(script->body);
  if (bytes > max_bytes_ || max_count_ == 0) {
    script->dropped = true;
    return;
  }
  makeRoom(bytes);
  order_.push_front(script);
  scripts_.emplace(script->digest, order_.begin());
  bytes_ += bytes;
  script->dropped = false;
}

// From the least recently used on; who was used meanwhile goes to the front for once. This ends: each script
// is spared once at most, unless workers use it at this very moment.
void ScriptCache::makeRoom(size_t bytes) {
  while (bytes_ + bytes > max_bytes_ || scripts_.size() >= max_count_) {
    const auto last = std::prev(order_.end());
    if ((*last)->used.exchange(false)) {
      order_.splice(order_.begin(), order_, last);
    } else {
      drop(last);
    }
  }
}

void ScriptCache::drop(Order::iterator position) {
  (*position)->dropped = true;
  bytes_ -= weight((*position)->body);
  scripts_.erase((*position)->digest);
  order_.erase(position);
}

std::shared_ptr<const std::string> ScriptCache::find(Bytes sha) {
  const std::optional<ScriptDigest> digest = parseScriptSha(sha);
  if (!digest) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = scripts_.find(*digest);
  if (found == scripts_.end()) return nullptr;
  const ScriptPtr script = use(found->second);
  return {script, &script->body};
}

void ScriptCache::clear() {
  const std::lock_guard lock(mutex_);
  while (!order_.empty()) drop(order_.begin());
}

size_t ScriptCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

size_t ScriptCache::count() const {
  const std::lock_guard lock(mutex_);
  return scripts_.size();
}

Bytes ScriptMemo::add(Bytes body) {
  if (body.size() > kMaxBody) {
    current_ = cache_.keep(scriptDigest(body), body);
    return current_->sha;
  }
  if (slots_.empty()) slots_.resize(kSlots);
  const uint64_t hash = keyHash(body);
  Slot& slot = slots_[hash % kSlots];
  if (slot.script == nullptr || slot.hash != hash || slot.script->body != body) {
    slot = {hash, cache_.keep(scriptDigest(body), body)};
  } else if (slot.script->dropped.load(std::memory_order_relaxed)) {
    slot.script = cache_.keep(slot.script->digest, body);
  }
  if (!slot.script->used.load(std::memory_order_relaxed)) slot.script->used = true;
  return slot.script->sha;
}

bool LoadedScripts::has(Bytes sha) const {
  const std::optional<ScriptDigest> digest = parseScriptSha(sha);
  return digest && digests_.contains(*digest);
}

void LoadedScripts::add(Bytes sha) {
  const std::optional<ScriptDigest> digest = parseScriptSha(sha);
  if (!digest || max_count_ == 0) return;
  if (digests_.size() >= max_count_ && !digests_.contains(*digest)) digests_.clear();
  digests_.insert(*digest);
}

void LoadedScripts::forget(Bytes sha) {
  if (const std::optional<ScriptDigest> digest = parseScriptSha(sha)) digests_.erase(*digest);
}

}  // namespace forebay::pools
