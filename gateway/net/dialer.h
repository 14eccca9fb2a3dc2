// Dialer opens a connection to one host, for any protocol: TCP or a Unix socket, and TLS at once where the
// target has a context. An address that refuses, or fails in the handshake, makes it try the next one.
//
// Calls `done` once, with a socket on which nothing was said yet (the owner sets its user and what it wants),
// or with the first reason met; a failure may come before start() returns. There is no deadline: who owns it
// has one, and destroys the Dialer to give up. Inside `done` it is not destroyed but buried (Loop::bury()).
// On the loop's thread.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "conf/config.h"
#include "gateway/net/connector.h"
#include "gateway/net/loop.h"
#include "gateway/net/resolver.h"
#include "gateway/net/socket.h"
#include "gateway/net/tls_context.h"

namespace forebay::net {

class Dialer final : public Mortal, public SocketUser {
 public:
  using Done = std::function<void(Result<Socket>)>;

  struct Target {
    conf::HostPort host;    // its name is what a verified certificate must be for
    TlsContext::Ptr tls{};  // null: no TLS; nor has a Unix socket any
    conf::TcpSettings tcp{};
  };

  Dialer(Loop& loop, Resolver& resolver, Target target, Done done);

  void start() { connector_.start(); }
  void onReadable() override { handshake(); }
  void onWritable() override { handshake(); }

 private:
  void connected(Result<Socket> socket);
  void handshake();
  void addressFailed(std::string reason);

  const Target target_;
  const Done done_;
  Connector connector_;
  Socket socket_;  // while TLS is being set up
};

}  // namespace forebay::net
