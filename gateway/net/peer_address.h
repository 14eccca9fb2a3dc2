// PeerAddress: where a client comes from, in 20 bytes, since every idle client keeps one.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "gateway/net/socket_address.h"

namespace forebay::net {

class PeerAddress {
 public:
  enum class Family : uint8_t { kUnix, kIpv4, kIpv6 };

  PeerAddress() = default;
  explicit PeerAddress(const SocketAddress& address);

  Family family() const { return family_; }
  bool isUnix() const { return family_ == Family::kUnix; }
  // Network order; IPv4 in the first four bytes.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  uint16_t port() const { return port_; }
  bool isLoopback() const;
  std::string host() const;  // "10.0.3.7", "::1", "unix"
  std::string text() const;  // "10.0.3.7:51522", "[::1]:51522", "unix"

 private:
  std::array<uint8_t, 16> bytes_{};
  uint16_t port_ = 0;
  Family family_ = Family::kUnix;
};

}  // namespace forebay::net
