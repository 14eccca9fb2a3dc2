// Socket options of TCP connections, as the tcp_* settings say.
#pragma once

#include "conf/config.h"

namespace forebay::net {

// Sets TCP_NODELAY always; what the kernel refuses is left as it is. No effect on Unix sockets but their
// buffer sizes.
void setTcpOptions(int fd, int family, const conf::TcpSettings& settings);

}  // namespace forebay::net
