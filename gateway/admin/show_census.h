// Which databases and users there are, and how many connections each has: what several tables need to know.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "gateway/admin/show.h"

namespace forebay::admin {

using Names = std::set<std::string, std::less<>>;

// All that are configured, were made from "*", or still have a pool or clients; and the console.
Names databaseNames(const ShowContext& context);
Names userNames(const ShowContext& context);

struct Current {
  uint64_t servers = 0, clients = 0;
};
Current currentOf(const Snapshot& snapshot, const std::function<bool(const PoolRow&)>& belongs);

// The entry behind a name that clients use; null for the console itself, and for a database that was taken
// away while clients still use it.
const conf::Database* entryOf(const conf::Config& config, std::string_view name);

// load_balance_hosts; NULL where there is nothing to balance.
Cell balanceOf(const conf::Database* database);

}  // namespace forebay::admin
