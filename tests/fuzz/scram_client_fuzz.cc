// A server's half of the exchange against ScramClient: server-first-message and server-final-message, one a
// line. A first byte '+' means TLS and an offer of SCRAM-SHA-256-PLUS. The client logs in with keys: the
// iterations that a server asks for then cost nothing.
#include "pgproto/base64.h"
#include "pgproto/scram_crypto.h"
#include "tests/fuzz/scram.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

const ScramClientKeys& keys() {
  static const ScramClientKeys made = deriveKeys(kPassword, kSalt, kIterations);
  return made;
}

// What a server that knows the keys would sign.
std::string signatureFor(const std::string& client_first, Bytes server_first, Bytes client_final) {
  const Bytes bare = Bytes(client_first).substr(client_first.find("n=,r="));
  const std::string auth_message = std::string(bare) + "," + std::string(server_first) + "," +
                                   std::string(client_final.substr(0, client_final.find(",p=")));
  return "v=" + base64(bytesOf(hmac(bytesOf(keys().server_key), auth_message)));
}

void checkClientFinal(Bytes client_final, Bytes server_first) {
  require(client_final.starts_with("c="), "the client repeats its channel binding");
  const Bytes nonce = server_first.substr(2, server_first.find(',') - 2);
  require(nonce.starts_with(kClientNonce) && nonce.size() > kClientNonce.size(),
          "the server's nonce continues ours");
  require(client_final.find(std::string(",r=").append(nonce) + ",p=") != Bytes::npos,
          "the client answers that nonce");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes rest = asBytes(data, size);
  const bool plus = rest.starts_with('+');
  if (plus) rest.remove_prefix(1);
  const Bytes server_first = takeLine(rest), server_final = takeLine(rest);

  ScramClient client{keys(), std::string(kClientNonce)};
  const std::string client_first = client.first(std::string(plus ? kEndPointData : ""), plus);
  require(client.mechanism() == (plus ? kScramSha256Plus : kScramSha256),
          "channel binding when there is a channel");
  const auto client_final = client.final(server_first);
  if (!client_final) {
    requireLoggable(client_final.error());
    require(!client.verify(server_final).ok() && !client.verified(), "an exchange that failed stays failed");
    return 0;
  }
  checkClientFinal(*client_final, server_first);
  const bool right = server_final == signatureFor(client_first, server_first, *client_final);
  const Status verified = client.verify(server_final);
  require(verified.ok() == right && client.verified() == right,
          "only a server that knows the keys is believed");
  if (!verified) requireLoggable(verified.error());
  return 0;
}
