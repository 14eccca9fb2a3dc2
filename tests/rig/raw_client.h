// RawClient speaks to a PostgreSQL port in bytes: it sends what a test wants sent, whole or in pieces, legal
// or not, and hands out the answers message by message. Every read is bounded; nothing is answered behind the
// test's back, except in login().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/rig/sockets.h"
#include "tests/rig/tls.h"
#include "tests/rig/wire.h"

namespace forebay::rig {

struct Message {
  char type = 0;
  std::string body;
  bool operator==(const Message&) const = default;

  // Of an ErrorResponse or NoticeResponse: one field ('C' SQLSTATE, 'M' message, 'D' detail, 'H' hint).
  std::string field(char code) const;
  // Of a DataRow: the values, NULL as "NULL".
  std::vector<std::string> row() const;
};

struct LoginOptions {
  std::string password{};
  std::vector<std::pair<std::string, std::string>> parameters{};  // besides user and database
  uint32_t version = wire::kProtocol30;
};

class RawClient {
 public:
  explicit RawClient(uint16_t port, SocketBuffers buffers = {}) : fd_(connectTcp(port, buffers)) {}
  explicit RawClient(const std::string& socket_path, SocketBuffers buffers = {})
      : fd_(connectUnix(socket_path, buffers)) {}

  // Logs in with trust, a cleartext or an md5 password, and reads up to ReadyForQuery. Throws with the
  // server's words when it is refused.
  void login(const std::string& database, const std::string& user, const LoginOptions& options = {});

  // Goes on in TLS, at once or after an SSLRequest was answered with S. Throws when the handshake fails.
  void startTls(const TlsOptions& options = {});
  const TlsSession* tls() const { return tls_.get(); }

  void send(std::string_view bytes);
  // As much as the socket takes at once; what is left is the caller's to keep.
  size_t trySend(std::string_view bytes);

  // The next message; nullopt: the peer closed, or reset, the connection. Throws when `limit` passes.
  std::optional<Message> read(milliseconds limit = kPatience);
  // Messages up to and with the first of this type; throws when the connection ends before.
  std::vector<Message> readUntil(char type, milliseconds limit = kPatience);
  // One byte, as the answer to SSLRequest and GSSENCRequest.
  char readByte(milliseconds limit = kPatience);
  // Everything up to the peer's close.
  std::vector<Message> readToEnd(milliseconds limit = kPatience);
  // True when nothing at all arrives for so long.
  bool silentFor(milliseconds time);

  // A simple query up to its ReadyForQuery; rows() of it gives the values only.
  std::vector<Message> query(std::string_view sql);
  std::vector<std::vector<std::string>> rows(std::string_view sql);

  void closeWrite();  // FIN: no more from this side
  void reset();       // RST
  void close() { fd_.reset(); }
  int fd() const { return fd_.get(); }

  // What the login brought.
  const std::map<std::string, std::string>& parameters() const { return parameters_; }
  uint32_t pid() const { return pid_; }
  const std::string& secret() const { return secret_; }

 private:
  bool fill(SteadyTime deadline);  // false: the connection ended
  void answerAuthentication(const Message& request, const std::string& user, const std::string& password);

  Fd fd_;
  std::unique_ptr<TlsSession> tls_;
  std::string unread_;
  std::map<std::string, std::string> parameters_;
  uint32_t pid_ = 0;
  std::string secret_;
};

// The types of these messages as one word, such as "TDCZ", for comparing at a glance.
std::string types(const std::vector<Message>& messages);

}  // namespace forebay::rig
