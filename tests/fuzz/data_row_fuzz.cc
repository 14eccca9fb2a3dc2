// The body of a DataRow.
#include <optional>
#include <string>
#include <vector>

#include "pgproto/frame.h"
#include "pgproto/messages.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes body = asBytes(data, size);
  std::vector<std::optional<Bytes>> values;
  const bool parsed = parseDataRow(body, values);
  require(values.size() <= size / 4 + 1, "no more values than there is room for");
  if (!parsed) return 0;

  std::vector<std::optional<std::string>> copies;
  for (const auto& value : values) {
    if (value) requireInside(*value, body);
    copies.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
  }
  std::string again;
  appendDataRow(again, copies);
  require(Bytes(again).substr(kHeaderSize) == body, "a row comes back as it was sent");
  return 0;
}
