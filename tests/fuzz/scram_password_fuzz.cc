// Passwords: two lines of any bytes, one stored and one typed. Whoever types the stored one gets in, by every
// method and whatever SASLprep makes of it; nobody gets in by one method and not by another.
#include "tests/fuzz/scram.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

constexpr Bytes kUser = "app";

// The whole exchange between our client and our server.
bool logsIn(Bytes typed, const ScramSecret& secret) {
  ScramServer server{secret, std::string(kServerNonce), std::string(kEndPointData)};
  ScramClient client{std::string(typed), std::string(kClientNonce)};
  const auto server_first = server.first(kScramSha256Plus, client.first(std::string(kEndPointData), true));
  require(server_first.ok(), "the server understands our client");
  const auto client_final = client.final(*server_first);
  require(client_final.ok(), "our client understands the server");
  const auto server_final = server.final(*client_final);
  if (!server_final) return false;
  require(client.verify(*server_final).ok(), "the server that let us in knew the password");
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes rest = asBytes(data, size);
  const Bytes stored = takeLine(rest), typed = takeLine(rest);
  const ScramSecret secret = makeScramSecret(stored, kSalt, kIterations);
  require(logsIn(stored, secret), "the password that was stored gets in");
  if (typed.empty()) return 0;  // never matches, and never reaches an exchange
  require(logsIn(typed, secret) == passwordMatches(kUser, typed, formatScramSecret(secret)),
          "typed in plain or proved by SCRAM, a password matches or it does not");

  const std::string md5 = md5Secret(kUser, stored);
  require(md5.empty() || passwordMatches(kUser, typed, md5) == (typed == stored),
          "md5 takes the bytes as they are");
  const std::string response = md5Response(kUser, typed, "salt");
  require(md5.empty() || verifyMd5Response(kUser, md5, "salt", response) == (typed == stored) ||
              secretKind(typed) == SecretKind::kMd5,
          "and so does its response");
  return 0;
}
