// The words for groups, categories and flags.
#include <algorithm>
#include <array>
#include <bit>
#include <iterator>

#include "redisproto/command.h"
#include "redisproto/words.h"

namespace forebay::redisproto {
namespace {

// In the order of their bits.
constexpr std::string_view kCategories[] = {
    "keyspace", "read",        "write",      "set",         "sortedset", "list",  "hash", "string",
    "bitmap",   "hyperloglog", "geo",        "stream",      "pubsub",    "admin", "fast", "slow",
    "blocking", "dangerous",   "connection", "transaction", "scripting", "other",
};
static_assert(category::kOther == 1u << (std::size(kCategories) - 1));

constexpr std::string_view kFlags[] = {
    "write", "readonly", "denyoom", "admin",         "pubsub",   "noscript",    "blocking", "loading",
    "stale", "fast",     "no_auth", "may_replicate", "no_multi", "movablekeys", "module",
};
static_assert(flag::kModule == 1u << (std::size(kFlags) - 1));

constexpr std::array<std::string_view, kGroups> kGroupNames = {
    "generic",     "string", "hash",      "list",        "set",    "sorted_set", "stream", "bitmap",
    "hyperloglog", "geo",    "scripting", "transaction", "pubsub", "connection", "server", "other",
};

std::optional<uint32_t> bitOf(std::span<const std::string_view> names, std::string_view name) {
  const auto at = std::ranges::find_if(names, [name](std::string_view known) { return isWord(name, known); });
  if (at == names.end()) return std::nullopt;
  return 1u << (at - names.begin());
}

}  // namespace

std::optional<uint32_t> categoryOf(std::string_view name) { return bitOf(kCategories, name); }
std::optional<uint32_t> flagOf(std::string_view name) { return bitOf(kFlags, name); }
std::span<const std::string_view> categoryNames() { return kCategories; }
std::string_view nameOf(Group group) { return kGroupNames[static_cast<size_t>(group)]; }

}  // namespace forebay::redisproto
