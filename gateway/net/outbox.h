// Outbox sends through a socket and keeps what the socket would not take, in order.
//
// The owner stops its source when full() and may start again when relaxed(); the gap between the two marks
// keeps one packet more or less from toggling it. Nothing is copied while the socket takes everything.
#pragma once

#include <span>

#include "gateway/net/buffer.h"
#include "gateway/net/socket.h"

namespace forebay::net {

class Outbox {
 public:
  static constexpr size_t kHighWater = 256 * 1024;

  // Sends, or keeps. kOk: sent or kept (bytes = how many left at once); kError: the connection is lost.
  [[gnu::hot]] IoResult send(Socket& socket, BufferPool& pool, std::span<const Bytes> runs);
  IoResult send(Socket& socket, BufferPool& pool, Bytes bytes) {
    return send(socket, pool, std::span<const Bytes>(&bytes, 1));
  }
  // The socket is writable again.
  IoResult flush(Socket& socket, BufferPool& pool);

  bool empty() const { return kept_.empty(); }
  size_t size() const { return kept_.size(); }
  bool full() const { return kept_.size() > kHighWater; }
  bool relaxed() const { return kept_.size() < kHighWater / 2; }
  void clear(BufferPool& pool) { kept_.clear(pool); }

 private:
  Buffer kept_;
};

}  // namespace forebay::net
