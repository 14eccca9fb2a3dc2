#include "gateway/net/peer_address.h"

#include <gtest/gtest.h>

namespace forebay::net {
namespace {

PeerAddress peer(std::string_view host, uint16_t port = 51522) {
  return PeerAddress(*SocketAddress::parse(host, port));
}

TEST(PeerAddress, IsSmallSinceEveryIdleClientKeepsOne) { EXPECT_LE(sizeof(PeerAddress), 20u); }

TEST(PeerAddress, IsWrittenAsALogWritesIt) {
  EXPECT_EQ(peer("10.0.3.7").text(), "10.0.3.7:51522");
  EXPECT_EQ(peer("::1").text(), "[::1]:51522");
  EXPECT_EQ(PeerAddress().text(), "unix");
  EXPECT_EQ(peer("2001:db8::5").host(), "2001:db8::5");
}

TEST(PeerAddress, TakesAnIpv4ClientOfADualStackListenerForWhatItIs) {
  const PeerAddress mapped = peer("::ffff:10.0.3.7");
  EXPECT_EQ(mapped.family(), PeerAddress::Family::kIpv4);
  EXPECT_EQ(mapped.text(), "10.0.3.7:51522");
  EXPECT_EQ(mapped.bytes(), peer("10.0.3.7").bytes());
}

TEST(PeerAddress, KnowsWhoIsOnThisMachine) {
  for (const char* here : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(peer(here).isLoopback()) << here;
  for (const char* elsewhere : {"10.0.0.1", "::2", "::ffff:10.0.0.1", "128.0.0.1"})
    EXPECT_FALSE(peer(elsewhere).isLoopback()) << elsewhere;
  EXPECT_TRUE(PeerAddress().isLoopback());
  EXPECT_TRUE(PeerAddress().isUnix());
}

TEST(PeerAddress, HasNoPortOnAUnixSocket) {
  EXPECT_EQ(PeerAddress(*SocketAddress::unixSocket("/tmp", 5432)).port(), 0);
}

}  // namespace
}  // namespace forebay::net
