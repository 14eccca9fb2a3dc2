// A stored password, as auth_query and the userlist hand it in.
#include "pgproto/base64.h"
#include "pgproto/password.h"
#include "pgproto/scram_secret.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes text = asBytes(data, size);
  if (const auto raw = parseBase64(text))
    require(base64(*raw) == text, "base64 has one way to write a thing");

  const auto secret = parseScramSecret(text);
  require(secret.has_value() == (secretKind(text) == SecretKind::kScramSha256),
          "both readers agree what SCRAM is");
  if (!secret) return 0;
  require(secret->iterations >= 1, "a secret has iterations");
  const std::string again = formatScramSecret(*secret);
  require(again.size() <= text.size() && text.ends_with(again.substr(again.find(':'))),
          "a secret comes back as it was written, but for zeros in front of the iterations");
  const auto reparsed = parseScramSecret(again);
  require(reparsed && reparsed->iterations == secret->iterations && reparsed->salt == secret->salt,
          "iterations and salt come back");
  require(reparsed->stored_key == secret->stored_key && reparsed->server_key == secret->server_key,
          "the keys come back");
  return 0;
}
