#include "pgproto/scram_crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cassert>
#include <climits>
#include <cstdlib>

#include "pgproto/saslprep.h"
#include "pgproto/secret_text.h"

namespace forebay::pgproto {
namespace {

const unsigned char* unsignedData(Bytes data) { return reinterpret_cast<const unsigned char*>(data.data()); }

// SHA-256 fails when memory is out or libcrypto is broken. Going on would compare proofs with keys of zeros.
void require(bool done) {
  if (!done) std::abort();
}

}  // namespace

void wipe(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

void wipe(ScramKey& key) { OPENSSL_cleanse(key.data(), key.size()); }

ScramKey sha256(Bytes data) {
  ScramKey out;
  require(SHA256(unsignedData(data), data.size(), out.data()) != nullptr);
  return out;
}

ScramKey hmac(Bytes key, Bytes data) {
  assert(key.size() <= INT_MAX);
  ScramKey out;
  unsigned size = 0;
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), unsignedData(data), data.size(),
               out.data(), &size) != nullptr);
  require(size == out.size());
  return out;
}

ScramKey exclusiveOr(const ScramKey& a, const ScramKey& b) {
  ScramKey out;
  std::transform(a.begin(), a.end(), b.begin(), out.begin(),
                 [](uint8_t x, uint8_t y) { return static_cast<uint8_t>(x ^ y); });
  return out;
}

ScramClientKeys deriveKeys(Bytes password, Bytes salt, uint32_t iterations) {
  assert(iterations >= 1 && iterations <= INT_MAX && password.size() <= INT_MAX && salt.size() <= INT_MAX);
  const SecretText prepared(saslPrep(password));
  ScramKey salted;  // Hi() is PBKDF2 with one block of output
  require(PKCS5_PBKDF2_HMAC(prepared.view().data(), static_cast<int>(prepared.view().size()),
                            unsignedData(salt), static_cast<int>(salt.size()), static_cast<int>(iterations),
                            EVP_sha256(), static_cast<int>(salted.size()), salted.data()) == 1);
  ScramClientKeys keys{hmac(bytesOf(salted), "Client Key"), hmac(bytesOf(salted), "Server Key")};
  wipe(salted);
  return keys;
}

bool copyKey(Bytes raw, ScramKey& out) {
  if (raw.size() != out.size()) return false;
  std::copy(raw.begin(), raw.end(), out.begin());
  return true;
}

}  // namespace forebay::pgproto
