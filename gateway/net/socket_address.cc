#include "gateway/net/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>

namespace forebay::net {
namespace {

template <typename T>
T as(const sockaddr_storage& storage) {
  T out;
  std::memcpy(&out, &storage, sizeof out);
  return out;
}

std::optional<uint32_t> scopeNamed(const std::string& scope) {
  if (const unsigned index = if_nametoindex(scope.c_str()); index != 0) return index;
  const bool digits =
      !scope.empty() && scope.size() < 10 && scope.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) return std::nullopt;
  return static_cast<uint32_t>(std::stoul(scope));
}

std::optional<SocketAddress> parseIpv6(std::string host, uint16_t port) {
  sockaddr_in6 out{};
  out.sin6_family = AF_INET6;
  out.sin6_port = htons(port);
  if (const size_t percent = host.find('%'); percent != std::string::npos) {
    const std::optional<uint32_t> scope = scopeNamed(host.substr(percent + 1));
    if (!scope) return std::nullopt;
    out.sin6_scope_id = *scope;
    host.resize(percent);
  }
  if (inet_pton(AF_INET6, host.c_str(), &out.sin6_addr) != 1) return std::nullopt;
  return SocketAddress(reinterpret_cast<const sockaddr*>(&out), sizeof out);
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t length)
    : length_(std::min<socklen_t>(length, sizeof storage_)) {
  std::memcpy(&storage_, address, length_);
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view text, uint16_t port) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    return parseIpv6(std::string(text.substr(1, text.size() - 2)), port);
  const std::string host(text);
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &out.sin_addr) == 1)
    return SocketAddress(reinterpret_cast<const sockaddr*>(&out), sizeof out);
  return parseIpv6(host, port);
}

std::optional<SocketAddress> SocketAddress::unixSocket(std::string_view place, uint16_t port) {
  std::string path(place);
  if (port != 0) path += "/.s.PGSQL." + std::to_string(port);
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  if (path.size() >= sizeof out.sun_path) return std::nullopt;
  path.copy(out.sun_path, path.size());
  // A name in the abstract namespace starts with a zero byte and ends where the length says.
  const bool abstract = path.front() == '@';
  if (abstract) out.sun_path[0] = '\0';
  const size_t length = offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1);
  return SocketAddress(reinterpret_cast<const sockaddr*>(&out), static_cast<socklen_t>(length));
}

uint16_t SocketAddress::port() const {
  switch (family()) {
    case AF_INET: return ntohs(as<sockaddr_in>(storage_).sin_port);
    case AF_INET6: return ntohs(as<sockaddr_in6>(storage_).sin6_port);
    default: return 0;
  }
}

void SocketAddress::setPort(uint16_t port) {
  const uint16_t wire = htons(port);
  char* bytes = reinterpret_cast<char*>(&storage_);
  if (family() == AF_INET) std::memcpy(bytes + offsetof(sockaddr_in, sin_port), &wire, sizeof wire);
  if (family() == AF_INET6) std::memcpy(bytes + offsetof(sockaddr_in6, sin6_port), &wire, sizeof wire);
}

std::string SocketAddress::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    const sockaddr_in in = as<sockaddr_in>(storage_);
    return inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  }
  if (family() == AF_INET6) {
    const sockaddr_in6 in = as<sockaddr_in6>(storage_);
    return inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
  }
  constexpr size_t kPathAt = offsetof(sockaddr_un, sun_path);
  if (!isUnix() || length_ <= kPathAt) return {};  // a client's end of a Unix socket has no name
  std::string path(reinterpret_cast<const char*>(&storage_) + kPathAt, length_ - kPathAt);
  if (path.front() == '\0') return "@" + path.substr(1);
  return path.c_str();  // up to its zero byte
}

std::string SocketAddress::text() const {
  switch (family()) {
    case AF_INET: return host() + ":" + std::to_string(port());
    case AF_INET6: return "[" + host() + "]:" + std::to_string(port());
    default: return host();
  }
}

bool SocketAddress::operator==(const SocketAddress& other) const {
  return length_ == other.length_ && std::memcmp(&storage_, &other.storage_, length_) == 0;
}

}  // namespace forebay::net
