// A client's half of the exchange against ScramServer: mechanism, client-first-message and
// client-final-message, one a line. A first byte '+' means that the client came over TLS.
#include "pgproto/scram_crypto.h"
#include "tests/fuzz/scram.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

const ScramSecret& secret() {
  static const ScramSecret made = makeScramSecret(kPassword, kSalt, kIterations);
  return made;
}

void checkServerFirst(const std::string& server_first, Bytes client_first) {
  require(server_first.starts_with("r=") && server_first.ends_with(",i=2"), "the server asks what it must");
  const Bytes nonce = Bytes(server_first).substr(2, server_first.find(',') - 2);
  require(nonce.ends_with(kServerNonce) && nonce.size() > kServerNonce.size(),
          "the nonce is the client's and ours");
  const Bytes client_nonce = nonce.substr(0, nonce.size() - kServerNonce.size());
  require(client_first.find(std::string(",r=").append(client_nonce)) != Bytes::npos,
          "the client's is what it sent");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes rest = asBytes(data, size);
  const bool tls = rest.starts_with('+');
  if (tls) rest.remove_prefix(1);
  const Bytes mechanism = takeLine(rest), client_first = takeLine(rest), client_final = takeLine(rest);

  ScramServer server{secret(), std::string(kServerNonce), std::string(tls ? kEndPointData : "")};
  const auto server_first = server.first(mechanism, client_first);
  if (server_first) {
    checkServerFirst(*server_first, client_first);
  } else {
    requireLoggable(server_first.error());
  }
  const auto server_final = server.final(client_final);
  require(server_first.ok() || !server_final.ok(), "an exchange that failed stays failed");
  if (server_final) {
    require(storedKeyOf(server.keys().client_key) == secret().stored_key,
            "only who knows the password gets in");
    require(server_final.value().starts_with("v="), "and is shown that we know it too");
  } else {
    requireLoggable(server_final.error());
  }
  require(!server.final(client_final).ok() && !server.first(mechanism, client_first).ok(),
          "one object, one exchange");
  return 0;
}
