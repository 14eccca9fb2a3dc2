// What a client may send before it has logged in: the untyped packets.
// https://www.postgresql.org/docs/current/protocol-message-formats.html (StartupMessage, SSLRequest, GSSENCRequest,
// CancelRequest)
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "pgproto/frame.h"

namespace forebay::pgproto {

inline constexpr uint32_t kProtocol30 = 3u << 16;
inline constexpr uint32_t kProtocol32 = (3u << 16) | 2;
inline constexpr uint32_t kMaxStartupLength = 10000;  // PostgreSQL's MAX_STARTUP_PACKET_LENGTH

enum class StartupKind : uint8_t { kStartup, kSslRequest, kGssEncRequest, kCancelRequest };

struct StartupPacket {
  StartupKind kind = StartupKind::kStartup;
  size_t size = 0;                       // bytes that the packet takes of the input
  uint32_t protocol = 0;                 // kStartup: as asked for
  std::vector<std::pair<Bytes, Bytes>> parameters;  // kStartup: in the order sent; `_pq_.` options not among them
  std::vector<Bytes> protocol_options;   // kStartup: names that start with `_pq_.`
  uint32_t cancel_pid = 0;               // kCancelRequest
  Bytes cancel_secret;                   // kCancelRequest: 4 to 256 bytes
};

// Parses the packet at the front of `in`; views in `out` point into it. kMalformed for a length below 8 or above
// kMaxStartupLength, a name without a value, a missing terminator, a protocol that is not version 3.
Scan parseStartupPacket(Bytes in, StartupPacket& out);

// Splits the startup parameter `options` ("-c name=value --name=value", backslash escapes a blank) into settings.
// Returns false when it holds anything else.
bool parseStartupOptions(Bytes options, std::vector<std::pair<std::string, std::string>>& settings);

void appendSslRequest(std::string& out);
void appendCancelRequest(std::string& out, uint32_t pid, Bytes secret);
void appendStartupMessage(std::string& out, uint32_t protocol,
                          const std::vector<std::pair<std::string, std::string>>& parameters);

// NegotiateProtocolVersion: the newest minor version we speak and the `_pq_.` options that we do not know.
void appendNegotiateProtocolVersion(std::string& out, uint32_t newest_minor, const std::vector<Bytes>& unknown_options);

}  // namespace forebay::pgproto
