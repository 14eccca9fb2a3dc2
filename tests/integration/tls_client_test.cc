// TLS between clients and Forebay.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/scram.h"

namespace forebay::rig {
namespace {

CertificateAuthority& authority() {
  static CertificateAuthority made;
  return made;
}

Certificate issued(const std::string& name) {
  return authority().issue(name, {"DNS:localhost", "IP:127.0.0.1"});
}

ForebayConfig offering(const std::string& sslmode) {
  static const Certificate own = issued("the first");
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres())["user"] = "postgres";
  config.postgres["client_tls_sslmode"] = sslmode;
  config.postgres["client_tls_key_file"] = own.key_file.string();
  config.postgres["client_tls_cert_file"] = own.cert_file.string();
  config.postgres["client_tls_ca_file"] = authority().certFile().string();
  return config;
}

std::string trying(const Forebay& forebay, const std::string& options) {
  return Connection::tryConnect(forebay.conninfo("app") + " " + options);
}

// As far as the TLS session, by an SSLRequest.
RawClient inTls(const Forebay& forebay, const TlsOptions& options = {}, SocketBuffers buffers = {}) {
  RawClient client(forebay.port(), buffers);
  client.send(wire::sslRequest());
  EXPECT_EQ(client.readByte(), 'S');
  client.startTls(options);
  return client;
}

TEST(ClientTls, EachSslmodeOfOursMeetsEachOfLibpqs) {
  const std::vector<std::string> theirs = {"disable", "allow", "prefer", "require"};
  const std::pair<const char*, std::string> ours[] = {// y: the client gets in
                                                      {"disable", "yyyn"},
                                                      {"allow", "yyyy"},
                                                      {"prefer", "yyyy"},
                                                      {"require", "nyyy"}};
  for (const auto& [mode, outcome] : ours) {
    const Forebay forebay(offering(mode));
    for (size_t i = 0; i < theirs.size(); ++i)
      EXPECT_EQ(trying(forebay, "sslmode=" + theirs[i]).empty(), outcome[i] == 'y')
          << mode << " " << theirs[i];
  }
}

TEST(ClientTls, LibpqIsSatisfiedWithOurCertificate) {
  const Forebay forebay(offering("require"));
  const std::string trusting = " sslrootcert=" + authority().certFile().string();
  CertificateAuthority stranger;
  for (const char* mode : {"verify-ca", "verify-full"}) {
    EXPECT_EQ(trying(forebay, std::string("sslmode=") + mode + trusting), "") << mode;
    EXPECT_NE(
        trying(forebay, std::string("sslmode=") + mode + " sslrootcert=" + stranger.certFile().string()), "");
  }
}

TEST(ClientTls, VerifyingModesDemandAClientCertificate) {
  const Certificate client = authority().issue("postgres", {});
  const std::string showing =
      "sslmode=require sslcert=" + client.cert_file.string() + " sslkey=" + client.key_file.string();
  for (const char* mode : {"verify-ca", "verify-full"}) {
    const Forebay forebay(offering(mode));
    EXPECT_EQ(trying(forebay, showing), "") << mode;
    EXPECT_NE(trying(forebay, "sslmode=require"), "") << mode;
    EXPECT_NE(trying(forebay, "sslmode=disable"), "") << mode;
  }
}

TEST(ClientTls, DirectTlsNeedsAlpn) {
  const Forebay forebay(offering("require"));
  RawClient client(forebay.port());
  client.startTls({.alpn = {"http/1.1", "postgresql"}});
  EXPECT_EQ(client.tls()->alpn(), "postgresql");
  client.login("app", "postgres");
  EXPECT_EQ(client.rows("select 6 * 7"), (std::vector<std::vector<std::string>>{{"42"}}));

  RawClient without(forebay.port());
  EXPECT_THROW(
      {
        without.startTls();
        without.login("app", "postgres");
      },
      RigError);
  RawClient another(forebay.port());
  EXPECT_THROW(
      {
        another.startTls({.alpn = {"http/1.1"}});
        another.login("app", "postgres");
      },
      RigError);
}

TEST(ClientTls, PlaintextBehindAnSslRequestIsRefused) {
  const Forebay forebay(offering("prefer"));
  RawClient client(forebay.port());
  client.send(wire::sslRequest() + wire::startup({{"user", "postgres"}, {"database", "app"}}));
  const std::vector<Message> answer = client.readToEnd();
  ASSERT_EQ(types(answer), "E");
  EXPECT_EQ(answer[0].field('C'), "08P01");
}

TEST(ClientTls, PlaintextBehindARequestThatIsDeclinedIsRefusedToo) {
  const Forebay forebay(offering("disable"));
  for (const std::string& request : {wire::sslRequest(), wire::gssEncRequest()}) {
    RawClient client(forebay.port());
    client.send(request + wire::startup({{"user", "postgres"}, {"database", "app"}}));
    EXPECT_EQ(client.readByte(), 'N');
    const std::vector<Message> answer = client.readToEnd();
    ASSERT_EQ(types(answer), "E");
    EXPECT_EQ(answer[0].field('C'), "08P01");
    EXPECT_TRUE(answer[0].field('M').starts_with("received unencrypted data after ")) << answer[0].field('M');
  }
}

TEST(ClientTls, RequestsMayComeInEitherOrderButOnlyOnce) {
  const Forebay forebay(offering("prefer"));
  {
    RawClient client(forebay.port());
    client.send(wire::gssEncRequest());
    EXPECT_EQ(client.readByte(), 'N');
    client.send(wire::sslRequest());
    EXPECT_EQ(client.readByte(), 'S');
    client.startTls();
    client.login("app", "postgres");
    EXPECT_EQ(client.rows("select 1").size(), 1u);
  }
  for (const std::string& twice : {wire::gssEncRequest(), wire::sslRequest()}) {
    RawClient client(forebay.port());
    if (twice == wire::sslRequest()) {
      client = inTls(forebay);
    } else {
      client.send(twice);
      EXPECT_EQ(client.readByte(), 'N');
    }
    client.send(twice);
    EXPECT_EQ(types(client.readToEnd()), "E");
  }
}

TEST(ClientTls, WithoutTlsBothRequestsAreDeclined) {
  const Forebay forebay(offering("disable"));
  RawClient client(forebay.port());
  client.send(wire::sslRequest());
  EXPECT_EQ(client.readByte(), 'N');
  client.send(wire::gssEncRequest());
  EXPECT_EQ(client.readByte(), 'N');
  client.login("app", "postgres");
}

TEST(ClientTls, OldProtocolsAndForbiddenCiphersAreRefused) {
  ForebayConfig config = offering("require");
  config.postgres["client_tls_ciphers"] = "ECDHE-ECDSA-AES256-GCM-SHA384";
  const Forebay forebay(config);
  EXPECT_THROW(inTls(forebay, {.version = "TLSv1.1"}), RigError);
  EXPECT_THROW(inTls(forebay, {.version = "TLSv1.2", .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}), RigError);
  EXPECT_EQ(inTls(forebay, {.version = "TLSv1.2"}).tls()->cipher(), "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(inTls(forebay, {.version = "TLSv1.3"}).tls()->version(), "TLSv1.3");
}

TEST(ClientTls, AReloadBringsTheNewCertificate) {
  ForebayConfig config = offering("require");
  const TempDir dir("reload");
  const auto install = [&](const Certificate& certificate) {
    config.postgres["client_tls_cert_file"] =
        dir.write("server.crt", readFile(certificate.cert_file)).string();
    config.postgres["client_tls_key_file"] = dir.write("server.key", readFile(certificate.key_file)).string();
  };
  install(issued("old"));
  const Forebay forebay(config);
  RawClient early = inTls(forebay);
  early.login("app", "postgres");
  EXPECT_EQ(early.tls()->peerName(), "old");

  install(issued("new"));
  forebay.reload();
  EXPECT_TRUE(eventually([&] { return inTls(forebay).tls()->peerName() == "new"; }));
  EXPECT_EQ(early.rows("select 1").size(), 1u);

  dir.write("server.key", "no key at all");
  const size_t before = forebay.log().size();
  forebay.reload();
  EXPECT_TRUE(eventually([&] { return forebay.log().find("server.key", before) != std::string::npos; }));
  EXPECT_EQ(inTls(forebay).tls()->peerName(), "new") << "a reload is refused as a whole";
}

TEST(ClientTls, LargeResultsPassThroughTinySockets) {
  const Forebay forebay(offering("require"));
  RawClient client = inTls(forebay, {}, {.receive = 4096, .send = 4096});
  client.login("app", "postgres");
  client.send(wire::query("select repeat('x', 10 * 1000 * 1000)"));
  const std::vector<Message> answer = client.readUntil('Z');
  ASSERT_EQ(types(answer), "TDCZ");
  EXPECT_EQ(answer[1].row()[0].size(), 10u * 1000 * 1000);

  const std::string big = "select length('" + std::string(3 * 1000 * 1000, 'y') + "')";
  EXPECT_EQ(client.rows(big), (std::vector<std::vector<std::string>>{{"3000000"}}));
}

// libpq 17 and later cancel inside TLS, older ones in plaintext whatever the server wants.
TEST(ClientTls, ACancelMayComeInTlsOrWithout) {
  const Forebay forebay(offering("require"));
  RawClient client = inTls(forebay);
  client.login("app", "postgres");
  for (const bool with_tls : {true, false}) {
    const std::string query = with_tls ? "select pg_sleep(60)" : "select pg_sleep(61)";
    client.send(wire::query(query));
    ASSERT_TRUE(eventually([&] {
      return sharedPostgres().query("select count(*) from pg_stat_activity where query = '" + query + "'") ==
             "1";
    }));
    RawClient canceler = with_tls ? inTls(forebay) : RawClient(forebay.port());
    canceler.send(wire::cancelRequest(client.pid(), client.secret()));
    EXPECT_TRUE(canceler.readToEnd().empty());
    const std::vector<Message> answer = client.readUntil('Z');
    ASSERT_EQ(types(answer).back(), 'Z');
    EXPECT_EQ(answer[answer.size() - 2].field('C'), "57014");
  }
}

// ---- SCRAM-SHA-256-PLUS

class ChannelBinding : public testing::Test {
 protected:
  ChannelBinding() {
    ForebayConfig config = offering("prefer");
    config.postgres["auth_type"] = "scram-sha-256";
    config.userlist = "\"ann\" \"open sesame\"\n";
    forebay_ = std::make_unique<Forebay>(config);
  }
  // The type of the last message of a login that says this.
  char outcomeOf(RawClient& client, const char* mechanism, const ScramProver& prover) {
    client.send(wire::startup({{"user", "ann"}, {"database", "app"}}));
    EXPECT_NE(client.read()->body.find("SCRAM-SHA-256-PLUS"), std::string::npos);
    client.send(wire::saslInitialResponse(mechanism, prover.first()));
    const Message challenge = *client.read();
    if (challenge.type == 'E') return 'E';
    client.send(wire::saslResponse(prover.final(challenge.body.substr(4))));
    return client.read()->type;
  }
  std::unique_ptr<Forebay> forebay_;
};

TEST_F(ChannelBinding, LibpqMayRequireIt) {
  const std::string login = forebay_->conninfo("app", "ann") + " password='open sesame'";
  EXPECT_EQ(Connection::tryConnect(login + " sslmode=require channel_binding=require"), "");
  EXPECT_EQ(Connection::tryConnect(login + " sslmode=require channel_binding=disable"), "");
  EXPECT_NE(Connection::tryConnect(login + " sslmode=disable channel_binding=require"), "");
}

TEST_F(ChannelBinding, WhoSitsInBetweenIsNoticed) {
  const std::string header = "p=tls-server-end-point,,";
  RawClient honest = inTls(*forebay_);
  EXPECT_EQ(outcomeOf(honest, "SCRAM-SHA-256-PLUS",
                      ScramProver("open sesame", header, honest.tls()->endPointData())),
            'R');
  RawClient bound_elsewhere = inTls(*forebay_);
  EXPECT_EQ(outcomeOf(bound_elsewhere, "SCRAM-SHA-256-PLUS",
                      ScramProver("open sesame", header, std::string(32, 'x'))),
            'E');
  RawClient offer_cut_out = inTls(*forebay_);
  EXPECT_EQ(outcomeOf(offer_cut_out, "SCRAM-SHA-256", ScramProver("open sesame", "y,,")), 'E');
  RawClient no_binding = inTls(*forebay_);
  EXPECT_EQ(outcomeOf(no_binding, "SCRAM-SHA-256-PLUS", ScramProver("open sesame", "n,,")), 'E');
  RawClient without = inTls(*forebay_);
  EXPECT_EQ(outcomeOf(without, "SCRAM-SHA-256", ScramProver("open sesame", "n,,")), 'R');
}

}  // namespace
}  // namespace forebay::rig
