// TlsContext: certificates, trust and protocol settings that many TLS sessions share.
//
// Built once from the settings and never changed, so all workers use one. To reload certificates, build a new
// one: sessions keep what they were made with. Sessions (net/tls.h) are made from it; it may be dropped
// before they are.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "conf/config.h"

using SSL_CTX = struct ssl_ctx_st;

namespace forebay::net {

class TlsContext {
 public:
  using Ptr = std::shared_ptr<const TlsContext>;

  // For connections from clients, from the client_tls_* settings. `alpn` is the protocol they speak: who
  // offers others only is refused, who offers none is not; empty: whatever is offered is ignored.
  // Certificates of clients: with verify-ca and verify-full the handshake fails without a valid one; in other
  // modes they are asked for only when there is a ca_file, and one that does not verify is ignored
  // (Tls::peerVerified() tells, for the HBA method `cert`). Null when sslmode is disable.
  static Result<Ptr> forClients(const conf::TlsSettings& settings, std::string_view alpn);

  // For connections to servers, from the server_tls_* settings. `alpn` is the protocol to offer them; empty:
  // none. verify-full without a ca_file trusts the system's authorities; verify-ca then would accept
  // anybody's certificate, so it is refused. Null when disabled.
  static Result<Ptr> forServers(const conf::TlsSettings& settings, std::string_view alpn);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* native() const { return native_; }  // OpenSSL counts references in it, hence not const
  bool acceptsClients() const { return accepts_clients_; }
  bool verifiesHost() const { return verifies_host_; }

 private:
  TlsContext(SSL_CTX* native, bool accepts_clients, bool verifies_host)
      : native_(native), accepts_clients_(accepts_clients), verifies_host_(verifies_host) {}

  SSL_CTX* native_;
  bool accepts_clients_;
  bool verifies_host_;
};

}  // namespace forebay::net
