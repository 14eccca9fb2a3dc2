#include "gateway/postgres/events.h"

#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/error.h"

namespace forebay::postgres {

namespace {

std::string peerOf(const Server& server) {
  const conf::HostPort& host = server.host();
  return host.isUnix() ? host.host : host.host + ":" + std::to_string(host.port);
}

}  // namespace

void logServerEvent(Log& log, const Server& server, std::string_view event) {
  if (!log.wants(conf::LogLevel::kInfo)) return;
  const std::string peer = peerOf(server);
  log.info({'S', server.id(), server.pool().databaseName(), server.pool().user(), peer}) << event;
}

void logServerError(Log& log, const Server& server, std::string_view what, Bytes error) {
  pgproto::ErrorFields fields;
  pgproto::parseErrorFields(error, fields);
  const std::string peer = peerOf(server);
  log.warning({'S', server.id(), server.pool().databaseName(), server.pool().user(), peer})
      << what << " failed: " << fields.message() << " (" << fields.sqlstate() << ")";
}

}  // namespace forebay::postgres
