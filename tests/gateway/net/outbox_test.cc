#include "gateway/net/outbox.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace forebay::net {
namespace {

// A socket whose peer reads only when the test says so, with the smallest buffers that the kernel grants.
class OutboxTest : public testing::Test, public SocketUser {
 protected:
  OutboxTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    const int least = 1;
    for (const int end : ends) {
      ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
      ::setsockopt(end, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    }
    socket_ = Socket(loop_, ends[0], *this);
    peer_ = ends[1];
  }
  ~OutboxTest() override {
    outbox_.clear(loop_.buffers());
    socket_.close();
    hangUp();
    loop_.stop();
    loop_.run();
  }
  void onReadable() override {}
  void onWritable() override {}

  IoResult send(std::span<const Bytes> runs) { return outbox_.send(socket_, loop_.buffers(), runs); }
  IoResult send(Bytes bytes) { return outbox_.send(socket_, loop_.buffers(), bytes); }
  IoResult flush() { return outbox_.flush(socket_, loop_.buffers()); }
  std::string read() {
    std::array<char, 65536> bytes;
    std::string out;
    for (;;) {
      const ssize_t got = ::recv(peer_, bytes.data(), bytes.size(), 0);
      if (got <= 0) return out;
      out.append(bytes.data(), static_cast<size_t>(got));
    }
  }
  std::string readAll() {
    std::string out;
    do {
      out += read();
      EXPECT_EQ(flush().status, IoStatus::kOk);
    } while (!outbox_.empty());
    return out + read();
  }
  void hangUp() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }

  Loop loop_;
  Socket socket_;
  Outbox outbox_;
  int peer_ = -1;
};

std::string pattern(size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i) out += static_cast<char>('a' + i * i % 23);
  return out;
}

TEST_F(OutboxTest, KeepsNothingOfWhatTheSocketTakes) {
  const IoResult sent = send("hello");
  EXPECT_EQ(sent.status, IoStatus::kOk);
  EXPECT_EQ(sent.bytes, 5u);
  EXPECT_TRUE(outbox_.empty());
  EXPECT_EQ(loop_.buffers().bytesLent(), 0u);
  EXPECT_EQ(read(), "hello");
}

TEST_F(OutboxTest, KeepsInOrderWhatTheSocketRefuses) {
  const std::string large = pattern(300'000);
  EXPECT_EQ(send(large).status, IoStatus::kOk);
  EXPECT_FALSE(outbox_.empty());
  EXPECT_EQ(send("the end").bytes, 0u) << "nothing overtakes what is kept";
  EXPECT_EQ(readAll(), large + "the end");
  EXPECT_EQ(loop_.buffers().bytesLent(), 0u);
}

TEST_F(OutboxTest, SendsRunsOfAnySizeAndNumberAsOneStream) {
  const std::string text = pattern(200'000);
  std::vector<Bytes> runs;
  std::string expected;
  for (size_t i = 0; i < 200; ++i) {
    runs.push_back(Bytes(text).substr(i * 37, i % 3 == 0 ? 0 : i * 11));
    expected += runs.back();
  }
  EXPECT_EQ(send(runs).status, IoStatus::kOk);
  EXPECT_EQ(readAll(), expected);
}

TEST_F(OutboxTest, IsFullAboveTheHighMarkAndRelaxedBelowHalfOfIt) {
  EXPECT_TRUE(outbox_.relaxed());
  send(pattern(Outbox::kHighWater * 2));
  EXPECT_TRUE(outbox_.full());
  bool was_between = false;
  while (!outbox_.relaxed()) {
    read();
    flush();
    was_between = was_between || (!outbox_.full() && !outbox_.relaxed());
  }
  EXPECT_TRUE(was_between);
}

TEST_F(OutboxTest, FlushingWhileThePeerIsSlowIsNoError) {
  send(pattern(300'000));
  const size_t kept = outbox_.size();
  EXPECT_EQ(flush().bytes, 0u);
  EXPECT_EQ(outbox_.size(), kept);
}

TEST_F(OutboxTest, SaysThatTheConnectionIsLost) {
  hangUp();
  const IoResult sent = send("hello");
  EXPECT_EQ(sent.status, IoStatus::kError);
  EXPECT_EQ(sent.error, EPIPE);
}

TEST_F(OutboxTest, SaysThatTheConnectionIsLostWhileItFlushes) {
  send(pattern(300'000));
  hangUp();
  EXPECT_EQ(flush().status, IoStatus::kError);
}

}  // namespace
}  // namespace forebay::net
