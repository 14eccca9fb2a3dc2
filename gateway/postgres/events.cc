#include "gateway/postgres/events.h"

#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {

void logServerEvent(Log& log, const Server& server, std::string_view event) {
  if (!log.wants(conf::LogLevel::kInfo)) return;
  const conf::HostPort& host = server.host();
  const std::string peer = host.isUnix() ? host.host : host.host + ":" + std::to_string(host.port);
  log.info({'S', server.id(), server.pool().databaseName(), server.pool().user(), peer}) << event;
}

}  // namespace forebay::postgres
