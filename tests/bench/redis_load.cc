// bench_redis_load PORT CLIENTS REQUEST_FILE REPLY_BYTES [MILLISECONDS]: clients that send one request again
// and again to 127.0.0.1.
//
// For what redis-benchmark cannot ask or would be too slow to read: a reply is known by its length alone, and
// only its first and last bytes are looked at. A client waits for its reply before it asks again, and with
// MILLISECONDS until so long after its last request was due: latencies then count from when a request was
// due, so a stall is felt by all that would have been sent in it. Commands come in on stdin, one a line, and
// each is answered by a line on stdout:
//   (start)  -> "open"     each client has had its first reply
//   begin    -> "begun"    counting starts anew
//   end      -> "COUNT BYTES P50 P99 MAX": replies to requests due since `begin`, bytes received since then,
//               and latencies in microseconds
// The clients leave when stdin closes. Anything unexpected ends the program with status 1 and a message.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kReadSize = size_t{256} * 1024;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench_redis_load: error: %s\n", what.c_str());
  std::exit(1);
}

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

// What happened since it was made.
class Tally {
 public:
  void addBytes(size_t count) { bytes_ += count; }
  // What was due before is left out: a backlog is no fault of the time that is looked at.
  void addReply(Clock::time_point due) {
    if (due < began_) return;
    const Clock::duration took = Clock::now() - due;
    latencies_.push_back(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  }

  std::string text() {
    std::sort(latencies_.begin(), latencies_.end());
    std::string out = std::to_string(latencies_.size()) + ' ' + std::to_string(bytes_);
    for (const double share : {0.50, 0.99, 1.0}) out += ' ' + std::to_string(at(share));
    return out;
  }

 private:
  int64_t at(double share) const {
    if (latencies_.empty()) return 0;
    const auto index = static_cast<size_t>(share * static_cast<double>(latencies_.size()));
    return latencies_[std::min(index, latencies_.size() - 1)];
  }

  Clock::time_point began_ = Clock::now();
  std::vector<int64_t> latencies_;
  uint64_t bytes_ = 0;
};

class Client {
 public:
  Client(uint16_t port, const std::string& request, size_t reply_bytes, Clock::duration interval)
      : request_(request),
        reply_bytes_(reply_bytes),
        interval_(interval),
        fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
      die(std::string("connect: ") + std::strerror(errno));
  }

  int fd() const { return fd_; }

  // Sends the request that is due at `due`. The other side reads it to its end before it answers, so a
  // blocking send comes back.
  void ask(Clock::time_point due) {
    due_ = due;
    waiting_for_reply_ = true;
    for (size_t sent = 0; sent < request_.size();) {
      const ssize_t some = send(fd_, request_.data() + sent, request_.size() - sent, MSG_NOSIGNAL);
      if (some <= 0) die(std::string("send: ") + std::strerror(errno));
      sent += static_cast<size_t>(some);
    }
  }

  // Sends the next request if it is due; otherwise tells when it will be, and never while a reply is missing.
  Clock::time_point askWhenDue(Clock::time_point now) {
    if (waiting_for_reply_) return Clock::time_point::max();
    const Clock::time_point next = interval_ == Clock::duration::zero() ? now : due_ + interval_;
    if (next > now) return next;
    ask(next);
    return Clock::time_point::max();
  }

  // Reads what is there, and says whether that was the end of the reply.
  bool receive(std::vector<char>& buffer, Tally& tally) {
    const size_t room = std::min(buffer.size(), reply_bytes_ - received_);
    const ssize_t got = recv(fd_, buffer.data(), room, 0);
    if (got <= 0) die("closed by the other side");
    if (!waiting_for_reply_) die("a reply that nobody asked for, or one of another length");
    const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
    if (received_ == 0 && bytes.front() != '$' && bytes.front() != '*')
      die("the reply is: " + std::string(bytes.substr(0, bytes.find('\r'))));
    received_ += bytes.size();
    tally.addBytes(bytes.size());
    if (received_ < reply_bytes_) return false;
    if (bytes.back() != '\n') die("a reply of another length");
    received_ = 0;
    waiting_for_reply_ = false;
    tally.addReply(due_);
    return true;
  }

 private:
  const std::string& request_;
  const size_t reply_bytes_;
  const Clock::duration interval_;
  const int fd_;  // closed by the kernel at exit, as all of them
  size_t received_ = 0;
  bool waiting_for_reply_ = false;
  Clock::time_point due_;
};

class Load {
 public:
  Load(uint16_t port, size_t count, const std::string& request, size_t reply_bytes, Clock::duration interval)
      : interval_(interval) {
    clients_.reserve(count);
    polled_.push_back({.fd = STDIN_FILENO, .events = POLLIN, .revents = 0});
    for (size_t i = 0; i < count; ++i) {
      clients_.emplace_back(port, request, reply_bytes, interval);
      polled_.push_back({.fd = clients_.back().fd(), .events = POLLIN, .revents = 0});
    }
  }

  void run() {
    const auto clients = static_cast<int64_t>(clients_.size());
    for (int64_t i = 0; i < clients; ++i)  // not all of them at once in each interval
      clients_[static_cast<size_t>(i)].ask(Clock::now() - interval_ * i / clients);
    std::vector<bool> answered(clients_.size());
    size_t missing = clients_.size();
    while (waitForWork()) {
      for (size_t i = 0; i < clients_.size(); ++i) {
        if (polled_[i + 1].revents == 0 || !clients_[i].receive(buffer_, tally_) || answered[i]) continue;
        answered[i] = true;
        if (--missing == 0) say("open");
      }
    }
  }

 private:
  // Sends what is due until something can be read; false when stdin has closed.
  bool waitForWork() {
    const Clock::time_point now = Clock::now();
    Clock::time_point next = Clock::time_point::max();
    for (Client& client : clients_) next = std::min(next, client.askWhenDue(now));
    timespec wait{};
    if (next != Clock::time_point::max())
      wait.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(next - now).count();
    const timespec* const limit = next != Clock::time_point::max() ? &wait : nullptr;
    if (ppoll(polled_.data(), polled_.size(), limit, nullptr) < 0)
      die(std::string("poll: ") + std::strerror(errno));
    return polled_[0].revents == 0 || obey();
  }

  // One command at a time is on the way: the other side waits for its answer.
  bool obey() {
    std::array<char, 64> line;
    const ssize_t got = read(STDIN_FILENO, line.data(), line.size());
    if (got <= 0) return false;
    const std::string_view command(line.data(), static_cast<size_t>(got));
    if (command == "begin\n") {
      tally_ = Tally();
      say("begun");
    } else if (command == "end\n") {
      say(tally_.text());
    } else {
      die("unknown command: " + std::string(command));
    }
    return true;
  }

  std::vector<Client> clients_;
  std::vector<pollfd> polled_;  // stdin, then the clients
  const Clock::duration interval_;
  std::vector<char> buffer_ = std::vector<char>(kReadSize);
  Tally tally_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (words.size() != 5 && words.size() != 6) {
    std::fputs("usage: bench_redis_load PORT CLIENTS REQUEST_FILE REPLY_BYTES [MILLISECONDS]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::ifstream file(words[3], std::ios::binary);
  const std::string request{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (request.empty()) die("no request in " + words[3]);
  const auto number = [&](size_t i) { return std::strtoul(words[i].c_str(), nullptr, 10); };
  const std::chrono::milliseconds interval(std::min(words.size() == 6 ? number(5) : 0, 999UL));
  Load(static_cast<uint16_t>(number(1)), number(2), request, number(4), interval).run();
}
