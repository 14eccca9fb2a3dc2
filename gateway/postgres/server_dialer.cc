#include "gateway/postgres/server_dialer.h"

#include <utility>

#include "gateway/postgres/postgres_worker.h"
#include "pgproto/startup.h"

namespace forebay::postgres {

ServerDialer::ServerDialer(PostgresWorker& worker, Target target, Done done)
    : worker_(worker),
      target_(std::move(target)),
      done_(std::move(done)),
      connector_(worker.loop(), worker.resolver(), target_.host, worker.postgres().tcp,
                 [this](Result<net::Socket> socket) { connected(std::move(socket)); }) {
  if (target_.host.isUnix())
    target_.sslmode = conf::SslMode::kDisable;  // as in libpq: a Unix socket needs no TLS
  without_tls_ = target_.sslmode == conf::SslMode::kDisable || target_.sslmode == conf::SslMode::kAllow;
}

void ServerDialer::start() {
  if (target_.address) return connector_.start(*target_.address);
  connector_.start();
}

void ServerDialer::onReadable() {
  if (socket_.hasTls()) return handshake();
  sslAnswer();
}

void ServerDialer::onWritable() {
  if (socket_.hasTls()) handshake();
}

void ServerDialer::connected(Result<net::Socket> socket) {
  if (!socket || without_tls_) return done_(std::move(socket));
  socket_ = std::move(*socket);
  socket_.setUser(*this);
  if (target_.direct_tls) return startTls();
  sendSslRequest();
}

void ServerDialer::sendSslRequest() {
  std::string request;
  pgproto::appendSslRequest(request);
  const net::IoResult sent = socket_.write(request);
  if (sent.status != net::IoStatus::kOk || sent.bytes != request.size())
    return addressFailed("it did not take an SSLRequest");
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
  done_(std::move(socket_));
}

void ServerDialer::startTls() {
  const auto& contexts = worker_.settings().server_tls;
  const auto context = contexts.find(target_.sslmode);
  if (context == contexts.end() || !context->second)
    return addressFailed("there is no TLS context for its sslmode");
  const Status begun = socket_.connectTls(*context->second, target_.host.host);
  if (!begun) return addressFailed(begun.error());
  handshake();
}

void ServerDialer::handshake() {
  switch (socket_.handshake()) {
    case net::Handshake::kUnderWay: return;
    case net::Handshake::kDone:
      if (target_.direct_tls && socket_.tls()->alpn() != pgproto::kAlpn)
        return addressFailed("direct TLS: it did not agree on ALPN postgresql");
      return done_(std::move(socket_));
    case net::Handshake::kFailed: break;
  }
  if (target_.sslmode != conf::SslMode::kPrefer || target_.direct_tls)
    return addressFailed("TLS: " + socket_.tls()->lastError());
  without_tls_ = true;
  socket_.close();
  connector_.tryAgain();
}

void ServerDialer::addressFailed(std::string reason) {
  socket_.close();
  connector_.tryNext(std::move(reason));
}

}  // namespace forebay::postgres
