#include "gateway/postgres/report.h"

#include <array>

namespace forebay::postgres {

bool followsClient(Bytes parameter) {
  static constexpr std::array<Bytes, 6> kOfTheServer = {"server_version", "server_encoding",
                                                        "is_superuser",   "session_authorization",
                                                        "in_hot_standby", "integer_datetimes"};
  for (const Bytes name : kOfTheServer)
    if (parameter == name) return false;
  return true;
}

}  // namespace forebay::postgres
