#include "conf/redis_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "conf/address.h"
#include "conf/listeners.h"
#include "conf/tls_rules.h"

namespace forebay::conf {

namespace {

using Addresses = std::vector<ListenAddress>;

std::string pathOf(const Cache& cache) { return "redis.caches." + cache.name; }
std::string called(const Cache& cache) { return "cache '" + cache.name + "'"; }

class RedisRules {
 public:
  RedisRules(const Config& config, const RuleReport& report)
      : config_(config), redis_(config.redis), report_(report) {}

  void check() {
    checkClientTls(redis_.client_tls, "redis", report_);
    checkServerTls(redis_.server_tls, "redis", report_);
    checkTlsMode("redis", "server_tls_sslmode", redis_.server_tls.sslmode);
    checkLeases("redis", "", redis_.min_lease_pool_size, redis_.lease_pool_size);
    for (const auto& [name, cache] : redis_.caches) checkCache(cache);
    checkShares();
    checkClashes();
  }

 private:
  void tell(std::string path, std::string message) { report_(std::move(path), std::move(message)); }

  void checkCache(const Cache& cache) {
    const std::string path = pathOf(cache);
    checkPlace(cache, path);
    if (!cache.user.empty() && cache.password.empty())
      tell(path,
           called(cache) + " has a user but no password: with a password alone the user is \"default\"");
    if (cache.server_tls_sslmode) checkTlsMode(path, "server_tls_sslmode", *cache.server_tls_sslmode);
    if (cache.min_lease_pool_size || cache.lease_pool_size)
      checkLeases(path, called(cache) + ": ", cache.min_lease_pool_size.value_or(redis_.min_lease_pool_size),
                  cache.lease_pool_size.value_or(redis_.lease_pool_size));
    if (!verifies(redis_.client_tls.sslmode)) checkDoors(cache);
  }

  // Where Redis is: the settings say it, or Sentinels are to be asked.
  void checkPlace(const Cache& cache, const std::string& path) {
    if (!cache.hasSentinels()) {
      if (cache.host.host.empty()) tell(path, called(cache) + " needs host, url or sentinels");
      return checkNoSentinels(cache, path);
    }
    if (!cache.host.host.empty())
      tell(path + ".sentinels",
           called(cache) + " has sentinels, which tell where Redis is: host and url exclude them");
    if (cache.master.empty())
      tell(path + ".sentinels", called(cache) + " needs master, the name that its sentinels know it by");
    if (!cache.sentinel_user.empty() && cache.sentinel_password.empty())
      tell(path + ".sentinel_user", called(cache) + " has a sentinel_user but no sentinel_password");
    if (cache.sentinel_tls_sslmode) checkTlsMode(path, "sentinel_tls_sslmode", *cache.sentinel_tls_sslmode);
    checkTwice(cache, path);
    checkReads(cache, path);
  }

  // Without the primary a read that comes right behind a write has nobody to go to, unless it waits.
  void checkReads(const Cache& cache, const std::string& path) {
    const ReadSettings& reading = cache.reading;
    if (reading.reads == Reads::kPrimary || reading.primary_fallback) return;
    if (reading.reads == Reads::kPreferReplicas)
      tell(path + ".primary_fallback",
           called(cache) +
               " has primary_fallback off, but with reads 'prefer-replicas' the primary takes its share");
    if (reading.consistency != Consistency::kEventual && reading.replica_wait_timeout == Duration::zero())
      tell(path + ".primary_fallback",
           called(cache) +
               " has primary_fallback off: set replica_wait_timeout, which is how long a read may wait for a "
               "replica to have what its client has written");
  }

  void checkTwice(const Cache& cache, const std::string& path) {
    std::set<std::string> seen;
    for (const HostPort& each : cache.sentinels)
      if (!seen.insert(format(each)).second)
        tell(path + ".sentinels", "'" + format(each) + "' is listed twice");
  }

  void checkNoSentinels(const Cache& cache, const std::string& path) {
    const auto demand = [&](bool given, const std::string& name) {
      if (given) tell(path + "." + name, name + " is of use only with sentinels");
    };
    demand(!cache.master.empty(), "master");
    demand(!cache.sentinel_user.empty(), "sentinel_user");
    demand(!cache.sentinel_password.empty() && cache.sentinel_password_file.empty(), "sentinel_password");
    demand(!cache.sentinel_password_file.empty(), "sentinel_password_file");
    demand(cache.sentinel_tls_sslmode.has_value(), "sentinel_tls_sslmode");
    demand(cache.reading.reads != Reads::kPrimary, "reads");
  }

  // PostgreSQL can be asked whether it has TLS, Redis cannot.
  void checkTlsMode(const std::string& path, const std::string& name, SslMode mode) {
    if (mode == SslMode::kAllow || mode == SslMode::kPrefer)
      tell(path + "." + name, name + " '" + std::string(nameOf(mode)) +
                                  "' is not possible with Redis: choose disable, require, verify-ca "
                                  "or verify-full");
  }

  void checkLeases(const std::string& path, const std::string& whose, uint32_t min, uint32_t max) {
    if (min > max)
      tell(path + ".min_lease_pool_size", whose + "min_lease_pool_size is " + std::to_string(min) +
                                              ", more than lease_pool_size, which is " + std::to_string(max));
  }

  // Who needs no password must come from this machine.
  void checkDoors(const Cache& cache) {
    const Addresses& addresses = cache.listen.empty() ? config_.listen.redis : cache.listen;
    const auto open = std::find_if_not(addresses.begin(), addresses.end(), isLoopback);
    if (open == addresses.end()) return;
    const std::string remedy =
        " lets everybody in at " + format(*open) + ": set a password, or listen on loopback addresses only";
    if (cache.users.empty() && cache.password.empty()) tell(pathOf(cache), called(cache) + remedy);
    for (const auto& [name, user] : cache.users)
      if (user.password.empty())
        tell(pathOf(cache) + ".users." + name, "user '" + name + "' of " + called(cache) + remedy);
  }

  // [listen] redis has room for one cache.
  void checkShares() {
    const Cache* first = nullptr;
    for (const auto& [name, cache] : redis_.caches) {
      if (!cache.listen.empty()) continue;
      if (config_.listen.redis.empty())
        tell(pathOf(cache), called(cache) + " needs listen: [listen] redis has no address");
      else if (first)
        tell(pathOf(cache), called(*first) + " and " + called(cache) + " both need a listen of their own: " +
                                "[listen] redis serves one cache only");
      if (!first) first = &cache;
    }
  }

  void checkClashes() {
    std::map<std::string, std::string> taken;
    for (const ListenAddress& each : config_.listen.http) taken[format(each)] = "[listen] http";
    if (listensForPostgres(config_))
      for (const ListenAddress& each : config_.listen.postgres) taken[format(each)] = "[listen] postgres";
    bool shared_taken = false;
    for (const auto& [name, cache] : redis_.caches) {
      if (!cache.listen.empty())
        takeAll(cache, pathOf(cache) + ".listen", cache.listen, taken);
      else if (!std::exchange(shared_taken, true))  // what is shared is told by checkShares()
        takeAll(cache, "listen.redis", config_.listen.redis, taken);
    }
  }

  void takeAll(const Cache& cache, const std::string& path, const Addresses& addresses,
               std::map<std::string, std::string>& taken) {
    for (const ListenAddress& each : addresses) {
      checkSocketName(path, each);
      if (each.port == 0 && !each.isUnix()) continue;  // any free one
      const auto [other, free] = taken.emplace(format(each), called(cache));
      if (free) continue;
      tell(path, other->second == called(cache)
                     ? "'" + format(each) + "' is listed twice"
                     : other->second + " and " + called(cache) + " cannot both listen on " + format(each));
    }
  }

  void checkSocketName(const std::string& path, const ListenAddress& address) {
    if (address.isUnix() && address.host.size() > kUnixPathLimit)
      tell(path, "the Unix socket " + address.host + " has a longer name than the system's limit of " +
                     std::to_string(kUnixPathLimit) + " characters");
  }

  const Config& config_;
  const RedisSettings& redis_;
  const RuleReport& report_;
};

}  // namespace

void checkRedisRules(const Config& config, const RuleReport& report) { RedisRules(config, report).check(); }

}  // namespace forebay::conf
