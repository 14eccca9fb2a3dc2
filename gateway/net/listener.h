// Listener accepts connections on one address for one loop.
//
// TCP: every worker has a socket of its own on the same address (SO_REUSEPORT) and the kernel spreads
// connections over them. Unix: one worker accepts and deals out. When descriptors run out it rests a little
// instead of spinning, and goes on serving who is connected.
#pragma once

#include <functional>
#include <string>

#include "base/deadlines.h"
#include "base/result.h"
#include "conf/config.h"
#include "gateway/net/peer_address.h"
#include "gateway/net/socket.h"

namespace forebay::net {

// A bound and listening, non-blocking socket.
struct ListenSocket {
  int fd = -1;
  std::string name;  // "127.0.0.1:6432", "unix:/run/forebay/.s.PGSQL.6432"
  std::string path;  // of a Unix socket in the file system: removed by whoever made it
  uint16_t port = 0;
};

struct ListenOptions {
  uint32_t backlog = 128;
  uint32_t unix_socket_mode = 0777;
  std::string unix_socket_group;
  conf::TcpSettings tcp;  // accepted sockets inherit them
};

// Binds. A port of 0 takes any free one. A Unix socket that a dead process left behind is replaced; a living
// one's is not.
Result<ListenSocket> listenOn(const conf::ListenAddress& address, const ListenOptions& options);

class Listener final : public SocketUser, public Deadline {
 public:
  static constexpr milliseconds kRest{100};

  using Accepted = std::function<void(int fd, const PeerAddress& peer)>;
  // Takes over `fd`. `exhausted` is told the errno when descriptors or memory ran out, once per rest.
  Listener(Loop& loop, int fd, Accepted accepted, std::function<void(int error)> exhausted);
  ~Listener() override;

  // Stops accepting; what the kernel has queued already is accepted first.
  void close();

  void onReadable() override;
  void onWritable() override {}

 protected:
  void due(Instant now) override;

 private:
  bool acceptOne();

  Loop& loop_;
  Socket socket_;
  Accepted accepted_;
  std::function<void(int)> exhausted_;
};

}  // namespace forebay::net
