// SocketAddress: where a socket connects to or comes from: IPv4, IPv6 or a Unix socket.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace forebay::net {

class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(const sockaddr* address, socklen_t length);

  // Numeric addresses only: "10.0.3.7", "fe80::1%eth0", "[::1]". Nothing for a name.
  static std::optional<SocketAddress> parse(std::string_view text, uint16_t port);
  // A Unix socket as settings name it (conf::HostPort): PostgreSQL's for `port` in the folder `place`, or
  // with port 0 `place` itself; '@' begins a name in the abstract namespace. Nothing when the path is longer
  // than a socket's may be.
  static std::optional<SocketAddress> unixSocket(std::string_view place, uint16_t port);

  const sockaddr* native() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const { return length_; }
  int family() const { return storage_.ss_family; }
  bool isUnix() const { return storage_.ss_family == AF_UNIX; }

  uint16_t port() const;
  void setPort(uint16_t port);
  std::string host() const;  // "10.0.3.7", "::1", the path of a Unix socket
  std::string text() const;  // "10.0.3.7:5432", "[::1]:5432", the path of a Unix socket

  bool operator==(const SocketAddress& other) const;

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

}  // namespace forebay::net
