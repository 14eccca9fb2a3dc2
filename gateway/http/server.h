// Server speaks HTTP on one listening socket, on the loop that it is given: no thread of its own.
//
// libmicrohttpd keeps its sockets in an epoll instance of its own; that one fd is watched by the loop. A
// request whose answer takes a while is suspended meanwhile, and one that waits too long is answered 503.
// Connections, their memory and their idle time are bounded, so strangers cannot take more than that.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/http/api.h"

namespace forebay::http {

class Server {
 public:
  struct Options {
    std::string host{};  // an address or a name; empty: every address
    uint16_t port = 0;   // 0: any free one
    unsigned max_connections = 128;
    size_t max_connection_memory = size_t{32} << 10;  // what a request line and headers may take
    seconds idle_timeout{15};
    milliseconds answer_timeout{2000};
  };
  // May call its Respond at any later time, even when the server is gone.
  using Handler = std::function<void(const Request&, Respond)>;

  // Listens at once. The loop must be running on the calling thread afterwards.
  static Result<std::unique_ptr<Server>> start(uv_loop_t* loop, const Options& options, Handler handler);

  // Answers what is still open with 503 and stops listening. The loop's next turns close its handles.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const;

 private:
  class Daemon;
  explicit Server(std::unique_ptr<Daemon> daemon);
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace forebay::http
