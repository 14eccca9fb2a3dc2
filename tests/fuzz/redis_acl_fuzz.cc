// ACL rules and a request that is judged by them: a line each of rules about commands, keys and channels, and
// the request's words, one per line.
#include <string>
#include <vector>

#include "redisproto/acl.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::redisproto;

namespace {

Bytes nextLine(Bytes& text) {
  const Bytes line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::vector<std::string> words(Bytes line) {
  std::vector<std::string> out;
  while (!line.empty()) {
    const Bytes word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    out.emplace_back(word);
  }
  return out;
}

std::string check(const AclRules& rules, const Command* command, const std::vector<Bytes>& args) {
  const auto acl = Acl::make(rules, CommandTable::builtIn());
  if (!acl) {
    require(!acl.error().empty(), "an error says something");
    return "no rules";
  }
  const std::string error = (*acl)->check(command, args, "alice");
  require(error.find_first_of("\r\n") == std::string::npos, "an error is one line");
  require(error.empty() || error.starts_with("NOPERM ") || error.starts_with("ERR "),
          "an error begins with its kind");
  return error;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes text = asBytes(data, size);
  AclRules rules;
  rules.commands = nextLine(text);
  rules.keys = words(nextLine(text));
  rules.channels = words(nextLine(text));
  std::vector<Bytes> args;
  while (!text.empty()) args.push_back(nextLine(text));
  if (args.empty()) return 0;
  const Command* command = CommandTable::builtIn()->find(args[0], args.size() > 1 ? args[1] : Bytes());
  if (command != nullptr && !command->takes(args.size())) return 0;
  if (!check(rules, command, args).empty()) return 0;

  // Who has more rights may do no less.
  AclRules wider = rules;
  wider.keys.clear();
  require(check(wider, command, args).empty(), "all keys are no less than some");
  wider.channels.clear();
  require(check(wider, command, args).empty(), "all channels are no less than some");
  wider.commands = "+@all";
  require(check(wider, command, args).empty(), "all commands are no less than some");
  return 0;
}
