#include "gateway/redis/reply_shape.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace forebay::redis {
namespace {

struct Shape {
  std::string_view command, types;
};

// In order of names. An error may always come.
constexpr std::array kShapes = {
    Shape{"append", ":"},   Shape{"dbsize", ":"},   Shape{"decr", ":"},      Shape{"decrby", ":"},
    Shape{"del", ":"},      Shape{"echo", "$"},     Shape{"exists", ":"},    Shape{"expire", ":"},
    Shape{"get", "$_"},     Shape{"hdel", ":"},     Shape{"hexists", ":"},   Shape{"hget", "$_"},
    Shape{"hgetall", "*%"}, Shape{"hlen", ":"},     Shape{"hmget", "*"},     Shape{"hset", ":"},
    Shape{"incr", ":"},     Shape{"incrby", ":"},   Shape{"info", "$="},     Shape{"keys", "*"},
    Shape{"llen", ":"},     Shape{"lpush", ":"},    Shape{"lrange", "*"},    Shape{"mget", "*"},
    Shape{"mset", "+"},     Shape{"ping", "+$*"},   Shape{"publish", ":"},   Shape{"rpush", ":"},
    Shape{"sadd", ":"},     Shape{"scan", "*"},     Shape{"scard", ":"},     Shape{"set", "+$_"},
    Shape{"setex", "+"},    Shape{"setnx", ":"},    Shape{"sismember", ":"}, Shape{"smembers", "*~"},
    Shape{"srem", ":"},     Shape{"strlen", ":"},   Shape{"time", "*"},      Shape{"ttl", ":"},
    Shape{"type", "+"},     Shape{"unlink", ":"},   Shape{"zadd", ":,$_"},   Shape{"zcard", ":"},
    Shape{"zrem", ":"},     Shape{"zscore", "$,_"},
};

}  // namespace

bool replyFits(const redisproto::Command* command, char type) {
  if (command == nullptr || type == '-' || type == '!') return true;
  const auto found =
      std::lower_bound(kShapes.begin(), kShapes.end(), command->name,
                       [](const Shape& shape, std::string_view name) { return shape.command < name; });
  return found == kShapes.end() || found->command != command->name ||
         found->types.find(type) != std::string_view::npos;
}

}  // namespace forebay::redis
