// ServerDialer opens a connection to one PostgreSQL host, as net::Dialer does, and sets up TLS as sslmode
// says, the way libpq does (https://www.postgresql.org/docs/current/libpq-ssl.html).
//
// Calls `done` once, with a socket on which nothing was said yet but SSLRequest, or with the reason; that may
// come before start() returns. Destroying it gives up; inside `done` it is buried. On the worker's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "conf/config.h"
#include "gateway/net/connector.h"
#include "gateway/net/loop.h"
#include "gateway/net/socket.h"

namespace forebay::postgres {

class PostgresWorker;

class ServerDialer final : public net::Mortal, public net::SocketUser {
 public:
  using Done = std::function<void(Result<net::Socket>)>;

  struct Target {
    conf::HostPort host;
    conf::SslMode sslmode = conf::SslMode::kPrefer;
    bool direct_tls = false;
    std::optional<net::SocketAddress> address{};  // the one to connect to; else the host's are asked for
  };

  ServerDialer(PostgresWorker& worker, Target target, Done done);

  void start();
  void onReadable() override;
  void onWritable() override;

 private:
  void connected(Result<net::Socket> socket);
  void sendSslRequest();
  void sslAnswer();
  void startTls();
  void handshake();
  void addressFailed(std::string reason);

  PostgresWorker& worker_;
  Target target_;
  const Done done_;
  bool without_tls_ = false;
  net::Connector connector_;
  net::Socket socket_;  // while TLS is being asked for (it has none then) and set up
};

}  // namespace forebay::postgres
