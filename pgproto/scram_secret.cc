#include "pgproto/scram_secret.h"

#include <charconv>
#include <climits>

#include "pgproto/base64.h"
#include "pgproto/scram_crypto.h"

namespace forebay::pgproto {
namespace {

constexpr Bytes kPrefix = "SCRAM-SHA-256$";
constexpr size_t kMockSaltSize = 16;  // as long as the salts that PostgreSQL makes

// Cuts `text` at the first `separator`: returns what is before it and leaves what is behind it.
std::optional<Bytes> cut(Bytes& text, char separator) {
  const size_t at = text.find(separator);
  if (at == Bytes::npos) return std::nullopt;
  const Bytes before = text.substr(0, at);
  text.remove_prefix(at + 1);
  return before;
}

bool parseIterations(Bytes text, uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 1 && out <= INT_MAX;
}

bool parseKey(Bytes text, ScramKey& out) {
  const std::optional<std::string> raw = parseBase64(text);
  return raw && copyKey(*raw, out);
}

}  // namespace

ScramSecret::~ScramSecret() {
  wipe(stored_key);
  wipe(server_key);
}

ScramClientKeys::~ScramClientKeys() {
  wipe(client_key);
  wipe(server_key);
}

std::optional<ScramSecret> parseScramSecret(Bytes text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const std::optional<Bytes> iterations = cut(text, ':');
  const std::optional<Bytes> salt_text = iterations ? cut(text, '$') : std::nullopt;
  const std::optional<Bytes> stored_key = salt_text ? cut(text, ':') : std::nullopt;
  if (!stored_key) return std::nullopt;

  ScramSecret secret;
  const std::optional<std::string> salt = parseBase64(*salt_text);
  if (!salt || !parseIterations(*iterations, secret.iterations)) return std::nullopt;
  if (!parseKey(*stored_key, secret.stored_key) || !parseKey(text, secret.server_key)) return std::nullopt;
  secret.salt = *salt;
  return secret;
}

std::string formatScramSecret(const ScramSecret& secret) {
  return std::string(kPrefix) + std::to_string(secret.iterations) + ":" + base64(secret.salt) + "$" +
         base64(bytesOf(secret.stored_key)) + ":" + base64(bytesOf(secret.server_key));
}

ScramSecret makeScramSecret(Bytes password, Bytes salt, uint32_t iterations) {
  const ScramClientKeys keys = deriveKeys(password, salt, iterations);
  return {iterations, std::string(salt), storedKeyOf(keys.client_key), keys.server_key};
}

ScramSecret makeMockScramSecret(Bytes user, Bytes process_secret, uint32_t iterations) {
  // Nobody can know a value whose hash is an HMAC made with our secret, so no proof fits this StoredKey.
  const auto derive = [&](Bytes purpose) { return hmac(process_secret, std::string(purpose).append(user)); };
  const ScramKey salt = derive("salt:");
  return {iterations, std::string(bytesOf(salt).substr(0, kMockSaltSize)), derive("StoredKey:"),
          derive("ServerKey:")};
}

}  // namespace forebay::pgproto
