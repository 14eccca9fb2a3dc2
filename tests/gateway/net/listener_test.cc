#include "gateway/net/listener.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

namespace forebay::net {
namespace {

conf::ListenAddress loopback() {
  conf::ListenAddress address;
  address.host = "127.0.0.1";
  address.port = 0;
  return address;
}

int connectTo(const SocketAddress& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, address.native(), address.length()), 0);
  return fd;
}

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    char folder[] = "/tmp/forebay_listener_XXXXXX";
    folder_ = ::mkdtemp(folder);
    unix_.host = folder_;
    unix_.port = 6432;
  }
  ~ListenerTest() override {
    for (const int fd : fds_) ::close(fd);
    std::filesystem::remove_all(folder_);
  }
  Result<ListenSocket> listen(const conf::ListenAddress& address, const ListenOptions& options = {}) {
    Result<ListenSocket> socket = listenOn(address, options);
    if (socket.ok()) fds_.push_back(socket->fd);
    return socket;
  }
  // Accepts until `count` clients have come.
  std::vector<PeerAddress> accept(int fd, size_t count) {
    std::vector<PeerAddress> peers;
    Loop loop;
    {
      std::unique_ptr<Listener> listener;
      const auto accepted = [&](int client, const PeerAddress& peer) {
        fds_.push_back(client);
        peers.push_back(peer);
        if (peers.size() == count)
          loop.defer([&] {
            listener.reset();
            loop.stop();
          });
      };
      listener = std::make_unique<Listener>(loop, fd, accepted, [](int) {});
      loop.run();
    }
    return peers;
  }
  void connect(const SocketAddress& address) { fds_.push_back(connectTo(address)); }

  std::string folder_;
  conf::ListenAddress unix_;
  std::vector<int> fds_;
};

TEST_F(ListenerTest, TakesAnyFreePortAndTellsWhich) {
  const auto socket = listen(loopback());
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_NE(socket->port, 0);
  EXPECT_EQ(socket->name, "127.0.0.1:" + std::to_string(socket->port));
  EXPECT_EQ(socket->path, "");
}

TEST_F(ListenerTest, AcceptsACrowdAndKnowsWhereItComesFrom) {
  ListenOptions options;
  options.tcp.defer_accept = false;  // these clients say nothing
  const int fd = listenOn(loopback(), options).value().fd;
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  for (int i = 0; i < 20; ++i) connect(SocketAddress(reinterpret_cast<sockaddr*>(&bound), size));
  for (const PeerAddress& peer : accept(fd, 20)) EXPECT_EQ(peer.host(), "127.0.0.1");
}

TEST_F(ListenerTest, LetsEveryWorkerListenOnOnePort) {
  conf::ListenAddress address = loopback();
  const auto first = listen(address);
  ASSERT_TRUE(first.ok());
  address.port = first->port;
  EXPECT_TRUE(listen(address).ok());
}

TEST_F(ListenerTest, NamesTheAddressThatCannotBeHad) {
  conf::ListenAddress address;
  address.host = "no-such-host.invalid";
  address.port = 1;
  EXPECT_TRUE(listen(address).error().starts_with("no-such-host.invalid:1: "));
}

TEST_F(ListenerTest, ListensInAFolderAsLibpqExpects) {
  ListenOptions options;
  options.unix_socket_mode = 0700;
  const auto socket = listenOn(unix_, options);
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_EQ(socket->path, folder_ + "/.s.PGSQL.6432");
  EXPECT_EQ(socket->name, "unix:" + socket->path);
  struct stat facts {};
  ASSERT_EQ(::stat(socket->path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  connect(*SocketAddress::unixSocket(folder_, 6432));
  EXPECT_TRUE(accept(socket->fd, 1).at(0).isUnix());
}

TEST_F(ListenerTest, ListensOnTheVerySocketWithoutAPort) {
  const conf::ListenAddress address{folder_ + "/redis.sock", 0};
  const auto socket = listen(address);
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_EQ(socket->path, address.host);
  connect(*SocketAddress::unixSocket(address.host, 0));
}

TEST_F(ListenerTest, RemovesNoFileThatIsNotASocket) {
  const conf::ListenAddress address{folder_ + "/notes", 0};
  std::ofstream(address.host) << "precious";
  EXPECT_EQ(listen(address).error(), "unix:" + address.host + ": Address already in use");
  EXPECT_EQ(std::filesystem::file_size(address.host), 8u);
}

TEST_F(ListenerTest, ReplacesTheSocketFileOfADeadProcess) {
  ::close(listenOn(unix_, {}).value().fd);
  EXPECT_TRUE(listen(unix_).ok());
}

TEST_F(ListenerTest, LeavesTheSocketFileOfALivingProcessAlone) {
  ASSERT_TRUE(listen(unix_).ok());
  EXPECT_EQ(listen(unix_).error(), "unix:" + folder_ + "/.s.PGSQL.6432: another process listens there");
}

TEST_F(ListenerTest, RefusesAPathThatIsTooLong) {
  conf::ListenAddress address = unix_;
  address.host = "/" + std::string(200, 'x');
  EXPECT_EQ(listen(address).error(), "unix:" + address.host + ": the path of the socket is too long");
}

TEST_F(ListenerTest, NamesAGroupThatThereIsNot) {
  ListenOptions options;
  options.unix_socket_group = "no_such_group";
  EXPECT_NE(listen(unix_, options).error().find("unix_socket_group no_such_group"), std::string::npos);
}

TEST_F(ListenerTest, AcceptsWhatTheKernelHasQueuedBeforeItCloses) {
  const int fd = listenOn(unix_, {}).value().fd;
  connect(*SocketAddress::unixSocket(folder_, 6432));
  connect(*SocketAddress::unixSocket(folder_, 6432));
  int accepted = 0;
  Loop loop;
  {
    Listener listener(
        loop, fd,
        [&](int client, const PeerAddress&) {
          fds_.push_back(client);
          ++accepted;
        },
        [](int) {});
    listener.close();
  }
  loop.stop();
  loop.run();
  EXPECT_EQ(accepted, 2);
}

}  // namespace
}  // namespace forebay::net
