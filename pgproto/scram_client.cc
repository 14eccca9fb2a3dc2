#include <cassert>
#include <charconv>
#include <utility>

#include "pgproto/base64.h"
#include "pgproto/scram.h"
#include "pgproto/scram_crypto.h"
#include "pgproto/scram_message.h"

namespace forebay::pgproto {
namespace {

constexpr size_t kMaxMessage = 4096;  // ten times what a server has reason to send
// Whoever answers for the server chooses the number: without a bound it could keep us busy for minutes.
constexpr uint32_t kMaxIterations = 10'000'000;

Error malformed(const char* what) {
  return {std::string("malformed SCRAM message from the server: ") + what};
}

bool parseIterations(Bytes text, uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 1 && out <= kMaxIterations;
}

struct ServerFirst {
  Bytes nonce;
  ScramChallenge challenge;
};

Result<ServerFirst> parseServerFirst(Bytes message) {
  if (message.size() > kMaxMessage) return malformed("it is too long");
  ScramReader reader(message);
  if (reader.next() == 'm') return Error{"the server requires a SCRAM extension, none is known"};
  ServerFirst out;
  Bytes salt_text, iterations_text;
  if (!reader.take('r', out.nonce) || !isScramNonce(out.nonce)) return malformed("r= and a nonce expected");
  if (!reader.take('s', salt_text)) return malformed("s= expected");
  const std::optional<std::string> salt = parseBase64(salt_text);
  if (!salt) return malformed("s= and a salt in base64 expected");
  if (!reader.take('i', iterations_text) || !reader.atEnd())
    return malformed("i= expected, and nothing behind it");
  if (!parseIterations(iterations_text, out.challenge.iterations))
    return Error{"the server wants '" + printableExcerpt(iterations_text) +
                 "' SCRAM iterations, expected a number from 1 to " + std::to_string(kMaxIterations)};
  out.challenge.salt = *salt;
  return out;
}

}  // namespace

Result<ScramChallenge> parseScramChallenge(Bytes server_first) {
  Result<ServerFirst> asked = parseServerFirst(server_first);
  if (!asked) return Error{asked.error()};
  return std::move(asked->challenge);
}

ScramClientKeys scramKeys(Bytes password, const ScramChallenge& challenge) {
  return deriveKeys(password, challenge.salt, challenge.iterations);
}

ScramClient::ScramClient(std::string password, std::string client_nonce)
    : password_(std::move(password)), nonce_(std::move(client_nonce)) {
  assert(isScramNonce(nonce_));
}

ScramClient::ScramClient(const ScramClientKeys& keys, std::string client_nonce)
    : nonce_(std::move(client_nonce)), keys_(keys) {
  assert(isScramNonce(nonce_));
}

std::string ScramClient::first(std::string end_point_data, bool server_offers_plus) {
  assert(stage_ == Stage::kNew);
  end_point_data_ = std::move(end_point_data);
  plus_ = !end_point_data_.empty() && server_offers_plus;
  gs2_header_ = plus_ ? "p=tls-server-end-point,," : end_point_data_.empty() ? "n,," : "y,,";
  client_first_bare_ = "n=,r=" + nonce_;  // PostgreSQL takes the user's name from the startup packet
  stage_ = Stage::kFirstSent;
  return gs2_header_ + client_first_bare_;
}

Bytes ScramClient::mechanism() const { return plus_ ? kScramSha256Plus : kScramSha256; }

Result<std::string> ScramClient::final(Bytes server_first) {
  const bool expected = stage_ == Stage::kFirstSent;
  stage_ = Stage::kFailed;
  if (!expected) return Error{"the server sent a SCRAM message out of turn"};
  Result<std::string> message = answer(server_first);
  if (message) stage_ = Stage::kFinalSent;
  return message;
}

Result<std::string> ScramClient::answer(Bytes server_first) {
  const Result<ServerFirst> asked = parseServerFirst(server_first);
  if (!asked) return Error{asked.error()};
  if (!asked->nonce.starts_with(nonce_) || asked->nonce.size() == nonce_.size())
    return Error{"the server's SCRAM nonce does not continue ours"};

  if (!keys_) keys_ = scramKeys(password_.view(), asked->challenge);
  const std::string without_proof =
      "c=" + base64(plus_ ? gs2_header_ + end_point_data_ : gs2_header_) + ",r=" + std::string(asked->nonce);
  const std::string auth_message = client_first_bare_ + "," + std::string(server_first) + "," + without_proof;
  const ScramKey client_signature = hmac(bytesOf(storedKeyOf(keys_->client_key)), auth_message);
  expected_signature_ = hmac(bytesOf(keys_->server_key), auth_message);
  return without_proof + ",p=" + base64(bytesOf(exclusiveOr(keys_->client_key, client_signature)));
}

Status ScramClient::verify(Bytes server_final) {
  const bool expected = stage_ == Stage::kFinalSent;
  stage_ = Stage::kFailed;
  if (!expected) return Error{"the server sent a SCRAM message out of turn"};
  Status checked = checkSignature(server_final);
  if (checked) stage_ = Stage::kVerified;
  return checked;
}

Status ScramClient::checkSignature(Bytes server_final) {
  if (server_final.size() > kMaxMessage) return malformed("it is too long");
  ScramReader reader(server_final);
  Bytes value;
  if (reader.take('e', value))
    return Error{"the server ended the SCRAM exchange: " + printableExcerpt(value)};
  if (!reader.take('v', value) || !reader.atEnd()) return malformed("v= expected, and nothing behind it");
  const std::optional<std::string> signature = parseBase64(value);
  if (!signature || !equalConstantTime(*signature, bytesOf(expected_signature_)))
    return Error{"the server does not know the password: its SCRAM signature is wrong"};
  return Ok{};
}

}  // namespace forebay::pgproto
