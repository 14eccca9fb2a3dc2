#include "gateway/net/poller.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>

namespace forebay::net {
namespace {

// One end of a pair of sockets that is watched, and what its user was told.
class Watched : public SocketUser {
 public:
  Watched(Poller& poller, std::string& told, char name) : poller_(poller), told_(told), name_(name) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_), 0);
    watch = poller.add(ends_[0], *this);
  }
  ~Watched() override {
    remove();
    for (const int end : ends_)
      if (end >= 0) ::close(end);
  }
  void remove() {
    if (watch != nullptr) poller_.remove(std::exchange(watch, nullptr), true);
  }
  void send(std::string_view bytes) {
    EXPECT_EQ(::send(ends_[1], bytes.data(), bytes.size(), 0), ssize_t(bytes.size()));
  }
  void hangUp() { ::close(std::exchange(ends_[1], -1)); }
  std::string read(size_t size) {
    std::string out(size, '\0');
    const ssize_t got = ::recv(ends_[0], out.data(), size, 0);
    out.resize(got > 0 ? static_cast<size_t>(got) : 0);
    if (out.size() < size) Poller::drained(*watch);
    return out;
  }
  void onReadable() override {
    told_ += name_;
    if (then) then();
  }
  void onWritable() override { told_ += static_cast<char>(name_ - 'a' + 'A'); }

  Watch* watch = nullptr;
  std::function<void()> then;

 private:
  Poller& poller_;
  std::string& told_;
  const char name_;
  int ends_[2] = {-1, -1};
};

class PollerTest : public testing::Test {
 protected:
  // What is told in one turn of the loop.
  std::string turn() {
    told_.clear();
    poller_.wait(0);
    poller_.tell([] {});
    return told_;
  }
  Poller poller_;
  std::string told_;
  Watched a_{poller_, told_, 'a'}, b_{poller_, told_, 'b'};
};

TEST_F(PollerTest, TellsWhoWantsToKnow) {
  poller_.want(*a_.watch, true, false);
  a_.send("x");
  b_.send("x");
  EXPECT_EQ(turn(), "a");
}

TEST_F(PollerTest, TellsAgainUntilEverythingWasTaken) {
  poller_.want(*a_.watch, true, false);
  a_.send("hello");
  EXPECT_EQ(turn(), "a");
  a_.read(2);
  EXPECT_EQ(turn(), "a");
  a_.read(100);
  EXPECT_EQ(turn(), "");
  a_.send("more");
  EXPECT_EQ(turn(), "a");
}

TEST_F(PollerTest, RemembersWhatBecameReadyWhileNobodyWantedToKnow) {
  a_.send("x");
  EXPECT_EQ(turn(), "");
  poller_.want(*a_.watch, true, false);
  EXPECT_EQ(turn(), "a");
  poller_.want(*a_.watch, false, false);
  EXPECT_EQ(turn(), "");
  EXPECT_TRUE(poller_.idle());
}

TEST_F(PollerTest, TellsOfAnEndThatCameTogetherWithTheLastBytes) {
  poller_.want(*a_.watch, true, false);
  a_.send("bye");
  a_.hangUp();
  EXPECT_EQ(turn(), "a");
  EXPECT_EQ(a_.read(100), "bye");
  EXPECT_EQ(turn(), "a") << "a short read is not the end when the end has come";
}

TEST_F(PollerTest, TellsOfAnEndThatCameBehindTheLastBytes) {
  poller_.want(*a_.watch, true, false);
  a_.send("bye");
  EXPECT_EQ(turn(), "a");
  a_.hangUp();
  a_.read(100);
  EXPECT_EQ(turn(), "a");
}

TEST_F(PollerTest, TellsOfWritabilityOnceItIsAskedFor) {
  EXPECT_EQ(turn(), "");
  poller_.want(*a_.watch, true, true);
  EXPECT_EQ(turn(), "A");
  Poller::stuffed(*a_.watch);
  EXPECT_EQ(turn(), "") << "nothing was read at the other end";
}

TEST_F(PollerTest, LetsWhoHasMoreWaitUntilTheOthersHaveHadTheirTurn) {
  poller_.want(*a_.watch, true, false);
  poller_.want(*b_.watch, true, false);
  a_.send("much");
  b_.send("x");
  b_.then = [&] { b_.read(100); };
  EXPECT_EQ(turn().size(), 2u);
  EXPECT_EQ(turn(), "a");
}

TEST_F(PollerTest, TellsNobodyWhoWasRemovedInTheSameTurn) {
  poller_.want(*a_.watch, true, true);
  poller_.want(*b_.watch, true, false);
  a_.send("x");
  b_.send("x");
  a_.then = [&] { b_.remove(); };
  b_.then = [&] { a_.remove(); };
  const std::string told = turn();
  EXPECT_TRUE(told == "b" || told == "Aa") << told;
  EXPECT_EQ(turn().size(), told == "b" ? 0u : 2u);
}

TEST_F(PollerTest, MayLoseTheOneThatIsBeingTold) {
  poller_.want(*a_.watch, true, false);
  a_.send("x");
  a_.then = [&] { a_.remove(); };
  EXPECT_EQ(turn(), "a");
  EXPECT_EQ(turn(), "");
}

TEST_F(PollerTest, KnowsAnotherDescriptorThatIsReady) {
  const int other = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  poller_.watchOther(other);
  EXPECT_FALSE(poller_.wait(0));
  const uint64_t one = 1;
  EXPECT_EQ(::write(other, &one, sizeof one), ssize_t{sizeof one});
  EXPECT_TRUE(poller_.wait(0));
  EXPECT_TRUE(poller_.wait(0)) << "until it is dealt with";
  ::close(other);
}

TEST_F(PollerTest, FindsOutWhenTheKernelWatchesNoMore) { EXPECT_EQ(poller_.add(-1, a_), nullptr); }

}  // namespace
}  // namespace forebay::net
