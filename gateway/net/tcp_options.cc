#include "gateway/net/tcp_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace forebay::net {
namespace {

void set(int fd, int level, int option, int value) {
  (void)::setsockopt(fd, level, option, &value, sizeof value);
}

void setSeconds(int fd, int option, Duration value) {
  if (value > Duration::zero())
    set(fd, IPPROTO_TCP, option, static_cast<int>(std::chrono::ceil<seconds>(value).count()));
}

}  // namespace

void setTcpOptions(int fd, int family, const conf::TcpSettings& settings) {
  if (settings.socket_buffer > 0) {
    set(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(settings.socket_buffer));
    set(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(settings.socket_buffer));
  }
  if (family == AF_UNIX) return;
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (settings.keepalive) {
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (settings.keepcnt > 0) set(fd, IPPROTO_TCP, TCP_KEEPCNT, static_cast<int>(settings.keepcnt));
    setSeconds(fd, TCP_KEEPIDLE, settings.keepidle);
    setSeconds(fd, TCP_KEEPINTVL, settings.keepintvl);
  }
  if (settings.user_timeout.count() > 0)
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(settings.user_timeout.count()));
}

}  // namespace forebay::net
