#include "gateway/admin/database_hosts.h"

#include <optional>

#include "conf/address.h"
#include "conf/kinds.h"

namespace forebay::admin {

Result<conf::HostPort> hostNamed(const conf::Database& database, std::string_view text) {
  const std::optional<conf::HostPort> named = conf::readHost(text, 0);
  std::optional<conf::HostPort> found;
  for (const conf::HostPort& host : database.hosts) {
    if (!named || host.host != named->host) continue;
    if (host.port == named->port) return host;
    if (named->port != 0) continue;
    if (found)
      return Error{"several hosts of database " + database.name + " are " + named->host +
                   ": name the port, too"};
    found = host;
  }
  if (found) return *found;
  return Error{"database " + database.name + " has no host '" + std::string(text) + "'"};
}

std::string hostsOf(const conf::Database& database) {
  return conf::ListOf<conf::HostPort>{}.show(database.hosts);
}

}  // namespace forebay::admin
