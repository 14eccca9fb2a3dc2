#include "gateway/postgres/report.h"

#include <array>

#include "conf/values.h"

namespace forebay::postgres {

std::string goodbye() {
  return errorResponse(pgproto::sqlstate::kAdminShutdown,
                       "terminating connection due to administrator command", "Forebay is shutting down.",
                       "Connect again: another instance, or the next one, will answer.");
}

std::string elapsed(Duration time) {
  if (time < seconds(10)) return conf::formatDuration(std::chrono::duration_cast<milliseconds>(time));
  return conf::formatDuration(std::chrono::duration_cast<seconds>(time));
}

bool followsClient(Bytes parameter) {
  static constexpr std::array<Bytes, 6> kOfTheServer = {"server_version", "server_encoding",
                                                        "is_superuser",   "session_authorization",
                                                        "in_hot_standby", "integer_datetimes"};
  for (const Bytes name : kOfTheServer)
    if (parameter == name) return false;
  return true;
}

}  // namespace forebay::postgres
