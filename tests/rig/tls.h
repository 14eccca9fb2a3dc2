// TlsSession: the client's half of TLS over a socket of the rig, with every choice open to the test: ALPN,
// versions, ciphers, whom to trust. Used through RawClient::startTls().
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rig/certificates.h"
#include "tests/rig/error.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace forebay::rig {

struct TlsOptions {
  std::vector<std::string> alpn{};  // protocols to offer
  std::string version{};            // "TLSv1.1", "TLSv1.2", "TLSv1.3"; empty: whatever both can do
  std::string ciphers{};            // of TLS 1.2; empty: OpenSSL's own
  std::filesystem::path ca_file{};  // empty: trusts everybody
  Certificate certificate{};        // the client's own
};

class TlsSession {
 public:
  // Throws with OpenSSL's words when the handshake fails. The socket becomes non-blocking.
  TlsSession(int fd, const TlsOptions& options);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Bytes moved; 0: none for now (wait as wants() says), or the end (ended()).
  size_t read(char* out, size_t size);
  size_t write(std::string_view bytes);
  bool ended() const { return ended_; }
  short wants() const { return wants_; }  // POLLIN or POLLOUT

  std::string version() const;
  std::string cipher() const;
  std::string alpn() const;          // what both agreed on
  std::string peerName() const;      // the common name of the server's certificate
  std::string endPointData() const;  // RFC 5929 tls-server-end-point, for a certificate signed with SHA-256

 private:
  size_t moved(int outcome, size_t bytes);

  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> session_;
  bool ended_ = false;
  short wants_ = 0;
};

// Appends what comes next on `fd`, over `tls` where there is one, which may need more than one call for a
// byte. False: the connection ended. Throws when `deadline` passes.
bool receiveMore(int fd, TlsSession* tls, std::string& unread, SteadyTime deadline);

}  // namespace forebay::rig
