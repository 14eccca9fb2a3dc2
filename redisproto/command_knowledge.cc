#include "redisproto/command_knowledge.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace forebay::redisproto {
namespace {

struct SpecialRow {
  std::string_view name;
  Special special;
};

constexpr SpecialRow kSpecial[] = {
    {"auth", Special::kAuth},
    {"hello", Special::kHello},
    {"reset", Special::kReset},
    {"quit", Special::kQuit},
    {"ping", Special::kPing},
    {"echo", Special::kEcho},
    {"select", Special::kSelect},
    {"multi", Special::kMulti},
    {"exec", Special::kExec},
    {"discard", Special::kDiscard},
    {"watch", Special::kWatch},
    {"unwatch", Special::kUnwatch},
    {"subscribe", Special::kSubscribe},
    {"psubscribe", Special::kPsubscribe},
    {"ssubscribe", Special::kSsubscribe},
    {"unsubscribe", Special::kUnsubscribe},
    {"punsubscribe", Special::kPunsubscribe},
    {"sunsubscribe", Special::kSunsubscribe},
    {"monitor", Special::kMonitor},
    {"sync", Special::kSync},
    {"psync", Special::kSync},
    {"replconf", Special::kSync},
    {"wait", Special::kWait},
    {"waitaof", Special::kWait},
    {"client", Special::kClient},
    {"client|id", Special::kClientId},
    {"client|setname", Special::kClientSetname},
    {"client|getname", Special::kClientGetname},
    {"client|setinfo", Special::kClientSetinfo},
    {"client|list", Special::kClientList},
    {"client|info", Special::kClientInfo},
    {"client|kill", Special::kClientKill},
    {"client|no-evict", Special::kClientNoEvict},
    {"client|no-touch", Special::kClientNoTouch},
    {"client|import-source", Special::kClientNoTouch},  // as well a switch of one connection
    {"client|reply", Special::kClientReply},
    {"client|pause", Special::kClientPause},
    {"client|unpause", Special::kClientUnpause},
    {"client|unblock", Special::kClientUnblock},
    {"client|tracking", Special::kClientTracking},
    {"client|caching", Special::kClientCaching},
    {"client|trackinginfo", Special::kClientTrackinginfo},
    {"client|getredir", Special::kClientGetredir},
    {"client|help", Special::kClientHelp},
    {"client|maint_notifications", Special::kClientMaintNotifications},
    {"client|capa", Special::kClientCapa},
    {"eval", Special::kEval},
    {"eval_ro", Special::kEval},
    {"evalsha", Special::kEvalsha},
    {"evalsha_ro", Special::kEvalsha},
    {"script|load", Special::kScriptLoad},
    {"script|flush", Special::kScriptFlush},
    {"script|kill", Special::kScriptKill},
    {"script|exists", Special::kScriptExists},
    {"script|debug", Special::kScriptDebug},
    {"function|kill", Special::kFunctionKill},
    {"info", Special::kInfo},
    {"command", Special::kCommand},
    {"acl|whoami", Special::kAclWhoami},
    {"lolwut", Special::kLolwut},
    {"readonly", Special::kReadonlyMode},
    {"readwrite", Special::kReadwriteMode},
    {"asking", Special::kAsking},
    {"flushall", Special::kFlushall},
    {"swapdb", Special::kSwapdb},
    {"shutdown", Special::kShutdown},
    {"debug", Special::kDebug},
    {"scan", Special::kScan},
    {"hscan", Special::kScan},
    {"sscan", Special::kScan},
    {"zscan", Special::kScan},
};

// What walks through the whole keyspace or combines whole collections, however little is asked for or
// answered. Not scripts, whose place between their client's other commands matters, nor what only answers
// much: that is seen by the size of the reply.
constexpr std::string_view kSlow[] = {
    "bitop",       "debug",       "flushall",    "flushdb",     "keys",       "lcs",         "migrate",
    "save",        "sdiff",       "sdiffstore",  "sinter",      "sintercard", "sinterstore", "sort",
    "sort_ro",     "sunion",      "sunionstore", "zdiff",       "zdiffstore", "zinter",      "zintercard",
    "zinterstore", "zrangestore", "zunion",      "zunionstore",
};

// What reaches beyond a user's own data: the server, its other clients, its replicas. A container stands for
// those of its subcommands that nobody knows yet.
constexpr std::string_view kBeyond[] = {
    "acl",
    "acl|deluser",
    "acl|dryrun",
    "acl|getuser",
    "acl|list",
    "acl|load",
    "acl|log",
    "acl|save",
    "acl|setuser",
    "acl|users",
    "bgrewriteaof",
    "bgsave",
    "save",
    "shutdown",
    "swapdb",
    "flushall",
    "monitor",
    "migrate",
    "debug",
    "pfdebug",
    "pfselftest",
    "replicaof",
    "slaveof",
    "failover",
    "sync",
    "psync",
    "replconf",
    "restore-asking",
    "client|import-source",
    "client|kill",
    "client|no-evict",
    "client|pause",
    "client|unpause",
    "cluster",
    "cluster|addslots",
    "cluster|addslotsrange",
    "cluster|bumpepoch",
    "cluster|cancelslotmigrations",
    "cluster|delslots",
    "cluster|delslotsrange",
    "cluster|failover",
    "cluster|flushslot",
    "cluster|flushslots",
    "cluster|forget",
    "cluster|meet",
    "cluster|migrateslots",
    "cluster|migration",
    "cluster|replicate",
    "cluster|reset",
    "cluster|saveconfig",
    "cluster|set-config-epoch",
    "cluster|setslot",
    "cluster|syncslots",
    "config",
    "config|resetstat",
    "config|rewrite",
    "config|set",
    "module",
    "module|list",
    "module|load",
    "module|loadex",
    "module|unload",
    "commandlog|reset",
    "latency|reset",
    "slowlog|reset",
    "memory|purge",
    "hotkeys|reset",
    "hotkeys|start",
    "hotkeys|stop",
    "function|kill",
    "script|debug",
    "script|kill",
};

// Flagged as reads, and yet not for any node: a cursor means something to the node that gave it and to no
// other; how a value is stored, how large that is and when it was used last are matters of the primary, whose
// memory is what counts.
constexpr std::string_view kOfOneNode[] = {
    "scan",        "hscan",           "sscan",           "zscan",        "object|encoding",
    "object|freq", "object|idletime", "object|refcount", "memory|usage", "touch",
};

// No flag says of these that they change nothing.
bool isHarmless(Special special) {
  switch (special) {
    case Special::kPing:
    case Special::kEcho:
    case Special::kSelect:
    case Special::kInfo:
    case Special::kCommand:
    case Special::kAclWhoami:
    case Special::kLolwut:
    case Special::kScriptExists:
    case Special::kClientTrackinginfo:
    case Special::kClientGetredir:
    case Special::kClientHelp: return true;
    default: return false;
  }
}

// Of a program only its writer knows what it reads, and a module may have cursors of its own. PFCOUNT keeps
// what it has counted in the value itself. What may wait is waited for where the writes come first.
bool isForReplicas(const Command& command) {
  constexpr uint32_t kNever =
      flag::kWrite | flag::kAdmin | flag::kBlocking | flag::kModule | flag::kMayReplicate | flag::kPubsub;
  return command.is(flag::kReadonly) && !command.is(kNever) && command.special == Special::kNone &&
         !command.container && command.name != "fcall_ro" &&
         std::ranges::find(kOfOneNode, command.name) == std::end(kOfOneNode);
}

struct KeyRuleRow {
  std::string_view name;
  KeyRule rule;
  uint8_t count_at = 0;
};

constexpr KeyRuleRow kKeyRules[] = {
    {"eval", KeyRule::kNumkeys, 2},       {"eval_ro", KeyRule::kNumkeys, 2},
    {"evalsha", KeyRule::kNumkeys, 2},    {"evalsha_ro", KeyRule::kNumkeys, 2},
    {"fcall", KeyRule::kNumkeys, 2},      {"fcall_ro", KeyRule::kNumkeys, 2},
    {"zunion", KeyRule::kNumkeys, 1},     {"zinter", KeyRule::kNumkeys, 1},
    {"zdiff", KeyRule::kNumkeys, 1},      {"zintercard", KeyRule::kNumkeys, 1},
    {"sintercard", KeyRule::kNumkeys, 1}, {"lmpop", KeyRule::kNumkeys, 1},
    {"zmpop", KeyRule::kNumkeys, 1},      {"blmpop", KeyRule::kNumkeys, 2},
    {"bzmpop", KeyRule::kNumkeys, 2},     {"zunionstore", KeyRule::kStore, 2},
    {"zinterstore", KeyRule::kStore, 2},  {"zdiffstore", KeyRule::kStore, 2},
    {"msetex", KeyRule::kPairs, 1},       {"sort", KeyRule::kSort},
    {"georadius", KeyRule::kGeoRadius},   {"georadiusbymember", KeyRule::kGeoRadius},
    {"migrate", KeyRule::kMigrate},       {"xread", KeyRule::kStreams},
    {"xreadgroup", KeyRule::kStreams},    {"sort_ro", KeyRule::kRange},
    {"spublish", KeyRule::kNone},         {"ssubscribe", KeyRule::kNone},
    {"sunsubscribe", KeyRule::kNone},
};

}  // namespace

void applyKnowledge(Command& command) {
  const std::string_view name = command.name;
  const auto special = std::ranges::find(kSpecial, name, &SpecialRow::name);
  if (special != std::end(kSpecial)) {
    command.special = special->special;
  } else if (name.starts_with("command|")) {
    command.special = Special::kCommand;
  }
  command.slow = std::ranges::find(kSlow, name) != std::end(kSlow);
  command.on_replica = isForReplicas(command);
  command.may_change = !command.is(flag::kReadonly) && !isHarmless(command.special);
  command.beyond = std::ranges::find(kBeyond, name) != std::end(kBeyond);
  const auto rule = std::ranges::find(kKeyRules, name, &KeyRuleRow::name);
  if (rule != std::end(kKeyRules)) {
    command.key_rule = rule->rule;
    command.key_count_at = rule->count_at;
  } else {
    command.key_rule = command.is(flag::kMovableKeys) ? KeyRule::kCannotTell : KeyRule::kRange;
  }
}

uint32_t impliedCategories(uint32_t flags, uint32_t categories) {
  const auto when = [flags](uint32_t flag, uint32_t category) { return (flags & flag) != 0 ? category : 0; };
  const bool script = (categories & category::kScripting) != 0;  // what it reads is known only when it runs
  return when(flag::kWrite, category::kWrite) | (script ? 0 : when(flag::kReadonly, category::kRead)) |
         when(flag::kAdmin, category::kAdmin | category::kDangerous) |
         when(flag::kPubsub, category::kPubsub) | when(flag::kBlocking, category::kBlocking) |
         ((flags & flag::kFast) != 0 ? category::kFast : category::kSlow);
}

}  // namespace forebay::redisproto
