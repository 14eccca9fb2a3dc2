// Rules of [failover], and of databases whose servers' roles are to be discovered.
#pragma once

#include "conf/rules.h"

namespace forebay::conf {

void checkFailoverRules(const Config& config, const RuleReport& report);

}  // namespace forebay::conf
