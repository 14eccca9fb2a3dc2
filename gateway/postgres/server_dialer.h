// ServerDialer opens a connection to one PostgreSQL host: resolves its name, tries its addresses in order,
// and sets up TLS as sslmode says, the way libpq does
// (https://www.postgresql.org/docs/current/libpq-ssl.html).
//
// Calls `done` once, with a socket on which nothing was said yet but SSLRequest, or with the reason.
// Destroying it gives up. On the worker's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "conf/config.h"
#include "gateway/net/loop.h"
#include "gateway/net/resolver.h"
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
  enum class Step : uint8_t {
    kResolving,
    kConnecting,  // the TCP or Unix connection is under way
    kSslAnswer,   // SSLRequest sent: one byte will come
    kHandshake,
    kOver,
  };

  void resolved(Result<net::Resolver::Addresses> addresses);
  void tryAddress();
  void connected();
  void sslAnswer();
  void startTls();
  void handshake();
  void addressFailed(std::string reason);
  void finish(Result<net::Socket> result);

  PostgresWorker& worker_;
  Target target_;
  Done done_;
  Step step_ = Step::kResolving;
  net::Resolver::Ticket ticket_;
  net::Resolver::Addresses addresses_;
  size_t address_index_ = 0;
  bool without_tls_ = false;
  std::string first_reason_;
  net::Socket socket_;
};

}  // namespace forebay::postgres
