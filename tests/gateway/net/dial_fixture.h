// Hosts to dial, on loopback addresses of this machine: both ends of a connection live on one loop, which the
// test turns by hand.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/net/listener.h"
#include "gateway/net/resolver.h"
#include "tests/gateway/net/tls_fixture.h"

namespace forebay::net {

class DialTest : public TlsTest, public SocketUser {
 protected:
  // The end of a connection that was dialled. With a context it shakes hands.
  struct Peer final : SocketUser {
    Peer(Loop& loop, int fd, const TlsContext::Ptr& tls) : socket(loop, fd, *this) {
      socket.want(true, false);
      if (!tls) return;
      EXPECT_TRUE(socket.acceptTls(*tls).ok());
    }
    void onReadable() override {
      if (socket.hasTls()) return void(socket.handshake());
      char rest[4096];
      const IoStatus status = socket.read(rest, sizeof rest).status;
      heard = heard || status == IoStatus::kOk;
      gone = status == IoStatus::kClosed;
    }
    void onWritable() override { onReadable(); }
    Socket socket;
    bool heard = false, gone = false;  // it said something; it hung up
  };

  // Answers at once, or never.
  struct Names final : NameLookup {
    explicit Names(std::map<std::string, std::vector<std::string>>& found) : found_(found) {}
    void start(const std::string& name, Done done) override {
      if (name == "silent") return;
      LookupResult result{LookupResult::Outcome::kNotFound, {}, "no such host"};
      for (const std::string& address : found_[name]) {
        result.outcome = LookupResult::Outcome::kFound;
        result.addresses.push_back(*SocketAddress::parse(address, 0));
      }
      done(std::move(result), Clock::now());
    }
    std::map<std::string, std::vector<std::string>>& found_;
  };

  ~DialTest() override {
    peers_.clear();
    listeners_.clear();
    loop_.stop();
    loop_.run();
    for (const int fd : deaf_) ::close(fd);
  }
  void onReadable() override {}
  void onWritable() override {}

  // Somebody who accepts, on `port` or on a free one; with a context TLS. Returns the port.
  uint16_t listenAt(const std::string& address, uint16_t port = 0, TlsContext::Ptr tls = nullptr) {
    return accept({address, port},
                  [this, tls = std::move(tls)](int fd) { peers_.emplace_back(loop_, fd, tls); });
  }
  // Somebody who hangs up on whoever comes.
  uint16_t hangUpAt(const std::string& address, uint16_t port = 0) {
    return accept({address, port}, [](int fd) { ::close(fd); });
  }
  // A port of that address that nobody else can listen on, and nobody does. Returns the port.
  uint16_t refuseAt(const std::string& address, uint16_t port = 0) {
    SocketAddress wanted = *SocketAddress::parse(address, port);
    const int fd = deaf_.emplace_back(::socket(wanted.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(fd, wanted.native(), wanted.length()), 0) << wanted.text();
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
    return ntohs(bound.sin_port);
  }

  // Lets the loop work until `condition` holds.
  void turnUntil(const std::function<bool()>& condition) {
    for (int turn = 0; turn < 100 && !condition(); ++turn) this->turn(100);
    EXPECT_TRUE(condition());
  }
  void turn(int wait_ms = 0) {
    loop_.poller().wait(wait_ms);
    loop_.poller().tell([] {});
  }

  Loop loop_;
  std::map<std::string, std::vector<std::string>> names_;
  Resolver resolver_{std::make_unique<Names>(names_), {}};
  std::list<Peer> peers_;

 private:
  uint16_t accept(const conf::ListenAddress& where, std::function<void(int)> accepted) {
    ListenOptions options;
    options.tcp.defer_accept = false;
    const Result<ListenSocket> socket = listenOn(where, options);
    EXPECT_TRUE(socket.ok()) << socket.error();
    listeners_.push_back(std::make_unique<Listener>(
        loop_, socket->fd, [accepted = std::move(accepted)](int fd, const PeerAddress&) { accepted(fd); },
        [](int) {}));
    return socket->port;
  }

  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<int> deaf_;
};

}  // namespace forebay::net
