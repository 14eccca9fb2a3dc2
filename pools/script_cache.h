// The gateway's own copies of scripts, by which an EVALSHA that a server answers with NOSCRIPT is repaired.
//
// ScriptCache serves the whole process and is thread-safe, by a mutex. So that an EVAL costs neither the
// mutex nor a SHA1 each time, every worker asks through a ScriptMemo of its own, which knows the bodies that
// it saw lately. LoadedScripts is what a worker knows of one server.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"

namespace forebay::pools {

using ScriptDigest = std::array<uint8_t, 20>;  // the SHA1 of a script's body

struct ScriptDigestHash {
  size_t operator()(const ScriptDigest& digest) const {
    size_t hash;
    std::memcpy(&hash, digest.data(), sizeof hash);  // the digest is a hash already
    return hash;
  }
};

ScriptDigest scriptDigest(Bytes body);
std::string scriptSha(const ScriptDigest& digest);           // 40 hex digits, lower case
std::optional<ScriptDigest> parseScriptSha(Bytes any_case);  // nothing: not 40 hex digits

class ScriptCache {
 public:
  explicit ScriptCache(size_t max_bytes = size_t{16} << 20, size_t max_count = 16384)
      : max_bytes_(max_bytes), max_count_(max_count) {}

  // Keeps the body and returns its SHA1 in lower-case hex. A body larger than the whole cache is not kept.
  std::string add(Bytes body);
  // Null: there is no copy, or `sha` is no SHA1.
  std::shared_ptr<const std::string> find(Bytes sha);
  void clear();  // SCRIPT FLUSH: what the servers forget is forgotten here
  size_t bytes() const;
  size_t count() const;

 private:
  friend class ScriptMemo;

  struct Script {
    Script(const ScriptDigest& script_digest, Bytes script_body)
        : digest(script_digest), sha(scriptSha(script_digest)), body(script_body) {}

    const ScriptDigest digest;
    const std::string sha;
    const std::string body;
    // Set without the mutex by who finds it in a memo. It spares the script once when room is made, and so a
    // script whose body comes with every EVAL counts as used, too.
    std::atomic<bool> used{false};
    std::atomic<bool> dropped{false};  // not in the cache any more, only in memos
  };
  using ScriptPtr = std::shared_ptr<Script>;
  using Order = std::list<ScriptPtr>;  // the most recently used first

  ScriptPtr keep(const ScriptDigest& digest, Bytes body);
  ScriptPtr use(Order::iterator position);
  void insert(const ScriptPtr& script);
  void makeRoom(size_t bytes);
  void drop(Order::iterator position);
  static size_t weight(Bytes body) { return body.size() + kOverhead; }

  static constexpr size_t kOverhead = 256;  // what a script costs beside its body, about

  const size_t max_bytes_, max_count_;
  mutable std::mutex mutex_;
  Order order_;
  std::unordered_map<ScriptDigest, Order::iterator, ScriptDigestHash> scripts_;
  size_t bytes_ = 0;
};

// ScriptMemo belongs to one worker. It knows 256 bodies at most, by a cheap hash and then by all their bytes,
// and none above 32 KiB: those are hashed each time.
class ScriptMemo {
 public:
  explicit ScriptMemo(ScriptCache& cache) : cache_(cache) {}

  // As ScriptCache::add(). The view is good until the next call.
  Bytes add(Bytes body);

 private:
  static constexpr size_t kSlots = 256, kMaxBody = 32768;

  struct Slot {
    uint64_t hash = 0;
    ScriptCache::ScriptPtr script;
  };

  ScriptCache& cache_;
  ScriptCache::ScriptPtr current_;  // what the last call's answer points into
  std::vector<Slot> slots_;         // made with the first script
};

// LoadedScripts: which scripts a server has surely loaded, for one epoch of it: clear() when it may be
// another process, or was flushed. Knowing too little is safe, so it forgets everything when it is full.
// Belongs to one worker.
class LoadedScripts {
 public:
  explicit LoadedScripts(size_t max_count = 16384) : max_count_(max_count) {}

  bool has(Bytes sha) const;  // in any case
  void add(Bytes sha);
  void forget(Bytes sha);  // the server has said NOSCRIPT
  void clear() { digests_.clear(); }
  size_t count() const { return digests_.size(); }

 private:
  const size_t max_count_;
  std::unordered_set<ScriptDigest, ScriptDigestHash> digests_;
};

}  // namespace forebay::pools
