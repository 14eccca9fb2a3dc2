// Log lines about servers and clients: one per event in a connection's life.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "gateway/log.h"

namespace forebay::postgres {

class Server;

void logServerEvent(Log& log, const Server& server, std::string_view event);
// The server has refused what we asked of it. `error`: the body of its ErrorResponse.
void logServerError(Log& log, const Server& server, std::string_view what, Bytes error);

}  // namespace forebay::postgres
