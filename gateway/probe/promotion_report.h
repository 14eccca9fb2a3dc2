// PromotionReport: what became of a promotion, in words for whom asked for it.
#pragma once

#include <functional>
#include <string>

namespace forebay::probe {

struct PromotionReport {
  std::string sqlstate;  // why not; empty: it is done
  std::string message, detail{}, hint{};

  bool done() const { return sqlstate.empty(); }
};

using PromotionDone = std::function<void(const PromotionReport&)>;

}  // namespace forebay::probe
