#include "tests/rig/wire.h"

#include <openssl/evp.h>

#include "tests/rig/error.h"

namespace forebay::rig::wire {
namespace {

std::string withoutType(std::string_view body) {
  return int32(static_cast<uint32_t>(body.size() + 4)) + std::string(body);
}

std::string md5Hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr) != 1)
    fail("MD5 is not available");
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

}  // namespace

std::string int16(uint16_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 255)}; }

std::string int32(uint32_t value) {
  return int16(static_cast<uint16_t>(value >> 16)) + int16(static_cast<uint16_t>(value & 65535));
}

std::string cstring(std::string_view text) { return std::string(text) + '\0'; }

std::string message(char type, std::string_view body) { return type + withoutType(body); }

std::string startup(const std::vector<std::pair<std::string, std::string>>& parameters, uint32_t version) {
  std::string body = int32(version);
  for (const auto& [name, value] : parameters) body += cstring(name) + cstring(value);
  return withoutType(body + '\0');
}

std::string sslRequest() { return withoutType(int32(80877103)); }
std::string gssEncRequest() { return withoutType(int32(80877104)); }

std::string cancelRequest(uint32_t pid, std::string_view secret) {
  return withoutType(int32(80877102) + int32(pid) + std::string(secret));
}

std::string password(std::string_view text) { return message('p', cstring(text)); }

std::string md5Password(std::string_view user, std::string_view password, std::string_view salt) {
  return message(
      'p', cstring("md5" + md5Hex(md5Hex(std::string(password) + std::string(user)) + std::string(salt))));
}

std::string saslInitialResponse(std::string_view mechanism, std::string_view data) {
  return message('p', cstring(mechanism) + int32(static_cast<uint32_t>(data.size())) + std::string(data));
}
std::string saslResponse(std::string_view data) { return message('p', data); }

std::string query(std::string_view sql) { return message('Q', cstring(sql)); }

std::string parse(std::string_view statement, std::string_view sql) {
  return message('P', cstring(statement) + cstring(sql) + int16(0));
}

std::string bind(std::string_view portal, std::string_view statement,
                 const std::vector<std::optional<std::string>>& values) {
  std::string body =
      cstring(portal) + cstring(statement) + int16(0) + int16(static_cast<uint16_t>(values.size()));
  for (const auto& value : values) {
    body += value ? int32(static_cast<uint32_t>(value->size())) + *value : int32(UINT32_MAX);  // -1: NULL
  }
  return message('B', body + int16(0));
}

std::string describe(char kind, std::string_view name) { return message('D', kind + cstring(name)); }
std::string execute(std::string_view portal, uint32_t max_rows) {
  return message('E', cstring(portal) + int32(max_rows));
}
std::string close(char kind, std::string_view name) { return message('C', kind + cstring(name)); }
std::string sync() { return message('S', ""); }
std::string flush() { return message('H', ""); }
std::string terminate() { return message('X', ""); }
std::string copyData(std::string_view data) { return message('d', data); }
std::string copyDone() { return message('c', ""); }
std::string copyFail(std::string_view reason) { return message('f', cstring(reason)); }

}  // namespace forebay::rig::wire
