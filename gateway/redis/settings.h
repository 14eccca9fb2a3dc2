// What the control thread publishes to the workers as one: a configuration and what was made from its files.
#pragma once

#include <map>
#include <memory>

#include "conf/config.h"
#include "gateway/net/dialer.h"
#include "gateway/net/tls_context.h"

namespace forebay::redis {

struct Settings {
  conf::ConfigPtr config;
  net::TlsContext::Ptr client_tls;                           // null: clients get no TLS
  std::map<conf::SslMode, net::TlsContext::Ptr> server_tls;  // for each mode that a cache uses
};
using SettingsPtr = std::shared_ptr<const Settings>;

// The sslmode that counts for a cache's servers, and for its Sentinels.
conf::SslMode serverTlsMode(const conf::RedisSettings& redis, const conf::Cache& cache);
conf::SslMode sentinelTlsMode(const conf::RedisSettings& redis, const conf::Cache& cache);

// How to dial `host`.
net::Dialer::Target targetOf(const Settings& settings, const conf::HostPort& host, conf::SslMode mode);

}  // namespace forebay::redis
