#include "gateway/http/server.h"

#include <microhttpd.h>
#include <unistd.h>

#include <deque>
#include <utility>

#include "gateway/http/exchange.h"
#include "gateway/http/listen.h"
#include "gateway/net/uv_handles.h"

namespace forebay::http {

class Server::Daemon {
 public:
  Daemon(uv_loop_t* loop, const Options& options, Handler handler)
      : options_(options),
        handler_(std::move(handler)),
        loop_(loop),
        run_timer_(net::makeTimer(loop, this)),
        answer_timer_(net::makeTimer(loop, this)) {}
  ~Daemon() { stop(); }

  Status start();
  uint16_t port() const { return port_; }

 private:
  struct Waiting {
    uint64_t until;  // loop time, ms
    std::weak_ptr<Exchange> exchange;
  };

  static MHD_Result onRequest(void* self, MHD_Connection* connection, const char* url, const char* method,
                              const char* version, const char* upload, size_t* upload_size, void** slot);
  static void onCompleted(void* self, MHD_Connection* connection, void** slot,
                          MHD_RequestTerminationCode code);

  MHD_Result proceed(const std::shared_ptr<Exchange>& exchange, const char* method, const char* url);
  void ask(const std::shared_ptr<Exchange>& exchange, const Request& request);
  void await(const std::shared_ptr<Exchange>& exchange);
  void giveUpLate();
  void armAnswerTimer();
  void run();
  void runSoon();
  void stop();

  Options options_;
  Handler handler_;
  uv_loop_t* loop_;
  MHD_Daemon* mhd_ = nullptr;
  net::HandlePtr<uv_poll_t> poll_;           // libmicrohttpd's epoll fd
  net::HandlePtr<uv_timer_t> run_timer_;     // when it wants to be run without an event
  net::HandlePtr<uv_timer_t> answer_timer_;  // the oldest of waiting_
  std::deque<Waiting> waiting_;              // in the order of their deadlines
  uint16_t port_ = 0;
  bool stopping_ = false;
};

Status Server::Daemon::start() {
  const Result<ListenSocket> listening = listenTcp(options_.host, options_.port);
  if (!listening.ok()) return Error{listening.error()};
  port_ = listening.value().port;
  mhd_ = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Daemon::onRequest,
                          this, MHD_OPTION_LISTEN_SOCKET, listening.value().fd,  //
                          MHD_OPTION_CONNECTION_LIMIT, options_.max_connections,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, options_.max_connection_memory,
                          MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(options_.idle_timeout.count()),
                          MHD_OPTION_NOTIFY_COMPLETED, &Daemon::onCompleted, this, MHD_OPTION_END);
  if (mhd_ == nullptr) {
    close(listening.value().fd);
    return Error{"cannot start the HTTP server on port " + std::to_string(port_)};
  }
  const MHD_DaemonInfo* info = MHD_get_daemon_info(mhd_, MHD_DAEMON_INFO_EPOLL_FD);
  poll_ = info == nullptr ? nullptr : net::makePoll(loop_, info->epoll_fd, this);
  if (poll_ == nullptr) return Error{"cannot watch the HTTP server's sockets"};
  uv_poll_start(poll_.get(), UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<Daemon*>(poll->data)->run(); });
  return Ok{};
}

void Server::Daemon::stop() {
  if (mhd_ == nullptr) return;
  stopping_ = true;
  // libmicrohttpd must not be stopped while a connection is suspended.
  for (const Waiting& one : std::exchange(waiting_, {})) {
    if (const auto exchange = one.exchange.lock()) exchange->answer(jsonError(503, "shutting down"));
  }
  MHD_run(mhd_);
  poll_.reset();  // before its fd is closed
  MHD_stop_daemon(std::exchange(mhd_, nullptr));
}

void Server::Daemon::run() {
  MHD_run(mhd_);
  MHD_UNSIGNED_LONG_LONG delay = 0;
  if (MHD_get_timeout(mhd_, &delay) == MHD_YES) {
    uv_timer_start(
        run_timer_.get(), [](uv_timer_t* timer) { static_cast<Daemon*>(timer->data)->run(); }, delay, 0);
  } else {
    uv_timer_stop(run_timer_.get());
  }
}

// Not at once: an answer may come while libmicrohttpd is running.
void Server::Daemon::runSoon() {
  uv_timer_start(
      run_timer_.get(), [](uv_timer_t* timer) { static_cast<Daemon*>(timer->data)->run(); }, 0, 0);
}

// libmicrohttpd calls this when the headers are there, for each piece of a body, when all is there, and once
// more after a suspended connection was resumed. `slot` is ours, one per request.
MHD_Result Server::Daemon::onRequest(void* self, MHD_Connection* connection, const char* url,
                                     const char* method, const char*, const char*, size_t* upload_size,
                                     void** slot) {
  auto* daemon = static_cast<Daemon*>(self);
  auto* exchange = static_cast<std::shared_ptr<Exchange>*>(*slot);
  if (exchange == nullptr) {
    exchange = new std::shared_ptr<Exchange>(
        std::make_shared<Exchange>(connection, [daemon] { daemon->runSoon(); }));  // deleted in onCompleted()
    *slot = exchange;
    const std::string_view verb = method;
    // What has a body is refused before it comes. For the others libmicrohttpd wants a second call.
    if (verb == MHD_HTTP_METHOD_GET || verb == MHD_HTTP_METHOD_HEAD) return MHD_YES;
  }
  if (*upload_size != 0) {
    *upload_size = 0;  // thrown away
    return MHD_YES;
  }
  return daemon->proceed(*exchange, method, url);
}

void Server::Daemon::onCompleted(void*, MHD_Connection*, void** slot, MHD_RequestTerminationCode) {
  delete static_cast<std::shared_ptr<Exchange>*>(*slot);
  *slot = nullptr;
}

MHD_Result Server::Daemon::proceed(const std::shared_ptr<Exchange>& exchange, const char* method,
                                   const char* url) {
  if (!exchange->asked()) ask(exchange, {method, url});
  if (exchange->answered()) return exchange->send();
  await(exchange);
  return MHD_YES;
}

void Server::Daemon::ask(const std::shared_ptr<Exchange>& exchange, const Request& request) {
  exchange->setAsked();
  if (stopping_) return exchange->answer(jsonError(503, "shutting down"));
  handler_(request, [weak = std::weak_ptr(exchange)](Response response) {
    if (const auto waiting = weak.lock()) waiting->answer(std::move(response));
  });
}

void Server::Daemon::await(const std::shared_ptr<Exchange>& exchange) {
  const auto timeout = static_cast<uint64_t>(options_.answer_timeout.count());
  waiting_.push_back({uv_now(loop_) + timeout, exchange});
  exchange->suspend();
  armAnswerTimer();
}

void Server::Daemon::armAnswerTimer() {
  while (!waiting_.empty() && waiting_.front().exchange.expired()) waiting_.pop_front();
  if (waiting_.empty()) {
    uv_timer_stop(answer_timer_.get());
    return;
  }
  const uint64_t now = uv_now(loop_), until = waiting_.front().until;
  uv_timer_start(
      answer_timer_.get(), [](uv_timer_t* timer) { static_cast<Daemon*>(timer->data)->giveUpLate(); },
      until > now ? until - now : 0, 0);
}

void Server::Daemon::giveUpLate() {
  while (!waiting_.empty() && waiting_.front().until <= uv_now(loop_)) {
    if (const auto exchange = waiting_.front().exchange.lock())
      exchange->answer(jsonError(503, "the workers did not answer in time"));
    waiting_.pop_front();
  }
  armAnswerTimer();
}

Result<std::unique_ptr<Server>> Server::start(uv_loop_t* loop, const Options& options, Handler handler) {
  auto daemon = std::make_unique<Daemon>(loop, options, std::move(handler));
  const Status started = daemon->start();
  if (!started.ok()) return Error{started.error()};
  return std::unique_ptr<Server>(new Server(std::move(daemon)));
}

Server::Server(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
Server::~Server() = default;
uint16_t Server::port() const { return daemon_->port(); }

}  // namespace forebay::http
