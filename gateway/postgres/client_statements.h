// ClientStatements: what one client has prepared, under its own names, and the settings that it made but has
// not committed yet. Exists only for clients that prepare or set something.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/ring.h"
#include "pools/statement.h"

namespace forebay::postgres {

class ClientStatements {
 public:
  const pools::StatementRef* find(Bytes name) const {
    if (last_found_ != nullptr && last_found_->first == name) return &last_found_->second;
    const auto found = named_.find(name);
    if (found == named_.end()) return nullptr;
    last_found_ = &*found;
    return &found->second;
  }
  // A client may hold so much, in names and in the texts behind them.
  static constexpr size_t kMaxStatements = 100'000, kMaxTextBytes = size_t{256} * 1024 * 1024;
  bool full() const {
    return named_.size() + unconfirmed_.size() >= kMaxStatements || text_bytes_ >= kMaxTextBytes;
  }
  // A Parse of this name was sent in that batch; it stands unless the server skips it.
  void parseSent(Bytes name, pools::StatementRef statement, uint32_t batch) {
    forget(name);
    for (Deallocation& under_way : deallocating)
      if (under_way.name == name) under_way.name.clear();  // from here on it stands for something else
    text_bytes_ += statement->sql.size();
    named_.emplace(std::string(name), std::move(statement));
    unconfirmed_.pushBack({std::string(name), batch, {}});
  }
  // A Close of this name, which there is, was sent in that batch; it stands for nothing unless the server
  // skips it.
  void closeSent(Bytes name, uint32_t batch) {
    const auto found = named_.find(name);
    unconfirmed_.pushBack({std::string(name), batch, std::move(found->second)});  // its text still counts
    last_found_ = nullptr;
    named_.erase(found);
  }
  // Does the answer to a Parse or Close of an earlier batch decide what the name stands for?
  bool undecided(Bytes name, uint32_t batch) const {
    // The oldest first: where that is of this batch, all are.
    if (unconfirmed_.empty() || unconfirmed_[0].batch == batch) return false;
    for (size_t i = 0; i < unconfirmed_.size(); ++i)
      if (unconfirmed_[i].batch != batch && unconfirmed_[i].name == name) return true;
    return false;
  }
  // The oldest of them was answered; or so many were skipped.
  void confirmed() {
    if (unconfirmed_.empty()) return;
    if (const pools::StatementRef& closed = unconfirmed_[0].closed) text_bytes_ -= closed->sql.size();
    unconfirmed_.popFront();
  }
  void skipped(size_t count) {
    count = std::min(count, unconfirmed_.size());
    for (size_t i = count; i-- > 0;) {  // a name may have been closed and used again
      Unconfirmed& undone = unconfirmed_[i];
      forget(undone.name);
      if (undone.closed) named_.emplace(undone.name, std::move(undone.closed));
    }
    for (; count > 0; --count) unconfirmed_.popFront();
  }
  void forget(Bytes name) {
    last_found_ = nullptr;
    const auto found = named_.find(name);
    if (found == named_.end()) return;
    text_bytes_ -= found->second->sql.size();
    named_.erase(found);
  }
  void clear() {
    deallocating.clear();
    last_found_ = nullptr;
    text_bytes_ = 0;
    named_.clear();
    for (size_t i = 0; i < unconfirmed_.size(); ++i) unconfirmed_[i].closed = {};
    unnamed = {};
  }
  size_t size() const { return named_.size(); }

  // A statement without a name that was prepared in one batch and may be executed in a later one.
  pools::StatementRef unnamed;

  // SETs since the transaction began, in order.
  struct PendingSet {
    std::string name, value;
    bool reset = false;
    bool verbatim = false;  // the value is SQL as it was written, such as a list
  };
  std::vector<PendingSet> pending_sets;

  // The DEALLOCATEs under way, in order: each forgets its name once it is answered, unless it fails.
  struct Deallocation {
    std::string name;  // empty: none of the client's names, or of no account any more
    uint32_t batch = 0;
  };
  std::vector<Deallocation> deallocating;
  bool isDeallocating(Bytes name) const {
    return std::any_of(deallocating.begin(), deallocating.end(),
                       [name](const Deallocation& one) { return one.name == name; });
  }
  void deallocated() {
    if (deallocating.empty()) return;
    if (const std::string name = std::move(deallocating.front().name); !name.empty()) forget(name);
    deallocating.erase(deallocating.begin());
  }
  void deallocationsSkipped(uint32_t batch) {
    std::erase_if(deallocating, [batch](const Deallocation& one) { return one.batch == batch; });
  }

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(Bytes name) const { return std::hash<Bytes>{}(name); }
  };
  using NamedMap = std::unordered_map<std::string, pools::StatementRef, NameHash, std::equal_to<>>;
  NamedMap named_;
  size_t text_bytes_ = 0;
  mutable const NamedMap::value_type* last_found_ = nullptr;  // many use one statement again and again
  struct Unconfirmed {
    std::string name;
    uint32_t batch = 0;
    pools::StatementRef closed;  // of a Close: what it takes away
  };
  Ring<Unconfirmed> unconfirmed_;
};

}  // namespace forebay::postgres
