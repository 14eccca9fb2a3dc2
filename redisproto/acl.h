// What a user of the gateway may do, in the words of Redis' ACL rules
// (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/).
//
// `commands` is a list of +command, -command, +command|subcommand, +@category, -@category, allcommands and
// nocommands, applied in order to nothing; without rules at all, everything is allowed but what reaches
// beyond the user's own data (Command::beyond). `keys` are patterns, also "%R~pattern", "%W~pattern",
// "allkeys" and
// "~pattern"; `channels` likewise, also "&pattern" and "allchannels". Immutable once made; any thread may
// read.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "redisproto/command.h"

namespace forebay::redisproto {

struct AclRules {
  std::string commands;               // empty: all but what reaches beyond
  std::vector<std::string> keys;      // none: all keys
  std::vector<std::string> channels;  // none: all channels
  bool operator==(const AclRules&) const = default;
};

class Acl {
 public:
  // An error names the rule and what was expected, with the nearest known name. A command that `table` does
  // not know is refused.
  static Result<std::shared_ptr<const Acl>> make(const AclRules& rules,
                                                 std::shared_ptr<const CommandTable> table);

  // Redis' own words for what is not allowed, "NOPERM ..."; empty: it is allowed. `command` is of the table
  // that it was made with, or null for one that the table does not know: allowed by "+@all" alone.
  [[gnu::hot]] std::string check(const Command* command, const std::vector<Bytes>& args,
                                 std::string_view user) const;
  // May do everything that any key and channel is named by: then check() needs no arguments.
  bool anyKey() const { return any_key_; }
  bool anyChannel() const { return any_channel_; }
  [[gnu::hot]] bool mayRun(const Command& command) const { return allowed_[command.id]; }
  bool mayUseChannel(Bytes channel, bool pattern) const;

 private:
  // The helper that implements this may change what is private.
  std::shared_ptr<const CommandTable> table_;
  std::vector<bool> allowed_;
  bool any_key_ = true, any_channel_ = true, unknown_ = true;
};

}  // namespace forebay::redisproto
