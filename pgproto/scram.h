// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, both sides, and the md5 method, as PostgreSQL does them.
// RFC 5802, RFC 7677, RFC 5929 (tls-server-end-point); https://www.postgresql.org/docs/current/sasl-authentication.html
//
// Pure: random nonces and salts are arguments. Comparisons of secrets take constant time. Nothing here throws.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace forebay::pgproto {

using ScramKey = std::array<uint8_t, 32>;

// The parsed form of "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>" (pg_authid.rolpassword).
struct ScramSecret {
  uint32_t iterations = 4096;
  std::string salt;  // raw bytes
  ScramKey stored_key{}, server_key{};
};
std::optional<ScramSecret> parseScramSecret(Bytes text);
std::string formatScramSecret(const ScramSecret& secret);
// From a plain password (SASLprep applied; one that SASLprep refuses is used as it is, as PostgreSQL does).
ScramSecret makeScramSecret(Bytes password, Bytes salt, uint32_t iterations);
// A secret that no password matches, the same each time for the same user: an unknown user then looks like a known one.
ScramSecret makeMockScramSecret(Bytes user, Bytes process_secret, uint32_t iterations);

// What the SCRAM exchange proved, enough to log in to the server as the same user: SCRAM pass-through.
struct ScramClientKeys {
  ScramKey client_key{}, server_key{};
};

// The server's half, for a client that logs in to us.
class ScramServer {
 public:
  // `end_point_data`: the hash of our certificate (tls-server-end-point), empty when the client came without TLS.
  ScramServer(ScramSecret secret, std::string server_nonce, std::string end_point_data);

  // client-first-message in, server-first-message out. `mechanism` is what the client chose.
  Result<std::string> first(Bytes mechanism, Bytes client_first);
  // client-final-message in, server-final-message out. An error when the proof is wrong: its text is for our log only.
  Result<std::string> final(Bytes client_final);
  // After final() succeeded.
  ScramClientKeys keys() const { return keys_; }

 private:
  ScramSecret secret_;
  std::string nonce_, end_point_data_, gs2_header_, client_first_bare_, server_first_;
  bool plus_ = false;
  ScramClientKeys keys_;
};

// The client's half, for us logging in to a server. Made from a password or from keys of an earlier exchange.
class ScramClient {
 public:
  ScramClient(std::string password, std::string client_nonce);
  ScramClient(const ScramClientKeys& keys, std::string client_nonce);

  // `end_point_data` not empty: uses SCRAM-SHA-256-PLUS; `tls` without it: says so in the gs2 header ("y" or "n").
  std::string first(std::string end_point_data, bool server_offers_plus);
  Bytes mechanism() const;
  Result<std::string> final(Bytes server_first);  // client-final-message; refuses more than 10,000,000 iterations
  Status verify(Bytes server_final);              // the server knew the secret too

 private:
  std::string password_, nonce_, end_point_data_, gs2_header_, client_first_bare_, auth_message_;
  std::optional<ScramClientKeys> keys_;
  ScramKey expected_signature_{};
};

// "md5" + md5(md5(password + user) + salt): the response to AuthenticationMD5Password. `secret` is the plain
// password, or its stored form "md5" + 32 hex digits.
std::string md5Response(Bytes user, Bytes secret, Bytes salt4);
// The stored form, "md5" + md5(password + user).
std::string md5Secret(Bytes user, Bytes password);
// Does `password` (as typed) match `secret` (plain, md5... or SCRAM-SHA-256$...)? Constant time in the password.
bool passwordMatches(Bytes user, Bytes password, Bytes secret);

// Constant time in the contents; lengths are no secret.
bool equalConstantTime(Bytes a, Bytes b);

}  // namespace forebay::pgproto
