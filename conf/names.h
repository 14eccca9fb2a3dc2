// The words that settings spell their choices with, each beside the enumerator it stands for.
#pragma once

#include <array>
#include <string_view>

#include "conf/config.h"

namespace forebay::conf {

template <typename E>
struct Named {
  E value;
  std::string_view name;
};
template <typename E>
Named(E, std::string_view) -> Named<E>;  // clang deduces an aggregate's type by itself from version 17 only

inline constexpr std::array kPoolModes = {Named{PoolMode::kTransaction, "transaction"},
                                          Named{PoolMode::kSession, "session"},
                                          Named{PoolMode::kStatement, "statement"}};
inline constexpr std::array kAuthTypes = {Named{AuthType::kScramSha256, "scram-sha-256"},
                                          Named{AuthType::kMd5, "md5"},
                                          Named{AuthType::kPlain, "plain"},
                                          Named{AuthType::kCert, "cert"},
                                          Named{AuthType::kHba, "hba"},
                                          Named{AuthType::kTrust, "trust"},
                                          Named{AuthType::kAny, "any"}};
inline constexpr std::array kSslModes = {
    Named{SslMode::kDisable, "disable"},    Named{SslMode::kAllow, "allow"},
    Named{SslMode::kPrefer, "prefer"},      Named{SslMode::kRequire, "require"},
    Named{SslMode::kVerifyCa, "verify-ca"}, Named{SslMode::kVerifyFull, "verify-full"}};
inline constexpr std::array kLoadBalanceHosts = {Named{LoadBalanceHosts::kRoundRobin, "round-robin"},
                                                 Named{LoadBalanceHosts::kDisable, "disable"}};
inline constexpr std::array kTargetSessionAttrs = {
    Named{TargetSessionAttrs::kAny, "any"},
    Named{TargetSessionAttrs::kReadWrite, "read-write"},
    Named{TargetSessionAttrs::kReadOnly, "read-only"},
    Named{TargetSessionAttrs::kPrimary, "primary"},
    Named{TargetSessionAttrs::kStandby, "standby"},
    Named{TargetSessionAttrs::kPreferStandby, "prefer-standby"}};
inline constexpr std::array kPromotes = {Named{Promote::kNever, "never"}, Named{Promote::kAuto, "auto"}};
inline constexpr std::array kReads = {Named{Reads::kPrimary, "primary"}, Named{Reads::kReplicas, "replicas"},
                                      Named{Reads::kPreferReplicas, "prefer-replicas"}};
inline constexpr std::array kConsistencies = {Named{Consistency::kEventual, "eventual"},
                                              Named{Consistency::kSession, "session"},
                                              Named{Consistency::kStrong, "strong"}};
inline constexpr std::array kBalances = {
    Named{Balance::kRoundRobin, "round_robin"}, Named{Balance::kLeastConnections, "least_connections"},
    Named{Balance::kWeighted, "weighted"}, Named{Balance::kIpHash, "ip_hash"}};
inline constexpr std::array kLogFormats = {Named{LogFormat::kText, "text"}, Named{LogFormat::kJson, "json"}};
inline constexpr std::array kLogLevels = {Named{LogLevel::kError, "error"},
                                          Named{LogLevel::kWarning, "warning"},
                                          Named{LogLevel::kInfo, "info"}, Named{LogLevel::kDebug, "debug"}};
// sslnegotiation of libpq: whether TLS begins at once or is asked for with an SSLRequest.
inline constexpr std::array kSslNegotiations = {Named{false, "postgres"}, Named{true, "direct"}};

template <typename E, size_t N>
constexpr std::string_view nameIn(const std::array<Named<E>, N>& names, E value) {
  for (const Named<E>& each : names)
    if (each.value == value) return each.name;
  return {};
}

}  // namespace forebay::conf
