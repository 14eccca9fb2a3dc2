#include "gateway/admin/command.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "gateway/admin/text.h"

namespace forebay::admin {
namespace {

struct VerbName {
  std::string_view word;
  Verb verb;
};
constexpr std::array kVerbs{
    VerbName{"SHOW", Verb::kShow},
    VerbName{"SELECT", Verb::kShow},
    VerbName{"RELOAD", Verb::kReload},
    VerbName{"PAUSE", Verb::kPause},
    VerbName{"RESUME", Verb::kResume},
    VerbName{"SUSPEND", Verb::kSuspend},
    VerbName{"RECONNECT", Verb::kReconnect},
    VerbName{"KILL", Verb::kKill},
    VerbName{"KILL_CLIENT", Verb::kKillClient},
    VerbName{"WAIT_CLOSE", Verb::kWaitClose},
    VerbName{"DISABLE", Verb::kDisable},
    VerbName{"ENABLE", Verb::kEnable},
    VerbName{"SHUTDOWN", Verb::kShutdown},
    VerbName{"SET", Verb::kSet},
    VerbName{"SCALE", Verb::kLater},
    VerbName{"RULE", Verb::kLater},
    VerbName{"BACKUP", Verb::kLater},
    VerbName{"PROMOTE", Verb::kPromote},
};

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isWordChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
// What a value may be made of without quotes: numbers, durations, sizes, names.
bool isBareValueChar(char c) { return isWordChar(c) || c == '.' || c == '-' || c == '+'; }
// A host, with its port behind it or without: "pg-0:5432", "[::1]:5432", "/run/postgresql".
bool isHostChar(char c) {
  return isWordChar(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '/' || c == '@';
}

// A walk over the text, one token at a time. Each read leaves the place alone when it does not find its
// token.
class Tokens {
 public:
  explicit Tokens(Bytes text) : rest_(text) {}

  // Skips blanks and comments: `-- to the end of the line` and `/* ... */`. Whether there were any.
  bool blanks() {
    const size_t before = rest_.size();
    while (!rest_.empty()) {
      if (isBlank(rest_[0])) {
        rest_.remove_prefix(1);
      } else if (rest_.starts_with("--")) {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (rest_.starts_with("/*") && rest_.find("*/", 2) != Bytes::npos) {
        rest_.remove_prefix(rest_.find("*/", 2) + 2);
      } else {
        break;
      }
    }
    return rest_.size() != before;
  }

  std::optional<std::string> name() { return peek() == '"' ? quoted('"') : run(isWordChar); }
  std::optional<std::string> value() {
    return peek() == '\'' || peek() == '"' ? quoted(peek()) : run(isBareValueChar);
  }
  std::optional<std::string> host() {
    return peek() == '\'' || peek() == '"' ? quoted(peek()) : run(isHostChar);
  }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool takeWord(std::string_view word) {
    Tokens ahead = *this;
    const auto found = ahead.run(isWordChar);
    if (!found || !equalsIgnoringCase(*found, word)) return false;
    *this = ahead;
    return true;
  }
  // The text may end here, with one semicolon or without.
  bool atEnd() {
    blanks();
    take(';');
    blanks();
    return rest_.empty();
  }

 private:
  char peek() const { return rest_.empty() ? '\0' : rest_[0]; }

  std::optional<std::string> run(bool (*belongs)(char)) {
    const size_t size =
        static_cast<size_t>(std::find_if_not(rest_.begin(), rest_.end(), belongs) - rest_.begin());
    if (size == 0) return std::nullopt;
    std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }

  std::optional<std::string> quoted(char quote) {
    std::string out;
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] != quote) {
        out += rest_[i];
      } else if (i + 1 < rest_.size() && rest_[i + 1] == quote) {
        out += rest_[i++];
      } else {
        rest_.remove_prefix(i + 1);
        return out;
      }
    }
    return std::nullopt;  // never closed
  }

  Bytes rest_;
};

bool parseSet(Tokens& in, Command& out) {
  if (!in.blanks()) return false;
  const auto key = in.name();
  if (!key || key->empty()) return false;
  in.blanks();
  if (!in.take('=') && !in.takeWord("TO")) return false;
  in.blanks();
  const auto value = in.value();
  if (!value) return false;
  out.argument = *key;
  out.value = *value;
  return in.atEnd();
}

bool parsePromote(Tokens& in, Command& out) {
  if (!in.blanks()) return false;
  const auto database = in.name();
  if (!database || database->empty() || !in.blanks()) return false;
  const auto host = in.host();
  if (!host || host->empty()) return false;
  out.argument = *database;
  out.value = *host;
  return in.atEnd();
}

bool parseArgument(Tokens& in, Command& out) {
  if (in.blanks()) {
    if (auto argument = in.name()) out.argument = std::move(*argument);
  }
  return in.atEnd();
}

}  // namespace

Error invalidCommand(Bytes sql) {
  constexpr size_t kEnough = 200;
  const std::string shown =
      sql.size() > kEnough ? std::string(sql.substr(0, kEnough)) + "..." : std::string(sql);
  return {"invalid command '" + shown + "', use SHOW HELP;"};
}

Result<Command> parseCommand(Bytes sql) {
  Tokens in(sql);
  Command out;
  if (Tokens(in).atEnd()) return out;
  in.blanks();
  const auto word = in.name();
  if (!word) return invalidCommand(sql);
  const auto known = std::find_if(kVerbs.begin(), kVerbs.end(),
                                  [&](const VerbName& v) { return equalsIgnoringCase(v.word, *word); });
  if (known == kVerbs.end()) return invalidCommand(sql);
  out.verb = known->verb;
  out.word = known->word;
  if (out.verb == Verb::kLater) return out;  // whatever stands behind it
  const auto parse = out.verb == Verb::kSet       ? parseSet
                     : out.verb == Verb::kPromote ? parsePromote
                                                  : parseArgument;
  if (!parse(in, out)) return invalidCommand(sql);
  return out;
}

}  // namespace forebay::admin
