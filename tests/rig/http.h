// One HTTP request to the loopback and its answer, each with a connection of its own.
#pragma once

#include <cstdint>
#include <string>

#include "tests/rig/error.h"

namespace forebay::rig {

struct HttpReply {
  int status = 0;
  std::string body;
};

struct HttpRequest {
  std::string path = "/";
  std::string method = "GET";
  std::string body{};
  std::string headers{};  // more of them, each with its line end
};

// Throws when the port does not accept, and when the answer is not whole within `limit`.
HttpReply http(uint16_t port, const HttpRequest& request, milliseconds limit = kPatience);

}  // namespace forebay::rig
