// A Config from nothing but DATABASE_URL, REDIS_URL, or both.
#pragma once

#include <string>

#include "conf/config.h"
#include "conf/load.h"

namespace forebay::conf {

// A URL, and where it came from: "REDIS_URL", "--redis-url".
struct NamedUrl {
  std::string origin, url;
};

// They put what the URL says into `config`, which has the defaults otherwise. An error names the origin and
// never repeats the URL.
Status takeDatabaseUrl(const NamedUrl& from, const Sources& sources, Config& config);
Status takeRedisUrl(const NamedUrl& from, Config& config);

}  // namespace forebay::conf
