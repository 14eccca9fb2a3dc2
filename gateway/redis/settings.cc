#include "gateway/redis/settings.h"

namespace forebay::redis {

conf::SslMode serverTlsMode(const conf::RedisSettings& redis, const conf::Cache& cache) {
  return cache.server_tls_sslmode.value_or(redis.server_tls.sslmode);
}

conf::SslMode sentinelTlsMode(const conf::RedisSettings& redis, const conf::Cache& cache) {
  return cache.sentinel_tls_sslmode.value_or(serverTlsMode(redis, cache));
}

net::Dialer::Target targetOf(const Settings& settings, const conf::HostPort& host, conf::SslMode mode) {
  net::Dialer::Target target{.host = host};
  if (const auto found = settings.server_tls.find(mode); found != settings.server_tls.end())
    target.tls = found->second;
  target.tcp = settings.config->postgres.tcp;
  target.tcp.keepidle = settings.config->redis.tcp_keepalive;
  return target;
}

}  // namespace forebay::redis
