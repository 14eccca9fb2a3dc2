// HttpClient asks other programs over HTTP, without blocking its loop (libcurl's multi interface).
//
// Names are looked up by the Resolver, connections are kept. Redirects, proxies and cookies are not followed,
// nor is ~/.netrc read; a certificate is always verified; a reply of more than 1 MiB is an error, as is one
// that does not come in time. What is sent and what comes is never logged. Not to be destroyed in a callback:
// afterwards none is called any more. On the thread of its loop. https://curl.se/libcurl/c/libcurl-multi.html
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "conf/network.h"
#include "gateway/net/loop.h"
#include "gateway/net/resolver.h"
#include "gateway/net/tick.h"
#include "gateway/net/uv_handles.h"

namespace forebay::net {

struct HttpRequest {
  conf::RestUrl url;
  std::string path;                // "/cluster"
  std::string json{};              // the body of a POST; empty: it is a GET
  std::string user{}, password{};  // basic authentication, unless empty; the password is a secret
  std::string tls_ca_file{};       // empty: the system's
  Duration timeout{};              // for all of it
};

struct HttpReply {
  long status = 0;
  std::string body;
};

class HttpClient {
 public:
  using Done = std::function<void(Result<HttpReply>)>;

  HttpClient(Loop& loop, Resolver& resolver);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Calls `done` once; before it returns where the name is known not to exist.
  void send(HttpRequest request, Done done);

 private:
  struct Exchange;  // one request, and what has come of its reply
  struct Watched {
    HttpClient& owner;
    int socket;
    HandlePtr<uv_poll_t> poll;
  };

  void begin(Exchange& exchange, const SocketAddress& address);
  void watch(int socket, int what);
  void proceed(int socket, int events);
  void collect();
  void finish(Exchange& exchange, Result<HttpReply> reply);

  Loop& loop_;
  Resolver& resolver_;
  void* const multi_;  // CURLM
  std::list<std::unique_ptr<Exchange>> exchanges_;
  std::map<int, std::unique_ptr<Watched>> watched_;  // by libcurl's sockets
  Tick timer_;
};

}  // namespace forebay::net
