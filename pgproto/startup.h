// What a client may send before it has logged in: the untyped packets.
// https://www.postgresql.org/docs/current/protocol-message-formats.html (StartupMessage, SSLRequest,
// GSSENCRequest, CancelRequest)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "pgproto/frame.h"

namespace forebay::pgproto {

inline constexpr uint32_t kProtocol30 = 3u << 16;
inline constexpr uint32_t kProtocol32 = (3u << 16) | 2;
inline constexpr std::string_view kAlpn = "postgresql";  // what TLS without SSLRequest must settle on
inline constexpr uint32_t kMaxStartupLength = 10000;     // PostgreSQL's MAX_STARTUP_PACKET_LENGTH

// A secret of protocol 3.0 has 4 bytes, PostgreSQL's of 3.2 has 32.
inline constexpr size_t kMinCancelSecret = 4, kMaxCancelSecret = 256;

enum class StartupKind : uint8_t { kStartup, kSslRequest, kGssEncRequest, kCancelRequest };

struct StartupPacket {
  StartupKind kind = StartupKind::kStartup;
  size_t size = 0;  // bytes that the packet takes of the input

  // kStartup: the version asked for (set too when it is why the packet is malformed), the parameters in the
  // order sent, and the names of the protocol options, which start with `_pq_.` and are not among the
  // parameters.
  uint32_t protocol = 0;
  std::vector<std::pair<Bytes, Bytes>> parameters;
  std::vector<Bytes> protocol_options;

  // kCancelRequest
  uint32_t cancel_pid = 0;
  Bytes cancel_secret;  // kMinCancelSecret to kMaxCancelSecret bytes
};

// Parses the packet at the front of `in`; views in `out` point into it. kMalformed, as early as it is known,
// for a length below 8 or above kMaxStartupLength, a name without a value, a missing terminator, a protocol
// that is not version 3 (an HTTP request, a TLS handshake).
Scan parseStartupPacket(Bytes in, StartupPacket& out);

// Splits the startup parameter `options` into settings: `-c name=value`, `-cname=value` and `--name=value`,
// as PostgreSQL reads them: a backslash takes the next byte as it is, a dash in a name means an underscore.
// Returns false when it holds anything else; `settings` then has those before it.
bool parseStartupOptions(Bytes options, std::vector<std::pair<std::string, std::string>>& settings);

void appendSslRequest(std::string& out);
void appendCancelRequest(std::string& out, uint32_t pid, Bytes secret);
void appendStartupMessage(std::string& out, uint32_t protocol,
                          const std::vector<std::pair<std::string, std::string>>& parameters);

// NegotiateProtocolVersion: the newest minor version that we speak (2 for 3.2) and the `_pq_.` options that
// we do not know. Due when the client asked for a newer one or for such options; libpq takes it for an error
// otherwise.
void appendNegotiateProtocolVersion(std::string& out, uint32_t newest_minor,
                                    const std::vector<Bytes>& unknown_options);

}  // namespace forebay::pgproto
