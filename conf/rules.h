// Rules: what settings demand of each other, checked on a whole Config.
#pragma once

#include <functional>
#include <string>

#include "conf/config.h"

namespace forebay::conf {

// Told of each broken rule: the path of the setting to look at ("postgres.client_tls_sslmode") and what is
// wrong.
using RuleReport = std::function<void(std::string path, std::string message)>;

inline constexpr size_t kUnixPathLimit = 107;  // what fits into sockaddr_un with its terminating zero

void checkRules(const Config& config, const RuleReport& report);

}  // namespace forebay::conf
