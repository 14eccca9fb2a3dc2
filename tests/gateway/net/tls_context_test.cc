#include "gateway/net/tls_context.h"

#include <openssl/ssl.h>

#include <fstream>

#include "gateway/net/tls_protocols.h"
#include "tests/gateway/net/tls_fixture.h"

namespace forebay::net {
namespace {

using conf::SslMode;

class TlsContextTest : public TlsTest {
 protected:
  static std::string refusal(const conf::TlsSettings& settings) {
    const Result<TlsContext::Ptr> context = TlsContext::forClients(settings, {});
    return context.ok() ? "accepted" : context.error();
  }
};

TEST_F(TlsContextTest, IsNullWhenTlsIsDisabled) {
  const conf::TlsSettings disabled{.sslmode = SslMode::kDisable};
  EXPECT_EQ(TlsContext::forClients(disabled, {}).value(), nullptr);
  EXPECT_EQ(TlsContext::forServers(disabled, {}).value(), nullptr);
}

TEST_F(TlsContextTest, NamesTheSettingAndTheFileThatCannotBeUsed) {
  conf::TlsSettings settings = acceptingSettings();
  settings.cert_file = files_.path("missing.crt");
  EXPECT_EQ(refusal(settings), "client_tls_cert_file " + settings.cert_file + ": No such file or directory");

  settings = acceptingSettings();
  settings.key_file = files_.path("ca.key");
  EXPECT_EQ(refusal(settings), "client_tls_key_file " + settings.key_file + ": key values mismatch");

  settings = acceptingSettings();
  settings.ca_file = files_.path("text");
  std::ofstream(settings.ca_file) << "no certificate in here\n";
  EXPECT_EQ(refusal(settings).rfind("client_tls_ca_file " + settings.ca_file + ": ", 0), 0u)
      << refusal(settings);

  conf::TlsSettings dialing = dialingSettings(SslMode::kVerifyCa);
  dialing.ca_file = files_.path("missing-ca.crt");
  EXPECT_EQ(TlsContext::forServers(dialing, {}).error(),
            "server_tls_ca_file " + dialing.ca_file + ": No such file or directory");
}

TEST_F(TlsContextTest, SaysWhichSettingIsMissing) {
  EXPECT_EQ(refusal({.sslmode = SslMode::kRequire}),
            "client_tls_cert_file and client_tls_key_file must be set for client_tls_sslmode require");
  conf::TlsSettings settings = acceptingSettings();
  settings.sslmode = SslMode::kVerifyFull;
  EXPECT_EQ(refusal(settings), "client_tls_ca_file must be set for client_tls_sslmode verify-full");
  settings = acceptingSettings();
  settings.key_file.clear();
  EXPECT_EQ(refusal(settings),
            "client_tls_key_file is missing: it belongs to client_tls_cert_file " + settings.cert_file);
  EXPECT_EQ(TlsContext::forServers({.sslmode = SslMode::kVerifyCa}, {}).error(),
            "server_tls_ca_file must be set for server_tls_sslmode verify-ca");
}

TEST_F(TlsContextTest, RefusesWhatOpensslDoesNotKnow) {
  conf::TlsSettings settings = acceptingSettings();
  settings.ciphers = "NO-SUCH-CIPHER";
  EXPECT_EQ(refusal(settings), "client_tls_ciphers NO-SUCH-CIPHER: no cipher match");
  settings = acceptingSettings();
  settings.tls13_ciphers = "TLS_NONE";
  EXPECT_EQ(refusal(settings).rfind("client_tls13_ciphers TLS_NONE: ", 0), 0u) << refusal(settings);
  settings = acceptingSettings();
  settings.ecdhcurve = "curly";
  EXPECT_EQ(refusal(settings).rfind("client_tls_ecdhcurve curly: ", 0), 0u) << refusal(settings);
}

TEST_F(TlsContextTest, NeverAsksForThePassphraseOfAKey) {
  std::FILE* plain = std::fopen(files_.path("server.key").c_str(), "r");
  EVP_PKEY* key = PEM_read_PrivateKey(plain, nullptr, nullptr, nullptr);
  std::fclose(plain);
  std::FILE* locked = std::fopen(files_.path("locked.key").c_str(), "w");
  unsigned char passphrase[] = "secret";
  PEM_write_PrivateKey(locked, key, EVP_aes_128_cbc(), passphrase, 6, nullptr, nullptr);
  std::fclose(locked);
  EVP_PKEY_free(key);
  conf::TlsSettings settings = acceptingSettings();
  settings.key_file = files_.path("locked.key");
  EXPECT_EQ(refusal(settings).rfind("client_tls_key_file " + settings.key_file + ": ", 0), 0u)
      << refusal(settings);
}

TEST_F(TlsContextTest, SpeaksOnlyTheVersionsAndCiphersThatAreSet) {
  conf::TlsSettings settings = acceptingSettings();
  settings.protocols = "tlsv1.2";
  settings.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  const Wire one, two, three;
  const Pair pair = connect(one, *forServers(dialingSettings()), *forClients(settings));
  ASSERT_TRUE(pair.stands());
  EXPECT_EQ(pair.accepting->description(), "TLSv1.2/ECDHE-ECDSA-AES128-GCM-SHA256");

  settings = acceptingSettings();
  settings.tls13_ciphers = "TLS_CHACHA20_POLY1305_SHA256";
  settings.ecdhcurve = "secp384r1";
  const Pair newer = connect(two, *forServers(dialingSettings()), *forClients(settings));
  ASSERT_TRUE(newer.stands());
  EXPECT_EQ(newer.accepting->description(), "TLSv1.3/TLS_CHACHA20_POLY1305_SHA256");

  conf::TlsSettings old = dialingSettings();
  old.protocols = "tlsv1.2";
  settings.protocols = "tlsv1.3";
  EXPECT_FALSE(connect(three, *forServers(old), *forClients(settings)).stands());
}

TEST_F(TlsContextTest, NamesNoAuthoritiesInTheHandshakeWithoutACaFile) {
  EXPECT_EQ(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(forClients(acceptingSettings())->native())), 0);
  conf::TlsSettings settings = acceptingSettings();
  settings.ca_file = files_.path("ca.crt");
  EXPECT_EQ(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(forClients(settings)->native())), 1);
}

TEST_F(TlsContextTest, ANewContextTakesTheNewCertificateAndLeavesOldSessionsAlone) {
  const Wire one, two;
  const TlsContext::Ptr dialing = forServers(dialingSettings());
  Pair before = connect(one, *dialing, *forClients(acceptingSettings()));
  files_.make("server", {.common_name = "renewed", .issuer = "ca"});
  const Pair after = connect(two, *dialing, *forClients(acceptingSettings()));
  EXPECT_EQ(before.dialing->peerCommonName(), "db.example.com");
  EXPECT_EQ(after.dialing->peerCommonName(), "renewed");
  ASSERT_EQ(before.dialing->write("still here").bytes, 10u);
  EXPECT_EQ(readAll(*before.accepting), "still here");
}

TEST(TlsProtocols, ReadsPgbouncersNames) {
  const auto read = [](std::string_view text) -> std::string {
    const Result<TlsVersions> versions = parseTlsProtocols(text);
    if (!versions) return "error";
    return std::string(versions.value().tls12 ? "1.2 " : "") + (versions.value().tls13 ? "1.3" : "");
  };
  EXPECT_EQ(read("secure"), "1.2 1.3");
  EXPECT_EQ(read("all"), "1.2 1.3");
  EXPECT_EQ(read(""), "1.2 1.3");
  EXPECT_EQ(read("tlsv1.3"), "1.3");
  EXPECT_EQ(read("TLSv1.2"), "1.2 ");
  EXPECT_EQ(read("tlsv1.0,tlsv1.1,tlsv1.2"), "1.2 ");
  EXPECT_EQ(read("tlsv1.2, tlsv1.3"), "1.2 1.3");
  EXPECT_EQ(read("all,!tlsv1.3"), "1.2 ");
  EXPECT_EQ(read("!tlsv1.2"), "1.3");
  EXPECT_EQ(read("tlsv1.1"), "error");
  EXPECT_EQ(read("tlsv1.4"), "error");
  EXPECT_EQ(read("!"), "error");
}

TEST(TlsProtocols, DefaultCiphersAreOpensslsOwn) {
  EXPECT_EQ(cipherList("default"), "");
  EXPECT_EQ(cipherList("Secure"), "");
  EXPECT_EQ(cipherList("all"), "ALL");
  EXPECT_EQ(cipherList("HIGH:!aNULL"), "HIGH:!aNULL");
}

}  // namespace
}  // namespace forebay::net
