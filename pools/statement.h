// Protocol-level prepared statements that outlive the server connection they were prepared on.
//
// A statement is known by what it says: a hash over its text and its parameter types. So two clients that
// prepare the same text share one statement on a server, and its name there means the same on every worker.
// StatementRegistry belongs to one worker: its statements are counted without locks and never leave it. What
// travels with a server connection are keys.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "pgproto/read_only.h"

namespace forebay::pools {

using StatementKey = std::array<uint8_t, 16>;

struct StatementKeyHash {
  size_t operator()(const StatementKey& key) const {
    size_t hash;
    std::memcpy(&hash, key.data(), sizeof hash);  // the key is a hash already
    return hash;
  }
};

// The first 128 bits of SHA-256 over text and types: nobody can make two texts meet.
StatementKey statementKey(Bytes sql, Bytes parameter_types);

// The name on the server: "fb_" and 32 hex digits.
inline constexpr size_t kServerNameSize = 35;
std::string serverName(const StatementKey& key);

class StatementRegistry;

struct Statement {
  StatementKey key{};
  std::string name;  // on servers
  std::string sql;
  std::string parameter_types;  // as in the Parse message
  uint32_t effects = 0;         // pgproto::SessionEffect
  uint32_t references = 0;
  // Whether it reads, as was found out in that epoch of its database's catalog; a note of the worker's.
  mutable pgproto::Classification classification{};
  mutable uint64_t classified_in = 0;  // 0: it was not
  StatementRegistry* registry = nullptr;
};

// A counted reference; the statement is forgotten with its last one.
class StatementRef {
 public:
  StatementRef() = default;
  explicit StatementRef(Statement* statement) : statement_(statement) {
    if (statement_) ++statement_->references;
  }
  StatementRef(const StatementRef& other) : StatementRef(other.statement_) {}
  StatementRef(StatementRef&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  StatementRef& operator=(StatementRef other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }
  ~StatementRef();

  const Statement* get() const { return statement_; }
  const Statement* operator->() const { return statement_; }
  const Statement& operator*() const { return *statement_; }
  explicit operator bool() const { return statement_ != nullptr; }

 private:
  Statement* statement_ = nullptr;
};

class StatementRegistry {
 public:
  StatementRegistry() = default;
  StatementRegistry(const StatementRegistry&) = delete;
  StatementRegistry& operator=(const StatementRegistry&) = delete;
  ~StatementRegistry();

  // The statement with this text and these types, made when it is new. `effects` is asked for only then.
  template <typename Classify>
  StatementRef intern(Bytes sql, Bytes parameter_types, Classify classify) {
    Statement& statement = find(sql, parameter_types);
    if (statement.references == 0) statement.effects = classify(sql);
    return StatementRef(&statement);
  }

  const Statement* find(const StatementKey& key) const {
    const auto found = statements_.find(key);
    return found == statements_.end() ? nullptr : &found->second;
  }
  size_t size() const { return statements_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  friend class StatementRef;
  Statement& find(Bytes sql, Bytes parameter_types);
  void forget(Statement& statement);

  std::unordered_map<StatementKey, Statement, StatementKeyHash> statements_;
  size_t bytes_ = 0;
};

inline StatementRef::~StatementRef() {
  if (statement_ && --statement_->references == 0) statement_->registry->forget(*statement_);
}

}  // namespace forebay::pools
