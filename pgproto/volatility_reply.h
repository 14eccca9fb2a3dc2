// VolatilityReply reads the answer to kVolatilityQuery as it comes.
//
// Of what it was given it keeps the rows, and so many bytes of names at most; of a longer answer, one with an
// error and one that makes no sense it keeps nothing, and reads over the rest. Pure, not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "pgproto/volatility_catalog.h"

namespace forebay::pgproto {

class VolatilityReply {
 public:
  static constexpr size_t kMostBytes = size_t{16} << 20;

  explicit VolatilityReply(size_t most_bytes = kMostBytes) : most_bytes_(most_bytes) {}

  // Whole messages or parts of them, in order.
  void take(Bytes run);
  // Why there will be no catalog, as far as has come; empty: nothing speaks against it.
  const std::string& failure() const { return failure_; }
  // When all has come: the catalog, or why there is none.
  Result<std::shared_ptr<const VolatilityCatalog>> catalog() const;

 private:
  void read(char type, Bytes body);
  void readRow(Bytes body);
  void giveUp(std::string why);

  const size_t most_bytes_;
  size_t bytes_ = 0;
  std::string part_;  // of the message that has not come whole yet
  std::vector<std::optional<Bytes>> values_;
  std::vector<CatalogRow> rows_;
  std::string failure_;  // empty: none so far
};

}  // namespace forebay::pgproto
