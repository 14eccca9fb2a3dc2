// The TLS settings whose syntax is PgBouncer's own: `protocols` and the short names of `ciphers`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace forebay::net {

struct TlsVersions {
  bool tls12 = false;
  bool tls13 = false;
};

// Reads "secure", "all", or a list such as "tlsv1.2,tlsv1.3" or "all,!tlsv1.3". Versions below TLS 1.2 may be
// named and are never allowed; a list that leaves neither 1.2 nor 1.3 is an error.
Result<TlsVersions> parseTlsProtocols(std::string_view text);

// OpenSSL's list for the setting `ciphers`; empty: keep OpenSSL's default, which follows the system's policy.
std::string cipherList(std::string_view setting);

}  // namespace forebay::net
