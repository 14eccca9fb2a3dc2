// What a Socket with TLS on top is told: OpenSSL stands between it and what the kernel says.
#include "gateway/net/socket.h"
#include "tests/gateway/net/tls_fixture.h"

namespace forebay::net {
namespace {

class TlsSocketTest : public TlsTest, public SocketUser {
 protected:
  TlsSocketTest()
      : clients_(forClients(acceptingSettings())),
        servers_(forServers(dialingSettings())),
        pair_(connect(wire_, *servers_, *clients_)) {
    EXPECT_TRUE(pair_.stands());
    const int fd = std::exchange(wire_.fds[1], -1);
    socket_ = Socket(loop_, fd, *this, std::make_unique<Tls>(std::move(*pair_.accepting)));
    socket_.want(true, false);
    takeAll();
  }
  ~TlsSocketTest() override {
    socket_.close();
    loop_.stop();
    loop_.run();
  }
  void onReadable() override { ++readable_; }
  void onWritable() override { ++writable_; }

  // What one turn of the loop tells.
  int turn() {
    readable_ = writable_ = 0;
    loop_.poller().wait(0);
    loop_.poller().tell([] {});
    return readable_;
  }
  std::string takeAll(size_t at_a_time = 65536) {
    std::string out(at_a_time, '\0');
    const IoResult got = socket_.read(out.data(), out.size());
    out.resize(got.status == IoStatus::kOk ? got.bytes : 0);
    return out;
  }

  TlsContext::Ptr clients_, servers_;
  Wire wire_;
  Pair pair_;
  Loop loop_;
  Socket socket_;
  int readable_ = 0, writable_ = 0;
};

TEST_F(TlsSocketTest, IsToldOnceThatBytesHaveCome) {
  EXPECT_EQ(turn(), 0);
  pair_.dialing->write("hello");
  EXPECT_EQ(turn(), 1);
  EXPECT_EQ(takeAll(), "hello");
  EXPECT_EQ(turn(), 0);
}

TEST_F(TlsSocketTest, IsToldOfBytesThatCameBeforeItWroteSomething) {
  pair_.dialing->write("hello");
  EXPECT_EQ(loop_.poller().wait(0), false);  // the kernel has told
  EXPECT_EQ(socket_.write("an answer to something earlier").status, IoStatus::kOk);
  readable_ = 0;
  loop_.poller().tell([] {});
  EXPECT_EQ(readable_, 1);
  EXPECT_EQ(takeAll(), "hello");
}

TEST_F(TlsSocketTest, IsToldOfBytesThatCameWhileItTookOlderOnesFromOpenSsl) {
  const std::string record(10'000, 'x');
  pair_.dialing->write(record);
  EXPECT_EQ(turn(), 1);
  EXPECT_EQ(takeAll(100).size(), 100u);
  socket_.want(false, false);
  pair_.dialing->write("more");
  EXPECT_EQ(turn(), 0);
  EXPECT_EQ(takeAll(100).size(), 100u);  // no look at the socket is needed for these
  socket_.want(true, false);
  EXPECT_EQ(turn(), 1);
  EXPECT_EQ(takeAll().size(), record.size() - 200);
  EXPECT_EQ(turn(), 1);
  EXPECT_EQ(takeAll(), "more");
}

TEST_F(TlsSocketTest, DoesNotSpinWhenItIsLostWhileOnlyWritingMatters) {
  wire_.hangUp(0);
  socket_.want(false, true);
  turn();
  EXPECT_NE(socket_.write(std::string(1'000'000, 'x')).status, IoStatus::kOk);
  turn();
  EXPECT_EQ(writable_, 0);
}

}  // namespace
}  // namespace forebay::net
