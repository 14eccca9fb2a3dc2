#include "gateway/net/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace forebay::net {

PeerAddress::PeerAddress(const SocketAddress& address) : port_(address.isUnix() ? 0 : address.port()) {
  if (address.family() == AF_INET) {
    family_ = Family::kIpv4;
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(address.native());
    std::memcpy(bytes_.data(), &ipv4->sin_addr, 4);
  } else if (address.family() == AF_INET6) {
    const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(address.native());
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr);  // an IPv4 client of a dual-stack listener
    family_ = mapped ? Family::kIpv4 : Family::kIpv6;
    const auto* raw = reinterpret_cast<const uint8_t*>(&ipv6->sin6_addr);
    std::memcpy(bytes_.data(), mapped ? raw + 12 : raw, mapped ? 4 : 16);
  }
}

bool PeerAddress::isLoopback() const {
  switch (family_) {
    case Family::kUnix: return true;
    case Family::kIpv4: return bytes_[0] == 127;
    case Family::kIpv6: return std::memcmp(bytes_.data(), &in6addr_loopback, 16) == 0;
  }
  return false;
}

std::string PeerAddress::host() const {
  if (isUnix()) return "unix";
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family_ == Family::kIpv4 ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

std::string PeerAddress::text() const {
  if (isUnix()) return "unix";
  const std::string address = family_ == Family::kIpv6 ? "[" + host() + "]" : host();
  return address + ":" + std::to_string(port_);
}

}  // namespace forebay::net
