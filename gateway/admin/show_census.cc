#include "gateway/admin/show_census.h"

namespace forebay::admin {

Names databaseNames(const ShowContext& context) {
  Names names{std::string(kConsoleDatabase)};
  for (const auto& [name, entry] : context.config.postgres.databases) {
    if (name != "*") names.insert(name);
  }
  for (const auto& [name, row] : context.snapshot.databases) names.insert(name);
  for (const auto& [key, pool] : context.snapshot.pools) names.insert(key.first);
  return names;
}

Names userNames(const ShowContext& context) {
  Names names{std::string(kConsoleUser)};
  for (const auto& [name, user] : context.config.postgres.users) names.insert(name);
  for (const auto& [name, secret] : context.config.userlist.secrets()) names.insert(name);
  for (const auto& [key, pool] : context.snapshot.pools) names.insert(key.second);
  for (const auto& [name, clients] : context.snapshot.logins)
    if (clients > 0) names.insert(name);
  return names;
}

Current currentOf(const Snapshot& snapshot, const std::function<bool(const PoolRow&)>& belongs) {
  Current out;
  for (const auto& [key, pool] : snapshot.pools) {
    if (!belongs(pool)) continue;
    out.servers += pool.servers();
    out.clients += pool.clients();
  }
  return out;
}

const conf::Database* entryOf(const conf::Config& config, std::string_view name) {
  return name == kConsoleDatabase ? nullptr : config.findDatabase(name);
}

Cell balanceOf(const conf::Database* database) {
  if (database == nullptr || database->hosts.size() < 2) return std::nullopt;
  return text(nameOf(database->load_balance_hosts));
}

}  // namespace forebay::admin
