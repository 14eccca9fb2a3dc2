// Commands of keys whatever they hold, of scripts, transactions and channels.
#include "redisproto/command_rows.h"

namespace forebay::redisproto::rows {
namespace {

constexpr Row kKeyspace[] = {
    {"copy", -3, kWrite | kDenyOom, pair(kR, kW)},
    {"del", -2, kWrite, keys(kW)},
    {"dump", 2, kReadonly, key(kR)},
    {"exists", -2, kReadonly | kFast, keys(kAny)},
    {"expire", -3, kWrite | kFast, key(kW)},
    {"expireat", -3, kWrite | kFast, key(kW)},
    {"expiretime", 2, kReadonly | kFast, key(kR)},
    {"keys", 2, kReadonly, kNoKeys, category::kDangerous},
    {"migrate", -6, kWrite | kMovableKeys, {3, 3, 1, kRW, kRW}, category::kDangerous},
    {"move", 3, kWrite | kFast, key(kRW)},
    {"object|encoding", 3, kReadonly, subcommandKey(kAny)},
    {"object|freq", 3, kReadonly, subcommandKey(kAny)},
    {"object|help", 2, kLoading | kStale},
    {"object|idletime", 3, kReadonly, subcommandKey(kAny)},
    {"object|refcount", 3, kReadonly, subcommandKey(kAny)},
    {"persist", 2, kWrite | kFast, key(kW)},
    {"pexpire", -3, kWrite | kFast, key(kW)},
    {"pexpireat", -3, kWrite | kFast, key(kW)},
    {"pexpiretime", 2, kReadonly | kFast, key(kR)},
    {"pttl", 2, kReadonly | kFast, key(kR)},
    {"randomkey", 1, kReadonly},
    {"rename", 3, kWrite, pair(kRW, kW)},
    {"renamenx", 3, kWrite | kFast, pair(kRW, kW)},
    {"restore", -4, kWrite | kDenyOom, key(kW), category::kDangerous},
    {"scan", -2, kReadonly},
    {"touch", -2, kReadonly | kFast, keys(kAny)},
    {"ttl", 2, kReadonly | kFast, key(kR)},
    {"type", 2, kReadonly | kFast, key(kAny)},
    {"unlink", -2, kWrite | kFast, keys(kW)},
};

constexpr Row kKeyspaceOther[] = {
    {"object", -2, 0},
    {"sort",
     -2,
     kWrite | kDenyOom | kMovableKeys,
     {1, 1, 1, kR, kW},
     category::kDangerous | category::kList | category::kSet | category::kSortedset},
    {"sort_ro", -2, kReadonly | kMovableKeys, key(kR),
     category::kDangerous | category::kList | category::kSet | category::kSortedset},
};

constexpr Row kScripting[] = {
    {"eval", -3, kNoscript | kStale | kMovableKeys | kMayReplicate, movable(kRW)},
    {"eval_ro", -3, kReadonly | kNoscript | kStale | kMovableKeys, movable(kR)},
    {"evalsha", -3, kNoscript | kStale | kMovableKeys | kMayReplicate, movable(kRW)},
    {"evalsha_ro", -3, kReadonly | kNoscript | kStale | kMovableKeys, movable(kR)},
    {"fcall", -3, kNoscript | kStale | kMovableKeys | kMayReplicate, movable(kRW)},
    {"fcall_ro", -3, kReadonly | kNoscript | kStale | kMovableKeys, movable(kR)},
    {"function|delete", 3, kWrite | kNoscript},
    {"function|dump", 2, kNoscript},
    {"function|flush", -2, kWrite | kNoscript},
    {"function|help", 2, kLoading | kStale},
    {"function|kill", 2, kNoscript},
    {"function|list", -2, kNoscript},
    {"function|load", -3, kWrite | kDenyOom | kNoscript},
    {"function|restore", -3, kWrite | kDenyOom | kNoscript},
    {"function|stats", 2, kNoscript},
    {"script|debug", 3, kNoscript},
    {"script|exists", -3, kNoscript},
    {"script|flush", -2, kNoscript},
    {"script|help", 2, kLoading | kStale},
    {"script|kill", 2, kNoscript},
    {"script|load", 3, kNoscript | kStale},
    {"script|show", 3, kNoscript},
};

constexpr Row kScriptingOther[] = {
    {"function", -2, 0},
    {"script", -2, 0},
};

constexpr Row kTransactions[] = {
    {"discard", 1, kNoscript | kLoading | kStale | kFast},
    {"exec", 1, kNoscript | kLoading | kStale},
    {"multi", 1, kNoscript | kLoading | kStale | kFast},
    {"unwatch", 1, kNoscript | kLoading | kStale | kFast},
    {"watch", -2, kNoscript | kLoading | kStale | kFast, keys(kAny)},
};

constexpr Row kChannels[] = {
    {"psubscribe", -2, kPubsub | kNoscript | kLoading | kStale},
    {"publish", 3, kPubsub | kLoading | kStale | kFast | kMayReplicate},
    {"pubsub|channels", -2, kPubsub | kLoading | kStale},
    {"pubsub|numpat", 2, kPubsub | kLoading | kStale},
    {"pubsub|numsub", -2, kPubsub | kLoading | kStale},
    {"pubsub|shardchannels", -2, kPubsub | kLoading | kStale},
    {"pubsub|shardnumsub", -2, kPubsub | kLoading | kStale},
    {"punsubscribe", -1, kPubsub | kNoscript | kLoading | kStale},
    {"spublish", 3, kPubsub | kLoading | kStale | kFast | kMayReplicate, key(kAny)},
    {"ssubscribe", -2, kPubsub | kNoscript | kLoading | kStale, keys(kAny)},
    {"subscribe", -2, kPubsub | kNoscript | kLoading | kStale},
    {"sunsubscribe", -1, kPubsub | kNoscript | kLoading | kStale, keys(kAny)},
    {"unsubscribe", -1, kPubsub | kNoscript | kLoading | kStale},
};

constexpr Row kChannelsOther[] = {
    {"pubsub", -2, 0},
    {"pubsub|help", 2, kLoading | kStale},
};

constexpr Section kSections[] = {
    {Group::kGeneric, category::kKeyspace, kKeyspace},
    {Group::kGeneric, 0, kKeyspaceOther},
    {Group::kScripting, category::kScripting, kScripting},
    {Group::kScripting, 0, kScriptingOther},
    {Group::kTransaction, category::kTransaction, kTransactions},
    {Group::kPubSub, category::kPubsub, kChannels},
    {Group::kPubSub, 0, kChannelsOther},
};

}  // namespace

std::span<const Section> generic() { return kSections; }

}  // namespace forebay::redisproto::rows
