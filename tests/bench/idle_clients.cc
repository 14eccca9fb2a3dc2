// bench_idle_clients PORT DATABASE USER COUNT [tls]: holds COUNT logged-in PostgreSQL clients on 127.0.0.1.
//
// For measuring what an idle client costs a proxy, so the user must be one that is trusted. Commands come in
// on stdin, one a line, and each is answered by a line on stdout when it is done:
//   (start)  -> "open"     all clients are logged in and idle
//   query    -> "queried"  each client has run one `select 1` and is idle again
// The clients leave when stdin closes. Anything unexpected ends the program with status 1 and a message.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

// So many clients are in the middle of a login or a query at a time: enough to keep the proxy busy, fewer
// than its listen backlog.
constexpr size_t kBatch = 64;
constexpr uint32_t kProtocol30 = 3U << 16;
constexpr uint32_t kSslRequest = 80877103;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench_idle_clients: %s\n", what.c_str());
  std::exit(1);
}

void appendBe32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

uint32_t readBe32(const char* in) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(in[i]);
  return value;
}

// A message without a type byte, as before the login.
std::string untyped(const std::string& body) {
  std::string out;
  appendBe32(out, static_cast<uint32_t>(body.size() + 4));
  return out + body;
}

std::string startupMessage(const std::string& database, const std::string& user) {
  std::string body;
  appendBe32(body, kProtocol30);
  for (const std::string_view text : {std::string_view("user"), std::string_view(user),
                                      std::string_view("database"), std::string_view(database)}) {
    body.append(text);
    body.push_back('\0');
  }
  body.push_back('\0');
  return untyped(body);
}

class Client {
 public:
  void connectTo(uint16_t port) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      die(std::string("connect: ") + std::strerror(errno));
  }

  void startTls(SSL_CTX* context) {
    std::string request;
    appendBe32(request, kSslRequest);
    send(untyped(request));
    char answer = 0;
    if (recv(fd_, &answer, 1, 0) != 1 || answer != 'S') die("TLS refused");
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) != 1) die("TLS handshake failed");
  }

  void send(const std::string& bytes) {
    const ssize_t sent = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                         : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(bytes.size())) die("send failed");
  }

  // Reads up to and including ReadyForQuery; an ErrorResponse ends the program.
  void awaitReady() {
    std::string bytes;
    std::array<char, 4096> chunk;
    for (size_t at = 0;;) {
      while (bytes.size() - at >= 5 && bytes.size() - at - 1 >= readBe32(&bytes[at + 1])) {
        const char type = bytes[at];
        const size_t length = 1 + readBe32(&bytes[at + 1]);
        if (type == 'E') die("server said: " + printable(bytes.substr(at + 5, length - 5)));
        if (type == 'Z') return;
        at += length;
      }
      const ssize_t got = ssl_ != nullptr ? SSL_read(ssl_, chunk.data(), static_cast<int>(chunk.size()))
                                          : recv(fd_, chunk.data(), chunk.size(), 0);
      if (got <= 0) die("closed by the other side");
      bytes.append(chunk.data(), static_cast<size_t>(got));
    }
  }

 private:
  static std::string printable(std::string text) {
    std::replace(text.begin(), text.end(), '\0', ' ');
    return text;
  }

  int fd_ = -1;  // closed by the kernel at exit, as all of them
  SSL* ssl_ = nullptr;
};

// Each client sends `bytes` and waits for ReadyForQuery, kBatch of them at a time.
void roundTrips(std::vector<Client>& clients, const std::string& bytes) {
  for (size_t first = 0; first < clients.size(); first += kBatch) {
    const size_t last = std::min(first + kBatch, clients.size());
    for (size_t i = first; i < last; ++i) clients[i].send(bytes);
    for (size_t i = first; i < last; ++i) clients[i].awaitReady();
  }
}

void openAll(std::vector<Client>& clients, uint16_t port, SSL_CTX* tls, const std::string& startup) {
  for (size_t first = 0; first < clients.size(); first += kBatch) {
    const size_t last = std::min(first + kBatch, clients.size());
    for (size_t i = first; i < last; ++i) {
      clients[i].connectTo(port);
      if (tls != nullptr) clients[i].startTls(tls);
      clients[i].send(startup);
    }
    for (size_t i = first; i < last; ++i) clients[i].awaitReady();
  }
}

void allowManyDescriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && !(argc == 6 && std::string_view(argv[5]) == "tls")) {
    std::fputs("usage: bench_idle_clients PORT DATABASE USER COUNT [tls]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  allowManyDescriptors();
  SSL_CTX* tls = argc == 6 ? SSL_CTX_new(TLS_client_method()) : nullptr;

  std::vector<Client> clients(static_cast<size_t>(std::atoi(argv[4])));
  openAll(clients, static_cast<uint16_t>(std::atoi(argv[1])), tls, startupMessage(argv[2], argv[3]));
  std::puts("open");
  std::fflush(stdout);

  std::string query = "Q";
  query += untyped(std::string("select 1", 9));
  for (std::string line; std::getline(std::cin, line);) {
    if (line != "query") die("unknown command: " + line);
    roundTrips(clients, query);
    std::puts("queried");
    std::fflush(stdout);
  }
}
