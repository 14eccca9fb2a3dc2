#include "gateway/net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>

#include "gateway/net/tls_certificate.h"
#include "gateway/net/tls_error.h"

namespace forebay::net {
namespace {

bool isAddress(const std::string& host) {
  in6_addr parsed;
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1 || inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

// libpq's rules: "*" stands for one whole label only, and the common name counts when no alternative name is
// of the host's kind.
bool expectHost(SSL* session, const std::string& host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(session);
  if (isAddress(host)) {
    SSL_set_verify(session, SSL_VERIFY_PEER, acceptAddressAsCommonName);
    return X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
  }
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) == 1;
}

// Copies runs into `out` until it is full; returns how much it holds.
size_t gather(std::span<const Bytes> runs, size_t skip, char* out, size_t size) {
  size_t filled = 0;
  for (Bytes run : runs) {
    run.remove_prefix(skip);
    skip = 0;
    filled += run.copy(out + filled, size - filled);
    if (filled == size) break;
  }
  return filled;
}

// Called by OpenSSL behind each read of the socket. The argument that goes with it is the answer itself.
long noteRead(BIO* bio, int operation, const char*, size_t size, int, long, int outcome, size_t* got) {
  if (operation != (BIO_CB_READ | BIO_CB_RETURN)) return outcome;
  static char yes;
  BIO_set_callback_arg(bio, outcome <= 0 || *got < size ? &yes : nullptr);
  return outcome;
}

}  // namespace

void Tls::FreeSession::operator()(SSL* session) const { SSL_free(session); }

Result<Tls> Tls::create(const TlsContext& context, int fd, bool accepts) {
  assert(context.acceptsClients() == accepts);
  ERR_clear_error();
  SSL* session = SSL_new(context.native());
  if (session == nullptr) return Error{"no TLS session: " + takeTlsError()};
  Tls tls(session, accepts);
  if (SSL_set_fd(session, fd) != 1) return Error{"no TLS session: " + takeTlsError()};
  BIO_set_callback_ex(SSL_get_rbio(session), noteRead);
  return tls;
}

Result<Tls> Tls::accept(const TlsContext& context, int fd) {
  Result<Tls> tls = create(context, fd, true);
  if (tls) SSL_set_accept_state(tls->session_.get());
  return tls;
}

Result<Tls> Tls::connect(const TlsContext& context, int fd, std::string_view host) {
  Result<Tls> tls = create(context, fd, false);
  if (!tls) return tls;
  SSL* session = tls->session_.get();
  SSL_set_connect_state(session);
  const std::string name(host);
  bool done = true;
  if (!name.empty() && !isAddress(name)) done = SSL_set_tlsext_host_name(session, name.c_str()) == 1;
  if (context.verifiesHost()) {
    if (name.empty()) return Error{"verify-full needs a host name to compare the certificate with"};
    done = done && expectHost(session, name);
  }
  if (!done) return Error{"host name '" + name + "' does not suit TLS: " + takeTlsError()};
  return tls;
}

IoResult Tls::handshake() {
  forgetReads();
  if (end_.status == IoStatus::kError) return end_;
  ERR_clear_error();
  const int outcome = SSL_do_handshake(session_.get());
  if (outcome == 1) return {};
  const IoResult stop = stopped(outcome);
  return stop.status == IoStatus::kClosed ? lost(ECONNRESET, "closed during the TLS handshake") : stop;
}

IoResult Tls::read(char* out, size_t size) {
  assert(size > 0);
  forgetReads();
  unreported_ = false;
  if (end_.status != IoStatus::kOk) return end_;
  starved_ = false;
  size_t total = 0;
  do {
    const IoResult got = readRecord(out + total, size - total);
    if (got.status != IoStatus::kOk) {
      if (total == 0) return got;
      unreported_ = end_.status != IoStatus::kOk;
      break;
    }
    total += got.bytes;
  } while (total < size && SSL_has_pending(session_.get()) == 1);
  return {IoStatus::kOk, total, 0};
}

IoResult Tls::readRecord(char* out, size_t size) {
  ERR_clear_error();
  size_t got = 0;
  const int outcome = SSL_read_ex(session_.get(), out, size, &got);
  if (outcome == 1) return {IoStatus::kOk, got, 0};
  const IoResult stop = stopped(outcome);
  starved_ = stop.status == IoStatus::kWantRead;
  if (stop.status == IoStatus::kClosed) end_ = stop;
  return stop;
}

IoResult Tls::write(std::span<const Bytes> runs) {
  if (end_.status == IoStatus::kError) return end_;
  size_t total = 0;
  size_t skip = 0;  // bytes of the first run that are taken already
  while (!runs.empty()) {
    if (skip >= runs.front().size()) {
      skip -= runs.front().size();
      runs = runs.subspan(1);
      continue;
    }
    Bytes record = runs.front().substr(skip);
    if (record.size() < kMaxRecord && runs.size() > 1) {
      thread_local char gathered[kMaxRecord];
      record = {gathered, gather(runs, skip, gathered, kMaxRecord)};
    }
    const IoResult put = writeRecord(record);
    if (put.status != IoStatus::kOk) return total == 0 ? put : IoResult{IoStatus::kOk, total, 0};
    total += put.bytes;
    skip += put.bytes;
  }
  return {IoStatus::kOk, total, 0};
}

IoResult Tls::writeRecord(Bytes data) {
  assert(data.size() >= owed_);
  ERR_clear_error();
  size_t put = 0;
  const int outcome = SSL_write_ex(session_.get(), data.data(), data.size(), &put);
  owed_ = 0;
  if (outcome == 1) return {IoStatus::kOk, put, 0};
  const IoResult stop = stopped(outcome);
  if (stop.status != IoStatus::kError) owed_ = static_cast<uint16_t>(std::min(data.size(), kMaxRecord));
  return stop;
}

void Tls::shutdown() {
  if (end_.status == IoStatus::kError || owed_ > 0 || SSL_is_init_finished(session_.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

bool Tls::hasPending() const {
  if (end_.status != IoStatus::kOk) return unreported_;
  return !starved_ && SSL_has_pending(session_.get()) == 1;
}

void Tls::forgetReads() { BIO_set_callback_arg(SSL_get_rbio(session_.get()), nullptr); }

bool Tls::drained() const { return BIO_get_callback_arg(SSL_get_rbio(session_.get())) != nullptr; }

// Turns OpenSSL's outcome into ours. errno is still that of the socket call.
IoResult Tls::stopped(int outcome) {
  const int error = errno;
  switch (SSL_get_error(session_.get(), outcome)) {
    case SSL_ERROR_WANT_READ: return {IoStatus::kWantRead, 0, 0};
    case SSL_ERROR_WANT_WRITE: return {IoStatus::kWantWrite, 0, 0};
    case SSL_ERROR_ZERO_RETURN: return {IoStatus::kClosed, 0, 0};
    case SSL_ERROR_SYSCALL:
      return lost(error != 0 ? error : ECONNRESET,
                  std::generic_category().message(error != 0 ? error : ECONNRESET));
    default: break;
  }
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return lost(ECONNRESET, "the connection ended without a TLS close_notify");
  return lost(0, failureText());
}

IoResult Tls::lost(int error, std::string reason) {
  ERR_clear_error();
  last_error_ = std::move(reason);
  end_ = {IoStatus::kError, 0, error};
  return end_;
}

std::string Tls::failureText() const {
  std::string text = takeTlsError();
  const long verdict = SSL_get_verify_result(session_.get());
  if (verdict != X509_V_OK) text += std::string(": ") + X509_verify_cert_error_string(verdict);
  return text;
}

std::string_view Tls::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(session_.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

bool Tls::peerVerified() const {
  return SSL_get_verify_mode(session_.get()) != SSL_VERIFY_NONE &&
         SSL_get0_peer_certificate(session_.get()) != nullptr &&
         SSL_get_verify_result(session_.get()) == X509_V_OK;
}

std::string Tls::peerCommonName() const { return commonName(SSL_get0_peer_certificate(session_.get())); }

std::string Tls::endPointData() const {
  return endPointHash(accepts_ ? SSL_get_certificate(session_.get())
                               : SSL_get0_peer_certificate(session_.get()));
}

bool Tls::resumed() const { return SSL_session_reused(session_.get()) == 1; }

std::string Tls::description() const {
  return std::string(SSL_get_version(session_.get())) + "/" + SSL_get_cipher_name(session_.get());
}

}  // namespace forebay::net
