#include "gateway/net/connector.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/net/tcp_options.h"

namespace forebay::net {

void Connector::start() {
  ticket_ = resolver_.resolve(host_, loop_.now(),
                              [this](Result<Resolver::Addresses> found) { resolved(std::move(found)); });
}

void Connector::start(const SocketAddress& address) { resolved(Resolver::Addresses{address}); }

void Connector::resolved(Result<Resolver::Addresses> addresses) {
  if (!addresses) return done_(Error{addresses.error()});
  addresses_ = std::move(*addresses);
  tryAddresses();
}

void Connector::tryNext(std::string reason) {
  failed(std::move(reason));
  tryAddresses();
}

void Connector::tryAddresses() {
  while (index_ < addresses_.size()) {
    const Status opened = open(addresses_[index_]);
    if (opened) return socket_.want(false, true);
    failed(opened.error());
  }
  done_(Error{first_reason_});
}

// Begins to connect; becoming writable tells how that ended, even where the kernel knows it already.
Status Connector::open(const SocketAddress& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Error{std::string("no socket: ") + std::strerror(errno)};
  setTcpOptions(fd, address.family(), tcp_);
  const int error = ::connect(fd, address.native(), address.length()) == 0 ? 0 : errno;
  socket_ = Socket(loop_, fd, *this);
  if (!socket_.valid()) return Error{"the event loop refused the socket"};
  if (error != 0 && error != EINPROGRESS) return Error{std::strerror(error)};
  return Ok{};
}

void Connector::onWritable() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return tryNext(std::strerror(error));
  socket_.want(false, false);
  done_(std::move(socket_));
}

void Connector::failed(std::string reason) {
  if (first_reason_.empty()) first_reason_ = std::move(reason);
  socket_.close();
  ++index_;
}

}  // namespace forebay::net
