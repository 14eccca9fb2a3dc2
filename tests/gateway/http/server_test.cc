// The HTTP server over real sockets on a real loop: the client is a thread that speaks HTTP with blocking
// calls.
#include "gateway/http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/gateway/admin/fake_fleet.h"

namespace forebay::http {
namespace {

// A blocking connection to the server, closed at the end.
class Client {
 public:
  explicit Client(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view bytes) { (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  std::string readToEnd() {
    std::string out;
    char chunk[4096];
    for (ssize_t n; (n = recv(fd_, chunk, sizeof chunk, 0)) > 0;) out.append(chunk, static_cast<size_t>(n));
    return out;
  }
  // Up to the end of the first response that has a Content-Length.
  std::string readResponse() {
    std::string out;
    char c;
    while (out.find("\r\n\r\n") == std::string::npos && recv(fd_, &c, 1, 0) == 1) out += c;
    const size_t at = out.find("Content-Length: ");
    size_t left = at == std::string::npos ? 0 : std::stoul(out.substr(at + 16));
    for (; left > 0 && recv(fd_, &c, 1, 0) == 1; --left) out += c;
    return out;
  }

 private:
  int fd_;
  bool connected_ = false;
};

std::string get(std::string_view path, std::string_view method = "GET") {
  return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
}

class HttpServer : public testing::Test {
 protected:
  HttpServer() {
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &wake_,
                  [](uv_async_t* wake) { static_cast<HttpServer*>(wake->data)->onClientDone(); });
    wake_.data = this;
  }
  ~HttpServer() override { EXPECT_EQ(uv_loop_close(&loop_), 0) << "a handle was left open"; }

  void start(Server::Options options = {}) {
    options.host = "127.0.0.1";
    auto started = Server::start(&loop_, options, [this](const Request& request, const Respond& respond) {
      Api(fleet_).handle(request, respond);
    });
    ASSERT_TRUE(started.ok()) << started.error();
    server_ = std::move(started).value();
    ASSERT_NE(server_->port(), 0);
  }

  // Runs the loop until `client`, on a thread of its own, has returned; then closes the server.
  std::string talk(const std::function<std::string(Client&)>& client) {
    std::string out;
    std::thread thread([&] {
      Client connection(server_->port());
      out = connection.connected() ? client(connection) : "not connected";
      uv_async_send(&wake_);
    });
    uv_run(&loop_, UV_RUN_DEFAULT);
    thread.join();
    return out;
  }
  std::string request(const std::string& bytes) {
    return talk([&](Client& client) {
      client.send(bytes);
      return client.readToEnd();
    });
  }

  // Runs `action` once the server has asked the fleet and waits for the answer.
  void whenAsked(std::function<void()> action) {
    action_ = std::move(action);
    uv_timer_init(&loop_, &look_);
    look_.data = this;
    uv_timer_start(
        &look_, [](uv_timer_t* timer) { static_cast<HttpServer*>(timer->data)->look(); }, 5, 5);
  }
  void look() {
    if (fleet_.open.empty()) return;
    uv_close(reinterpret_cast<uv_handle_t*>(&look_), nullptr);
    action_();
  }

  void onClientDone() {
    server_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
  }

  uv_loop_t loop_;
  uv_async_t wake_;
  uv_timer_t look_;
  std::function<void()> action_;
  admin::FakeFleet fleet_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, AnswersARequest) {
  start();
  const std::string response = request(get("/livez"));
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
  EXPECT_NE(response.find("Cache-Control: no-store\r\n"), std::string::npos);
  EXPECT_TRUE(response.ends_with("\r\n\r\nok\n")) << response;
}

TEST_F(HttpServer, IgnoresTheQueryString) {
  start();
  EXPECT_TRUE(request(get("/livez?verbose")).starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServer, AnswersHeadWithoutABody) {
  start();
  const std::string response = request(get("/livez", "HEAD"));
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
  EXPECT_NE(response.find("Content-Length: 3\r\n"), std::string::npos) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\n")) << response;
}

TEST_F(HttpServer, SaysInJsonWhatIsNotThereOrNotPossible) {
  start();
  const std::string response =
      request("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 405 ")) << response;
  EXPECT_NE(response.find("Allow: GET, HEAD\r\n"), std::string::npos) << response;
  EXPECT_NE(response.find("{\"error\":"), std::string::npos) << response;
}

TEST_F(HttpServer, KeepsAConnectionForTheNextRequest) {
  start();
  const std::string last = talk([](Client& client) {
    for (int i = 0; i < 3; ++i) {
      client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      const std::string response = client.readResponse();
      if (!response.starts_with("HTTP/1.1 200 ")) return "not this: " + response;
    }
    client.send(get("/nothing"));
    return client.readToEnd();
  });
  EXPECT_TRUE(last.starts_with("HTTP/1.1 404 ")) << last;
}

TEST_F(HttpServer, SuspendsARequestUntilTheWorkersHaveAnswered) {
  start();
  fleet_.holds_answers = true;
  whenAsked([this] { fleet_.answerOpen(); });
  EXPECT_TRUE(request(get("/readyz")).starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServer, DoesNotWaitForWorkersForEver) {
  start({.answer_timeout = milliseconds(20)});
  fleet_.holds_answers = true;
  const std::string response = request(get("/readyz"));
  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 ")) << response;
  EXPECT_NE(response.find("the workers did not answer in time"), std::string::npos) << response;
  fleet_.answerOpen();  // too late, and the server is gone
}

TEST_F(HttpServer, AnswersWhatIsOpenWhenItStops) {
  start({.answer_timeout = seconds(60)});
  fleet_.holds_answers = true;
  whenAsked([this] { server_.reset(); });
  const std::string response = request(get("/readyz"));
  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 ")) << response;
}

TEST_F(HttpServer, ClosesAConnectionThatSaysNothing) {
  start({.idle_timeout = seconds(1)});
  EXPECT_EQ(talk([](Client& client) { return client.readToEnd(); }), "");
}

TEST_F(HttpServer, RefusesHeadersWithoutEnd) {
  start();
  const std::string response = request("GET /livez HTTP/1.1\r\nX: " + std::string(100'000, 'x'));
  EXPECT_TRUE(response.empty() || response.starts_with("HTTP/1.1 4")) << response.substr(0, 200);
}

TEST_F(HttpServer, SaysWhyItCannotListen) {
  start();
  const auto second = Server::start(&loop_, {.host = "127.0.0.1", .port = server_->port()}, nullptr);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().find("Address already in use"), std::string::npos) << second.error();
  onClientDone();
  uv_run(&loop_, UV_RUN_DEFAULT);
}

TEST_F(HttpServer, ListensEverywhereWhenNoAddressIsGiven) {
  auto started = Server::start(&loop_, {}, [](const Request&, const Respond& respond) {
    respond({200, "x", "y", ""});
  });
  ASSERT_TRUE(started.ok()) << started.error();
  server_ = std::move(started).value();
  EXPECT_TRUE(request(get("/")).starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace forebay::http
