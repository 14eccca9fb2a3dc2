#include "pgproto/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "pgproto/scram_crypto.h"
#include "pgproto/scram_secret.h"
#include "pgproto/secret_text.h"

namespace forebay::pgproto {
namespace {

constexpr size_t kMd5SecretSize = 35;

bool isMd5Secret(Bytes secret) {
  return secret.size() == kMd5SecretSize && secret.starts_with("md5") &&
         secret.find_first_not_of("0123456789abcdef", 3) == Bytes::npos;
}

// "md5" and the hash of `text` and `more` in hex; empty when libcrypto refuses md5.
std::string md5Hex(Bytes text, Bytes more) {
  std::string input(text);
  input.append(more);
  std::array<unsigned char, 16> hash{};
  const bool done =
      EVP_Q_digest(nullptr, "MD5", nullptr, input.data(), input.size(), hash.data(), nullptr) == 1;
  wipe(input);
  if (!done) return {};

  std::string out = "md5";
  for (const unsigned char byte : hash) {
    out.push_back("0123456789abcdef"[byte >> 4]);
    out.push_back("0123456789abcdef"[byte & 15]);
  }
  return out;
}

}  // namespace

SecretKind secretKind(Bytes secret) {
  if (isMd5Secret(secret)) return SecretKind::kMd5;
  return parseScramSecret(secret) ? SecretKind::kScramSha256 : SecretKind::kPlain;
}

std::string md5Secret(Bytes user, Bytes password) { return md5Hex(password, user); }

std::string md5Response(Bytes user, Bytes secret, Bytes salt4) {
  const std::string stored = isMd5Secret(secret) ? std::string(secret) : md5Secret(user, secret);
  return stored.empty() ? std::string() : md5Hex(Bytes(stored).substr(3), salt4);
}

bool verifyMd5Response(Bytes user, Bytes secret, Bytes salt4, Bytes response) {
  if (secret.empty() || secretKind(secret) == SecretKind::kScramSha256) return false;
  const std::string expected = md5Response(user, secret, salt4);
  return !expected.empty() && equalConstantTime(expected, response);
}

bool passwordMatches(Bytes user, Bytes password, Bytes secret) {
  if (secret.empty() || password.empty()) return false;
  if (isMd5Secret(secret)) {
    const std::string stored = md5Secret(user, password);
    return !stored.empty() && equalConstantTime(stored, secret);
  }
  if (const std::optional<ScramSecret> scram = parseScramSecret(secret)) {
    const ScramClientKeys keys = deriveKeys(password, scram->salt, scram->iterations);
    return equalConstantTime(bytesOf(keys.server_key), bytesOf(scram->server_key));
  }
  // Of the hashes, so that the time does not tell how long the password is.
  return equalConstantTime(bytesOf(sha256(password)), bytesOf(sha256(secret)));
}

bool equalConstantTime(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace forebay::pgproto
