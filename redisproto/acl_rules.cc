// How an Acl is made of its rules.
#include <algorithm>
#include <utility>

#include "base/nearest.h"
#include "redisproto/acl.h"
#include "redisproto/words.h"

namespace forebay::redisproto {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string guess(std::string_view written, const std::vector<std::string_view>& known,
                  std::string_view before) {
  const auto meant = nearest(written, known);
  return meant ? "; did you mean '" + std::string(before) + std::string(*meant) + "'?" : "";
}

std::vector<std::string_view> namesOf(const CommandTable& table) {
  std::vector<std::string_view> out;
  for (size_t id = 0; id < table.size(); ++id) out.push_back(table.at(id).name);
  return out;
}

constexpr bool isSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The next word of `text`, which is moved behind it; empty at the end.
std::string_view nextWord(std::string_view& text) {
  const auto begin = std::ranges::find_if_not(text, isSpace);
  const auto end = std::find_if(begin, text.end(), isSpace);
  const std::string_view word(begin, end);
  text = {end, text.end()};
  return word;
}

// Does the pattern match every name whatsoever?
bool matchesAll(std::string_view pattern) {
  return !pattern.empty() && std::ranges::all_of(pattern, [](char c) { return c == '*'; });
}

// The bits of "%RW~"; 0: there are none between % and ~, or others.
uint8_t accessOf(std::string_view letters) {
  uint8_t bits = 0;
  for (const char c : letters) {
    if (lowerCase(c) == 'r') {
      bits |= access::kRead;
    } else if (lowerCase(c) == 'w') {
      bits |= access::kWrite;
    } else {
      return 0;
    }
  }
  return bits;
}

}  // namespace

Result<std::shared_ptr<const Acl>> Acl::make(const AclRules& rules,
                                             std::shared_ptr<const CommandTable> table) {
  const std::shared_ptr<Acl> acl(new Acl);
  acl->table_ = std::move(table);
  acl->allowed_.resize(acl->table_->size());
  if (Status done = acl->applyCommands(rules.commands); !done) return Error{done.error()};
  acl->any_key_ = rules.keys.empty();
  for (const std::string& rule : rules.keys)
    if (Status done = acl->applyKey(rule); !done) return Error{done.error()};
  acl->any_channel_ = rules.channels.empty();
  for (const std::string& rule : rules.channels)
    if (Status done = acl->applyChannel(rule); !done) return Error{done.error()};
  if (rules.commands.empty()) acl->denyWaysAround();
  return std::shared_ptr<const Acl>(acl);
}

Status Acl::applyCommands(std::string_view rules) {
  std::string_view word = nextWord(rules);
  if (word.empty()) {
    for (size_t id = 0; id < table_->size(); ++id) allowed_[id] = !table_->at(id).beyond;
    const Command* config_get = table_->byName("config|get");
    keeps_secrets_ = config_get != nullptr;
    if (keeps_secrets_) config_get_ = config_get->id;
    return Ok{};
  }
  for (; !word.empty(); word = nextWord(rules))
    if (Status done = applyCommand(word); !done) return done;
  for (size_t id = 0; id < table_->size(); ++id)
    if (table_->at(id).is(flag::kNoAuth)) allowed_[id] = true;
  return Ok{};
}

Status Acl::applyCommand(std::string_view rule) {
  const std::string word = lowerCase(rule);
  if (word == "allcommands" || word == "+@all" || word == "nocommands" || word == "-@all") {
    unknown_ = word == "allcommands" || word == "+@all";
    allowed_.assign(allowed_.size(), unknown_);
    return Ok{};
  }
  const bool allowed = word[0] == '+';
  if ((!allowed && word[0] != '-') || word.size() == 1)
    return Error{quoted(rule) +
                 " is no rule about commands: expected +command, -command, +command|subcommand, +@category, "
                 "-@category, allcommands or nocommands"};
  const std::string_view name = std::string_view(word).substr(1);
  if (name[0] == '@') {
    const std::optional<uint32_t> category = categoryOf(name.substr(1));
    if (!category)
      return Error{quoted(rule) + ": there is no category " + quoted(name) +
                   guess(name.substr(1), {categoryNames().begin(), categoryNames().end()}, "@")};
    for (size_t id = 0; id < table_->size(); ++id)
      if ((table_->at(id).categories & *category) != 0) allowed_[id] = allowed;
    if (!allowed) unknown_ = false;
    return Ok{};
  }
  const Command* command = table_->byName(name);
  if (command != nullptr) {
    allow(*command, allowed);
    return Ok{};
  }
  const Command* container = table_->byName(name.substr(0, name.find('|')));
  if (container != nullptr && !container->container)
    return Error{quoted(rule) + ": '" + container->name +
                 "' has no subcommands, and rules about a first argument are not supported"};
  // Of a module that is not loaded, or of another version of Redis.
  if (name.find('.') != std::string_view::npos || CommandTable::builtIn()->byName(name) != nullptr) {
    if (!allowed) unknown_ = false;
    return Ok{};
  }
  return Error{quoted(rule) + ": there is no command " + quoted(name) + guess(name, namesOf(*table_), "")};
}

// A script may use keys and channels that it does not declare, and Redis runs it with the gateway's rights.
// Of the others each reaches all keys, or tells what was done with them, without naming any.
void Acl::denyWaysAround() {
  constexpr std::string_view kReachAllKeys[] = {"flushdb", "slowlog|get", "commandlog|get", "hotkeys|get"};
  for (size_t id = 0; id < table_->size(); ++id) {
    const Command& command = table_->at(id);
    const bool script = (command.categories & category::kScripting) != 0 && !(any_key_ && any_channel_);
    const bool reaches_all =
        !any_key_ && std::ranges::find(kReachAllKeys, command.name) != std::ranges::end(kReachAllKeys);
    if (script || reaches_all) allowed_[id] = false;
  }
}

// A container stands for all its subcommands.
void Acl::allow(const Command& command, bool allowed) {
  allowed_[command.id] = allowed;
  if (!command.container) return;
  const std::string prefix = command.name + "|";
  for (size_t id = 0; id < table_->size(); ++id)
    if (table_->at(id).name.starts_with(prefix)) allowed_[id] = allowed;
}

Status Acl::applyKey(std::string_view rule) {
  if (rule.empty()) return Error{"a rule about keys is empty: expected a pattern"};
  uint8_t bits = access::kRead | access::kWrite;
  std::string_view pattern = rule;
  if (rule[0] == '%') {
    const size_t tilde = rule.find('~');
    bits = tilde == std::string_view::npos ? 0 : accessOf(rule.substr(1, tilde - 1));
    if (bits == 0)
      return Error{quoted(rule) + " is no rule about keys: expected %R~, %W~ or %RW~ and a pattern"};
    pattern = rule.substr(tilde + 1);
  } else if (isWord(rule, "allkeys")) {
    pattern = "*";
  } else if (rule[0] == '~') {
    pattern = rule.substr(1);
  }
  // What two rules say of one pattern adds up, as in Redis.
  auto known = std::ranges::find(keys_, pattern, &KeyPattern::pattern);
  if (known == keys_.end()) known = keys_.insert(known, {std::string(pattern), 0});
  known->access |= bits;
  any_key_ |= matchesAll(pattern) && known->access == (access::kRead | access::kWrite);
  return Ok{};
}

Status Acl::applyChannel(std::string_view rule) {
  if (rule.empty()) return Error{"a rule about channels is empty: expected a pattern"};
  std::string_view pattern = rule;
  if (isWord(rule, "allchannels")) {
    pattern = "*";
  } else if (rule[0] == '&') {
    pattern = rule.substr(1);
  }
  channels_.emplace_back(pattern);
  any_channel_ |= matchesAll(pattern);
  return Ok{};
}

}  // namespace forebay::redisproto
