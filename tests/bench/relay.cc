// bench_relay LISTEN_PORT SERVER_PORT: the floor that a proxy is measured against.
//
// Joins each client to a server connection of its own, on loopback, and copies bytes: one recv and one send
// per readable socket, up to 64 KiB at a time, nothing parsed. Level-triggered epoll, TCP_NODELAY. It asks
// for writability only after the kernel refused bytes, and stops reading the sender until they are gone. What
// a proxy costs beyond this is its own work. Runs until it is killed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

namespace {

constexpr size_t kReadSize = size_t{64} * 1024;
constexpr int kEventsPerWait = 256;

struct Pair;

struct End {
  int fd = -1;
  uint32_t interest = 0;  // what epoll watches for now
  Pair* pair = nullptr;
  std::vector<char> refused;  // bytes for this end that the kernel did not take yet
  size_t refused_sent = 0;

  bool blocked() const { return refused_sent < refused.size(); }
};

struct Pair {
  End client, server;
  bool closed = false;

  End& otherOf(const End& end) { return &end == &client ? server : client; }
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int listenOn(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  const sockaddr_in address = loopback(port);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, 1024) != 0)
    die("bench_relay: listen");
  return fd;
}

int dial(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

class Relay {
 public:
  Relay(uint16_t listen_port, uint16_t server_port)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), listener_(listenOn(listen_port)), server_port_(server_port) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    if (epoll_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) die("bench_relay: epoll");
  }

  [[noreturn]] void run() {
    std::array<epoll_event, kEventsPerWait> events;
    for (;;) {
      const int ready = epoll_wait(epoll_, events.data(), kEventsPerWait, -1);
      for (const epoll_event& event : std::span(events).first(static_cast<size_t>(ready < 0 ? 0 : ready))) {
        if (event.data.ptr == nullptr)
          acceptAll();
        else
          onReady(*static_cast<End*>(event.data.ptr), event.events);
      }
      closed_.clear();  // only now: a later event of the same turn may still name either end
    }
  }

 private:
  void acceptAll() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int server = dial(server_port_);
      if (server < 0) {
        close(fd);
        continue;
      }
      auto* pair = new Pair;  // lives until shut() hands it to closed_
      open(*pair, pair->client, fd);
      open(*pair, pair->server, server);
    }
  }

  void open(Pair& pair, End& end, int fd) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    end.fd = fd;
    end.pair = &pair;
    end.interest = EPOLLIN;
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &end}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("bench_relay: epoll_ctl");
  }

  void onReady(End& end, uint32_t events) {
    if (end.pair->closed) return;
    if ((events & EPOLLOUT) != 0) flush(end);
    if (!end.pair->closed && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) copyFrom(end);
  }

  void copyFrom(End& from) {
    End& to = from.pair->otherOf(from);
    const ssize_t got = recv(from.fd, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return shut(*from.pair);
    const ssize_t sent = send(to.fd, buffer_.data(), static_cast<size_t>(got), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return shut(*from.pair);
    if (sent < got) {
      to.refused.assign(buffer_.data() + (sent < 0 ? 0 : sent), buffer_.data() + got);
      to.refused_sent = 0;
      watch(from);
      watch(to);
    }
  }

  void flush(End& to) {
    const ssize_t sent =
        send(to.fd, to.refused.data() + to.refused_sent, to.refused.size() - to.refused_sent, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return shut(*to.pair);
    if (sent > 0) to.refused_sent += static_cast<size_t>(sent);
    watch(to);
    watch(to.pair->otherOf(to));
  }

  // An end is read while its peer takes what it sent, and watched for room while it owes bytes.
  void watch(End& end) {
    const uint32_t wanted = (end.pair->otherOf(end).blocked() ? 0U : static_cast<uint32_t>(EPOLLIN)) |
                            (end.blocked() ? static_cast<uint32_t>(EPOLLOUT) : 0U);
    if (wanted == end.interest) return;
    end.interest = wanted;
    epoll_event event{.events = wanted, .data = {.ptr = &end}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, end.fd, &event);
  }

  void shut(Pair& pair) {
    close(pair.client.fd);
    close(pair.server.fd);
    pair.closed = true;
    closed_.emplace_back(&pair);
  }

  int epoll_;
  int listener_;
  uint16_t server_port_;
  std::vector<char> buffer_ = std::vector<char>(kReadSize);
  std::vector<std::unique_ptr<Pair>> closed_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: bench_relay LISTEN_PORT SERVER_PORT\n", stderr);
    return 2;
  }
  Relay(static_cast<uint16_t>(std::atoi(argv[1])), static_cast<uint16_t>(std::atoi(argv[2]))).run();
}
