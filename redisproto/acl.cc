#include "redisproto/acl.h"

#include <algorithm>

#include "redisproto/words.h"

namespace forebay::redisproto {
namespace {

constexpr const char* kNoKey =
    "NOPERM this user has no permissions to access one of the keys used as arguments";
constexpr const char* kNoChannel =
    "NOPERM this user has no permissions to access one of the channels used as arguments";

// A name as it was sent, fit for an error's line: any bytes may be in it, and any number of them.
std::string shown(Bytes name) {
  std::string out = lowerCase(name.substr(0, 128));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  return out;
}

std::string refused(std::string_view name) {
  return "NOPERM this user has no permissions to run the '" + std::string(name) + "' command";
}

constexpr const char* kSecret =
    "NOPERM this user has no permissions to read the server's passwords; ask for other settings by name";

// Does CONFIG GET ask, by name or by pattern, for what logs in to Redis, or for what Redis logs in with?
bool asksForSecret(const std::vector<Bytes>& args) {
  constexpr std::string_view kSecrets[] = {"requirepass", "masterauth", "masteruser", "tls-key-file-pass",
                                           "tls-client-key-file-pass"};
  for (size_t i = 2; i < args.size(); ++i) {
    const std::string pattern = lowerCase(args[i]);
    if (std::ranges::any_of(kSecrets, [&](std::string_view name) { return globMatches(pattern, name); }))
      return true;
  }
  return false;
}

// SET reads what it overwrites with GET, and with IFEQ and its like.
bool setReads(const std::vector<Bytes>& args) {
  return std::any_of(args.begin() + 3, args.end(), [](Bytes arg) {
    return isWord(arg, "get") || (arg.size() >= 4 && isWord(arg.substr(0, 2), "if"));
  });
}

// BITFIELD with nothing but GETs writes nothing.
bool bitfieldWrites(const std::vector<Bytes>& args) {
  return std::any_of(args.begin() + 2, args.end(),
                     [](Bytes arg) { return isWord(arg, "set") || isWord(arg, "incrby"); });
}

// Of most commands the name tells what it does to its first key, of two only the arguments do.
uint8_t firstAccess(const Command& command, const std::vector<Bytes>& args) {
  if (command.first_access != (access::kRead | access::kWrite)) return command.first_access;
  if (command.name == "set" && args.size() > 2 && !setReads(args)) return access::kWrite;
  if (command.name == "bitfield" && args.size() > 1 && !bitfieldWrites(args)) return access::kRead;
  return command.first_access;
}

// SORT's BY and GET name other keys by patterns of their own; BY without a * reads none. Empty: neither.
std::string_view sortOption(const Command& command, const std::vector<Bytes>& args) {
  if (command.name != "sort" && command.name != "sort_ro") return {};
  for (size_t i = 2; i + 1 < args.size(); ++i) {
    if (isWord(args[i], "limit")) {
      i += 2;
    } else if (isWord(args[i], "store")) {
      ++i;
    } else if (isWord(args[i], "get")) {
      return "GET";
    } else if (isWord(args[i], "by")) {
      if (args[++i].find('*') != Bytes::npos) return "BY";
    }
  }
  return {};
}

}  // namespace

std::string Acl::check(const Command* command, const std::vector<Bytes>& args,
                       std::string_view /*user*/) const {
  if (command == nullptr) {
    if (!unknown_) return refused(args.empty() ? "" : shown(args[0]));
    return any_key_ && any_channel_ ? "" : kNoKey;
  }
  if (!mayRun(*command)) return refused(command->name);
  if (keeps_secrets_ && command->id == config_get_ && asksForSecret(args)) return kSecret;
  if (!any_key_)
    if (std::string error = checkKeys(*command, args); !error.empty()) return error;
  return any_channel_ ? "" : checkChannels(*command, args);
}

bool Acl::mayUseKey(Bytes key, uint8_t access) const {
  return std::ranges::any_of(keys_, [&](const KeyPattern& rule) {
    return (rule.access & access) == access && globMatches(rule.pattern, key);
  });
}

bool Acl::readsAllKeys() const {
  return std::ranges::any_of(keys_, [](const KeyPattern& rule) {
    return rule.pattern == "*" && (rule.access & access::kRead) != 0;
  });
}

std::string Acl::checkKeys(const Command& command, const std::vector<Bytes>& args) const {
  thread_local std::vector<uint32_t> positions;  // kept for its memory alone
  positions.clear();
  if (!findKeys(command, args, positions)) return kNoKey;
  for (size_t i = 0; i < positions.size(); ++i) {
    const uint8_t access = i == 0 ? firstAccess(command, args) : command.other_access;
    if (!mayUseKey(args[positions[i]], access)) return kNoKey;
  }
  const std::string_view option = sortOption(command, args);
  if (option.empty() || readsAllKeys()) return {};
  return "ERR " + std::string(option) + " option of SORT denied due to insufficient ACL permissions.";
}

bool Acl::mayUseChannel(Bytes channel, bool pattern) const {
  return any_channel_ || std::ranges::any_of(channels_, [&](const std::string& rule) {
           return pattern ? channel == rule : globMatches(rule, channel);
         });
}

std::string Acl::checkChannels(const Command& command, const std::vector<Bytes>& args) const {
  size_t first = 1, last = args.size();
  const bool pattern = command.special == Special::kPsubscribe;
  if (command.name == "publish" || command.name == "spublish") {
    last = std::min<size_t>(2, args.size());
  } else if (!pattern && command.special != Special::kSubscribe && command.special != Special::kSsubscribe) {
    return {};
  }
  for (; first < last; ++first)
    if (!mayUseChannel(args[first], pattern)) return kNoChannel;
  return {};
}

}  // namespace forebay::redisproto
