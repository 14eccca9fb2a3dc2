// Socket: a non-blocking socket that one loop watches, plain or with TLS on top.
//
// The Socket owns its descriptor. Reading and writing are tried at once, without a copy; only what the kernel
// refuses waits for an event. Belongs to its loop's thread. release() gives up the descriptor (and TLS
// session) for another loop to adopt.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "gateway/net/io.h"
#include "gateway/net/loop.h"
#include "gateway/net/socket_address.h"
#include "gateway/net/tls.h"

namespace forebay::net {

enum class Handshake : uint8_t {
  kUnderWay,  // the user is told when it can go on
  kDone,
  kFailed,  // Tls::lastError() has the reason
};

class Socket {
 public:
  Socket() = default;
  // Takes over `fd`. Check valid(): registering fails when the kernel has no room.
  Socket(Loop& loop, int fd, SocketUser& user, std::unique_ptr<Tls> tls = nullptr);
  Socket(Socket&& other) noexcept
      : loop_(other.loop_), watch_(std::exchange(other.watch_, nullptr)), tls_(std::move(other.tls_)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  bool valid() const { return watch_ != nullptr; }
  // Of the other end, if it has one in a network.
  std::optional<SocketAddress> peerAddress() const;
  int fd() const { return watch_ != nullptr ? watch_->fd : -1; }

  // Whom to tell from now on.
  void setUser(SocketUser& user) {
    if (watch_ != nullptr) watch_->user = &user;
  }
  void want(bool readable, bool writable) {
    if (watch_ != nullptr) loop_->poller().want(*watch_, readable, writable);
  }
  bool wantsReadable() const { return watch_ != nullptr && (watch_->wanted & Watch::kReadable); }

  // Of the TLS session that acceptTls() or connectTls() has begun.
  Handshake handshake();
  // Told readable, the user reads until it has taken less than it had room for, or is told again.
  [[gnu::hot]] IoResult read(char* out, size_t size);
  IoResult write(Bytes bytes);
  [[gnu::hot]] IoResult write(std::span<const Bytes> runs);

  // For what is taken off the descriptor by other means than read(): nothing is left.
  void drained() { Poller::drained(*watch_); }

  bool hasTls() const { return tls_ != nullptr; }
  Tls* tls() { return tls_.get(); }
  const Tls* tls() const { return tls_.get(); }
  // Begins TLS on the side that answers a client, or on the one that has dialled the server `host`.
  Status acceptTls(const TlsContext& context);
  Status connectTls(const TlsContext& context, std::string_view host);
  // Bytes that no event will announce, because TLS holds them already.
  bool hasPending() const { return tls_ && tls_->hasPending(); }

  struct Released {
    int fd = -1;
    std::unique_ptr<Tls> tls;
  };
  Released release();
  void close();

 private:
  Status startTls(Result<Tls> tls);
  IoResult noteRead(IoResult result);
  IoResult noteWrite(IoResult result);

  Loop* loop_ = nullptr;
  Watch* watch_ = nullptr;
  std::unique_ptr<Tls> tls_;
};

[[gnu::hot]] IoResult readSocket(int fd, char* out, size_t size);
[[gnu::hot]] IoResult writeSocket(int fd, std::span<const Bytes> runs);

}  // namespace forebay::net
