// Which addresses a Config makes the gateway listen on.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conf/config.h"

namespace forebay::conf {

// Whether [listen] postgres is opened: for databases, or for a console that somebody may use.
bool listensForPostgres(const Config& config);

// The addresses of each cache by its name: its own `listen`, else [listen] redis.
std::map<std::string, std::vector<ListenAddress>> redisListeners(const Config& config);

}  // namespace forebay::conf
