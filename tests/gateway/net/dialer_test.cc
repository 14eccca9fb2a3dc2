#include "gateway/net/dialer.h"

#include <optional>

#include "tests/gateway/net/dial_fixture.h"

namespace forebay::net {
namespace {

class DialerTest : public DialTest {
 protected:
  Result<Socket> dial(Dialer::Target target) {
    std::optional<Result<Socket>> answer;
    Dialer dialer(loop_, resolver_, std::move(target), [&](Result<Socket> socket) {
      EXPECT_FALSE(answer);
      answer.emplace(std::move(socket));
    });
    dialer.start();
    turnUntil([&] { return answer.has_value(); });
    if (*answer) (*answer)->setUser(*this);
    return std::move(*answer);
  }
  // One that does not come to its end by itself.
  std::unique_ptr<Dialer> begin(Dialer::Target target) {
    auto dialer = std::make_unique<Dialer>(loop_, resolver_, std::move(target),
                                           [](Result<Socket>) { ADD_FAILURE() << "has not given up"; });
    dialer->start();
    return dialer;
  }
  TlsContext::Ptr accepting() { return forClients(acceptingSettings()); }
  TlsContext::Ptr dialing(conf::SslMode mode = conf::SslMode::kRequire) {
    return forServers(dialingSettings(mode));
  }
};

TEST_F(DialerTest, GivesAConnectionOnWhichNothingWasSaid) {
  const uint16_t port = listenAt("127.0.0.1");
  Result<Socket> socket = dial({.host = {"127.0.0.1", port}});
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_EQ(socket->peerAddress()->port(), port);
  EXPECT_FALSE(socket->hasTls());
  EXPECT_EQ(socket->write("hello").bytes, 5u);
}

TEST_F(DialerTest, SaysWhyNobodyCanBeReached) {
  EXPECT_EQ(dial({.host = {"127.0.0.1", refuseAt("127.0.0.1")}}).error(), "Connection refused");
  EXPECT_EQ(dial({.host = {"nowhere", 6379}}).error(), "host nowhere: no such host");
  EXPECT_EQ(dial({.host = {"/no/such.sock", 0}}).error(), "No such file or directory");
}

TEST_F(DialerTest, TriesTheNextAddressOfANameWhenOneRefuses) {
  const uint16_t port = listenAt("127.0.0.2");
  refuseAt("127.0.0.1", port);
  names_["db"] = {"127.0.0.1", "127.0.0.2"};
  const Result<Socket> socket = dial({.host = {"db", port}});
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_EQ(socket->peerAddress()->host(), "127.0.0.2");
}

TEST_F(DialerTest, SetsUpTlsAtOnce) {
  const uint16_t port = listenAt("127.0.0.1", 0, accepting());
  const Result<Socket> socket = dial({.host = {"127.0.0.1", port}, .tls = dialing()});
  ASSERT_TRUE(socket.ok()) << socket.error();
  ASSERT_TRUE(socket->hasTls());
  EXPECT_EQ(socket->tls()->peerCommonName(), "db.example.com");
}

TEST_F(DialerTest, ChecksThatTheCertificateIsForTheNameInTheTarget) {
  const uint16_t port = listenAt("127.0.0.1", 0, accepting());
  names_["db.example.com"] = names_["other.example.com"] = {"127.0.0.1"};
  const TlsContext::Ptr strict = dialing(conf::SslMode::kVerifyFull);
  EXPECT_TRUE(dial({.host = {"db.example.com", port}, .tls = strict}).ok());
  EXPECT_EQ(dial({.host = {"other.example.com", port}, .tls = strict}).error(),
            "TLS: certificate verify failed: hostname mismatch");
}

TEST_F(DialerTest, TriesTheNextAddressWhenTheHandshakeFails) {
  const uint16_t port = hangUpAt("127.0.0.1");
  listenAt("127.0.0.2", port, accepting());
  names_["db"] = {"127.0.0.1", "127.0.0.2"};
  const Result<Socket> socket = dial({.host = {"db", port}, .tls = dialing()});
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_EQ(socket->peerAddress()->host(), "127.0.0.2");
}

TEST_F(DialerTest, TellsTheFirstReasonWhenNoAddressIsLeft) {
  const uint16_t port = hangUpAt("127.0.0.1");
  refuseAt("127.0.0.2", port);
  names_["db"] = {"127.0.0.1", "127.0.0.2"};
  const std::string reason = dial({.host = {"db", port}, .tls = dialing()}).error();
  EXPECT_TRUE(reason.starts_with("TLS: ")) << reason;
}

TEST_F(DialerTest, NeedsNoTlsOnAUnixSocket) {
  const std::string path = files_.path("redis.sock");
  listenAt(path);
  const Result<Socket> socket = dial({.host = {path, 0}, .tls = dialing()});
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_FALSE(socket->hasTls());
}

TEST_F(DialerTest, GivesUpWhenItIsDestroyedBeforeTheNameIsKnown) { begin({.host = {"silent", 6379}}); }

TEST_F(DialerTest, GivesUpWhenItIsDestroyedBeforeItIsToldThatItStands) {
  begin({.host = {"127.0.0.1", listenAt("127.0.0.1")}});
  turnUntil([&] { return !peers_.empty() && peers_.back().gone; });
}

TEST_F(DialerTest, GivesUpWhenItIsDestroyedInTheHandshake) {
  auto dialer = begin({.host = {"127.0.0.1", listenAt("127.0.0.1")}, .tls = dialing()});
  turnUntil([&] { return !peers_.empty() && peers_.back().heard; });
  dialer.reset();
  turnUntil([&] { return peers_.back().gone; });
}

TEST_F(DialerTest, MayBeBuriedInsideDone) {
  const uint16_t open = listenAt("127.0.0.1", 0, accepting()), closed = refuseAt("127.0.0.1");
  for (const uint16_t port : {open, closed}) {
    std::optional<bool> reached;
    std::unique_ptr<Dialer> dialer;
    const auto done = [&](Result<Socket> socket) {
      reached = socket.ok();
      loop_.bury(std::move(dialer));
    };
    dialer = std::make_unique<Dialer>(loop_, resolver_, Dialer::Target{{"127.0.0.1", port}, dialing()}, done);
    dialer->start();
    turnUntil([&] { return reached.has_value(); });
    EXPECT_EQ(*reached, port == open);
  }
}

}  // namespace
}  // namespace forebay::net
