// Reading the few replies that the gateway must understand itself. Pure functions over whole values, tolerant
// of both protocol versions; nothing here is on the path of a command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace forebay::redis {

// The words of an error reply ("-ERR no" or RESP3's blob), without its frame.
std::string_view errorText(Bytes value);

// One element of a value that is flattened: aggregates stand before their elements.
struct Element {
  char type = 0;
  Bytes text;          // of what is no aggregate
  uint64_t count = 0;  // of an aggregate: its elements (a map's keys and values)
};
// Empty when the value is broken. At most `limit` elements are read.
std::vector<Element> flatten(Bytes value, size_t limit = 4096);

// A string, or RESP3's verbatim one without its "txt:". Nothing: it is neither.
std::optional<Bytes> textOf(Bytes value);

struct HelloReply {
  std::string version, mode, role;
  int64_t id = 0;
};
HelloReply readHello(Bytes value);

}  // namespace forebay::redis
