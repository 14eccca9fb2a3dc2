#include "gateway/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cassert>
#include <string>
#include <string_view>

#include "gateway/net/tls_error.h"
#include "gateway/net/tls_protocols.h"

namespace forebay::net {
namespace {

using conf::SslMode;
using conf::TlsSettings;

// Names the setting and what it holds: "client_tls_cert_file /etc/forebay/tls.crt: No such file or
// directory".
Error failed(std::string_view prefix, std::string_view setting, const std::string& value) {
  return {std::string(prefix) + std::string(setting) + " " + value + ": " + takeTlsError()};
}

bool verifies(SslMode mode) { return mode == SslMode::kVerifyCa || mode == SslMode::kVerifyFull; }

// OpenSSL would ask for a key's passphrase on the terminal; a daemon has none.
int refusePassphrase(char*, int, int, void*) { return -1; }

// Settles on the one protocol there is (`wanted` is a std::string), or ends the handshake when the client
// speaks something else only (RFC 7301, 3.2). Not called for a client that uses no ALPN.
int selectAlpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
               unsigned offered_length, void* wanted) {
  for (unsigned at = 0; at < offered_length; at += 1u + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != *static_cast<const std::string*>(wanted)) continue;
    *out = offered + at + 1;
    *out_length = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// The name lives as long as the SSL_CTX: a session keeps that alive behind a TlsContext that was dropped.
void acceptAlpn(SSL_CTX* ctx, std::string_view alpn) {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* name, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(name); });
  auto name = std::make_unique<std::string>(alpn);
  if (SSL_CTX_set_ex_data(ctx, index, name.get()) != 1) return;  // no memory
  SSL_CTX_set_alpn_select_cb(ctx, selectAlpn, name.release());
}

void offerAlpn(SSL_CTX* ctx, std::string_view alpn) {
  assert(alpn.size() < 256);
  const std::string wire = static_cast<char>(alpn.size()) + std::string(alpn);
  SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const unsigned char*>(wire.data()),
                          static_cast<unsigned>(wire.size()));
}

void setAlwaysOn(SSL_CTX* ctx) {
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle session gives its buffers back; a write may stop after any record and go on from a copy of the
  // bytes.
  SSL_CTX_set_mode(
      ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Header and body of a record, and records that came together, cost one recv.
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);  // tickets need no memory here
  SSL_CTX_set_default_passwd_cb(ctx, refusePassphrase);
}

Status setCiphers(SSL_CTX* ctx, const TlsSettings& settings, std::string_view prefix) {
  const std::string list = cipherList(settings.ciphers);
  if (!list.empty() && SSL_CTX_set_cipher_list(ctx, list.c_str()) != 1)
    return failed(prefix, "ciphers", settings.ciphers);
  if (!settings.tls13_ciphers.empty() && SSL_CTX_set_ciphersuites(ctx, settings.tls13_ciphers.c_str()) != 1)
    return failed(prefix.substr(0, prefix.size() - 1), "13_ciphers", settings.tls13_ciphers);
  if (settings.ecdhcurve != "auto" && settings.ecdhcurve != "none" && !settings.ecdhcurve.empty() &&
      SSL_CTX_set1_groups_list(ctx, settings.ecdhcurve.c_str()) != 1)
    return failed(prefix, "ecdhcurve", settings.ecdhcurve);
  if (settings.dheparams != "none") SSL_CTX_set_dh_auto(ctx, 1);
  return Ok{};
}

Status setProtocols(SSL_CTX* ctx, const TlsSettings& settings, std::string_view prefix) {
  const Result<TlsVersions> versions = parseTlsProtocols(settings.protocols);
  if (!versions) return Error{std::string(prefix) + "protocols: " + versions.error()};
  SSL_CTX_set_min_proto_version(ctx, versions.value().tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(ctx, versions.value().tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  return Ok{};
}

Status loadKeyPair(SSL_CTX* ctx, const TlsSettings& settings, std::string_view prefix) {
  if (settings.cert_file.empty() != settings.key_file.empty()) {
    const bool no_key = settings.key_file.empty();
    return Error{std::string(prefix) + (no_key ? "key_file" : "cert_file") + " is missing: it belongs to " +
                 std::string(prefix) +
                 (no_key ? "cert_file " + settings.cert_file : "key_file " + settings.key_file)};
  }
  if (settings.cert_file.empty()) return Ok{};
  if (SSL_CTX_use_certificate_chain_file(ctx, settings.cert_file.c_str()) != 1)
    return failed(prefix, "cert_file", settings.cert_file);
  if (SSL_CTX_use_PrivateKey_file(ctx, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return failed(prefix, "key_file", settings.key_file);
  return Ok{};
}

Status applyCommon(SSL_CTX* ctx, const TlsSettings& settings, std::string_view prefix) {
  setAlwaysOn(ctx);
  if (Status done = setProtocols(ctx, settings, prefix); !done) return done;
  if (Status done = setCiphers(ctx, settings, prefix); !done) return done;
  if (Status done = loadKeyPair(ctx, settings, prefix); !done) return done;
  if (!settings.ca_file.empty() && SSL_CTX_load_verify_file(ctx, settings.ca_file.c_str()) != 1)
    return failed(prefix, "ca_file", settings.ca_file);
  return Ok{};
}

// Asks for client certificates. Without a ca_file it does not, and the handshake carries no names of
// authorities.
Status askForCertificates(SSL_CTX* ctx, const TlsSettings& settings) {
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(settings.ca_file.c_str());
  if (names == nullptr) return failed("client_tls_", "ca_file", settings.ca_file);
  SSL_CTX_set_client_CA_list(ctx, names);  // owns them now
  if (verifies(settings.sslmode)) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  } else {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  }
  // A ticket would carry the certificate past its end and past a change of the trusted authorities.
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(ctx, 0);
  return Ok{};
}

Status applyClientSide(SSL_CTX* ctx, const TlsSettings& settings, std::string_view alpn) {
  if (settings.cert_file.empty() && settings.key_file.empty())
    return Error{"client_tls_cert_file and client_tls_key_file must be set for client_tls_sslmode " +
                 std::string(conf::nameOf(settings.sslmode))};
  if (verifies(settings.sslmode) && settings.ca_file.empty())
    return Error{"client_tls_ca_file must be set for client_tls_sslmode " +
                 std::string(conf::nameOf(settings.sslmode))};
  if (Status done = applyCommon(ctx, settings, "client_tls_"); !done) return done;
  if (!alpn.empty()) acceptAlpn(ctx, alpn);
  SSL_CTX_set_num_tickets(ctx, 1);  // two, OpenSSL's default, are for browsers that connect in parallel
  static constexpr unsigned char kSessionContext[] = "forebay";
  SSL_CTX_set_session_id_context(ctx, kSessionContext, sizeof kSessionContext - 1);
  if (!settings.ca_file.empty()) return askForCertificates(ctx, settings);
  return Ok{};
}

Status applyServerSide(SSL_CTX* ctx, const TlsSettings& settings, std::string_view alpn) {
  if (settings.sslmode == SslMode::kVerifyCa && settings.ca_file.empty())
    return Error{"server_tls_ca_file must be set for server_tls_sslmode verify-ca"};
  if (Status done = applyCommon(ctx, settings, "server_tls_"); !done) return done;
  if (!alpn.empty()) offerAlpn(ctx, alpn);
  // Several full records of a large result in one recv. Held only while bytes are in it.
  SSL_CTX_set_default_read_buffer_len(ctx, 4 * SSL3_RT_MAX_PLAIN_LENGTH);
  if (verifies(settings.sslmode)) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
    if (settings.ca_file.empty() && SSL_CTX_set_default_verify_paths(ctx) != 1)
      return Error{"the system's certificate authorities cannot be loaded: " + takeTlsError()};
  }
  return Ok{};
}

struct FreeContext {
  void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
};
using OwnedContext = std::unique_ptr<SSL_CTX, FreeContext>;

}  // namespace

Result<TlsContext::Ptr> TlsContext::forClients(const TlsSettings& settings, std::string_view alpn) {
  if (settings.sslmode == SslMode::kDisable) return Ptr();
  ERR_clear_error();
  OwnedContext ctx(SSL_CTX_new(TLS_server_method()));
  if (!ctx) return Error{"TLS cannot be set up: " + takeTlsError()};
  if (Status done = applyClientSide(ctx.get(), settings, alpn); !done) return Error{done.error()};
  return Ptr(new TlsContext(ctx.release(), true, false));
}

Result<TlsContext::Ptr> TlsContext::forServers(const TlsSettings& settings, std::string_view alpn) {
  if (settings.sslmode == SslMode::kDisable) return Ptr();
  ERR_clear_error();
  OwnedContext ctx(SSL_CTX_new(TLS_client_method()));
  if (!ctx) return Error{"TLS cannot be set up: " + takeTlsError()};
  if (Status done = applyServerSide(ctx.get(), settings, alpn); !done) return Error{done.error()};
  return Ptr(new TlsContext(ctx.release(), false, settings.sslmode == SslMode::kVerifyFull));
}

TlsContext::~TlsContext() { SSL_CTX_free(native_); }

}  // namespace forebay::net
