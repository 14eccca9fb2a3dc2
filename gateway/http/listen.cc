#include "gateway/http/listen.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace forebay::http {
namespace {

constexpr int kBacklog = 128;

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Error failure(const std::string& host, uint16_t port, const char* why) {
  return {"cannot listen for HTTP on " + (host.empty() ? "*" : host) + ":" + std::to_string(port) + ": " +
          why};
}

uint16_t boundPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  const bool v6 = address.ss_family == AF_INET6;
  return ntohs(v6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                  : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

// -1 with errno set.
int openListener(const addrinfo& at) {
  const int fd = socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol);
  if (fd < 0) return -1;
  const int on = 1, off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (at.ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (bind(fd, at.ai_addr, at.ai_addrlen) == 0 && listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

Result<ListenSocket> listenTcp(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  // Any address is asked for as IPv6's, whose sockets take IPv4 as well; where IPv6 is switched off, as
  // IPv4's.
  const char* const names[] = {host.empty() ? "::" : host.c_str(), host.empty() ? "0.0.0.0" : nullptr};
  int error = 0;
  for (const char* name : names) {
    if (name == nullptr) continue;
    if (const int code = getaddrinfo(name, service.c_str(), &hints, &found); code != 0)
      return failure(host, port, gai_strerror(code));
    const Addresses addresses(found, freeaddrinfo);
    for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) {
      if (const int fd = openListener(*at); fd >= 0) return ListenSocket{fd, boundPort(fd)};
      error = errno;
    }
  }
  return failure(host, port, std::strerror(error));
}

}  // namespace forebay::http
