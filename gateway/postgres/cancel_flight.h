// CancelFlight: one CancelRequest on its way, on a connection of its own.
//
// It has landed when the other side has closed that connection (PostgreSQL does so after it has sent the
// signal), when no connection can be had, or when cancel_wait_timeout is over. However it ended otherwise,
// a request that was written may still arrive. On its worker's thread.
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/deadlines.h"
#include "gateway/net/loop.h"
#include "gateway/net/socket.h"
#include "gateway/postgres/server_dialer.h"

namespace forebay::postgres {

class CancelFlight final : public net::Mortal, public net::SocketUser, public Deadline {
 public:
  enum class End : uint8_t {
    kOver,        // it was taken, or never sent
    kMayStillHit  // nobody knows where it is
  };

  // `landed` is called once, and may bury the flight.
  CancelFlight(PostgresWorker& worker, std::string request, std::function<void(End)> landed)
      : worker_(worker), request_(std::move(request)), landed_(std::move(landed)) {}
  ~CancelFlight() override;

  void start(ServerDialer::Target target);
  const net::Socket& socket() const { return socket_; }

  void onReadable() override;
  void onWritable() override {}

 protected:
  void due(Instant) override { land(sent_ ? End::kMayStillHit : End::kOver); }

 private:
  void connected(Result<net::Socket> socket);
  void land(End end);

  PostgresWorker& worker_;
  const std::string request_;
  std::function<void(End)> landed_;
  bool sent_ = false;
  std::unique_ptr<ServerDialer> dialer_;
  net::Socket socket_;
};

}  // namespace forebay::postgres
