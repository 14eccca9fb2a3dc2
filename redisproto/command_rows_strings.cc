// Commands of strings, bitmaps and HyperLogLogs.
#include "redisproto/command_rows.h"

namespace forebay::redisproto::rows {
namespace {

constexpr Row kStrings[] = {
    {"append", 3, kWrite | kDenyOom | kFast, key(kW)},
    {"decr", 2, kWrite | kDenyOom | kFast, key(kRW)},
    {"decrby", 3, kWrite | kDenyOom | kFast, key(kRW)},
    {"delex", -2, kWrite | kFast, key(kRW)},
    {"delifeq", 3, kWrite | kFast, key(kRW)},
    {"digest", 2, kReadonly | kFast, key(kR)},
    {"get", 2, kReadonly | kFast, key(kR)},
    {"getdel", 2, kWrite | kFast, key(kRW)},
    {"getex", -2, kWrite | kFast, key(kRW)},
    {"getrange", 4, kReadonly, key(kR)},
    {"getset", 3, kWrite | kDenyOom | kFast, key(kRW)},
    {"incr", 2, kWrite | kDenyOom | kFast, key(kRW)},
    {"incrby", 3, kWrite | kDenyOom | kFast, key(kRW)},
    {"incrbyfloat", 3, kWrite | kDenyOom | kFast, key(kRW)},
    {"lcs", -3, kReadonly, pair(kR, kR)},
    {"mget", -2, kReadonly | kFast, keys(kR)},
    {"mset", -3, kWrite | kDenyOom, {1, -1, 2, kW, kW}},
    {"msetex", -4, kWrite | kDenyOom | kMovableKeys, movable(kW)},
    {"msetnx", -3, kWrite | kDenyOom, {1, -1, 2, kW, kW}},
    {"psetex", 4, kWrite | kDenyOom, key(kW)},
    {"set", -3, kWrite | kDenyOom, key(kRW)},
    {"setex", 4, kWrite | kDenyOom, key(kW)},
    {"setnx", 3, kWrite | kDenyOom | kFast, key(kW)},
    {"setrange", 4, kWrite | kDenyOom, key(kW)},
    {"strlen", 2, kReadonly | kFast, key(kAny)},
    {"substr", 4, kReadonly, key(kR)},
};

constexpr Row kBitmaps[] = {
    {"bitcount", -2, kReadonly, key(kR)},
    {"bitfield", -2, kWrite | kDenyOom, key(kRW)},
    {"bitfield_ro", -2, kReadonly | kFast, key(kR)},
    {"bitop", -4, kWrite | kDenyOom, {2, -1, 1, kW, kR}},
    {"bitpos", -3, kReadonly, key(kR)},
    {"getbit", 3, kReadonly | kFast, key(kR)},
    {"setbit", 4, kWrite | kDenyOom, key(kRW)},
};

constexpr Row kHyperLogLogs[] = {
    {"pfadd", -2, kWrite | kDenyOom | kFast, key(kW)},
    {"pfcount", -2, kReadonly | kMayReplicate, keys(kR)},
    {"pfdebug", 3, kWrite | kDenyOom | kAdmin, subcommandKey(kR)},
    {"pfmerge", -2, kWrite | kDenyOom, keys(kRW, kR)},
    {"pfselftest", 1, kAdmin},
};

constexpr Section kSections[] = {
    {Group::kString, category::kString, kStrings},
    {Group::kBitmap, category::kBitmap, kBitmaps},
    {Group::kHyperLogLog, category::kHyperloglog, kHyperLogLogs},
};

}  // namespace

std::span<const Section> strings() { return kSections; }

}  // namespace forebay::redisproto::rows
