// Who is believed to be who: certificates of servers and of clients.
#include "tests/gateway/net/tls_fixture.h"

namespace forebay::net {
namespace {

using conf::SslMode;

class TlsVerify : public TlsTest {};

TEST_F(TlsVerify, FullAcceptsTheNameInTheCertificate) {
  files_.make("san", {.common_name = "other",
                      .alternative_names = "DNS:pg-0.example.com,DNS:pg-1.example.com",
                      .issuer = "ca"});
  const conf::TlsSettings full = dialingSettings(SslMode::kVerifyFull);
  EXPECT_TRUE(trusts(full, "san", "pg-0.example.com"));
  EXPECT_TRUE(trusts(full, "san", "PG-1.Example.COM"));
  EXPECT_FALSE(trusts(full, "san", "pg-2.example.com"));
  EXPECT_FALSE(trusts(full, "san", "other")) << "the common name does not count beside alternative names";
  EXPECT_FALSE(trusts(full, "san", "127.0.0.1"));
}

TEST_F(TlsVerify, FullFallsBackToTheCommonName) {
  const conf::TlsSettings full = dialingSettings(SslMode::kVerifyFull);
  EXPECT_TRUE(trusts(full, "server", "db.example.com"));
  EXPECT_FALSE(trusts(full, "server", "db2.example.com"));
  EXPECT_FALSE(trusts(full, "server", "example.com"));
}

TEST_F(TlsVerify, AWildcardStandsForOneWholeLabel) {
  files_.make("wild", {.common_name = "x", .alternative_names = "DNS:*.example.com", .issuer = "ca"});
  files_.make("partial", {.common_name = "x", .alternative_names = "DNS:pg*.example.com", .issuer = "ca"});
  const conf::TlsSettings full = dialingSettings(SslMode::kVerifyFull);
  EXPECT_TRUE(trusts(full, "wild", "pg-0.example.com"));
  EXPECT_FALSE(trusts(full, "wild", "a.b.example.com"));
  EXPECT_FALSE(trusts(full, "wild", "example.com"));
  EXPECT_FALSE(trusts(full, "partial", "pg-0.example.com"));
}

TEST_F(TlsVerify, FullComparesAddresses) {
  files_.make("ip",
              {.common_name = "10.0.0.9", .alternative_names = "IP:10.0.0.1,IP:fd00::1", .issuer = "ca"});
  files_.make("ip-cn", {.common_name = "10.0.0.9", .issuer = "ca"});
  files_.make("ip-cn-dns", {.common_name = "fd00::9", .alternative_names = "DNS:db", .issuer = "ca"});
  const conf::TlsSettings full = dialingSettings(SslMode::kVerifyFull);
  EXPECT_TRUE(trusts(full, "ip", "10.0.0.1"));
  EXPECT_TRUE(trusts(full, "ip", "fd00:0:0::1"));
  EXPECT_FALSE(trusts(full, "ip", "10.0.0.2"));
  EXPECT_FALSE(trusts(full, "ip", "10.0.0.9")) << "the common name does not count beside an address";
  EXPECT_TRUE(trusts(full, "ip-cn", "10.0.0.9"));
  EXPECT_FALSE(trusts(full, "ip-cn", "10.0.0.1"));
  EXPECT_TRUE(trusts(full, "ip-cn-dns", "fd00::9"));
}

TEST_F(TlsVerify, CaAcceptsAnyNameOfATrustedAuthority) {
  files_.make("ca2", {.common_name = "Other Authority"});
  files_.make("stranger", {.common_name = "db.example.com", .issuer = "ca2"});
  EXPECT_TRUE(trusts(dialingSettings(SslMode::kVerifyCa), "server", "whatever"));
  EXPECT_FALSE(trusts(dialingSettings(SslMode::kVerifyCa), "stranger", "db.example.com"));
  EXPECT_FALSE(trusts(dialingSettings(SslMode::kVerifyFull), "stranger", "db.example.com"));
  EXPECT_TRUE(trusts(dialingSettings(SslMode::kRequire), "stranger", "db.example.com"));
}

TEST_F(TlsVerify, SaysWhyTheServerIsNotBelieved) {
  files_.make("self", {.common_name = "db.example.com"});
  const Wire wire;
  const Pair pair = connect(wire, *forServers(dialingSettings(SslMode::kVerifyFull)),
                            *forClients(acceptingSettings("self")));
  EXPECT_EQ(pair.dialed.status, IoStatus::kError);
  EXPECT_EQ(pair.dialing->lastError(), "certificate verify failed: self-signed certificate");
  EXPECT_EQ(pair.accepting->lastError(), "tlsv1 alert unknown ca (SSL alert number 48)");

  const Wire other;
  const Pair mismatch = connect(other, *forServers(dialingSettings(SslMode::kVerifyFull)),
                                *forClients(acceptingSettings()), "pg.example.com");
  EXPECT_EQ(mismatch.dialing->lastError(), "certificate verify failed: hostname mismatch");
}

TEST_F(TlsVerify, FullNeedsAHostName) {
  const Wire wire;
  EXPECT_FALSE(Tls::connect(*forServers(dialingSettings(SslMode::kVerifyFull)), wire.fds[0], "").ok());
}

class ClientCertificates : public TlsTest {
 protected:
  ClientCertificates() {
    files_.make("app", {.common_name = "app", .issuer = "ca"});
    files_.make("ca2", {.common_name = "Other Authority"});
    files_.make("stranger", {.common_name = "app", .issuer = "ca2"});
  }
  conf::TlsSettings accepting(SslMode mode) const {
    conf::TlsSettings settings = acceptingSettings();
    settings.sslmode = mode;
    settings.ca_file = files_.path("ca.crt");
    return settings;
  }
  conf::TlsSettings dialingWith(const std::string& name) const {
    conf::TlsSettings settings = dialingSettings();
    if (name.empty()) return settings;
    settings.cert_file = files_.path(name + ".crt");
    settings.key_file = files_.path(name + ".key");
    return settings;
  }
};

TEST_F(ClientCertificates, AreDemandedByVerifyCaAndVerifyFull) {
  for (const SslMode mode : {SslMode::kVerifyCa, SslMode::kVerifyFull}) {
    for (const char* version : {"tlsv1.2", "tlsv1.3"}) {
      conf::TlsSettings settings = accepting(mode);
      settings.protocols = version;
      const TlsContext::Ptr context = forClients(settings);
      const Wire one, two, three;
      const Pair known = connect(one, *forServers(dialingWith("app")), *context);
      ASSERT_TRUE(known.stands()) << known.accepting->lastError();
      EXPECT_TRUE(known.accepting->peerVerified());
      EXPECT_EQ(known.accepting->peerCommonName(), "app");

      const Pair none = connect(two, *forServers(dialingWith("")), *context);
      EXPECT_EQ(none.accepted.status, IoStatus::kError);
      EXPECT_EQ(none.accepting->lastError(), "peer did not return a certificate");

      const Pair stranger = connect(three, *forServers(dialingWith("stranger")), *context);
      EXPECT_EQ(stranger.accepted.status, IoStatus::kError);
      EXPECT_EQ(stranger.accepting->lastError(),
                "certificate verify failed: unable to get local issuer certificate");
    }
  }
}

TEST_F(ClientCertificates, AreWelcomeButNotNeededInOtherModes) {
  const TlsContext::Ptr context = forClients(accepting(SslMode::kPrefer));
  const Wire one, two, three;
  const Pair known = connect(one, *forServers(dialingWith("app")), *context);
  ASSERT_TRUE(known.stands());
  EXPECT_TRUE(known.accepting->peerVerified());
  const Pair none = connect(two, *forServers(dialingWith("")), *context);
  ASSERT_TRUE(none.stands());
  EXPECT_FALSE(none.accepting->peerVerified());
  EXPECT_EQ(none.accepting->peerCommonName(), "");
  const Pair stranger = connect(three, *forServers(dialingWith("stranger")), *context);
  ASSERT_TRUE(stranger.stands());
  EXPECT_FALSE(stranger.accepting->peerVerified()) << "it may call itself what it likes";
}

TEST_F(ClientCertificates, AreNotAskedForWithoutACaFile) {
  const Wire wire;
  const Pair pair = connect(wire, *forServers(dialingWith("app")), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  EXPECT_FALSE(pair.accepting->peerVerified());
  EXPECT_EQ(pair.accepting->peerCommonName(), "");
}

TEST_F(ClientCertificates, WithAZeroByteInTheNameHaveNoName) {
  files_.make("zero", {.common_name = std::string("admin\0.example", 14), .issuer = "ca"});
  const Wire wire;
  const Pair pair =
      connect(wire, *forServers(dialingWith("zero")), *forClients(accepting(SslMode::kVerifyCa)));
  ASSERT_TRUE(pair.stands());
  EXPECT_EQ(pair.accepting->peerCommonName(), "");
}

}  // namespace
}  // namespace forebay::net
