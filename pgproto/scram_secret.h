// What a SCRAM-SHA-256 login is checked against, and what a finished one leaves behind. RFC 5802, RFC 7677.
//
// Both structs wipe their keys when they go: whoever holds a ServerKey can play the server, whoever holds a
// ClientKey can log in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace forebay::pgproto {

using ScramKey = std::array<uint8_t, 32>;

// The parsed form of "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>" (pg_authid.rolpassword).
struct ScramSecret {
  uint32_t iterations = 4096;
  std::string salt;  // raw bytes
  ScramKey stored_key{}, server_key{};

  ~ScramSecret();
};
std::optional<ScramSecret> parseScramSecret(Bytes text);
std::string formatScramSecret(const ScramSecret& secret);
// From a plain password (SASLprep applied; one that SASLprep refuses is used as it is, as PostgreSQL does).
// Takes as long as the iterations are many, 1 ms for 4096: make it once per password, not once per login.
ScramSecret makeScramSecret(Bytes password, Bytes salt, uint32_t iterations);
// A secret that no password matches, the same each time for the same user: an unknown user then looks like a
// known one.
ScramSecret makeMockScramSecret(Bytes user, Bytes process_secret, uint32_t iterations);

// What the SCRAM exchange proved, enough to log in to the server as the same user: SCRAM pass-through.
struct ScramClientKeys {
  ScramKey client_key{}, server_key{};

  ~ScramClientKeys();
};

}  // namespace forebay::pgproto
