#include "gateway/postgres/server_dialer.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "gateway/net/tcp_options.h"
#include "gateway/postgres/postgres_worker.h"
#include "pgproto/startup.h"

namespace forebay::postgres {

ServerDialer::ServerDialer(PostgresWorker& worker, Target target, Done done)
    : worker_(worker), target_(std::move(target)), done_(std::move(done)) {
  if (target_.host.isUnix())
    target_.sslmode = conf::SslMode::kDisable;  // as in libpq: a Unix socket needs no TLS
  without_tls_ = target_.sslmode == conf::SslMode::kDisable || target_.sslmode == conf::SslMode::kAllow;
}

void ServerDialer::start() {
  if (target_.address) return resolved(net::Resolver::Addresses{*target_.address});
  ticket_ = worker_.resolver().resolve(
      target_.host, worker_.loop().now(),
      [this](Result<net::Resolver::Addresses> found) { resolved(std::move(found)); });
}

void ServerDialer::resolved(Result<net::Resolver::Addresses> addresses) {
  if (!addresses) return finish(Error{addresses.error()});
  addresses_ = std::move(*addresses);
  tryAddress();
}

void ServerDialer::tryAddress() {
  const net::SocketAddress& address = addresses_[address_index_];
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return addressFailed(std::string("no socket: ") + std::strerror(errno));
  net::setTcpOptions(fd, address.family(), worker_.postgres().tcp);
  const int error = ::connect(fd, address.native(), address.length()) == 0 ? 0 : errno;
  socket_ = net::Socket(worker_.loop(), fd, *this);
  if (!socket_.valid()) return addressFailed("the event loop refused the socket");
  if (error != 0 && error != EINPROGRESS) return addressFailed(std::strerror(error));
  if (error == 0) return connected();
  step_ = Step::kConnecting;
  socket_.want(false, true);
}

void ServerDialer::onWritable() {
  if (step_ == Step::kHandshake) return handshake();
  if (step_ != Step::kConnecting) return;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return addressFailed(std::strerror(error));
  connected();
}

void ServerDialer::onReadable() {
  switch (step_) {
    case Step::kResolving:
    case Step::kOver: return;
    case Step::kConnecting: return onWritable();
    case Step::kSslAnswer: return sslAnswer();
    case Step::kHandshake: return handshake();
  }
}

void ServerDialer::connected() {
  if (without_tls_) return finish(std::move(socket_));
  if (target_.direct_tls) return startTls();
  std::string request;
  pgproto::appendSslRequest(request);
  const net::IoResult sent = socket_.write(request);
  if (sent.status != net::IoStatus::kOk || sent.bytes != request.size())
    return addressFailed("it did not take an SSLRequest");
  step_ = Step::kSslAnswer;
  socket_.want(true, false);
}

void ServerDialer::sslAnswer() {
  char answer = 0;
  // One byte and no more: what somebody in between may have put behind it is the handshake's to trip over.
  const net::IoResult got = socket_.read(&answer, 1);
  if (got.status == net::IoStatus::kWantRead) return;
  if (got.status != net::IoStatus::kOk) return addressFailed("it closed the connection at SSLRequest");
  if (answer == 'S') return startTls();
  if (answer != 'N') return addressFailed("it answered SSLRequest with something other than S or N");
  if (target_.sslmode >= conf::SslMode::kRequire)
    return addressFailed("it does not offer TLS, which server_tls_sslmode = " +
                         std::string(conf::nameOf(target_.sslmode)) + " demands");
  finish(std::move(socket_));
}

void ServerDialer::startTls() {
  const auto& contexts = worker_.settings().server_tls;
  const auto context = contexts.find(target_.sslmode);
  if (context == contexts.end() || !context->second)
    return addressFailed("there is no TLS context for its sslmode");
  Result<net::Tls> tls = net::Tls::connect(*context->second, socket_.fd(), target_.host.host);
  if (!tls) return addressFailed(tls.error());
  socket_.startTls(std::move(*tls));
  step_ = Step::kHandshake;
  handshake();
}

void ServerDialer::handshake() {
  const net::IoResult result = socket_.handshake();
  switch (result.status) {
    case net::IoStatus::kOk:
      if (target_.direct_tls && socket_.tls()->alpn() != pgproto::kAlpn)
        return addressFailed("direct TLS: it did not agree on ALPN postgresql");
      return finish(std::move(socket_));
    case net::IoStatus::kWantRead: return socket_.want(true, false);
    case net::IoStatus::kWantWrite: return socket_.want(true, true);
    case net::IoStatus::kClosed:
    case net::IoStatus::kError: break;
  }
  const std::string reason = "TLS: " + socket_.tls()->lastError();
  if (target_.sslmode != conf::SslMode::kPrefer || target_.direct_tls) return addressFailed(reason);
  without_tls_ = true;
  tryAddress();
}

void ServerDialer::addressFailed(std::string reason) {
  if (first_reason_.empty()) first_reason_ = std::move(reason);
  socket_.close();
  if (++address_index_ < addresses_.size()) return tryAddress();
  finish(Error{first_reason_});
}

void ServerDialer::finish(Result<net::Socket> result) {
  step_ = Step::kOver;
  socket_.close();
  done_(std::move(result));
}

}  // namespace forebay::postgres
