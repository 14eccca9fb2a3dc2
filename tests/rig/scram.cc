#include "tests/rig/scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "tests/rig/error.h"

namespace forebay::rig {
namespace {

unsigned char* raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string fromBase64(std::string_view text) {
  std::string out(text.size(), '\0');
  const int size = EVP_DecodeBlock(raw(out), raw(text), static_cast<int>(text.size()));
  if (size < 0) fail("not base64: " + std::string(text));
  out.resize(static_cast<size_t>(size));
  for (; text.ends_with('='); text.remove_suffix(1)) out.pop_back();
  return out;
}

std::string hmac(std::string_view key, std::string_view data) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(data), data.size(), raw(out), nullptr);
  return out;
}

std::string sha256(std::string_view data) {
  std::string out(32, '\0');
  SHA256(raw(data), data.size(), raw(out));
  return out;
}

std::string saltedPassword(std::string_view password, std::string_view salt, int iterations) {
  std::string out(32, '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                    static_cast<int>(salt.size()), iterations, EVP_sha256(), 32, raw(out));
  return out;
}

// The value of ",name=" in a SCRAM message.
std::string attribute(std::string_view message, char name) {
  const std::string all = "," + std::string(message) + ",";
  const size_t at = all.find(std::string(",") + name + "=");
  if (at == std::string::npos) fail("no " + std::string(1, name) + "= in " + all);
  return all.substr(at + 3, all.find(',', at + 1) - at - 3);
}

}  // namespace

std::string toBase64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(raw(out), raw(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

std::string ScramProver::final(std::string_view server_first) const {
  const std::string salted = saltedPassword(password_, fromBase64(attribute(server_first, 's')),
                                            std::stoi(attribute(server_first, 'i')));
  const std::string without_proof =
      "c=" + toBase64(gs2_header_ + end_point_data_) + ",r=" + attribute(server_first, 'r');
  const std::string client_key = hmac(salted, "Client Key");
  std::string proof =
      hmac(sha256(client_key), firstBare() + "," + std::string(server_first) + "," + without_proof);
  for (size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
  return without_proof + ",p=" + toBase64(proof);
}

std::string scramSecret(std::string_view password, int iterations) {
  const std::string salt = "sixteen bytes...";
  const std::string salted = saltedPassword(password, salt, iterations);
  return "SCRAM-SHA-256$" + std::to_string(iterations) + ":" + toBase64(salt) + "$" +
         toBase64(sha256(hmac(salted, "Client Key"))) + ":" + toBase64(hmac(salted, "Server Key"));
}

}  // namespace forebay::rig
