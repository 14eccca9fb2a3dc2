#include <cassert>
#include <utility>

#include "pgproto/base64.h"
#include "pgproto/scram.h"
#include "pgproto/scram_crypto.h"
#include "pgproto/scram_message.h"

namespace forebay::pgproto {
namespace {

constexpr size_t kMaxMessage = 1024;  // PostgreSQL's PG_MAX_SASL_MESSAGE_LENGTH
constexpr Bytes kEndPointBinding = "tls-server-end-point";

Error malformed(const char* what) {
  return {std::string("malformed SCRAM message from the client: ") + what};
}

}  // namespace

std::string scramNonce(Bytes random) { return base64(random); }

ScramServer::ScramServer(const ScramSecret& secret, std::string server_nonce, std::string end_point_data)
    : secret_(secret), nonce_(std::move(server_nonce)), end_point_data_(std::move(end_point_data)) {
  assert(isScramNonce(nonce_));
}

Result<std::string> ScramServer::first(Bytes mechanism, Bytes client_first) {
  if (stage_ != Stage::kFirst) return Error{"the client began the SCRAM exchange twice"};
  if (Status read = readClientFirst(mechanism, client_first); !read) {
    stage_ = Stage::kFailed;
    return Error{read.error()};
  }
  server_first_ = "r=" + nonce_ + ",s=" + base64(secret_.salt) + ",i=" + std::to_string(secret_.iterations);
  stage_ = Stage::kFinal;
  return server_first_;
}

void ScramServer::use(const ScramKey& stored_key, const ScramKey& server_key) {
  secret_.stored_key = stored_key;
  secret_.server_key = server_key;
}

Result<std::string> ScramServer::final(Bytes client_final) {
  if (stage_ != Stage::kFinal) return Error{"a SCRAM message came out of turn"};
  stage_ = Stage::kFailed;
  Result<std::string> signature = checkProof(client_final);
  if (signature) stage_ = Stage::kProven;
  return signature;
}

Status ScramServer::readClientFirst(Bytes mechanism, Bytes client_first) {
  if (client_first.size() > kMaxMessage) return malformed("it is too long");
  if (Status gs2 = readGs2Header(mechanism, client_first); !gs2) return gs2;

  client_first_bare_ = client_first.substr(gs2_header_.size());
  ScramReader reader(client_first_bare_);
  if (reader.next() == 'm') return Error{"the client requires a SCRAM extension, there are none"};
  Bytes user, client_nonce;  // the user's name is the startup packet's
  if (!reader.take('n', user)) return malformed("n= expected");
  if (!reader.take('r', client_nonce) || !isScramNonce(client_nonce))
    return malformed("r= and a nonce expected");
  while (!reader.atEnd()) {
    char name = 0;
    Bytes value;
    if (!reader.takeAny(name, value)) return malformed("attribute expected");
  }
  nonce_.insert(0, client_nonce);
  return Ok{};
}

// Everything before client-first-message-bare: "n,,", "y,," or "p=tls-server-end-point,,".
Status ScramServer::readGs2Header(Bytes mechanism, Bytes client_first) {
  plus_ = mechanism == kScramSha256Plus && !end_point_data_.empty();
  if (!plus_ && mechanism != kScramSha256)
    return Error{"the client chose the SASL mechanism '" + printableExcerpt(mechanism) +
                 "', which was not offered"};

  const size_t comma = client_first.find(',');
  const Bytes flag = client_first.substr(0, comma);
  if (comma == Bytes::npos || flag.empty()) return malformed("channel binding flag expected");
  if (flag[0] == 'p') {
    if (!plus_) return Error{"the client binds to a channel without having chosen SCRAM-SHA-256-PLUS"};
    if (!flag.starts_with("p=")) return malformed("p= expected");
    if (flag.substr(2) != kEndPointBinding)
      return Error{"the client wants the channel binding '" + printableExcerpt(flag.substr(2)) +
                   "', only tls-server-end-point is known"};
  } else {
    if (flag != "n" && flag != "y") return malformed("n, y or p= expected");
    if (plus_) return Error{"the client chose SCRAM-SHA-256-PLUS and sent no channel binding"};
    if (flag == "y" && !end_point_data_.empty())
      return Error{"the client was not shown our offer of SCRAM-SHA-256-PLUS: somebody may be in between"};
  }

  const Bytes rest = client_first.substr(comma + 1);
  if (rest.starts_with("a=")) return Error{"the client wants to act as another user, which is not supported"};
  if (!rest.starts_with(",")) return malformed("an empty authorization identity expected");
  gs2_header_ = client_first.substr(0, comma + 2);
  return Ok{};
}

Result<std::string> ScramServer::checkProof(Bytes client_final) {
  if (client_final.size() > kMaxMessage) return malformed("it is too long");
  ScramReader reader(client_final);
  Bytes binding, nonce;
  if (!reader.take('c', binding)) return malformed("c= expected");
  if (!reader.take('r', nonce)) return malformed("r= expected");
  if (binding != base64(plus_ ? gs2_header_ + end_point_data_ : gs2_header_))
    return Error{"the client's channel binding does not fit this connection"};
  if (!equalConstantTime(nonce, nonce_)) return Error{"the client answered with another nonce than ours"};

  char name = 0;
  Bytes value;
  size_t proof_at = 0;
  do {  // extensions may stand before the proof, nothing behind it
    proof_at = reader.position();
    if (!reader.takeAny(name, value)) return malformed("p= expected");
  } while (name != 'p');
  const std::optional<std::string> raw_proof = parseBase64(value);
  ScramKey proof;
  if (!reader.atEnd() || !raw_proof || !copyKey(*raw_proof, proof))
    return malformed("p= and a proof expected");

  const Bytes without_proof = client_final.substr(0, proof_at - 1);
  const std::string auth_message =
      client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
  ScramKey client_key = exclusiveOr(proof, hmac(bytesOf(secret_.stored_key), auth_message));
  const bool proven = equalConstantTime(bytesOf(storedKeyOf(client_key)), bytesOf(secret_.stored_key));
  if (proven) keys_ = {client_key, secret_.server_key};
  wipe(client_key);
  if (!proven) return Error{"the password is wrong"};
  return "v=" + base64(bytesOf(hmac(bytesOf(secret_.server_key), auth_message)));
}

}  // namespace forebay::pgproto
