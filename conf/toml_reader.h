// forebay.toml to a Config, setting by setting. Files that it names are read, and rules checked, by
// loadConfig().
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/expand.h"
#include "conf/problems.h"

namespace forebay::conf {

// Fills `config` and tells `problems` of everything that is wrong in `text`, and where each setting stands.
// Relative file names become relative to `folder`.
void readToml(std::string_view text, const std::string& folder, const Environment& environment,
              Config& config, Problems& problems);

}  // namespace forebay::conf
