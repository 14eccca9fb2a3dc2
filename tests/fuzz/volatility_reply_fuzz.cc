// PostgreSQL's answer to kVolatilityQuery, whole and in parts.
#include "pgproto/volatility_reply.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

constexpr size_t kMostBytes = 100;

std::string outcome(Bytes in, size_t part) {
  VolatilityReply reply(kMostBytes);
  for (size_t at = 0; at < in.size(); at += part) reply.take(in.substr(at, part));
  const auto catalog = reply.catalog();
  if (!catalog) {
    require(!catalog.error().empty(), "it says why there is no catalog");
    return catalog.error();
  }
  (*catalog)->find(CatalogKind::kFunction, "", "lower");
  return std::to_string((*catalog)->bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes in = asBytes(data, size);
  const std::string whole = outcome(in, size + 1);
  for (const size_t part : {1, 2, 5, 64})
    require(outcome(in, part) == whole, "parts mean what the whole does");
  return 0;
}
