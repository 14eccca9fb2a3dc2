// One connection of a probe: what it says, what it makes of the answers, and when it gives up.
#include "gateway/probe/redis_line.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "redisproto/builder.h"
#include "tests/gateway/net/dial_fixture.h"

namespace forebay::probe {
namespace {

class RedisLineTest : public net::DialTest {
 protected:
  RedisLineTest() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    EXPECT_EQ(::listen(listener_, 4), 0);
    socklen_t size = sizeof where;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
    port_ = ntohs(where.sin_port);
  }
  ~RedisLineTest() override {
    dismiss(loop_, line_);
    if (peer_ >= 0) ::close(peer_);
    ::close(listener_);
  }

  void dial(const std::string& user = "", const std::string& password = "") {
    RedisDoor door{.target = {.host = {"127.0.0.1", port_}}, .user = user, .password = password};
    line_ = std::make_unique<RedisLine>(
        loop_, resolver_, std::move(door), seconds(1),
        RedisLine::Heard{.value = [this](Bytes value) { values_.emplace_back(value); },
                         .lost = [this](const std::string& why) { lost_.push_back(why); }});
    line_->start();
  }
  // What it has said so far and from now on, until it is `expected`.
  void expectHeard(const std::string& expected) {
    turn();
    if (peer_ < 0) peer_ = ::accept(listener_, nullptr, nullptr);
    turnUntil([&] {
      char bytes[4096];
      const ssize_t got = ::recv(peer_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (got > 0) heard_.append(bytes, static_cast<size_t>(got));
      return heard_ == expected;
    });
    EXPECT_EQ(heard_, expected);
    heard_.clear();
  }
  void say(const std::string& bytes) {
    ASSERT_EQ(::send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }

  int listener_ = -1, peer_ = -1;
  uint16_t port_ = 0;
  std::unique_ptr<RedisLine> line_;
  std::vector<std::string> values_, lost_;
  std::string heard_;
};

const std::string kRole = redisproto::request({"ROLE"});

TEST_F(RedisLineTest, GivesEachReplyWholeHoweverItComes) {
  dial();
  line_->say(kRole, 1);
  line_->say(kRole, 1);
  expectHeard(kRole + kRole);
  const std::string replies = "*2\r\n$6\r\nmaster\r\n:1\r\n+OK\r\n";
  for (const char each : replies) {
    say(std::string(1, each));
    turn(10);
  }
  turnUntil([&] { return values_.size() == 2; });
  EXPECT_EQ(values_, (std::vector<std::string>{"*2\r\n$6\r\nmaster\r\n:1\r\n", "+OK\r\n"}));
  EXPECT_TRUE(lost_.empty());
}

TEST_F(RedisLineTest, LogsInFirstAndKeepsTheAnswerToItself) {
  dial("gate", "s3cret");
  line_->say(kRole, 1);
  expectHeard(redisproto::request({"AUTH", "gate", "s3cret"}) + kRole);
  say("+OK\r\n:1\r\n");
  turnUntil([&] { return values_.size() == 1; });
  EXPECT_EQ(values_[0], ":1\r\n");
}

TEST_F(RedisLineTest, IsLostWhenTheLoginIsRefused) {
  dial("", "wrong");
  expectHeard(redisproto::request({"AUTH", "wrong"}));
  say("-WRONGPASS invalid username-password pair or user is disabled.\r\n+more\r\n");
  turnUntil([&] { return !lost_.empty(); });
  EXPECT_EQ(lost_,
            (std::vector<std::string>{"WRONGPASS invalid username-password pair or user is disabled."}));
  EXPECT_TRUE(values_.empty());
}

TEST_F(RedisLineTest, IsLostOnceWhenItIsClosed) {
  dial();
  line_->say(kRole, 1);
  expectHeard(kRole);
  ::close(std::exchange(peer_, -1));
  turnUntil([&] { return !lost_.empty(); });
  loop_.deadlines().run(loop_.now() + seconds(10));
  EXPECT_EQ(lost_, (std::vector<std::string>{"it has closed the connection"}));
}

TEST_F(RedisLineTest, IsLostWhenAnAnswerDoesNotComeInTimeAndOnlyThen) {
  dial();
  line_->say(kRole, 1);
  expectHeard(kRole);
  say(":1\r\n");
  turnUntil([&] { return values_.size() == 1; });
  loop_.deadlines().run(loop_.now() + seconds(10));
  EXPECT_TRUE(lost_.empty()) << "nothing is owed";
  line_->say(kRole, 1);
  loop_.deadlines().run(loop_.now() + seconds(10));
  EXPECT_EQ(lost_, (std::vector<std::string>{"it has not answered in time"}));
}

TEST_F(RedisLineTest, IsLostWhenAReplyIsTooLongOrNone) {
  for (const char* wrong : {"$2000000\r\n", "hello\r\n"}) {
    dial();
    line_->say(kRole, 1);
    expectHeard(kRole);
    say(wrong);
    turnUntil([&] { return !lost_.empty(); });
    lost_.clear();
    dismiss(loop_, line_);
    ::close(std::exchange(peer_, -1));
  }
  EXPECT_TRUE(values_.empty());
}

TEST_F(RedisLineTest, SaysWhyItCannotConnect) {
  ::close(std::exchange(listener_, ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  dial();
  turnUntil([&] { return !lost_.empty(); });
  EXPECT_EQ(lost_, (std::vector<std::string>{"Connection refused"}));
}

TEST_F(RedisLineTest, SaysNothingMoreOnceItIsEnded) {
  dial();
  line_->say(kRole, 1);
  expectHeard(kRole);
  say(":1\r\n");
  line_->end();
  turn(10);
  EXPECT_TRUE(values_.empty());
  EXPECT_TRUE(lost_.empty());
}

}  // namespace
}  // namespace forebay::probe
