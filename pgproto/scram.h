// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, both sides, as PostgreSQL does them: the user name in the messages is
// ignored (the startup packet has said it), and of the channel bindings there is only tls-server-end-point.
// RFC 5802, RFC 7677, RFC 5929; https://www.postgresql.org/docs/current/sasl-authentication.html
//
// Pure: nonces and salts are arguments. Comparisons of secrets take constant time. Nothing here throws. Each
// object serves one exchange; a message out of turn is an error, since it is the peer who chooses when to
// send it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "pgproto/password.h"
#include "pgproto/scram_secret.h"
#include "pgproto/secret_text.h"

namespace forebay::pgproto {

inline constexpr Bytes kScramSha256 = "SCRAM-SHA-256";
inline constexpr Bytes kScramSha256Plus = "SCRAM-SHA-256-PLUS";

// Random bytes (18 of them, as PostgreSQL takes) as the printable text of a nonce.
std::string scramNonce(Bytes random);

// The server's half, for a client that logs in to us.
class ScramServer {
 public:
  // `server_nonce`: printable, from scramNonce(). `end_point_data`: the hash of our certificate
  // (tls-server-end-point), empty when the client came without TLS. When it is not empty, offer
  // SCRAM-SHA-256-PLUS before SCRAM-SHA-256: a client that says it was not offered is taken for one whose
  // messages somebody changed on the way.
  ScramServer(const ScramSecret& secret, std::string server_nonce, std::string end_point_data);

  // client-first-message in, server-first-message out. `mechanism` is what the client chose.
  Result<std::string> first(Bytes mechanism, Bytes client_first);
  // The keys, when they were not known yet as the exchange began. Salt and iterations are what was shown
  // then.
  void use(const ScramKey& stored_key, const ScramKey& server_key);
  // client-final-message in, server-final-message out. An error when the proof is wrong: its text is for our
  // log only.
  Result<std::string> final(Bytes client_final);
  // After final() succeeded.
  ScramClientKeys keys() const { return keys_; }

 private:
  enum class Stage {
    kFirst,  // waits for the client-first-message
    kFinal,  // server-first-message made; waits for the proof
    kProven,
    kFailed,
  };

  Status readClientFirst(Bytes mechanism, Bytes client_first);
  Status readGs2Header(Bytes mechanism, Bytes client_first);
  Result<std::string> checkProof(Bytes client_final);

  Stage stage_ = Stage::kFirst;
  ScramSecret secret_;
  std::string nonce_;  // ours; after first() the client's and ours
  std::string end_point_data_, gs2_header_, client_first_bare_, server_first_;
  bool plus_ = false;
  ScramClientKeys keys_;
};

// How a server stores the password, as its server-first-message tells. The keys follow from it and the
// password alone, so they can be made elsewhere, or be kept.
struct ScramChallenge {
  std::string salt;  // raw bytes
  uint32_t iterations = 0;
  bool operator==(const ScramChallenge&) const = default;
};
// Refuses what ScramClient::final() refuses, except for the nonce.
Result<ScramChallenge> parseScramChallenge(Bytes server_first);
// Takes as long as the iterations are many, 1 ms for 4096.
ScramClientKeys scramKeys(Bytes password, const ScramChallenge& challenge);

// The client's half, for us logging in to a server. Made from a password or from keys of an earlier exchange.
class ScramClient {
 public:
  ScramClient(std::string password, std::string client_nonce);
  ScramClient(const ScramClientKeys& keys, std::string client_nonce);

  // client-first-message. `end_point_data`: the hash of the server's certificate, empty without TLS. With it
  // and a server that offers SCRAM-SHA-256-PLUS, that is used; with it and one that does not, the message
  // says that we would have ("y"), so that the server notices when its offer was cut out on the way.
  std::string first(std::string end_point_data, bool server_offers_plus);
  // What first() chose.
  Bytes mechanism() const;
  // Spares final() the derivation: the keys that belong to the server's challenge.
  void use(const ScramClientKeys& keys) { keys_ = keys; }
  // server-first-message in, client-final-message out; refuses more than 10,000,000 iterations. From a
  // password this takes as long as they are many (1 ms for 4096); from keys, no time.
  Result<std::string> final(Bytes server_first);
  // server-final-message: the server knew the secret too.
  Status verify(Bytes server_final);
  // verify() succeeded. An AuthenticationOk without it comes from a server that has proved nothing.
  bool verified() const { return stage_ == Stage::kVerified; }
  // After final(): what a later login to the same secret (same salt and iterations) can start from.
  const std::optional<ScramClientKeys>& keys() const { return keys_; }

 private:
  enum class Stage {
    kNew,
    kFirstSent,  // waits for the server-first-message
    kFinalSent,  // waits for the server's signature
    kVerified,
    kFailed,
  };

  Result<std::string> answer(Bytes server_first);
  Status checkSignature(Bytes server_final);

  Stage stage_ = Stage::kNew;
  SecretText password_;
  std::string nonce_, end_point_data_, gs2_header_, client_first_bare_;
  bool plus_ = false;
  std::optional<ScramClientKeys> keys_;
  ScramKey expected_signature_{};
};

}  // namespace forebay::pgproto
