// What a user of the gateway may do, in the words of Redis' ACL rules
// (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/).
//
// `commands` is a list of +command, -command, +command|subcommand, +@category, -@category, allcommands and
// nocommands, applied in order to nothing; without rules at all, everything is allowed but what reaches
// beyond the user's own data (Command::beyond, and Redis' passwords in CONFIG GET). As in Redis, what a login
// needs (AUTH, HELLO, QUIT, RESET) is always allowed. Rules about a first argument ("+select|0") are refused:
// Redis has given them up, too.
//
// `keys` are patterns, also "%R~pattern", "%W~pattern", "allkeys" and "~pattern"; `channels` likewise, also
// "&pattern" and "allchannels". Patterns concern the keys that a request names: scripts and functions may
// reach others, so they are refused to whose keys or channels are bounded and who has no `commands`. So are
// FLUSHDB, SLOWLOG GET and their like to whose keys are bounded. KEYS, SCAN, RANDOMKEY and CLIENT TRACKING
// tell names. A request whose keys can not be told is refused to whom not all keys are open.
//
// Immutable once made; any thread may read.
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
  std::string commands = {};               // empty: all but what reaches beyond
  std::vector<std::string> keys = {};      // none: all keys
  std::vector<std::string> channels = {};  // none: all channels
  bool operator==(const AclRules&) const = default;
};

class Acl {
 public:
  // An error names the rule and what was expected, with the nearest known name. A command that `table` does
  // not know is refused.
  static Result<std::shared_ptr<const Acl>> make(const AclRules& rules,
                                                 std::shared_ptr<const CommandTable> table);

  // Redis' own words for what is not allowed, "NOPERM ..."; empty: it is allowed. `command` is of the table
  // that it was made with, or null for one that the table does not know: allowed by "+@all" alone, and no
  // more when a category is taken away behind it, as it may be in that one. `args` are the whole request,
  // of which the number has been checked (Command::takes).
  [[gnu::hot]] std::string check(const Command* command, const std::vector<Bytes>& args,
                                 std::string_view user) const;
  // All keys or all channels are open to the user: then their names need not be looked at.
  bool anyKey() const { return any_key_; }
  bool anyChannel() const { return any_channel_; }
  [[gnu::hot]] bool mayRun(const Command& command) const { return allowed_[command.id]; }
  // A pattern to subscribe to must be one of the rules, to the letter.
  bool mayUseChannel(Bytes channel, bool pattern) const;

 private:
  struct KeyPattern {
    std::string pattern;
    uint8_t access;  // bits of redisproto::access
  };

  Acl() = default;
  void denyWaysAround();
  Status applyCommands(std::string_view rules);
  Status applyCommand(std::string_view rule);
  Status applyKey(std::string_view rule);
  Status applyChannel(std::string_view rule);
  void allow(const Command& command, bool allowed);
  bool readsAllKeys() const;
  bool mayUseKey(Bytes key, uint8_t access) const;
  std::string checkKeys(const Command& command, const std::vector<Bytes>& args) const;
  std::string checkChannels(const Command& command, const std::vector<Bytes>& args) const;

  std::shared_ptr<const CommandTable> table_;
  std::vector<bool> allowed_;
  std::vector<KeyPattern> keys_;
  std::vector<std::string> channels_;
  bool any_key_ = true, any_channel_ = true, unknown_ = false;
  bool keeps_secrets_ = false;  // CONFIG GET tells no passwords
  uint16_t config_get_ = 0;
};

}  // namespace forebay::redisproto
