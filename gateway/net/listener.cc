#include "gateway/net/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gateway/net/tcp_options.h"

namespace forebay::net {
namespace {

constexpr int kMaxBurst = 64;

Error failure(const std::string& what, int fd = -1) {
  const std::string reason = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return Error{what + ": " + reason};
}

// A path that names something else by mistake is not ours to remove.
void removeSocket(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode)) ::unlink(path.c_str());
}

bool somebodyListens(const SocketAddress& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool alive = ::connect(fd, address.native(), address.length()) == 0;
  ::close(fd);
  return alive;
}

Result<ListenSocket> listenUnix(const conf::ListenAddress& wanted, const ListenOptions& options) {
  const std::optional<SocketAddress> address = SocketAddress::unixSocket(wanted.host, wanted.port);
  if (!address) return Error{"unix:" + wanted.host + ": the path of the socket is too long"};
  const std::string path = address->host();
  const std::string name = "unix:" + path;
  const bool in_file_system = wanted.host[0] == '/';
  if (in_file_system && somebodyListens(*address)) return Error{name + ": another process listens there"};
  if (in_file_system) removeSocket(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failure(name);
  if (::bind(fd, address->native(), address->length()) != 0) return failure(name, fd);
  if (in_file_system) {
    if (::chmod(path.c_str(), options.unix_socket_mode) != 0) return failure(name + ": unix_socket_mode", fd);
    if (!options.unix_socket_group.empty()) {
      const group* found = ::getgrnam(options.unix_socket_group.c_str());
      if (found == nullptr || ::chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0)
        return failure(name + ": unix_socket_group " + options.unix_socket_group, fd);
    }
  }
  if (::listen(fd, static_cast<int>(options.backlog)) != 0) return failure(name, fd);
  return ListenSocket{fd, name, in_file_system ? path : std::string(), wanted.port};
}

Result<ListenSocket> listenTcp(const addrinfo& where, const std::string& name, const ListenOptions& options) {
  const int fd = ::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failure(name);
  const int on = 1, off = 0, wait_seconds = 45;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (where.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  setTcpOptions(fd, where.ai_family, options.tcp);
  if (options.tcp.defer_accept)
    ::setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait_seconds, sizeof wait_seconds);
  if (::bind(fd, where.ai_addr, where.ai_addrlen) != 0) return failure(name, fd);
  if (::listen(fd, static_cast<int>(options.backlog)) != 0) return failure(name, fd);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  const SocketAddress address(reinterpret_cast<sockaddr*>(&bound), size);
  return ListenSocket{fd, address.text(), {}, address.port()};
}

}  // namespace

Result<ListenSocket> listenOn(const conf::ListenAddress& wanted, const ListenOptions& options) {
  if (wanted.isUnix()) return listenUnix(wanted, options);
  const std::string name = (wanted.host.empty() ? "*" : wanted.host) + ":" + std::to_string(wanted.port);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(wanted.host.empty() ? nullptr : wanted.host.c_str(),
                                  std::to_string(wanted.port).c_str(), &hints, &found);
  if (error != 0) return Error{name + ": " + ::gai_strerror(error)};
  // "Every address" is one IPv6 socket that takes IPv4 too, where there is IPv6.
  const addrinfo* chosen = found;
  for (const addrinfo* at = found; at != nullptr && wanted.host.empty(); at = at->ai_next)
    if (at->ai_family == AF_INET6) chosen = at;
  Result<ListenSocket> listening = listenTcp(*chosen, name, options);
  if (!listening && chosen != found) listening = listenTcp(*found, name, options);
  ::freeaddrinfo(found);
  return listening;
}

Listener::Listener(Loop& loop, int fd, Accepted accepted, std::function<void(int)> exhausted)
    : loop_(loop),
      socket_(loop, fd, *this),
      accepted_(std::move(accepted)),
      exhausted_(std::move(exhausted)) {
  socket_.want(true, false);
}

Listener::~Listener() { loop_.deadlines().disarm(*this); }

void Listener::close() {
  loop_.deadlines().disarm(*this);
  if (!socket_.valid()) return;
  while (acceptOne()) {
  }
  socket_.close();
}

void Listener::onReadable() {
  for (int i = 0; i < kMaxBurst && acceptOne(); ++i) {
  }
}

bool Listener::acceptOne() {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int fd =
      ::accept4(socket_.fd(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    accepted_(fd, PeerAddress(SocketAddress(reinterpret_cast<sockaddr*>(&from), size)));
    return true;
  }
  switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      exhausted_(errno);
      socket_.want(false, false);
      loop_.deadlines().arm(*this, loop_.now() + kRest);
      return false;
    case ECONNABORTED:  // it broke before we took it, in one way or another: there may be others
    case EPROTO:
    case EPERM:
    case EINTR:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP: return true;
    default: socket_.drained(); return false;
  }
}

void Listener::due(Instant) { socket_.want(true, false); }

}  // namespace forebay::net
