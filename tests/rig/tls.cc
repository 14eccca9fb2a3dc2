#include "tests/rig/tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "tests/rig/sockets.h"

namespace forebay::rig {
namespace {

[[noreturn]] void failTls(const std::string& what) {
  char text[256] = "the peer closed the connection";
  if (const unsigned long error = ERR_get_error(); error != 0) ERR_error_string_n(error, text, sizeof text);
  ERR_clear_error();
  fail(what + ": " + text);
}

void require(bool done, const std::string& what) {
  if (!done) failTls(what);
}

int numberOf(const std::string& version) {
  if (version == "TLSv1.1") return TLS1_1_VERSION;
  if (version == "TLSv1.2") return TLS1_2_VERSION;
  if (version == "TLSv1.3") return TLS1_3_VERSION;
  return 0;
}

std::string alpnWire(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += static_cast<char>(name.size()) + name;
  return out;
}

}  // namespace

TlsSession::TlsSession(int fd, const TlsOptions& options)
    : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), session_(nullptr, SSL_free) {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_security_level(context, 0);  // what is too weak is the other side's to refuse
  SSL_CTX_set_min_proto_version(context, numberOf(options.version));
  SSL_CTX_set_max_proto_version(context, numberOf(options.version));
  if (!options.ciphers.empty())
    require(SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) == 1, "ciphers");
  if (!options.ca_file.empty()) {
    require(SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) == 1, "ca_file");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.certificate.cert_file.empty()) {
    const auto& [cert_file, key_file] = options.certificate;
    require(SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) == 1, "certificate");
    require(SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1, "key");
  }
  session_.reset(SSL_new(context));
  SSL* session = session_.get();
  if (const std::string alpn = alpnWire(options.alpn); !alpn.empty())
    SSL_set_alpn_protos(session, reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
  SSL_set_mode(session, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  SSL_set_fd(session, fd);
  SSL_set_connect_state(session);
  while (!ended_) {
    const int outcome = SSL_do_handshake(session);
    if (outcome == 1) return;
    moved(outcome, 0);
    if (!ended_ && !waitFor(fd, wants_, kPatience)) fail("no end of the TLS handshake");
  }
  failTls("TLS handshake");
}

TlsSession::~TlsSession() = default;

size_t TlsSession::read(char* out, size_t size) {
  size_t got = 0;
  ERR_clear_error();
  const int outcome = SSL_read_ex(session_.get(), out, size, &got);
  return moved(outcome, got);
}

size_t TlsSession::write(std::string_view bytes) {
  size_t put = 0;
  ERR_clear_error();
  const int outcome = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &put);
  return moved(outcome, put);
}

size_t TlsSession::moved(int outcome, size_t bytes) {
  if (outcome == 1) return bytes;
  switch (SSL_get_error(session_.get(), outcome)) {
    case SSL_ERROR_WANT_READ: wants_ = POLLIN; break;
    case SSL_ERROR_WANT_WRITE: wants_ = POLLOUT; break;
    default: ended_ = true;
  }
  return 0;
}

std::string TlsSession::version() const { return SSL_get_version(session_.get()); }
std::string TlsSession::cipher() const { return SSL_get_cipher_name(session_.get()); }

std::string TlsSession::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsSession::peerName() const {
  char name[256] = "";
  X509* certificate = SSL_get0_peer_certificate(session_.get());
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  return name;
}

std::string TlsSession::endPointData() const {
  unsigned char hash[32];
  unsigned size = sizeof hash;
  require(X509_digest(SSL_get0_peer_certificate(session_.get()), EVP_sha256(), hash, &size) == 1, "hash");
  return {reinterpret_cast<const char*>(hash), size};
}

bool receiveMore(int fd, TlsSession* tls, std::string& unread, SteadyTime deadline) {
  char buffer[65536];
  if (tls != nullptr) {  // which may hold bytes that the socket does not announce
    if (const size_t got = tls->read(buffer, sizeof buffer); got > 0 || tls->ended()) {
      unread.append(buffer, got);
      return got > 0;
    }
  }
  if (!waitFor(fd, POLLIN, milliseconds(pollTimeout(deadline))))
    fail("no answer in time; " + std::to_string(unread.size()) + " bytes of an unfinished one");
  if (tls != nullptr) return true;
  const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
  if (size < 0 && errno != ECONNRESET) failErrno("recv");
  if (size <= 0) return false;
  unread.append(buffer, static_cast<size_t>(size));
  return true;
}

}  // namespace forebay::rig
