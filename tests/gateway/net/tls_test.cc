#include "gateway/net/tls.h"

#include <openssl/ssl.h>

#include <algorithm>

#include "tests/gateway/net/tls_fixture.h"

namespace forebay::net {
namespace {

using conf::SslMode;

constexpr char kAlpn[] = "postgresql";

std::string pattern(size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 7 + i / 251);
  return out;
}

TEST_F(TlsTest, BothEndsShakeHandsAndNameTheCipher) {
  const Wire wire;
  const Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  EXPECT_EQ(pair.accepting->description(), pair.dialing->description());
  EXPECT_EQ(pair.accepting->description().substr(0, 12), "TLSv1.3/TLS_");
}

TEST_F(TlsTest, TheContextMayBeDroppedBeforeItsSessions) {
  const Wire wire;
  Pair pair = makePair(wire, *forServers(dialingSettings(), kAlpn), *forClients(acceptingSettings(), kAlpn));
  shakeHands(pair);
  EXPECT_TRUE(pair.stands());
  EXPECT_EQ(pair.accepting->alpn(), kAlpn);
}

TEST_F(TlsTest, CarriesMoreThanTheSocketsHoldInBothDirectionsAtOnce) {
  for (const char* version : {"tlsv1.2", "tlsv1.3"}) {
    Wire wire;
    wire.shrink();
    conf::TlsSettings settings = dialingSettings();
    settings.protocols = version;
    Pair pair = connect(wire, *forServers(settings), *forClients(acceptingSettings()));
    ASSERT_TRUE(pair.stands());

    const std::string sent = pattern(1 << 20);
    std::string received[2];
    size_t taken[2] = {0, 0};
    Tls* ends[2] = {&*pair.dialing, &*pair.accepting};
    bool refused = false;
    for (int turn = 0;
         turn < 100000 && (received[0].size() < sent.size() || received[1].size() < sent.size()); ++turn) {
      for (size_t end = 0; end < 2; ++end) {
        if (taken[end] < sent.size()) {
          // From another place in memory each time, as when bytes moved into a buffer.
          const std::string rest = sent.substr(taken[end]);
          const IoResult put = ends[end]->write(rest);
          ASSERT_NE(put.status, IoStatus::kError) << ends[end]->lastError();
          refused = refused || put.status == IoStatus::kWantWrite || put.bytes < rest.size();
          taken[end] += put.bytes;
        }
        received[1 - end] += readAll(*ends[1 - end]);
      }
    }
    EXPECT_TRUE(refused) << "the sockets were too large to test anything";
    EXPECT_TRUE(received[0] == sent) << version;
    EXPECT_TRUE(received[1] == sent) << version;
  }
}

TEST_F(TlsTest, GathersSmallRunsIntoOneRecord) {
  Wire wire;
  Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  readAll(*pair.dialing);  // takes the ticket off the wire
  const std::string big = pattern(40000);
  const Bytes runs[] = {"select", "", " 1", Bytes(big), "end"};
  EXPECT_EQ(pair.accepting->write(runs).bytes, 6u + 2 + big.size() + 3);
  EXPECT_EQ(readAll(*pair.dialing), "select 1" + big + "end");

  const Bytes small[] = {"a", "b", "c"};
  EXPECT_EQ(pair.accepting->write(small).bytes, 3u);
  unsigned char raw[100];
  EXPECT_EQ(::recv(wire.fds[0], raw, sizeof raw, 0), 5 + 3 + 1 + 16) << "one header, one type byte, one tag";
}

TEST_F(TlsTest, RunsAreResumedWhereTheSocketStoppedThem) {
  Wire wire;
  wire.shrink();
  Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  const std::string sent = pattern(300000);
  std::string received;
  size_t taken = 0;
  for (int turn = 0; turn < 10000 && received.size() < sent.size(); ++turn) {
    std::vector<Bytes> runs;  // blocks of 1,000 bytes, cut anew at each turn
    for (size_t at = taken; at < sent.size(); at += 1000) runs.push_back(Bytes(sent).substr(at, 1000));
    if (!runs.empty()) taken += pair.accepting->write(runs).bytes;
    received += readAll(*pair.dialing);
  }
  EXPECT_TRUE(received == sent);
}

TEST_F(TlsTest, TellsOfBytesThatTheSocketWillNotAnnounce) {
  const Wire wire;
  Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  EXPECT_EQ(pair.dialing->write("0123456789").bytes, 10u);
  EXPECT_EQ(pair.dialing->write("abcdef").bytes, 6u);
  char out[8];
  ASSERT_EQ(pair.accepting->read(out, 4).bytes, 4u);
  EXPECT_TRUE(pair.accepting->hasPending());
  ASSERT_EQ(pair.accepting->read(out, 8).bytes, 8u) << "the end of one record and the start of the next";
  EXPECT_EQ(std::string(out, 8), "456789ab");
  EXPECT_TRUE(pair.accepting->hasPending());
  ASSERT_EQ(pair.accepting->read(out, 8).bytes, 4u);
  EXPECT_FALSE(pair.accepting->hasPending());
  EXPECT_EQ(pair.accepting->read(out, 8).status, IoStatus::kWantRead);
  EXPECT_FALSE(pair.accepting->hasPending());
}

TEST_F(TlsTest, TellsOfDataThatCameTogetherWithTheEndOfTheHandshake) {
  const Wire wire;
  Pair pair = makePair(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  while (waits(pair.dialed)) {
    pair.dialed = pair.dialing->handshake();
    if (waits(pair.dialed)) pair.accepted = pair.accepting->handshake();
  }
  ASSERT_EQ(pair.dialing->write("startup").bytes, 7u);  // behind the last message of the handshake
  ASSERT_EQ(pair.accepting->handshake().status, IoStatus::kOk);
  EXPECT_TRUE(pair.accepting->hasPending());
  EXPECT_EQ(readAll(*pair.accepting), "startup");
}

TEST_F(TlsTest, AnIncompleteRecordIsNotPending) {
  const Wire wire;
  Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  readAll(*pair.dialing);
  ASSERT_EQ(pair.accepting->write("first").bytes, 5u);
  ASSERT_EQ(pair.accepting->write("second").bytes, 6u);
  char raw[200];
  const ssize_t length = ::recv(wire.fds[0], raw, sizeof raw, 0);
  ASSERT_GT(length, 10);
  const auto resend = [&](size_t from, size_t to) {
    ASSERT_EQ(::write(wire.fds[1], raw + from, to - from), static_cast<ssize_t>(to - from));
  };
  resend(0, static_cast<size_t>(length) - 1);
  char out[100];
  const IoResult first = pair.dialing->read(out, sizeof out);
  EXPECT_EQ(std::string(out, first.bytes), "first");
  EXPECT_FALSE(pair.dialing->hasPending()) << "who believes it would spin";
  resend(static_cast<size_t>(length) - 1, static_cast<size_t>(length));
  EXPECT_EQ(readAll(*pair.dialing), "second");
}

TEST_F(TlsTest, ReportsCloseNotifyAsAnEndInGoodOrder) {
  const Wire wire;
  Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  ASSERT_EQ(pair.dialing->write("bye").bytes, 3u);
  pair.dialing->shutdown();
  char out[100];
  EXPECT_EQ(pair.accepting->read(out, sizeof out).bytes, 3u);
  EXPECT_TRUE(pair.accepting->hasPending()) << "the end was read with the data: no event will announce it";
  EXPECT_EQ(pair.accepting->read(out, sizeof out).status, IoStatus::kClosed);
  EXPECT_EQ(pair.accepting->read(out, sizeof out).status, IoStatus::kClosed);
  EXPECT_FALSE(pair.accepting->hasPending());
}

TEST_F(TlsTest, ReportsAnAbruptEndAsALostConnection) {
  Wire wire;
  Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  readAll(*pair.dialing);  // with bytes unread the kernel would send a reset
  ASSERT_EQ(pair.dialing->write("half a").bytes, 6u);
  wire.hangUp(0);
  EXPECT_EQ(readAll(*pair.accepting), "half a");
  char out[1];
  const IoResult end = pair.accepting->read(out, 1);
  EXPECT_EQ(end.status, IoStatus::kError);
  EXPECT_EQ(end.error, ECONNRESET);
  EXPECT_EQ(pair.accepting->lastError(), "the connection ended without a TLS close_notify");
  EXPECT_EQ(pair.accepting->write("too late").status, IoStatus::kError);
  pair.accepting->shutdown();
}

TEST_F(TlsTest, WritingToAPeerThatLeftIsAnError) {
  Wire wire;
  Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings()));
  ASSERT_TRUE(pair.stands());
  wire.hangUp(0);
  EXPECT_EQ(pair.accepting->write("anybody there?").status, IoStatus::kError);
}

TEST_F(TlsTest, GarbageInsteadOfAHandshakeIsAnErrorWithAReason) {
  for (const Bytes garbage :
       {Bytes("GET / HTTP/1.1\r\n\r\n"), Bytes("\x16\x03\x01\xff\xff garbage, and more of it"),
        Bytes("\0\0\0\x08\x04\xd2\x16\x2f", 8)}) {
    Wire wire;
    Tls tls = Tls::accept(*forClients(acceptingSettings()), wire.fds[1]).value();
    ASSERT_EQ(::write(wire.fds[0], garbage.data(), garbage.size()), static_cast<ssize_t>(garbage.size()));
    const IoResult result = tls.handshake();
    EXPECT_EQ(result.status, IoStatus::kError);
    EXPECT_EQ(result.error, 0);
    EXPECT_FALSE(tls.lastError().empty());
    EXPECT_EQ(tls.handshake().status, IoStatus::kError);
  }
}

TEST_F(TlsTest, AClientHelloCutAnywhereIsWaitedForAndThenALostConnection) {
  const TlsContext::Ptr context = forClients(acceptingSettings());
  Wire first;
  Pair pair = makePair(first, *forServers(dialingSettings()), *context);
  pair.dialed = pair.dialing->handshake();
  char hello[2000];
  const ssize_t length = ::recv(first.fds[1], hello, sizeof hello, 0);
  ASSERT_GT(length, 100);
  for (ssize_t cut = 0; cut < length; cut += 13) {
    Wire wire;
    Tls tls = Tls::accept(*context, wire.fds[1]).value();
    ASSERT_EQ(::write(wire.fds[0], hello, static_cast<size_t>(cut)), cut);
    EXPECT_EQ(tls.handshake().status, IoStatus::kWantRead) << cut;
    wire.hangUp(0);
    const IoResult end = tls.handshake();
    EXPECT_EQ(end.status, IoStatus::kError) << cut;
    EXPECT_EQ(end.error, ECONNRESET) << cut;
  }
}

TEST_F(TlsTest, SettlesOnAlpnBetweenOurOwnEnds) {
  const Wire wire;
  const Pair pair =
      connect(wire, *forServers(dialingSettings(), kAlpn), *forClients(acceptingSettings(), kAlpn));
  EXPECT_EQ(pair.dialing->alpn(), kAlpn);
  EXPECT_EQ(pair.accepting->alpn(), kAlpn);
}

TEST_F(TlsTest, SpeaksOfNoProtocolWhereOnlyOneEndKnowsOne) {
  for (const auto& [dialing, accepting] : {std::pair("", kAlpn), std::pair(kAlpn, "")}) {
    const Wire wire;
    const Pair pair =
        connect(wire, *forServers(dialingSettings(), dialing), *forClients(acceptingSettings(), accepting));
    EXPECT_TRUE(pair.stands());
    EXPECT_EQ(pair.dialing->alpn(), "");
    EXPECT_EQ(pair.accepting->alpn(), "");
  }
}

// A client that is not ours, so that it may do what ours never does.
class ForeignClient {
 public:
  explicit ForeignClient(int fd) : context_(SSL_CTX_new(TLS_client_method())) {
    session_ = SSL_new(context_);
    SSL_set_fd(session_, fd);
    SSL_set_connect_state(session_);
  }
  ~ForeignClient() {
    SSL_set_shutdown(session_, SSL_SENT_SHUTDOWN);  // else OpenSSL takes its ticket for spoiled
    SSL_free(session_);
    SSL_CTX_free(context_);
  }
  ForeignClient(const ForeignClient&) = delete;
  ForeignClient& operator=(const ForeignClient&) = delete;
  SSL* session() { return session_; }

  // Where our end stands in the end.
  IoResult shakeHandsWith(Tls& ours) {
    IoResult result;
    for (int turn = 0; turn < 20; ++turn) {
      SSL_do_handshake(session_);
      result = ours.handshake();
      if (!(result.status == IoStatus::kWantRead || result.status == IoStatus::kWantWrite)) break;
    }
    return result;
  }

 private:
  SSL_CTX* context_;
  SSL* session_;
};

TEST_F(TlsTest, AClientWithoutAlpnIsServedAndRecognized) {
  const Wire wire;
  ForeignClient client(wire.fds[0]);
  Tls tls = Tls::accept(*forClients(acceptingSettings(), kAlpn), wire.fds[1]).value();
  EXPECT_EQ(client.shakeHandsWith(tls).status, IoStatus::kOk);
  EXPECT_EQ(tls.alpn(), "");
}

TEST_F(TlsTest, AClientThatSpeaksAnotherProtocolOnlyIsRefused) {
  const Wire wire;
  ForeignClient client(wire.fds[0]);
  const unsigned char http[] = "\x02h2\x08http/1.1";
  SSL_set_alpn_protos(client.session(), http, sizeof http - 1);
  Tls tls = Tls::accept(*forClients(acceptingSettings(), kAlpn), wire.fds[1]).value();
  EXPECT_EQ(client.shakeHandsWith(tls).status, IoStatus::kError);
  EXPECT_EQ(tls.lastError(), "no application protocol");
}

TEST_F(TlsTest, PicksItsProtocolOutOfSeveral) {
  const Wire wire;
  ForeignClient client(wire.fds[0]);
  const unsigned char several[] = "\x02h2\x0apostgresql";
  SSL_set_alpn_protos(client.session(), several, sizeof several - 1);
  Tls tls = Tls::accept(*forClients(acceptingSettings(), kAlpn), wire.fds[1]).value();
  EXPECT_EQ(client.shakeHandsWith(tls).status, IoStatus::kOk);
  EXPECT_EQ(tls.alpn(), kAlpn);
}

TEST_F(TlsTest, RefusesTls11) {
  const Wire wire;
  ForeignClient client(wire.fds[0]);
  SSL_set_security_level(client.session(), 0);
  SSL_set_min_proto_version(client.session(), TLS1_VERSION);
  SSL_set_max_proto_version(client.session(), TLS1_1_VERSION);
  SSL_set_cipher_list(client.session(), "ALL:@SECLEVEL=0");
  Tls tls = Tls::accept(*forClients(acceptingSettings()), wire.fds[1]).value();
  EXPECT_EQ(client.shakeHandsWith(tls).status, IoStatus::kError);
  EXPECT_EQ(tls.lastError(), "unsupported protocol");
}

TEST_F(TlsTest, AClientComesBackCheaplyWithItsTicket) {
  const TlsContext::Ptr context = forClients(acceptingSettings());
  SSL_SESSION* ticket = nullptr;
  for (const bool expect_resumed : {false, true}) {
    const Wire wire;
    ForeignClient client(wire.fds[0]);
    if (ticket != nullptr) SSL_set_session(client.session(), ticket);
    Tls tls = Tls::accept(*context, wire.fds[1]).value();
    ASSERT_EQ(client.shakeHandsWith(tls).status, IoStatus::kOk);
    EXPECT_EQ(tls.resumed(), expect_resumed);
    ASSERT_EQ(tls.write("x").bytes, 1u);
    char byte;
    ASSERT_EQ(SSL_read(client.session(), &byte, 1), 1);
    SSL_SESSION_free(ticket);
    ticket = SSL_get1_session(client.session());
    EXPECT_EQ(SSL_SESSION_is_resumable(ticket), 1);
  }
  SSL_SESSION_free(ticket);
}

TEST_F(TlsTest, EndPointDataIsTheSameOnBothSides) {
  files_.make("rsa", {.common_name = "db", .issuer = "ca", .key = CertificateFolder::Key::kRsa});
  files_.make("sha384", {.common_name = "db", .issuer = "ca", .digest = "SHA384"});
  files_.make("sha1", {.common_name = "db", .issuer = "ca", .digest = "SHA1"});
  for (const auto& [name, size] : {std::pair{"server", 32u}, {"rsa", 32u}, {"sha384", 48u}, {"sha1", 32u}}) {
    const Wire wire;
    conf::TlsSettings settings = acceptingSettings(name);
    settings.ciphers = "DEFAULT:@SECLEVEL=0";  // for the certificate with SHA-1
    const Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(settings));
    ASSERT_TRUE(pair.stands()) << name << pair.accepting->lastError();
    EXPECT_EQ(pair.accepting->endPointData(), pair.dialing->endPointData()) << name;
    EXPECT_EQ(pair.accepting->endPointData().size(), size) << name;
  }
}

TEST_F(TlsTest, EndPointDataIsEmptyWhereTheSignatureNamesNoHash) {
  files_.make("ed", {.common_name = "db", .key = CertificateFolder::Key::kEd25519});
  const Wire wire;
  const Pair pair = connect(wire, *forServers(dialingSettings()), *forClients(acceptingSettings("ed")));
  ASSERT_TRUE(pair.stands());
  EXPECT_EQ(pair.accepting->endPointData(), "");
  EXPECT_EQ(pair.dialing->endPointData(), "");
}

}  // namespace
}  // namespace forebay::net
