// Rules of TLS settings, the same for PostgreSQL and Redis.
#pragma once

#include <string>

#include "conf/network.h"
#include "conf/rules.h"

namespace forebay::conf {

bool verifies(SslMode mode);  // whether it asks for a certificate that an authority has signed

// `section` is the settings' own: "postgres".
void checkClientTls(const TlsSettings& tls, const std::string& section, const RuleReport& report);
void checkServerTls(const TlsSettings& tls, const std::string& section, const RuleReport& report);

}  // namespace forebay::conf
