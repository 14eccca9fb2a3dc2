#include "gateway/net/dialer.h"

#include <utility>

namespace forebay::net {

Dialer::Dialer(Loop& loop, Resolver& resolver, Target target, Done done)
    : target_(std::move(target)),
      done_(std::move(done)),
      connector_(loop, resolver, target_.host, target_.tcp,
                 [this](Result<Socket> socket) { connected(std::move(socket)); }) {}

void Dialer::connected(Result<Socket> socket) {
  if (!socket || !target_.tls || target_.host.isUnix()) return done_(std::move(socket));
  socket_ = std::move(*socket);
  socket_.setUser(*this);
  if (const Status begun = socket_.connectTls(*target_.tls, target_.host.host); !begun)
    return addressFailed(begun.error());
  handshake();
}

void Dialer::handshake() {
  switch (socket_.handshake()) {
    case Handshake::kUnderWay: return;
    case Handshake::kDone: return done_(std::move(socket_));
    case Handshake::kFailed: return addressFailed("TLS: " + socket_.tls()->lastError());
  }
}

void Dialer::addressFailed(std::string reason) {
  socket_.close();
  connector_.tryNext(std::move(reason));
}

}  // namespace forebay::net
