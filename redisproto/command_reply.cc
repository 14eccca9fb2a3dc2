// The command table out of a server's reply to COMMAND.
#include <charconv>
#include <limits>
#include <unordered_set>
#include <utility>

#include "redisproto/command.h"
#include "redisproto/command_knowledge.h"
#include "redisproto/words.h"

namespace forebay::redisproto {
namespace {

constexpr size_t kMaxCommands = 16384;
constexpr size_t kMaxName = 256;

// Walks through one RESP2 reply. Nothing is made of what a length announces: elements are taken one by one.
class Cursor {
 public:
  explicit Cursor(Bytes in) : in_(in) {}

  size_t at() const { return at_; }
  bool atEnd() const { return at_ == in_.size(); }

  // The number of elements; a null array has none.
  bool array(int64_t& count) {
    if (!header('*') || !number(count) || count < -1) return false;
    count = std::max<int64_t>(count, 0);
    return true;
  }

  bool integer(int64_t min, int64_t max, int64_t& value) {
    return header(':') && number(value) && value >= min && value <= max;
  }

  bool text(Bytes& out) {
    if (header('+')) return line(out);
    return header('$') && body(out);
  }

  // Past `count` values, whatever is in them.
  bool skip(int64_t count) {
    Bytes ignored;
    for (; count > 0; --count) {
      if (atEnd()) return false;
      if (in_[at_] == '*') {
        int64_t inner = 0;
        if (!array(inner) || inner > static_cast<int64_t>(in_.size())) return false;
        count += inner;
      } else if (in_[at_] == '$') {
        ++at_;
        if (!body(ignored)) return false;
      } else if (Bytes("+-:").find(in_[at_]) == Bytes::npos || !line(ignored)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool header(char type) {
    if (atEnd() || in_[at_] != type) return false;
    ++at_;
    return true;
  }

  bool line(Bytes& out) {
    const size_t end = in_.find("\r\n", at_);
    if (end == Bytes::npos) return false;
    out = in_.substr(at_, end - at_);
    at_ = end + 2;
    return true;
  }

  bool number(int64_t& value) {
    Bytes digits;
    if (!line(digits)) return false;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    return error == std::errc() && stop == end;
  }

  bool body(Bytes& out) {
    int64_t length = 0;
    if (!number(length) || length < -1) return false;
    out = {};
    if (length == -1) return true;
    const size_t left = in_.size() - at_;
    if (left < 2 || static_cast<uint64_t>(length) > left - 2) return false;
    const auto size = static_cast<size_t>(length);
    if (in_.substr(at_ + size, 2) != "\r\n") return false;
    out = in_.substr(at_, size);
    at_ += size + 2;
    return true;
  }

  Bytes in_;
  size_t at_ = 0;
};

// Reads the entries of the reply, and of their subcommands.
class Reader {
 public:
  explicit Reader(Bytes reply) : cursor_(reply), built_in_(CommandTable::builtIn()) {}

  bool read() {
    int64_t count = 0;
    if (!cursor_.array(count)) return false;
    for (; count > 0; --count)
      if (!readCommand(nullptr)) return false;
    if (!cursor_.atEnd() || commands_.empty()) return false;
    keepBuiltIn();
    return true;
  }

  size_t at() const { return cursor_.at(); }
  std::vector<Command> take() && { return std::move(commands_); }

 private:
  // Name, arity, flags, first key, last key, step; from 6.0 on categories; from 7.0 on tips, key
  // specifications and subcommands; and what later versions may add.
  bool readCommand(const Command* container) {
    int64_t fields = 0;
    Command out;
    if (!cursor_.array(fields) || fields < 6 || !readName(container, out)) return false;
    if (!readInteger(out.arity) || !readFlags(out)) return false;
    if (!readInteger(out.first_key) || !readInteger(out.last_key) || !readInteger(out.key_step)) return false;
    if (fields >= 7 && !readCategories(out)) return false;
    const Command* known = built_in_->byName(out.name);
    complete(out, known, container, fields >= 7);
    if (commands_.size() >= kMaxCommands) return false;
    keep(out);
    if (fields < 10) return cursor_.skip(fields - 7 > 0 ? fields - 7 : 0);
    tells_subcommands_ = true;
    return cursor_.skip(2) && readSubcommands(out, container) && cursor_.skip(fields - 10);
  }

  bool readSubcommands(const Command& command, const Command* container) {
    if (container != nullptr) return cursor_.skip(1);
    int64_t count = 0;
    if (!cursor_.array(count)) return false;
    for (; count > 0; --count)
      if (!readCommand(&command)) return false;
    return true;
  }

  bool readName(const Command* container, Command& out) {
    Bytes name;
    if (!cursor_.text(name) || name.empty() || name.size() > kMaxName) return false;
    const size_t bar = name.rfind('|');
    if (container == nullptr) {
      out.name = lowerCase(name);
      return bar == Bytes::npos;
    }
    const Bytes last = bar == Bytes::npos ? name : name.substr(bar + 1);
    out.name = container->name + "|" + lowerCase(last);
    return !last.empty();
  }

  template <typename Integer>
  bool readInteger(Integer& out) {
    int64_t value = 0;
    if (!cursor_.integer(std::numeric_limits<Integer>::min(), std::numeric_limits<Integer>::max(), value))
      return false;
    out = static_cast<Integer>(value);
    return true;
  }

  bool readFlags(Command& out) {
    return readWords([&out](Bytes word) { out.flags |= flagOf(word).value_or(0); });
  }

  bool readCategories(Command& out) {
    return readWords([&out](Bytes word) {
      if (word.starts_with('@')) out.categories |= categoryOf(word.substr(1)).value_or(category::kOther);
    });
  }

  template <typename Take>
  bool readWords(Take take) {
    int64_t count = 0;
    if (!cursor_.array(count)) return false;
    Bytes word;
    for (; count > 0; --count) {
      if (!cursor_.text(word)) return false;
      take(word);
    }
    return true;
  }

  // What the reply does not tell. Nobody knows how far an unknown command that is for admins reaches, nor one
  // of a container such as CONFIG.
  static void complete(Command& out, const Command* known, const Command* container, bool has_categories) {
    if (known == nullptr && out.name.find('.') != std::string::npos) out.flags |= flag::kModule;
    if (known != nullptr && !out.is(flag::kModule))
      out.flags |= known->flags & flag::kMayReplicate;  // Redis 7 has it and does not tell
    applyKnowledge(out);
    if (known != nullptr && !out.is(flag::kModule)) {
      if (!has_categories) out.categories = known->categories;
      out.group = known->group;
      out.first_access = known->first_access;
      out.other_access = known->other_access;
      return;
    }
    out.categories |= impliedCategories(out.flags, out.categories);
    if (out.is(flag::kModule)) out.categories |= category::kOther;
    if (out.is(flag::kReadonly)) out.first_access = out.other_access = access::kRead;
    if (container != nullptr && !out.is(flag::kModule)) out.group = container->group;
    out.beyond = out.beyond || out.is(flag::kAdmin) || (container != nullptr && container->beyond);
  }

  // What the gateway must know whether or not this server has it, and what a server before 7.0 has untold.
  void keepBuiltIn() {
    for (size_t id = 0; id < built_in_->size(); ++id) {
      const Command& command = built_in_->at(static_cast<uint16_t>(id));
      const size_t bar = command.name.find('|');
      const std::string container = bar == std::string::npos ? "" : command.name.substr(0, bar);
      const bool untold = !tells_subcommands_ && names_.contains(container);
      if (!untold && command.special == Special::kNone) continue;
      if (!container.empty()) keep(*built_in_->byName(container));
      keep(command);
    }
  }

  void keep(const Command& command) {
    if (names_.insert(command.name).second) commands_.push_back(command);
  }

  Cursor cursor_;
  const std::shared_ptr<const CommandTable> built_in_;
  std::vector<Command> commands_;
  std::unordered_set<std::string> names_;
  bool tells_subcommands_ = false;
};

}  // namespace

Result<std::shared_ptr<const CommandTable>> CommandTable::fromReply(Bytes reply) {
  if (reply.starts_with('-'))
    return Error{"COMMAND was answered with: " + std::string(reply.substr(1, reply.find('\r') - 1))};
  Reader reader(reply);
  if (!reader.read())
    return Error{"the reply to COMMAND is not understood at its byte " + std::to_string(reader.at())};
  return std::shared_ptr<const CommandTable>(new CommandTable(std::move(reader).take()));
}

}  // namespace forebay::redisproto
