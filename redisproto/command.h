// What is known of Redis' commands: flags, key positions, ACL categories, what they mean for a gateway.
//
// The table comes from a server's own COMMAND reply, so modules and new commands are known; a built-in one
// (Redis 7.0's, with later additions) stands in for servers older than that and until the reply is there. A
// command that is in neither is a write that may do anything: find() is null.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace forebay::redisproto {

// Bits of Command::flags: the server's own words.
namespace flag {
enum : uint32_t {
  kWrite = 1 << 0,
  kReadonly = 1 << 1,
  kDenyOom = 1 << 2,
  kAdmin = 1 << 3,
  kPubsub = 1 << 4,
  kNoscript = 1 << 5,
  kBlocking = 1 << 6,
  kLoading = 1 << 7,
  kStale = 1 << 8,
  kFast = 1 << 9,
  kNoAuth = 1 << 10,
  kMayReplicate = 1 << 11,
  kNoMulti = 1 << 12,
  kMovableKeys = 1 << 13,
  kModule = 1 << 14,
};
}

// Bits of Command::categories, and what ACL rules call them ("@keyspace").
namespace category {
enum : uint32_t {
  kKeyspace = 1 << 0,
  kRead = 1 << 1,
  kWrite = 1 << 2,
  kSet = 1 << 3,
  kSortedset = 1 << 4,
  kList = 1 << 5,
  kHash = 1 << 6,
  kString = 1 << 7,
  kBitmap = 1 << 8,
  kHyperloglog = 1 << 9,
  kGeo = 1 << 10,
  kStream = 1 << 11,
  kPubsub = 1 << 12,
  kAdmin = 1 << 13,
  kFast = 1 << 14,
  kSlow = 1 << 15,
  kBlocking = 1 << 16,
  kDangerous = 1 << 17,
  kConnection = 1 << 18,
  kTransaction = 1 << 19,
  kScripting = 1 << 20,
  kOther = 1 << 21,  // of a module
};
}
std::optional<uint32_t> categoryOf(std::string_view name);  // "keyspace"
std::span<const std::string_view> categoryNames();
std::optional<uint32_t> flagOf(std::string_view name);  // "no_auth"

// For latency histograms and the like: a handful of groups, not hundreds of names.
enum class Group : uint8_t {
  kGeneric,
  kString,
  kHash,
  kList,
  kSet,
  kSortedSet,
  kStream,
  kBitmap,
  kHyperLogLog,
  kGeo,
  kScripting,
  kTransaction,
  kPubSub,
  kConnection,
  kServer,
  kOther,
};
constexpr size_t kGroups = 16;
std::string_view nameOf(Group group);  // "sorted_set"

// The commands that a gateway must know by name, because it answers them itself or they change what a
// connection is. kNone: nothing special, forward by its flags.
enum class Special : uint8_t {
  kNone,
  kAuth,
  kHello,
  kReset,
  kQuit,
  kPing,
  kEcho,
  kSelect,
  kMulti,
  kExec,
  kDiscard,
  kWatch,
  kUnwatch,
  kSubscribe,
  kPsubscribe,
  kSsubscribe,
  kUnsubscribe,
  kPunsubscribe,
  kSunsubscribe,
  kMonitor,
  kSync,    // kSync: SYNC, PSYNC, REPLCONF
  kWait,    // WAIT, WAITAOF
  kClient,  // container: its subcommands are below
  kClientId,
  kClientSetname,
  kClientGetname,
  kClientSetinfo,
  kClientList,
  kClientInfo,
  kClientKill,
  kClientNoEvict,
  kClientNoTouch,
  kClientReply,
  kClientPause,
  kClientUnpause,
  kClientUnblock,
  kClientTracking,
  kClientCaching,
  kClientTrackinginfo,
  kClientGetredir,
  kClientHelp,
  kClientMaintNotifications,
  kClientCapa,
  kEval,     // EVAL, EVAL_RO
  kEvalsha,  // EVALSHA, EVALSHA_RO
  kScriptLoad,
  kScriptFlush,
  kScriptKill,
  kScriptExists,
  kScriptDebug,
  kFunctionKill,
  kInfo,
  kCommand,  // with its subcommands
  kAclWhoami,
  kLolwut,
  kReadonlyMode,
  kReadwriteMode,
  kAsking,  // READONLY, READWRITE, ASKING: of a cluster's connections
  kFlushall,
  kSwapdb,
  kShutdown,
  kDebug,
  kScan,  // SCAN, HSCAN, SSCAN, ZSCAN: cursors mean something to the Redis that has given them alone
};

// What a command does to the values of its keys, for ACL rules such as "%R~". Bits; none: no more than to
// tell whether the key is there.
namespace access {
enum : uint8_t { kNone = 0, kRead = 1, kWrite = 2 };
}

// How findKeys() goes about a command's keys.
enum class KeyRule : uint8_t {
  kRange,       // first_key, last_key and key_step tell all; without first_key there are none
  kNone,        // what they tell is something else: the channels of shards
  kNumkeys,     // a count at key_count_at, and that many keys behind it
  kStore,       // the same, but for a target in front of the count: ZUNIONSTORE and such
  kPairs,       // a count at key_count_at, and that many pairs of key and value: MSETEX
  kSort,        // the key, and the one behind STORE
  kGeoRadius,   // the key, and the one behind STORE or STOREDIST
  kMigrate,     // the third argument, or if that is empty those behind KEYS
  kStreams,     // the first half of what is behind STREAMS
  kCannotTell,  // movable keys of a command that is not known more closely
};

struct Command {
  std::string name;    // lower case; a subcommand is "config|set"
  int32_t arity = -1;  // as Redis counts: with the name; negative: at least so many
  uint32_t flags = 0;
  uint32_t categories = 0;
  int16_t first_key = 0, last_key = 0, key_step = 0;  // as in COMMAND; 0: no keys that positions tell
  KeyRule key_rule = KeyRule::kRange;
  uint8_t key_count_at = 0;  // for the rules that begin with a count: its position in the request
  uint8_t first_access = 3;  // bits of `access`, for the first key that findKeys() tells ...
  uint8_t other_access = 3;  // ... and for all others
  Group group = Group::kOther;
  Special special = Special::kNone;
  bool slow =
      false;  // may keep the server busy for long: KEYS, SORT, FLUSH*, SUNION and such; @slow is too wide
  bool beyond = false;  // reaches beyond a user's own data, so only who is given it by name may: SHUTDOWN,
                        // DEBUG, REPLICAOF, FAILOVER, MIGRATE, MODULE, ACL (but WHOAMI, CAT, GENPASS), CONFIG
                        // SET and RESETSTAT and REWRITE, SAVE, BGSAVE, BGREWRITEAOF, SYNC, PSYNC, REPLCONF,
                        // MONITOR, FLUSHALL, SWAPDB, CLIENT KILL and PAUSE and UNPAUSE, CLUSTER changes,
                        // LATENCY RESET, SLOWLOG RESET, SCRIPT KILL...
  bool on_replica = false;  // may be asked of a replica: it reads the data, and nothing else of the node
  bool may_change = true;   // what others read: unless it is known that it cannot
  bool container = false;   // has subcommands
  uint16_t id = 0;          // below CommandTable::size(); of its container's subcommands, too

  bool is(uint32_t flag) const { return (flags & flag) != 0; }
  bool writes() const { return !is(flag::kReadonly); }
  bool takes(size_t argc) const {
    return arity >= 0 ? argc == static_cast<size_t>(arity) : argc >= static_cast<size_t>(-arity);
  }
};

// The first key of the request, where positions tell it. Null: they do not, or it has none.
inline const Bytes* firstKey(const Command& command, const std::vector<Bytes>& args) {
  const auto at = static_cast<size_t>(command.first_key);
  return command.first_key > 0 && at < args.size() ? &args[at] : nullptr;
}

class CommandTable {
 public:
  // Redis 7.0.15's commands and later ones' additions.
  static std::shared_ptr<const CommandTable> builtIn();
  // From the whole reply to COMMAND, sent on a RESP2 connection: laid over the built-in table's knowledge of
  // groups, `special`, `slow` and `beyond`. Servers before 7.0 do not tell subcommands: the built-in ones
  // stay.
  static Result<std::shared_ptr<const CommandTable>> fromReply(Bytes reply);

  // The command of a request: by its first argument, or a container's subcommand by the second. `name` in any
  // case. Null: unknown. A container whose subcommand is unknown is found as the container itself.
  [[gnu::hot]] const Command* find(Bytes name, Bytes subcommand = {}) const;
  const Command* byName(std::string_view full_name) const;  // "config|set", lower case
  size_t size() const { return commands_.size(); }
  const Command& at(size_t id) const { return commands_[id]; }

 private:
  // A name in lower case, packed so that two are compared in a few instructions: which commands are there is
  // asked for each request. Longer names than fit are in long_names_.
  struct PackedName {
    static constexpr size_t kMax = 24;
    static bool pack(Bytes name, PackedName& out);
    uint32_t hash(uint32_t container) const;
    bool operator==(const PackedName&) const = default;
    uint64_t words[3] = {0, 0, 0};
    uint32_t length = 0;
  };
  struct Slot {
    PackedName name;
    uint16_t container = 0;  // 0: none; else its id and 1
    uint16_t next = 0;       // id and 1 of the command here; 0: the slot is empty
  };

  explicit CommandTable(std::vector<Command> commands);
  const Command* lookUp(Bytes name, uint16_t container) const;
  const Command* lookUpLong(Bytes name, uint16_t container) const;
  void index(const Command& command, uint16_t container);

  std::vector<Command> commands_;
  std::vector<Slot> slots_;           // a power of two, at most half of them in use
  std::vector<uint16_t> long_names_;  // ids, of what does not fit into PackedName
};

// Appends the positions in `args` of the keys that the request names. False: they can not be told (a command
// of a module with movable keys, or broken arguments such as a numkeys that is no number).
bool findKeys(const Command& command, const std::vector<Bytes>& args, std::vector<uint32_t>& positions);

// CRC16 (XMODEM) of the key, or of what stands between its first { and the next }, modulo 16384
// (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model).
uint16_t keySlot(Bytes key);

// Redis' glob: * ? [a-z] [^x] \x. Takes time linear in |pattern| * |text| at most, never exponential.
bool globMatches(Bytes pattern, Bytes text);

}  // namespace forebay::redisproto
