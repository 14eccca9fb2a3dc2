// Where a request's keys are. The rules follow the commands' own parsers: what they would refuse is not told.
#include <charconv>
#include <cstdint>

#include "redisproto/command.h"
#include "redisproto/words.h"

namespace forebay::redisproto {
namespace {

using Args = std::vector<Bytes>;
using Positions = std::vector<uint32_t>;

constexpr size_t kNone = SIZE_MAX;

void add(Positions& out, size_t position) { out.push_back(static_cast<uint32_t>(position)); }

bool rangeKeys(const Command& command, const Args& args, Positions& out) {
  if (command.first_key <= 0) return true;
  const auto count = static_cast<int64_t>(args.size());
  const int64_t last = command.last_key < 0 ? count + command.last_key : command.last_key;
  const int64_t step = command.key_step;
  if (step < 1 || last >= count || last < command.first_key) return false;
  for (int64_t at = command.first_key; at <= last; at += step) add(out, static_cast<size_t>(at));
  return true;
}

// A count at `at` and as many keys behind it, each `step` from the next. No keys at all are for scripts
// alone.
bool countedKeys(const Command& command, const Args& args, size_t step, Positions& out) {
  const size_t at = command.key_count_at;
  if (at >= args.size()) return false;
  const Bytes text = args[at];
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (count == 0) return (command.categories & category::kScripting) != 0;
  if (count > (args.size() - at - 1) / step) return false;
  for (size_t i = 0; i < count; ++i) add(out, at + 1 + i * step);
  return true;
}

bool sortKeys(const Args& args, Positions& out) {
  if (args.size() < 2) return false;
  size_t target = kNone;
  for (size_t i = 2; i < args.size(); ++i) {
    if (isWord(args[i], "limit")) {
      i += 2;
    } else if (isWord(args[i], "by") || isWord(args[i], "get")) {
      ++i;
    } else if (isWord(args[i], "store") && i + 1 < args.size()) {
      target = ++i;  // of several the last counts
    }
  }
  add(out, 1);
  if (target != kNone) add(out, target);
  return true;
}

bool geoRadiusKeys(const Args& args, Positions& out) {
  if (args.size() < 2) return false;
  size_t target = kNone;
  for (size_t i = 5; i + 1 < args.size(); ++i)
    if (isWord(args[i], "store") || isWord(args[i], "storedist")) target = ++i;
  add(out, 1);
  if (target != kNone) add(out, target);
  return true;
}

bool migrateKeys(const Args& args, Positions& out) {
  if (args.size() < 6) return false;
  for (size_t i = 6; i < args.size(); ++i) {
    if (isWord(args[i], "auth")) {
      ++i;
    } else if (isWord(args[i], "auth2")) {
      i += 2;
    } else if (isWord(args[i], "keys")) {
      if (!args[3].empty() || i + 1 == args.size()) return false;
      while (++i < args.size()) add(out, i);
      return true;
    }
  }
  add(out, 3);
  return true;
}

// How many arguments follow an option of XREAD and XREADGROUP; none: that is no such option.
size_t streamOptionSize(Bytes option) {
  if (isWord(option, "block") || isWord(option, "count") || isWord(option, "claim")) return 1;
  if (isWord(option, "group")) return 2;
  return isWord(option, "noack") ? 0 : kNone;
}

bool streamKeys(const Args& args, Positions& out) {
  size_t at = 1;
  while (at < args.size() && !isWord(args[at], "streams")) {
    const size_t follow = streamOptionSize(args[at]);
    if (follow == kNone) return false;
    at += 1 + follow;
  }
  if (at >= args.size()) return false;
  const size_t behind = args.size() - at - 1;  // keys, and as many positions to read from
  if (behind == 0 || behind % 2 != 0) return false;
  for (size_t i = 1; i <= behind / 2; ++i) add(out, at + i);
  return true;
}

}  // namespace

bool findKeys(const Command& command, const std::vector<Bytes>& args, std::vector<uint32_t>& positions) {
  switch (command.key_rule) {
    case KeyRule::kRange: return rangeKeys(command, args, positions);
    case KeyRule::kNone: return true;
    case KeyRule::kNumkeys: return countedKeys(command, args, 1, positions);
    case KeyRule::kStore:
      if (args.size() < 2) return false;
      add(positions, 1);
      return countedKeys(command, args, 1, positions);
    case KeyRule::kPairs: return countedKeys(command, args, 2, positions);
    case KeyRule::kSort: return sortKeys(args, positions);
    case KeyRule::kGeoRadius: return geoRadiusKeys(args, positions);
    case KeyRule::kMigrate: return migrateKeys(args, positions);
    case KeyRule::kStreams: return streamKeys(args, positions);
    case KeyRule::kCannotTell: return false;
  }
  return false;
}

}  // namespace forebay::redisproto
