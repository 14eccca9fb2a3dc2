// CancelCaller: who wants a query cancelled, and hears what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace forebay::postgres {

struct CancelCaller {
  uint64_t client = 0;             // that sent the CancelRequest; 0: the gateway itself
  std::function<void()> answer{};  // that it has taken effect, or cannot

  void tell() const {
    if (answer) answer();
  }
};

}  // namespace forebay::postgres
