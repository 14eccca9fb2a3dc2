// Requests to a server that says what the test tells it to.
#include "gateway/net/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>

namespace forebay::net {
namespace {

// Knows one name.
struct OneName final : NameLookup {
  void start(const std::string& name, Done done) override {
    LookupResult result{LookupResult::Outcome::kNotFound, {}, "no such host"};
    if (name == "patroni")
      result = {LookupResult::Outcome::kFound, {*SocketAddress::parse("127.0.0.1", 0)}, ""};
    done(std::move(result), Clock::now());
  }
};

// Takes one connection at a time, reads a request up to `until`, says `reply` and hangs up.
class Server {
 public:
  Server(std::string until, std::string reply) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    EXPECT_EQ(::listen(fd_, 4), 0);
    socklen_t size = sizeof where;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&where), &size);
    port_ = ntohs(where.sin_port);
    thread_ =
        std::thread([this, until = std::move(until), reply = std::move(reply)] { serve(until, reply); });
  }
  ~Server() {
    ::shutdown(fd_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(fd_);
  }

  uint16_t port() const { return port_; }
  // After its reply has come.
  std::string heard() {
    thread_.join();
    return heard_;
  }

 private:
  void serve(const std::string& until, const std::string& reply) {
    const int peer = ::accept(fd_, nullptr, nullptr);
    char bytes[4096];
    while (peer >= 0 && !heard_.ends_with(until)) {
      const ssize_t got = ::recv(peer, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      heard_.append(bytes, static_cast<size_t>(got));
    }
    for (std::string_view rest = reply; peer >= 0 && !rest.empty();) {
      const ssize_t sent = ::send(peer, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<size_t>(sent));
    }
    if (reply.empty()) ::recv(peer, bytes, sizeof bytes, 0);  // until the client gives up
    ::close(peer);
  }

  int fd_;
  uint16_t port_ = 0;
  std::string heard_;
  std::thread thread_;
};

constexpr const char* kHeadersEnd = "\r\n\r\n";

std::string replyOf(const std::string& status, const std::string& body, const std::string& more = "") {
  return "HTTP/1.0 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more +
         "\r\n" + body;
}

class HttpClientTest : public testing::Test {
 protected:
  ~HttpClientTest() override {
    client_.reset();
    loop_.stop();
    loop_.run();
  }

  static HttpRequest to(const Server& server, const std::string& host = "127.0.0.1") {
    return {.url = {.tls = false, .at = {host, server.port()}}, .path = "/cluster", .timeout = seconds(30)};
  }
  // Until its answer has come.
  std::string answerTo(HttpRequest request) {
    std::optional<std::string> answer;
    client_->send(std::move(request), [&](Result<HttpReply> reply) {
      answer = reply ? std::to_string(reply->status) + " " + reply->body : "error: " + reply.error();
    });
    while (!answer) {
      loop_.poller().wait(10);
      loop_.poller().tell([] {});
      loop_.forgetNow();
      loop_.deadlines().run(loop_.now());
      uv_run(loop_.native(), UV_RUN_NOWAIT);
    }
    return *answer;
  }

  Loop loop_;
  Resolver resolver_{std::make_unique<OneName>(), {}};
  std::optional<HttpClient> client_{std::in_place, loop_, resolver_};
};

TEST_F(HttpClientTest, GetsWhatIsAskedFor) {
  Server server(kHeadersEnd, replyOf("200 OK", "{\"members\": []}"));
  EXPECT_EQ(answerTo(to(server, "patroni")), "200 {\"members\": []}");
  const std::string heard = server.heard();
  EXPECT_TRUE(
      heard.starts_with("GET /cluster HTTP/1.1\r\nHost: patroni:" + std::to_string(server.port()) + "\r\n"))
      << heard;
  EXPECT_EQ(heard.find("Authorization"), std::string::npos);
}

TEST_F(HttpClientTest, PostsWithALogin) {
  Server server("{\"a\":1}", replyOf("412 Precondition Failed", "no"));
  HttpRequest request = to(server);
  request.json = "{\"a\":1}";
  request.user = "gate";
  request.password = "s3cret";
  EXPECT_EQ(answerTo(request), "412 no");
  const std::string heard = server.heard();
  EXPECT_TRUE(heard.starts_with("POST /cluster ")) << heard;
  EXPECT_NE(heard.find("Authorization: Basic Z2F0ZTpzM2NyZXQ="), std::string::npos) << heard;
  EXPECT_NE(heard.find("Content-Type: application/json"), std::string::npos) << heard;
}

TEST_F(HttpClientTest, FollowsNoRedirect) {
  const Server elsewhere(kHeadersEnd, replyOf("200 OK", "elsewhere"));
  Server server(
      kHeadersEnd,
      replyOf("302 Found", "", "Location: http://127.0.0.1:" + std::to_string(elsewhere.port()) + "/\r\n"));
  EXPECT_EQ(answerTo(to(server)), "302 ");
}

TEST_F(HttpClientTest, TakesNoMoreThanAMebibyte) {
  Server most(kHeadersEnd, replyOf("200 OK", std::string(1 << 20, 'x')));
  EXPECT_EQ(answerTo(to(most)).size(), 4u + (1 << 20));
  Server more(kHeadersEnd, replyOf("200 OK", std::string((1 << 20) + 1, 'x')));
  EXPECT_EQ(answerTo(to(more)), "error: the reply is larger than 1 MiB");
}

TEST_F(HttpClientTest, GivesUpWhenItsTimeIsOver) {
  Server silent(kHeadersEnd, "");
  HttpRequest request = to(silent);
  request.timeout = milliseconds(20);
  const std::string answer = answerTo(request);
  EXPECT_TRUE(answer.starts_with("error: ") && answer.find("timed out") != std::string::npos) << answer;
}

TEST_F(HttpClientTest, TellsWhatIsNoHttp) {
  Server server(kHeadersEnd, "+OK\r\n");
  EXPECT_TRUE(answerTo(to(server)).starts_with("error: "));
}

TEST_F(HttpClientTest, TellsWhenThereIsNoSuchHost) {
  EXPECT_EQ(answerTo({.url = {.tls = false, .at = {"nobody", 8008}}, .path = "/", .timeout = seconds(1)}),
            "error: host nobody: no such host");
}

TEST_F(HttpClientTest, MayEndWhileAnAnswerIsAwaited) {
  Server silent(kHeadersEnd, "");
  client_->send(to(silent), [](const Result<HttpReply>&) { ADD_FAILURE() << "nobody is there to be told"; });
  uv_run(loop_.native(), UV_RUN_NOWAIT);
  client_.reset();
}

}  // namespace
}  // namespace forebay::net
