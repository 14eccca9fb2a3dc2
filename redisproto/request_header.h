// The lines in a request's array that announce something: "*3", the number of its args, and "$16", an arg's
// length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "redisproto/framing.h"
#include "redisproto/request.h"

namespace forebay::redisproto {

constexpr std::string_view kInvalidLength = "Protocol error: invalid bulk length";

struct Header {
  int64_t value = 0;
  size_t size = 0;         // of the line; 0: it is cut, or wrong
  std::string_view error;  // empty: nothing is wrong
};

// Reads any such line at `at`, in whose first `searched` bytes there is no CR. `type` is '*' or '$'.
Header exactHeader(char type, const char* at, const char* end, uint32_t& searched,
                   const RequestLimits& limits);

[[gnu::always_inline]] inline Header readHeader(char type, const char* at, const char* end,
                                                uint32_t& searched, const RequestLimits& limits) {
  const ShortLength quick = shortLength(at, end);
  const uint64_t limit = type == '*' ? limits.max_args : limits.max_bulk;
  if (quick.size != 0 && *at == type && quick.value <= limit) return {quick.value, quick.size, {}};
  return exactHeader(type, at, end, searched, limits);
}

}  // namespace forebay::redisproto
