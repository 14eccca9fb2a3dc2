#include "tests/rig/http.h"

#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>

#include "tests/rig/sockets.h"

namespace forebay::rig {

HttpReply http(uint16_t port, const HttpRequest& request, milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  const Fd fd = connectTcp(port);
  const std::string text = request.method + " " + request.path +
                           " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " +
                           std::to_string(request.body.size()) + "\r\n" + request.headers + "\r\n" +
                           request.body;
  if (send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) failErrno("HTTP request");
  std::string reply;
  char buffer[16384];
  while (true) {
    if (!waitFor(fd.get(), POLLIN, milliseconds(pollTimeout(deadline))))
      fail("no HTTP answer to " + request.path);
    const ssize_t size = recv(fd.get(), buffer, sizeof buffer, 0);
    if (size < 0) failErrno("HTTP answer to " + request.path);
    if (size == 0) break;
    reply.append(buffer, static_cast<size_t>(size));
  }
  const size_t body = reply.find("\r\n\r\n");
  if (!reply.starts_with("HTTP/1.") || body == std::string::npos) fail("not an HTTP answer: " + reply);
  return {std::atoi(reply.c_str() + 9), reply.substr(body + 4)};
}

}  // namespace forebay::rig
