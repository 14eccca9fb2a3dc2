// RedisConnection is a Redis client of RESP2 and RESP3: commands in one line each, or bytes as a test wants
// them sent. Every read is bounded; nothing is answered or repeated behind the test's back.
//
//   RedisConnection client(forebay.redisPort());
//   EXPECT_EQ(client.command({"SET", "k", "v"}), resp::simple("OK"));
//   EXPECT_EQ(client.command({"GET", "k"}), resp::bulk("v"));
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rig/redis_value.h"
#include "tests/rig/sockets.h"
#include "tests/rig/tls.h"

namespace forebay::rig {

class RedisConnection {
 public:
  explicit RedisConnection(uint16_t port, SocketBuffers buffers = {}) : fd_(connectTcp(port, buffers)) {}
  explicit RedisConnection(const std::string& socket_path, SocketBuffers buffers = {})
      : fd_(connectUnix(socket_path, buffers)) {}

  // Goes on in TLS; throws when the handshake fails.
  void startTls(const TlsOptions& options = {}) { tls_ = std::make_unique<TlsSession>(fd_.get(), options); }
  const TlsSession* tls() const { return tls_.get(); }

  // HELLO, with AUTH when there is a password; throws when it is refused. Without it a connection speaks
  // RESP2.
  RedisValue hello(int version, const std::string& password = "", const std::string& user = "default");

  // Sends one command and reads its reply, which may be an error.
  RedisValue command(const RedisArgs& args);
  // The same for a command that must succeed: throws with the error. text() gives the reply's text alone.
  RedisValue run(const RedisArgs& args);
  std::string text(const RedisArgs& args) { return run(args).text; }
  // All commands in one write, then all replies.
  std::vector<RedisValue> pipeline(const std::vector<RedisArgs>& commands);

  void sendCommand(const RedisArgs& args) { send(encode(args)); }
  void send(std::string_view bytes);
  // As much as the socket takes at once; what is left is the caller's to keep.
  size_t trySend(std::string_view bytes);

  // The next reply. Pushes that come before it wait for receivePush(), and the other way round. In RESP2 what
  // is published is an array, so it is receive() that gets it. Throws when the connection ends or `limit`
  // passes.
  RedisValue receive(milliseconds limit = kPatience);
  RedisValue receivePush(milliseconds limit = kPatience);
  // Whatever comes next, reply or push; nullopt: the peer closed, or reset, the connection.
  std::optional<RedisValue> receiveNext(milliseconds limit = kPatience);
  // The same, as the bytes on the wire.
  std::string receiveBytes(milliseconds limit = kPatience);
  // Just these many bytes, whatever they are.
  std::string receiveExactly(size_t size, milliseconds limit = kPatience);
  // Everything up to the peer's close.
  std::vector<RedisValue> receiveToEnd(milliseconds limit = kPatience);
  // True when the peer closes, or resets, the connection before anything else comes.
  bool closes(milliseconds limit = kPatience) { return !receiveNext(limit); }
  // True when nothing at all arrives for so long.
  bool silentFor(milliseconds time);

  void closeWrite();  // FIN: no more from this side
  void reset();       // RST
  void close() { fd_.reset(); }
  int fd() const { return fd_.get(); }

 private:
  std::optional<RedisValue> take(std::deque<RedisValue>& kept);
  RedisValue receiveOf(bool push, milliseconds limit);
  bool fill(SteadyTime deadline);  // false: the connection ended

  Fd fd_;
  std::unique_ptr<TlsSession> tls_;
  std::string unread_;
  std::deque<RedisValue> replies_, pushes_;  // read while the other kind was waited for
};

}  // namespace forebay::rig
