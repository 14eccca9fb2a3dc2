// redis://user:password@host:port/db, rediss:// for TLS, unix:///path/to/socket?db=2, as redis-py and its
// like read them. https://www.iana.org/assignments/uri-schemes/prov/redis
#pragma once

#include <string_view>

#include "base/result.h"
#include "conf/redis.h"

namespace forebay::conf {

// The cache is without a name. An error says which part is wrong and never repeats the URL, since its
// password might come along.
Result<Cache> parseCacheUrl(std::string_view url);

}  // namespace forebay::conf
