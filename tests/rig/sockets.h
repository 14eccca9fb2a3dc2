// Blocking sockets on the loopback, with every wait bounded.
#pragma once

#include <cstdint>
#include <string>

#include "tests/rig/error.h"

namespace forebay::rig {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1);
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_ = -1;
};

// Buffer sizes in bytes, 0: the kernel's choice. A tiny one makes the peer meet EAGAIN early.
struct SocketBuffers {
  int receive = 0;
  int send = 0;
};

Fd connectTcp(uint16_t port, SocketBuffers buffers = {});  // to 127.0.0.1; throws when refused
Fd connectUnix(const std::string& path, SocketBuffers buffers = {});
Fd listenTcp(uint16_t port = 0);  // on 127.0.0.1, port 0: a free one
uint16_t localPort(int fd);

// A port that was free a moment ago, for programs that cannot bind port 0: be ready to try another one.
uint16_t freePort();

// poll(2) for one fd; false when `limit` passed.
bool waitFor(int fd, short events, milliseconds limit);

// Makes the coming close() send RST instead of FIN.
void resetOnClose(int fd);

}  // namespace forebay::rig
