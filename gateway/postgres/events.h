// Log lines about servers and clients: one per event in a connection's life.
#pragma once

#include <string_view>

#include "gateway/log.h"

namespace forebay::postgres {

class Server;

void logServerEvent(Log& log, const Server& server, std::string_view event);

}  // namespace forebay::postgres
