// The JSON bodies of /health, /cache/health and all below /api.
#pragma once

#include <string>

#include "gateway/admin/snapshot.h"
#include "gateway/http/health.h"

namespace forebay::http {

std::string healthJson(const Health& health);
std::string cachesHealthJson(const Health& health);  // without the databases
std::string poolsJson(const admin::Snapshot& snapshot);
std::string topologyJson(const admin::Snapshot& snapshot);  // gateway/http/json_failover.cc
std::string eventsJson(const admin::Snapshot& snapshot);    // oldest first
std::string errorJson(std::string_view message);

}  // namespace forebay::http
