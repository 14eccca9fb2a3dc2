// Commands of sorted sets, geographic indexes and streams.
#include "redisproto/command_rows.h"

namespace forebay::redisproto::rows {
namespace {

constexpr Row kSortedSets[] = {
    {"bzmpop", -5, kWrite | kBlocking | kMovableKeys, movable(kRW)},
    {"bzpopmax", -3, kWrite | kNoscript | kBlocking | kFast, {1, -2, 1, kRW, kRW}},
    {"bzpopmin", -3, kWrite | kNoscript | kBlocking | kFast, {1, -2, 1, kRW, kRW}},
    {"zadd", -4, kWrite | kDenyOom | kFast, key(kW)},
    {"zcard", 2, kReadonly | kFast, key(kAny)},
    {"zcount", 4, kReadonly | kFast, key(kR)},
    {"zdiff", -3, kReadonly | kMovableKeys, movable(kR)},
    {"zdiffstore", -4, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, kW, kR}},
    {"zincrby", 4, kWrite | kDenyOom | kFast, key(kRW)},
    {"zinter", -3, kReadonly | kMovableKeys, movable(kR)},
    {"zintercard", -3, kReadonly | kMovableKeys, movable(kR)},
    {"zinterstore", -4, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, kW, kR}},
    {"zlexcount", 4, kReadonly | kFast, key(kR)},
    {"zmpop", -4, kWrite | kMovableKeys, movable(kRW)},
    {"zmscore", -3, kReadonly | kFast, key(kR)},
    {"zpopmax", -2, kWrite | kFast, key(kRW)},
    {"zpopmin", -2, kWrite | kFast, key(kRW)},
    {"zrandmember", -2, kReadonly, key(kR)},
    {"zrange", -4, kReadonly, key(kR)},
    {"zrangebylex", -4, kReadonly, key(kR)},
    {"zrangebyscore", -4, kReadonly, key(kR)},
    {"zrangestore", -5, kWrite | kDenyOom, pair(kW, kR)},
    {"zrank", 3, kReadonly | kFast, key(kR)},
    {"zrem", -3, kWrite | kFast, key(kW)},
    {"zremrangebylex", 4, kWrite, key(kW)},
    {"zremrangebyrank", 4, kWrite, key(kW)},
    {"zremrangebyscore", 4, kWrite, key(kW)},
    {"zrevrange", -4, kReadonly, key(kR)},
    {"zrevrangebylex", -4, kReadonly, key(kR)},
    {"zrevrangebyscore", -4, kReadonly, key(kR)},
    {"zrevrank", 3, kReadonly | kFast, key(kR)},
    {"zscan", -3, kReadonly, key(kR)},
    {"zscore", 3, kReadonly | kFast, key(kR)},
    {"zunion", -3, kReadonly | kMovableKeys, movable(kR)},
    {"zunionstore", -4, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, kW, kR}},
};

constexpr Row kGeos[] = {
    {"geoadd", -5, kWrite | kDenyOom, key(kW)},
    {"geodist", -4, kReadonly, key(kR)},
    {"geohash", -2, kReadonly, key(kR)},
    {"geopos", -2, kReadonly, key(kR)},
    {"georadius", -6, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, kR, kW}},
    {"georadius_ro", -6, kReadonly, key(kR)},
    {"georadiusbymember", -5, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, kR, kW}},
    {"georadiusbymember_ro", -5, kReadonly, key(kR)},
    {"geosearch", -7, kReadonly, key(kR)},
    {"geosearchstore", -8, kWrite | kDenyOom, pair(kW, kR)},
};

constexpr Row kStreams[] = {
    {"xack", -4, kWrite | kFast, key(kW)},
    {"xackdel", -6, kWrite | kFast, key(kW)},
    {"xadd", -5, kWrite | kDenyOom | kFast, key(kW)},
    {"xautoclaim", -6, kWrite | kFast, key(kW)},
    {"xcfgset", -2, kWrite | kFast, key(kW)},
    {"xclaim", -6, kWrite | kFast, key(kW)},
    {"xdel", -3, kWrite | kFast, key(kW)},
    {"xdelex", -5, kWrite | kFast, key(kW)},
    {"xgroup|create", -5, kWrite | kDenyOom, subcommandKey(kW)},
    {"xgroup|createconsumer", 5, kWrite | kDenyOom, subcommandKey(kW)},
    {"xgroup|delconsumer", 5, kWrite, subcommandKey(kW)},
    {"xgroup|destroy", 4, kWrite, subcommandKey(kW)},
    {"xgroup|help", 2, kLoading | kStale},
    {"xgroup|setid", -5, kWrite, subcommandKey(kW)},
    {"xinfo|consumers", 4, kReadonly, subcommandKey(kR)},
    {"xinfo|groups", 3, kReadonly, subcommandKey(kR)},
    {"xinfo|help", 2, kLoading | kStale},
    {"xinfo|stream", -3, kReadonly, subcommandKey(kR)},
    {"xlen", 2, kReadonly | kFast, key(kAny)},
    {"xpending", -3, kReadonly, key(kR)},
    {"xrange", -4, kReadonly, key(kR)},
    {"xread", -4, kReadonly | kBlocking | kMovableKeys, movable(kR)},
    {"xreadgroup", -7, kWrite | kBlocking | kMovableKeys, movable(kR)},
    {"xrevrange", -4, kReadonly, key(kR)},
    {"xsetid", -3, kWrite | kDenyOom | kFast, key(kW)},
    {"xtrim", -4, kWrite, key(kW)},
};

constexpr Row kStreamsOther[] = {
    {"xgroup", -2, 0},
    {"xinfo", -2, 0},
};

constexpr Section kSections[] = {
    {Group::kSortedSet, category::kSortedset, kSortedSets},
    {Group::kGeo, category::kGeo, kGeos},
    {Group::kStream, category::kStream, kStreams},
    {Group::kStream, 0, kStreamsOther},
};

}  // namespace

std::span<const Section> ordered() { return kSections; }

}  // namespace forebay::redisproto::rows
