#include "pools/wal_position.h"

#include <charconv>

namespace forebay::pools {
namespace {

template <typename Number>
std::optional<Number> readWhole(Bytes text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

std::optional<uint64_t> parseLsn(Bytes text) { return readWhole<uint64_t>(text); }

std::optional<WalPosition> parseWalPosition(Bytes text) {
  const size_t colon = text.find(':');
  if (colon == Bytes::npos) return std::nullopt;
  const auto timeline = readWhole<uint32_t>(text.substr(0, colon));
  const auto lsn = parseLsn(text.substr(colon + 1));
  if (!timeline || !lsn) return std::nullopt;
  return WalPosition{*timeline, *lsn};
}

}  // namespace forebay::pools
