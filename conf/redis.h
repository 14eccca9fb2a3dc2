// What an operator can set for Redis: [redis], [redis.caches.NAME] and its users. Part of a Config
// (conf/config.h), with the same rules: immutable once published, a duration or limit of zero means "none".
//
// Names are PgBouncer's where PgBouncer has the setting, otherwise redis.conf's with underscores.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "conf/network.h"
#include "conf/reads.h"

namespace forebay::conf {

// One entry of `users`: who may log in to the gateway, and what he may do there. The rules are Redis' own
// (redisproto/acl.h tells their syntax).
struct CacheUser {
  std::string name;
  std::string password;       // a secret: never shown, never logged; empty: any password will do ("nopass")
  std::string password_file;  // read at start and at each reload
  std::string commands;       // "+@all -@admin +client|list"; empty: all but what reaches beyond his own data
  std::vector<std::string> keys, channels;  // patterns; none: all
  bool operator==(const CacheUser&) const = default;
};

// One entry of [redis.caches]. An empty optional means: the value of [redis] counts.
struct Cache {
  std::string name;
  HostPort host{.host = {}, .port = 6379};  // from url or host; empty with sentinels
  std::vector<HostPort> sentinels;          // who tell where the primary is; none: `host` is it
  std::string master;                       // the name that they know it by
  std::string sentinel_user;                // theirs; empty: "default"
  std::string sentinel_password;            // a secret
  std::string sentinel_password_file;
  std::optional<SslMode> sentinel_tls_sslmode;  // none: as to the servers
  // Without balance and weights. The primary answers sooner than a replica that would have to be waited for.
  ReadSettings reading = [] {
    ReadSettings reads;
    reads.replica_wait_timeout = Duration::zero();
    return reads;
  }();
  uint32_t database = 0;  // that clients begin in
  std::string user;       // the backend's; empty: "default"
  std::string password;   // a secret
  std::string password_file;
  std::vector<ListenAddress> listen;  // where its clients connect; none: [listen] redis
  std::map<std::string, CacheUser>
      users;  // none: clients log in as user and password say, and may do what that
              // user may; without a password everybody on a loopback listener may
  std::optional<SslMode> server_tls_sslmode;  // rediss:// means verify-full
  std::optional<uint32_t> lease_pool_size, min_lease_pool_size;
  std::optional<Duration> command_timeout, command_wait_timeout;
  bool operator==(const Cache&) const = default;
  bool hasSentinels() const { return !sentinels.empty(); }
};

struct RedisSettings {
  uint32_t maxclients = 10000;
  Duration timeout{};  // a client that sends nothing for so long is closed; never one that waits for us
  Duration client_login_timeout = seconds(60);
  // A request that was sent and is not answered in this time is answered with an error; its late reply is
  // dropped. Blocking commands bring their own time.
  Duration command_timeout{};
  // How long a request waits for a connection to its server.
  Duration command_wait_timeout = seconds(30);
  Duration server_connect_timeout = seconds(5), server_login_retry = seconds(2),
           server_idle_timeout = seconds(600);
  // Connections that are lent to one client at a time (MULTI, BLPOP, ...): in the whole process, per cache.
  uint32_t lease_pool_size = 500, min_lease_pool_size = 0;
  uint64_t large_value = uint64_t{64} << 10;  // from here on a request or reply goes a way of its own
  // What may be held for one client that does not read, and for all of them, in bytes.
  uint64_t client_output_buffer_limit = uint64_t{64} << 20,
           client_output_buffer_limit_pubsub = uint64_t{32} << 20;
  uint64_t maxmemory_clients = uint64_t{512} << 20;
  Duration slowlog_log_slower_than = milliseconds(10);
  uint32_t slowlog_max_len = 128;
  Duration shutdown_timeout = seconds(30);
  TlsSettings client_tls{.sslmode = SslMode::kDisable};
  TlsSettings server_tls{.sslmode = SslMode::kDisable};
  Duration tcp_keepalive = seconds(300);

  std::map<std::string, Cache> caches;
  bool operator==(const RedisSettings&) const = default;
};

}  // namespace forebay::conf
