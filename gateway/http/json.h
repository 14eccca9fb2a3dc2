// The JSON bodies of /health, /cache/health and /api/pools.
#pragma once

#include <string>

#include "gateway/admin/snapshot.h"
#include "gateway/http/health.h"

namespace forebay::http {

std::string healthJson(const Health& health);
std::string cachesHealthJson(const Health& health);  // without the databases
std::string poolsJson(const admin::Snapshot& snapshot);
std::string errorJson(std::string_view message);

}  // namespace forebay::http
