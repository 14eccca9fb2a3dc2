// Socket: a non-blocking socket that one loop watches, plain or with TLS on top.
//
// The Socket owns its descriptor. Reading and writing are tried at once, without a copy; only what the kernel
// refuses waits for an event. What is watched changes by want() alone, so a connection in steady state costs
// no epoll_ctl. Belongs to its loop's thread. release() gives up the descriptor (and TLS session) for another
// loop to adopt.
#pragma once

#include <sys/socket.h>
#include <uv.h>

#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "gateway/net/io.h"
#include "gateway/net/loop.h"
#include "gateway/net/tls.h"

namespace forebay::net {

class SocketUser;

// What libuv knows of a socket. It is made once per descriptor number and loop, and used again by the next
// socket with that number: making one costs libuv three system calls.
struct PollHandle {
  uv_poll_t poll;
  SocketUser* user = nullptr;
  int fd = -1;
  int events = 0;
};
struct RestPollHandle {
  void operator()(PollHandle* handle) const;  // stops it and leaves it to its loop
};

// Who is told that a socket is ready. May destroy the Socket in either call.
class SocketUser {
 public:
  virtual ~SocketUser() = default;
  virtual void onReadable() = 0;
  virtual void onWritable() = 0;
};

class Socket {
 public:
  Socket() = default;
  // Takes over `fd`. Check valid(): registering fails when the kernel has no room.
  Socket(Loop& loop, int fd, SocketUser& user, std::unique_ptr<Tls> tls = nullptr);
  Socket(Socket&& other) noexcept = default;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  bool valid() const { return handle_ != nullptr; }
  int fd() const { return handle_ ? handle_->fd : -1; }

  // Whom to tell from now on.
  void setUser(SocketUser& user) {
    if (handle_) handle_->user = &user;
  }
  void want(bool readable, bool writable);
  bool wantsReadable() const;

  IoResult read(char* out, size_t size);
  IoResult write(Bytes bytes);
  IoResult write(std::span<const Bytes> runs);

  bool hasTls() const { return tls_ != nullptr; }
  Tls* tls() { return tls_.get(); }
  const Tls* tls() const { return tls_.get(); }
  void startTls(Tls tls) { tls_ = std::make_unique<Tls>(std::move(tls)); }
  // Bytes that no event will announce, because TLS holds them already.
  bool hasPending() const { return tls_ && tls_->hasPending(); }

  struct Released {
    int fd = -1;
    std::unique_ptr<Tls> tls;
  };
  Released release();
  void close();

 private:
  std::unique_ptr<PollHandle, RestPollHandle> handle_;
  std::unique_ptr<Tls> tls_;
};

IoResult readSocket(int fd, char* out, size_t size);
IoResult writeSocket(int fd, std::span<const Bytes> runs);

}  // namespace forebay::net
