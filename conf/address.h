// Addresses as settings write them: where to listen, and where servers are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace forebay::conf {

inline constexpr uint16_t kPostgresPort = 5432;
inline constexpr uint16_t kRedisPort = 6379;
inline constexpr uint16_t kSentinelPort = 26379;
inline constexpr uint16_t kListenPort = 6432;
inline constexpr uint16_t kPatroniPort = 8008;

// "10.0.0.1:6432" "localhost:0" "[::1]:6432" "*:6432" "unix:/run/forebay" "unix:/run/forebay:6433"
// "unix:@name"; port 0 asks for any free one. A Unix socket without a port has 6432.
std::optional<ListenAddress> readListenAddress(std::string_view text);
std::string format(const ListenAddress& address);
// The same for Redis, where a Unix socket is named by itself: "unix:/run/forebay/redis.sock".
std::optional<ListenAddress> readRedisListener(std::string_view text);

// "pg-0" "pg-0:5432" "10.0.0.1" "[::1]:5432" "::1" "/run/postgresql" "/run/postgresql:5433" "@abstract".
std::optional<HostPort> readHost(std::string_view text, uint16_t default_port = kPostgresPort);
std::string format(const HostPort& host);
// "cache", "cache:6379", "[::1]:6379", or the socket itself: "/run/redis/redis.sock".
std::optional<HostPort> readRedisHost(std::string_view text, uint16_t default_port = kRedisPort);

// "s-0" or "s-0:26379": a Sentinel, which has no Unix socket.
std::optional<HostPort> readSentinel(std::string_view text);

// "http://10.0.0.1:8008", "https://patroni-0": Patroni's REST API. A login has settings of its own.
std::optional<RestUrl> readPatroniUrl(std::string_view text);
std::string format(const RestUrl& url);

// Whether only this machine can connect there.
bool isLoopback(const ListenAddress& address);

std::optional<uint16_t> readPort(std::string_view text);  // 0 to 65535

}  // namespace forebay::conf
