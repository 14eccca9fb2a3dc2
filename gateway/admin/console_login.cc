#include "gateway/admin/console_login.h"

#include "gateway/admin/show.h"
#include "pgproto/error.h"
#include "pgproto/messages.h"

namespace forebay::admin {

bool isConsoleDatabase(std::string_view database) {
  return database == kConsoleDatabase || database == "forebay";
}

std::string consoleParameters() {
  const std::string version = std::string(kLikePgbouncer) + "/forebay";
  std::string out;
  pgproto::appendParameterStatus(out, "server_version", version);
  pgproto::appendParameterStatus(out, "client_encoding", "UTF8");
  pgproto::appendParameterStatus(out, "server_encoding", "UTF8");
  pgproto::appendParameterStatus(out, "DateStyle", "ISO");
  pgproto::appendParameterStatus(out, "TimeZone", "GMT");
  pgproto::appendParameterStatus(out, "standard_conforming_strings", "on");
  pgproto::appendParameterStatus(out, "is_superuser", "on");
  return out;
}

std::string consoleRefusal(char type) {
  const bool extended = std::string_view("PBEDCSH").find(type) != std::string_view::npos;
  pgproto::ErrorReport report{.sqlstate = pgproto::sqlstate::kProtocolViolation};
  if (extended) {
    report.message = "extended query protocol not supported by admin console";
    report.hint = "Use the driver's simple query mode, without parameters.";
  } else {
    report.message =
        "unsupported packet type for admin console: " + std::to_string(static_cast<unsigned char>(type));
  }
  std::string out;
  pgproto::appendErrorResponse(out, report);
  return out;
}

}  // namespace forebay::admin
