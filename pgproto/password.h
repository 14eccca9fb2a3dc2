// Stored passwords, and the md5 method: https://www.postgresql.org/docs/current/auth-password.html
//
// A stored password ("secret") is plain text, "md5" and 32 hex digits, or "SCRAM-SHA-256$...". Whatever only
// begins like one of the latter two is plain text, as it is for PostgreSQL. Comparisons take constant time.
#pragma once

#include <string>

#include "base/bytes.h"

namespace forebay::pgproto {

enum class SecretKind { kPlain, kMd5, kScramSha256 };
SecretKind secretKind(Bytes secret);

// "md5" + md5(md5(password + user) + salt): the response to AuthenticationMD5Password. `secret` is the plain
// password, or its stored form "md5" + 32 hex digits. Empty when libcrypto refuses md5 (FIPS mode).
std::string md5Response(Bytes user, Bytes secret, Bytes salt4);
// Is `response` what a client with that password answers? Never for a SCRAM secret, which cannot tell.
bool verifyMd5Response(Bytes user, Bytes secret, Bytes salt4, Bytes response);
// The stored form, "md5" + md5(password + user). Empty when libcrypto refuses md5.
std::string md5Secret(Bytes user, Bytes password);
// Does `password` (as typed) match `secret` (plain, md5... or SCRAM-SHA-256$...)? An empty one of either
// matches nothing. For a SCRAM secret this takes as long as its iterations are many, 1 ms for 4096.
bool passwordMatches(Bytes user, Bytes password, Bytes secret);

// Constant time in the contents; lengths are no secret.
bool equalConstantTime(Bytes a, Bytes b);

}  // namespace forebay::pgproto
