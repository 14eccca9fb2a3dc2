// The rows of a TlsSettings: the same for PostgreSQL and Redis, for clients and servers.
#pragma once

#include <string_view>
#include <vector>

#include "conf/setting.h"

namespace forebay::conf {

// `path`: the members that lead from an Owner to its TlsSettings.
template <typename Owner, typename... Path>
void addTls(std::vector<Setting<Owner>>& table, bool client, Path... path) {
  using T = TlsSettings;
  const auto add = [&](std::string_view client_name, std::string_view server_name, auto member, auto kind,
                       Traits traits = {}) {
    table.push_back(setting<Owner>(client ? client_name : server_name, in(path..., member), kind, traits));
  };
  add("client_tls_sslmode", "server_tls_sslmode", &T::sslmode, Choice{kSslModes});
  add("client_tls_key_file", "server_tls_key_file", &T::key_file, Text{}, {.path = true});
  add("client_tls_cert_file", "server_tls_cert_file", &T::cert_file, Text{}, {.path = true});
  add("client_tls_ca_file", "server_tls_ca_file", &T::ca_file, Text{}, {.path = true});
  add("client_tls_protocols", "server_tls_protocols", &T::protocols, Text{});
  add("client_tls_ciphers", "server_tls_ciphers", &T::ciphers, Text{});
  add("client_tls13_ciphers", "server_tls13_ciphers", &T::tls13_ciphers, Text{});
  // PgBouncer has these two for clients only; servers choose their own.
  if (client) add("client_tls_ecdhcurve", "", &T::ecdhcurve, Text{});
  if (client) add("client_tls_dheparams", "", &T::dheparams, Text{});
}

}  // namespace forebay::conf
