// The functions of RFC 5802 section 2.2, with SHA-256: H(), HMAC(), Hi() and the keys made with them. For
// scram_*.cc and password.cc.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "pgproto/scram_secret.h"

namespace forebay::pgproto {

inline Bytes bytesOf(const ScramKey& key) { return {reinterpret_cast<const char*>(key.data()), key.size()}; }
void wipe(ScramKey& key);

ScramKey sha256(Bytes data);
ScramKey hmac(Bytes key, Bytes data);
ScramKey exclusiveOr(const ScramKey& a, const ScramKey& b);

// ClientKey and ServerKey of a password as typed: SASLprep, Hi() and two HMACs.
ScramClientKeys deriveKeys(Bytes password, Bytes salt, uint32_t iterations);
inline ScramKey storedKeyOf(const ScramKey& client_key) { return sha256(bytesOf(client_key)); }

// Copies a value of exactly 32 bytes, as from base64. False for any other length.
bool copyKey(Bytes raw, ScramKey& out);

}  // namespace forebay::pgproto
