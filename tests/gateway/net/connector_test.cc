#include "gateway/net/connector.h"

#include "tests/gateway/net/dial_fixture.h"

namespace forebay::net {
namespace {

class ConnectorTest : public DialTest {
 protected:
  ConnectorTest() {
    port_ = listenAt("127.0.0.1");
    listenAt("127.0.0.2", port_);
    names_["db"] = {"127.0.0.1", "127.0.0.2"};
  }
  Connector to(const std::string& host) {
    return Connector(loop_, resolver_, {host, port_}, {}, [this](Result<Socket> socket) {
      heard_.push_back(socket ? socket->peerAddress()->host() : socket.error());
    });
  }
  // What the connector's owner has heard, once that is `count` things.
  std::vector<std::string> heard(size_t count) {
    turnUntil([&] { return heard_.size() >= count; });
    return heard_;
  }
  using Heard = std::vector<std::string>;

  uint16_t port_ = 0;
  Heard heard_;
};

TEST_F(ConnectorTest, GoesOnWithTheNextAddressWhenOneIsNoGood) {
  Connector connector = to("db");
  connector.start();
  EXPECT_EQ(heard(1), Heard{"127.0.0.1"});
  connector.tryNext("it was rude");
  EXPECT_EQ(heard(2).back(), "127.0.0.2");
  connector.tryNext("it was rude, too");
  EXPECT_EQ(heard(3).back(), "it was rude");
}

TEST_F(ConnectorTest, OpensAnotherConnectionToTheSameAddress) {
  Connector connector = to("db");
  connector.start();
  (void)heard(1);
  connector.tryAgain();
  EXPECT_EQ(heard(2), (Heard{"127.0.0.1", "127.0.0.1"}));
}

TEST_F(ConnectorTest, GoesWhereItIsToldWithoutAskingForTheName) {
  Connector connector = to("nowhere");
  connector.start(*SocketAddress::parse("127.0.0.2", port_));
  EXPECT_EQ(heard(1), Heard{"127.0.0.2"});
}

}  // namespace
}  // namespace forebay::net
