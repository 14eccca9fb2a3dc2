// Commands of hashes, lists and sets.
#include "redisproto/command_rows.h"

namespace forebay::redisproto::rows {
namespace {

constexpr Row kHashes[] = {
    {"hdel", -3, kWrite | kFast, key(kW)},
    {"hexists", 3, kReadonly | kFast, key(kAny)},
    {"hexpire", -6, kWrite | kDenyOom | kFast, key(kW)},
    {"hexpireat", -6, kWrite | kDenyOom | kFast, key(kW)},
    {"hexpiretime", -5, kReadonly | kFast, key(kR)},
    {"hget", 3, kReadonly | kFast, key(kR)},
    {"hgetall", 2, kReadonly, key(kR)},
    {"hgetdel", -5, kWrite | kFast, key(kRW)},
    {"hgetex", -5, kWrite | kFast, key(kRW)},
    {"hincrby", 4, kWrite | kDenyOom | kFast, key(kRW)},
    {"hincrbyfloat", 4, kWrite | kDenyOom | kFast, key(kRW)},
    {"hkeys", 2, kReadonly, key(kR)},
    {"hlen", 2, kReadonly | kFast, key(kAny)},
    {"hmget", -3, kReadonly | kFast, key(kR)},
    {"hmset", -4, kWrite | kDenyOom | kFast, key(kW)},
    {"hpersist", -5, kWrite | kFast, key(kW)},
    {"hpexpire", -6, kWrite | kDenyOom | kFast, key(kW)},
    {"hpexpireat", -6, kWrite | kDenyOom | kFast, key(kW)},
    {"hpexpiretime", -5, kReadonly | kFast, key(kR)},
    {"hpttl", -5, kReadonly | kFast, key(kR)},
    {"hrandfield", -2, kReadonly, key(kR)},
    {"hscan", -3, kReadonly, key(kR)},
    {"hset", -4, kWrite | kDenyOom | kFast, key(kW)},
    {"hsetex", -6, kWrite | kDenyOom | kFast, key(kW)},
    {"hsetnx", 4, kWrite | kDenyOom | kFast, key(kW)},
    {"hstrlen", 3, kReadonly | kFast, key(kAny)},
    {"httl", -5, kReadonly | kFast, key(kR)},
    {"hvals", 2, kReadonly, key(kR)},
};

constexpr Row kLists[] = {
    {"blmove", 6, kWrite | kDenyOom | kNoscript | kBlocking, pair(kRW, kW)},
    {"blmpop", -5, kWrite | kBlocking | kMovableKeys, movable(kRW)},
    {"blpop", -3, kWrite | kNoscript | kBlocking, {1, -2, 1, kRW, kRW}},
    {"brpop", -3, kWrite | kNoscript | kBlocking, {1, -2, 1, kRW, kRW}},
    {"brpoplpush", 4, kWrite | kDenyOom | kNoscript | kBlocking, pair(kRW, kW)},
    {"lindex", 3, kReadonly, key(kR)},
    {"linsert", 5, kWrite | kDenyOom, key(kW)},
    {"llen", 2, kReadonly | kFast, key(kAny)},
    {"lmove", 5, kWrite | kDenyOom, pair(kRW, kW)},
    {"lmpop", -4, kWrite | kMovableKeys, movable(kRW)},
    {"lpop", -2, kWrite | kFast, key(kRW)},
    {"lpos", -3, kReadonly, key(kR)},
    {"lpush", -3, kWrite | kDenyOom | kFast, key(kW)},
    {"lpushx", -3, kWrite | kDenyOom | kFast, key(kW)},
    {"lrange", 4, kReadonly, key(kR)},
    {"lrem", 4, kWrite, key(kW)},
    {"lset", 4, kWrite | kDenyOom, key(kW)},
    {"ltrim", 4, kWrite, key(kW)},
    {"rpop", -2, kWrite | kFast, key(kRW)},
    {"rpoplpush", 3, kWrite | kDenyOom, pair(kRW, kW)},
    {"rpush", -3, kWrite | kDenyOom | kFast, key(kW)},
    {"rpushx", -3, kWrite | kDenyOom | kFast, key(kW)},
};

constexpr Row kSets[] = {
    {"sadd", -3, kWrite | kDenyOom | kFast, key(kW)},
    {"scard", 2, kReadonly | kFast, key(kAny)},
    {"sdiff", -2, kReadonly, keys(kR)},
    {"sdiffstore", -3, kWrite | kDenyOom, keys(kW, kR)},
    {"sinter", -2, kReadonly, keys(kR)},
    {"sintercard", -3, kReadonly | kMovableKeys, movable(kR)},
    {"sinterstore", -3, kWrite | kDenyOom, keys(kW, kR)},
    {"sismember", 3, kReadonly | kFast, key(kAny)},
    {"smembers", 2, kReadonly, key(kR)},
    {"smismember", -3, kReadonly | kFast, key(kR)},
    {"smove", 4, kWrite | kFast, pair(kRW, kW)},
    {"spop", -2, kWrite | kFast, key(kRW)},
    {"srandmember", -2, kReadonly, key(kR)},
    {"srem", -3, kWrite | kFast, key(kW)},
    {"sscan", -3, kReadonly, key(kR)},
    {"sunion", -2, kReadonly, keys(kR)},
    {"sunionstore", -3, kWrite | kDenyOom, keys(kW, kR)},
};

constexpr Section kSections[] = {
    {Group::kHash, category::kHash, kHashes},
    {Group::kList, category::kList, kLists},
    {Group::kSet, category::kSet, kSets},
};

}  // namespace

std::span<const Section> collections() { return kSections; }

}  // namespace forebay::redisproto::rows
