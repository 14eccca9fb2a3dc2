// Rules of a database's reads: they can go to replicas only where replicas are known.
#pragma once

#include "conf/rules.h"

namespace forebay::conf {

void checkReadRules(const Config& config, const RuleReport& report);

}  // namespace forebay::conf
