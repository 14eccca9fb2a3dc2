// Tls: one TLS session over a non-blocking socket.
//
// The socket's owner watches it; Tls is told to try and answers what it waits for. handshake() until kOk,
// then read() and write() in any order; either may answer kWantRead or kWantWrite whatever it does itself.
// OpenSSL reads ahead: after handshake() and read(), hasPending() says that a read() can succeed though the
// socket stays silent, so ask it before waiting. Once kError came the session is lost and every call answers
// kError again.
//
// The process must ignore SIGPIPE. A session belongs to one thread at a time and may be handed over between
// calls. The socket is not owned: close it after the session is gone.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "gateway/net/io.h"
#include "gateway/net/tls_context.h"

using SSL = struct ssl_st;

namespace forebay::net {

class Tls {
 public:
  static constexpr size_t kMaxRecord = 16384;  // bytes of data in one TLS record

  // The side of a client's connection that answers.
  static Result<Tls> accept(const TlsContext& context, int fd);
  // The side that dials a server. `host` is the name or address from the settings: sent as SNI when it is a
  // name, and compared with the certificate in verify-full.
  static Result<Tls> connect(const TlsContext& context, int fd, std::string_view host);

  Tls(Tls&&) noexcept = default;
  Tls& operator=(Tls&&) noexcept = default;

  // kOk (with no bytes) when the session stands; never kClosed.
  IoResult handshake();

  // Fills `out` with what has arrived: all of it, up to `size`, with as few reads of the socket as possible.
  // kClosed: the peer sent close_notify. A connection that ends without one is kError with ECONNRESET.
  IoResult read(char* out, size_t size);

  // Takes bytes in order, as many as the socket takes; `bytes` may be less than offered. What was not taken
  // must be offered again, from its first byte and at least kMaxRecord of it (or all, if that is less):
  // OpenSSL may hold a record made of it. Another place in memory will do. Runs of less than a record are
  // gathered into one.
  IoResult write(Bytes data) { return write(std::span<const Bytes>(&data, 1)); }
  IoResult write(std::span<const Bytes> runs);

  // Sends close_notify if the socket takes it at once; never waits for the peer's.
  void shutdown();

  // Whether read() can give something, data or an end, before the socket becomes readable again.
  bool hasPending() const;

  // Whether the call of handshake() or read() that has just returned took all that the socket held.
  bool drained() const;

  // The protocol that both sides settled on (ALPN); empty: none was spoken of.
  std::string_view alpn() const;
  // Whether the peer showed a certificate that our authorities vouch for.
  bool peerVerified() const;
  std::string peerCommonName() const;
  // RFC 5929 tls-server-end-point of the server's certificate: ours on the accepting side, else the peer's.
  std::string endPointData() const;
  bool resumed() const;
  std::string description() const;  // such as "TLSv1.3/TLS_AES_256_GCM_SHA384"
  // Why the last call answered kError, for a log line or an error message.
  const std::string& lastError() const { return last_error_; }

 private:
  struct FreeSession {
    void operator()(SSL* session) const;
  };

  Tls(SSL* session, bool accepts) : session_(session), accepts_(accepts) {}
  static Result<Tls> create(const TlsContext& context, int fd, bool accepts);
  void forgetReads();
  IoResult readRecord(char* out, size_t size);
  IoResult writeRecord(Bytes data);
  IoResult stopped(int outcome);
  IoResult lost(int error, std::string reason);
  std::string failureText() const;

  std::unique_ptr<SSL, FreeSession> session_;
  std::string last_error_;
  IoResult end_;       // kClosed or kError once reading came to its end
  uint16_t owed_ = 0;  // bytes of the record that a write must offer again
  bool accepts_;
  bool starved_ = false;     // the last read left an incomplete record: more must arrive first
  bool unreported_ = false;  // end_ was met behind data, and the caller does not know yet
};

}  // namespace forebay::net
