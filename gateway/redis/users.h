// Who may log in to a cache, and how a password is compared. Pure functions.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "conf/redis.h"
#include "gateway/redis/cache_shared.h"

namespace forebay::redis {

using UserPtr = std::shared_ptr<const CacheUser>;
using Users = std::map<std::string, UserPtr, std::less<>>;

// With `users` these; without, the one that the gateway itself logs in as.
Users makeUsers(const conf::Cache& cache);

// In a time that tells nothing of where they differ, nor whether there is such a user.
bool passwordFits(const CacheUser* user, Bytes password);

}  // namespace forebay::redis
