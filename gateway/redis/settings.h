// What the control thread publishes to the workers as one: a configuration and what was made from its files.
#pragma once

#include <map>
#include <memory>

#include "conf/config.h"
#include "gateway/net/tls_context.h"

namespace forebay::redis {

struct Settings {
  conf::ConfigPtr config;
  net::TlsContext::Ptr client_tls;                           // null: clients get no TLS
  std::map<conf::SslMode, net::TlsContext::Ptr> server_tls;  // for each mode that a cache uses
};
using SettingsPtr = std::shared_ptr<const Settings>;

}  // namespace forebay::redis
