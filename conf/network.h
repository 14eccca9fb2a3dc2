// Addresses and TLS as settings name them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace forebay::conf {

enum class SslMode : uint8_t { kDisable, kAllow, kPrefer, kRequire, kVerifyCa, kVerifyFull };
std::string_view nameOf(SslMode mode);

// A Unix socket is named as PostgreSQL does it, by its folder and a port; with port 0 `host` is the socket
// itself, as Redis has it.
struct HostPort {
  std::string host;  // a name, an address, or a folder with a Unix socket ("/run/postgresql")
  uint16_t port = 5432;
  bool operator==(const HostPort&) const = default;
  bool isUnix() const { return !host.empty() && (host[0] == '/' || host[0] == '@'); }
};

// Where a program answers HTTP: "http://10.0.0.1:8008", with nothing behind the port.
struct RestUrl {
  bool tls = false;  // https
  HostPort at;
  bool operator==(const RestUrl&) const = default;
};

// Where to listen. `host` empty: every address; starting with '/' or '@': the folder of a Unix socket, or for
// Redis, with port 0, the socket itself.
struct ListenAddress {
  std::string host;
  uint16_t port = 0;
  bool operator==(const ListenAddress&) const = default;
  bool isUnix() const { return !host.empty() && (host[0] == '/' || host[0] == '@'); }
};

struct TlsSettings {
  SslMode sslmode = SslMode::kPrefer;
  std::string key_file{}, cert_file{}, ca_file{};
  std::string protocols =
      "secure";  // secure = TLS 1.2 and 1.3; or a list such as "tlsv1.3"; never below TLS 1.2
  std::string ciphers = "default";  // TLS 1.2 and lower, OpenSSL's syntax; default = OpenSSL's secure list
  std::string tls13_ciphers{};      // empty = OpenSSL's default
  std::string ecdhcurve = "auto";
  std::string dheparams = "auto";  // accepted for PgBouncer's sake: OpenSSL chooses
  bool operator==(const TlsSettings&) const = default;
};

}  // namespace forebay::conf
