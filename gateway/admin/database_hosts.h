// The hosts of a database as somebody at the console names them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "conf/config.h"

namespace forebay::admin {

// "pg-0:5432"; or "pg-0", where only one has that name. The error is for who
// named it.
Result<conf::HostPort> hostNamed(const conf::Database& database, std::string_view text);

std::string hostsOf(const conf::Database& database);  // "pg-0:5432, pg-1:5432"

}  // namespace forebay::admin
