#include "pgproto/saslprep.h"

#include <openssl/crypto.h>
#include <stringprep.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

namespace forebay::pgproto {
namespace {

// NFKC makes 18 characters of one in the worst case (U+FDFA).
constexpr size_t kMaxExpansion = 18;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

bool isAscii(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string saslPrep(Bytes password) {
  // PostgreSQL leaves ASCII alone, control characters included, which RFC 4013 would refuse.
  if (isAscii(password) || password.find('\0') != Bytes::npos) return std::string(password);

  size_t decoded_size = 0;
  const std::unique_ptr<uint32_t, Free> decoded(
      stringprep_utf8_to_ucs4(password.data(), static_cast<ssize_t>(password.size()), &decoded_size));
  if (!decoded) return std::string(password);  // not UTF-8

  // stringprep() itself would try again and again with a buffer that grows by 50: give it all the room at
  // once.
  std::vector<uint32_t> characters(decoded_size * kMaxExpansion + 1);
  std::copy_n(decoded.get(), decoded_size, characters.begin());
  size_t size = decoded_size;
  const int rc = stringprep_4i(characters.data(), &size, characters.size(), STRINGPREP_NO_UNASSIGNED,
                               stringprep_saslprep);

  std::string prepared(password);
  if (rc == STRINGPREP_OK && size > 0) {
    size_t bytes = 0;
    const std::unique_ptr<char, Free> utf8(
        stringprep_ucs4_to_utf8(characters.data(), static_cast<ssize_t>(size), nullptr, &bytes));
    if (utf8) {
      prepared.assign(utf8.get(), bytes);
      OPENSSL_cleanse(utf8.get(), bytes);
    }
  }
  OPENSSL_cleanse(decoded.get(), decoded_size * sizeof(uint32_t));
  OPENSSL_cleanse(characters.data(), characters.size() * sizeof(uint32_t));
  return prepared;
}

}  // namespace forebay::pgproto
