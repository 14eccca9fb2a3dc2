#include "gateway/postgres/cancel_flight.h"

#include <utility>

#include "gateway/postgres/postgres_worker.h"

namespace forebay::postgres {

CancelFlight::~CancelFlight() { worker_.loop().deadlines().disarm(*this); }

void CancelFlight::start(ServerDialer::Target target) {
  worker_.loop().deadlines().arm(*this,
                                 deadlineAfter(worker_.loop().now(), worker_.postgres().cancel_wait_timeout));
  dialer_ = std::make_unique<ServerDialer>(
      worker_, std::move(target), [this](Result<net::Socket> socket) { connected(std::move(socket)); });
  dialer_->start();
}

void CancelFlight::onReadable() {
  char rest[64];
  const net::IoResult got = socket_.read(rest, sizeof rest);
  if (got.status == net::IoStatus::kClosed) return land(End::kOver);
  if (got.status == net::IoStatus::kError) land(End::kMayStillHit);
}

void CancelFlight::connected(Result<net::Socket> socket) {
  if (!socket) return land(End::kOver);
  socket_ = std::move(*socket);
  socket_.setUser(*this);
  sent_ = true;
  (void)socket_.write(request_);
  socket_.want(true, false);
}

void CancelFlight::land(End end) {
  if (const auto landed = std::exchange(landed_, nullptr)) landed(end);
}

}  // namespace forebay::postgres
