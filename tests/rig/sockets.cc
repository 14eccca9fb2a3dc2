#include "tests/rig/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace forebay::rig {
namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void setOption(int fd, int level, int name, int value) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0) failErrno("setsockopt");
}

void applyBuffers(int fd, SocketBuffers buffers) {
  if (buffers.receive) setOption(fd, SOL_SOCKET, SO_RCVBUF, buffers.receive);
  if (buffers.send) setOption(fd, SOL_SOCKET, SO_SNDBUF, buffers.send);
}

}  // namespace

void Fd::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

Fd connectTcp(uint16_t port, SocketBuffers buffers) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  applyBuffers(fd.get(), buffers);  // before connect(): the window is announced there
  const sockaddr_in address = loopback(port);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    failErrno("cannot connect to port " + std::to_string(port));
  }
  setOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

Fd connectUnix(const std::string& path, SocketBuffers buffers) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  applyBuffers(fd.get(), buffers);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail("socket path too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    failErrno("cannot connect to " + path);
  }
  return fd;
}

Fd listenTcp(uint16_t port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (port) setOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) failErrno("bind");
  if (listen(fd.get(), SOMAXCONN) != 0) failErrno("listen");
  return fd;
}

uint16_t localPort(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) failErrno("getsockname");
  return ntohs(address.sin_port);
}

uint16_t freePort() { return localPort(listenTcp().get()); }

bool waitFor(int fd, short events, milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  pollfd item{fd, events, 0};
  while (true) {
    const int ready = poll(&item, 1, pollTimeout(deadline));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) failErrno("poll");
  }
}

void resetOnClose(int fd) {
  const linger now{1, 0};
  if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) != 0) failErrno("SO_LINGER");
}

}  // namespace forebay::rig
