#include "conf/url_loader.h"

#include "conf/assign.h"
#include "conf/cache_url.h"
#include "conf/settings.h"
#include "conf/url.h"

namespace forebay::conf {

namespace {

// The user of a URL without one, as libpq takes it.
std::string defaultUser(const Sources& sources) {
  for (const char* name : {"PGUSER", "USER"})
    if (const auto value = sources.environment ? sources.environment(name) : std::nullopt) return *value;
  return {};
}

// The URL's own database under its name, and as "*" all others on its host.
void addDatabases(Database database, PostgresSettings& postgres) {
  Database fallback = database;
  fallback.name.assign(1, '*');  // g++ 12 warns about an overflow, wrongly, when a literal is assigned
  fallback.dbname.clear();
  postgres.databases["*"] = std::move(fallback);
  database.name = database.dbname.empty() ? database.user : database.dbname;
  database.dbname = database.name;
  if (isConsoleDatabase(database.name)) return;  // reachable as the console only
  postgres.databases[database.name] = std::move(database);
}

}  // namespace

Status takeDatabaseUrl(const NamedUrl& from, const Sources& sources, Config& config) {
  Result<DatabaseUrl> parsed = parseDatabaseUrl(from.url);
  if (!parsed) return Error{from.origin + ": " + parsed.error()};
  for (const auto& [name, value] : parsed->global)
    if (const Status status = assign(*findSetting(globalSettings(), name), config, Given{value}); !status)
      return Error{from.origin + ": " + status.error()};
  Database& database = parsed->database;
  if (database.user.empty()) database.user = defaultUser(sources);
  if (database.user.empty()) return Error{from.origin + ": the URL names no user"};
  PostgresSettings& postgres = config.postgres;
  postgres.admin_users = {database.user};
  if (database.password.empty()) postgres.auth_type = AuthType::kTrust;  // the listeners are on loopback only
  addDatabases(std::move(database), postgres);
  return Ok{};
}

Status takeRedisUrl(const NamedUrl& from, Config& config) {
  Result<Cache> cache = parseCacheUrl(from.url);
  if (!cache) return Error{from.origin + ": " + cache.error()};
  cache->name = "main";
  config.redis.caches[cache->name] = std::move(*cache);
  return Ok{};
}

}  // namespace forebay::conf
