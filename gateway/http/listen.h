// A listening TCP socket for the HTTP server.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace forebay::http {

struct ListenSocket {
  int fd = -1;
  uint16_t port = 0;
};

// `host` empty: every address, IPv4 and IPv6. `port` 0: any free one. The fd is the caller's.
Result<ListenSocket> listenTcp(const std::string& host, uint16_t port);

}  // namespace forebay::http
