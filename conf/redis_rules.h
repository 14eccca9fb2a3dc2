// Rules of [redis] and its caches.
#pragma once

#include "conf/rules.h"

namespace forebay::conf {

void checkRedisRules(const Config& config, const RuleReport& report);

}  // namespace forebay::conf
