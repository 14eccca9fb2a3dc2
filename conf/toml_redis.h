// [redis] of forebay.toml, with its caches and their users.
#pragma once

#include "conf/redis.h"
#include "conf/toml_part.h"

namespace forebay::conf {

void readRedis(const toml::key& key, const toml::node& node, const TomlPart& part, RedisSettings& redis);

}  // namespace forebay::conf
