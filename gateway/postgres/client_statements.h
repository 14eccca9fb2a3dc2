// ClientStatements: what one client has prepared, under its own names, and the settings that it made but has
// not committed yet. Exists only for clients that prepare or set something.
#pragma once

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
  // A Parse of this name was sent in that batch; it stands unless the server skips it.
  void parseSent(Bytes name, pools::StatementRef statement, uint32_t batch) {
    named_.insert_or_assign(std::string(name), std::move(statement));
    unconfirmed_.pushBack({std::string(name), batch});
  }
  // Does the answer to a Parse of an earlier batch decide what the name stands for?
  bool undecided(Bytes name, uint32_t batch) const {
    for (size_t i = 0; i < unconfirmed_.size(); ++i)
      if (unconfirmed_[i].batch != batch && unconfirmed_[i].name == name) return true;
    return false;
  }
  void parseConfirmed() {
    if (!unconfirmed_.empty()) unconfirmed_.popFront();
  }
  void parsesSkipped(uint32_t count) {
    for (; count > 0 && !unconfirmed_.empty(); --count) {
      forget(unconfirmed_.front().name);
      unconfirmed_.popFront();
    }
  }
  void forget(Bytes name) {
    last_found_ = nullptr;
    named_.erase(std::string(name));
  }
  void clear() {
    last_found_ = nullptr;
    named_.clear();
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

  // What a DEALLOCATE under way will forget, if it does not fail.
  std::string deallocating;

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(Bytes name) const { return std::hash<Bytes>{}(name); }
  };
  using Named = std::unordered_map<std::string, pools::StatementRef, NameHash, std::equal_to<>>;
  Named named_;
  mutable const Named::value_type* last_found_ = nullptr;  // many use one statement again and again
  struct Unconfirmed {
    std::string name;
    uint32_t batch = 0;
  };
  Ring<Unconfirmed> unconfirmed_;
};

}  // namespace forebay::postgres
