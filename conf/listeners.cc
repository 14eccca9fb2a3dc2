#include "conf/listeners.h"

namespace forebay::conf {

bool listensForPostgres(const Config& config) {
  const PostgresSettings& postgres = config.postgres;
  return !postgres.databases.empty() || !postgres.admin_users.empty() || !postgres.stats_users.empty();
}

std::map<std::string, std::vector<ListenAddress>> redisListeners(const Config& config) {
  std::map<std::string, std::vector<ListenAddress>> listeners;
  for (const auto& [name, cache] : config.redis.caches)
    listeners[name] = cache.listen.empty() ? config.listen.redis : cache.listen;
  return listeners;
}

}  // namespace forebay::conf
