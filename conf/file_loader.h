// The files that a Config names, read into it: passwords, users, HBA rules.
#pragma once

#include "conf/config.h"
#include "conf/load.h"
#include "conf/problems.h"

namespace forebay::conf {

void loadFiles(const Sources& sources, Config& config, Problems& problems);

}  // namespace forebay::conf
