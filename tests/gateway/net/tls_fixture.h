// Two ends of a TLS connection in one thread, over a pair of sockets: the end that a client of the gateway
// has, and ours.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>

#include "gateway/net/tls.h"
#include "gateway/net/tls_context.h"
#include "tests/gateway/net/certificates.h"

namespace forebay::net {

class TlsTest : public testing::Test {
 protected:
  using Spec = CertificateFolder::Spec;

  // Two non-blocking ends of one connection.
  struct Wire {
    Wire() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0); }
    ~Wire() {
      hangUp(0);
      hangUp(1);
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    void hangUp(size_t end) {
      if (fds[end] >= 0) ::close(fds[end]);
      fds[end] = -1;
    }
    void shrink() {
      const int smallest = 1;  // the kernel rounds it up
      for (const int fd : fds) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
    }
    std::array<int, 2> fds{-1, -1};
  };

  // The dialing end is on fds[0], the accepting one on fds[1].
  struct Pair {
    std::optional<Tls> dialing, accepting;
    IoResult dialed{IoStatus::kWantWrite, 0, 0}, accepted{IoStatus::kWantRead, 0, 0};
    bool stands() const { return dialed.status == IoStatus::kOk && accepted.status == IoStatus::kOk; }
  };

  TlsTest() {
    std::signal(SIGPIPE, SIG_IGN);
    files_.make("ca", {.common_name = "Test Authority"});
    files_.make("server", {.common_name = "db.example.com", .issuer = "ca"});
  }

  conf::TlsSettings acceptingSettings(const std::string& name = "server") const {
    conf::TlsSettings settings;
    settings.sslmode = conf::SslMode::kRequire;
    settings.cert_file = files_.path(name + ".crt");
    settings.key_file = files_.path(name + ".key");
    return settings;
  }
  conf::TlsSettings dialingSettings(conf::SslMode mode = conf::SslMode::kRequire) const {
    conf::TlsSettings settings;
    settings.sslmode = mode;
    if (mode >= conf::SslMode::kVerifyCa) settings.ca_file = files_.path("ca.crt");
    return settings;
  }

  static TlsContext::Ptr forClients(const conf::TlsSettings& settings, const std::string& alpn = {}) {
    Result<TlsContext::Ptr> context = TlsContext::forClients(settings, alpn);
    EXPECT_TRUE(context.ok()) << context.error();
    return context.value();
  }
  static TlsContext::Ptr forServers(const conf::TlsSettings& settings, const std::string& alpn = {}) {
    Result<TlsContext::Ptr> context = TlsContext::forServers(settings, alpn);
    EXPECT_TRUE(context.ok()) << context.error();
    return context.value();
  }

  static Pair makePair(const Wire& wire, const TlsContext& dialing, const TlsContext& accepting,
                       const std::string& host = "db.example.com") {
    Pair pair;
    Result<Tls> dialed = Tls::connect(dialing, wire.fds[0], host);
    Result<Tls> accepted = Tls::accept(accepting, wire.fds[1]);
    EXPECT_TRUE(dialed.ok() && accepted.ok());
    pair.dialing.emplace(std::move(dialed).value());
    pair.accepting.emplace(std::move(accepted).value());
    return pair;
  }

  static bool waits(const IoResult& result) {
    return result.status == IoStatus::kWantRead || result.status == IoStatus::kWantWrite;
  }

  // Lets both ends work until neither has anything left to do.
  static void shakeHands(Pair& pair) {
    for (int turn = 0; turn < 1000 && (waits(pair.dialed) || waits(pair.accepted)); ++turn) {
      if (waits(pair.dialed)) pair.dialed = pair.dialing->handshake();
      if (waits(pair.accepted)) pair.accepted = pair.accepting->handshake();
    }
    // In TLS 1.3 the dialing end is done before the accepting end has judged it: its verdict arrives with the
    // first read.
    if (pair.dialed.status == IoStatus::kOk && pair.accepted.status == IoStatus::kError) {
      char byte;
      pair.dialed = pair.dialing->read(&byte, 1);
    }
  }

  static Pair connect(const Wire& wire, const TlsContext& dialing, const TlsContext& accepting,
                      const std::string& host = "db.example.com") {
    Pair pair = makePair(wire, dialing, accepting, host);
    shakeHands(pair);
    return pair;
  }

  // Whether a verify-full (or other) handshake against the certificate `name` succeeds for `host`.
  bool trusts(const conf::TlsSettings& dialing, const std::string& name, const std::string& host) {
    const Wire wire;
    return connect(wire, *forServers(dialing), *forClients(acceptingSettings(name)), host).stands();
  }

  static std::string readAll(Tls& tls) {
    std::string all;
    char chunk[20000];
    for (;;) {
      const IoResult got = tls.read(chunk, sizeof chunk);
      if (got.status != IoStatus::kOk) return all;
      all.append(chunk, got.bytes);
    }
  }

  CertificateFolder files_;
};

}  // namespace forebay::net
