// What is said around a login: Authentication, ParameterStatus and BackendKeyData from a server,
// SASLInitialResponse from a client. A type byte and a body.
#include <string>

#include "pgproto/message_builder.h"
#include "pgproto/messages.h"
#include "pgproto/startup.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

std::string message(char type, Bytes body) {
  std::string out;
  MessageBuilder building(out, type);
  out.append(body);
  return out;
}

void appendAuthentication(std::string& out, const Authentication& parsed) {
  switch (parsed.request) {
    case AuthRequest::kOk: return appendAuthenticationOk(out);
    case AuthRequest::kCleartextPassword: return appendAuthenticationCleartextPassword(out);
    case AuthRequest::kMd5Password: return appendAuthenticationMd5Password(out, parsed.data);
    case AuthRequest::kSasl: return appendAuthenticationSasl(out, parsed.mechanisms);
    case AuthRequest::kSaslContinue: return appendAuthenticationSaslContinue(out, parsed.data);
    case AuthRequest::kSaslFinal: return appendAuthenticationSaslFinal(out, parsed.data);
    case AuthRequest::kKerberosV5:
    case AuthRequest::kGss:
    case AuthRequest::kGssContinue:
    case AuthRequest::kSspi: return;  // never sent by Forebay
  }
  require(false, "a request has a name");
}

void checkAuthentication(Bytes body) {
  Authentication parsed;
  if (!parseAuthentication(body, parsed)) return;
  requireInside(parsed.data, body);
  for (const Bytes mechanism : parsed.mechanisms) {
    requireInside(mechanism, body);
    require(!mechanism.empty(), "an empty name ends the mechanisms");
  }
  std::string again;
  appendAuthentication(again, parsed);
  if (!again.empty()) require(again == message('R', body), "Authentication comes back as it was sent");
}

void checkParameterStatus(Bytes body) {
  NamedValue parsed;
  if (!parseParameterStatus(body, parsed)) return;
  requireInside(parsed.name, body);
  requireInside(parsed.value, body);
  std::string again;
  appendParameterStatus(again, parsed.name, parsed.value);
  require(again == message('S', body), "ParameterStatus comes back as it was sent");
}

void checkBackendKeyData(Bytes body) {
  BackendKey parsed;
  if (!parseBackendKeyData(body, parsed)) return;
  requireInside(parsed.secret, body);
  require(parsed.secret.size() >= kMinCancelSecret && parsed.secret.size() <= kMaxCancelSecret,
          "a cancel secret has an allowed size");
  std::string again;
  appendBackendKeyData(again, parsed.pid, parsed.secret);
  require(again == message('K', body), "BackendKeyData comes back as it was sent");
}

void checkSaslInitialResponse(Bytes body) {
  SaslInitialResponse parsed;
  if (!parseSaslInitialResponse(body, parsed)) return;
  requireInside(parsed.mechanism, body);
  requireInside(parsed.data, body);
  std::string again;
  appendSaslInitialResponse(again, parsed.mechanism, parsed.data);
  const bool without_data = body.substr(parsed.mechanism.size() + 1) == "\xff\xff\xff\xff";
  require(without_data || again == message('p', body), "SASLInitialResponse comes back as it was sent");
  require(!without_data || parsed.data.empty(), "without data there is none");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes body = asBytes(data, size).substr(1);
  switch (data[0]) {
    case 'R': checkAuthentication(body); break;
    case 'S': checkParameterStatus(body); break;
    case 'K': checkBackendKeyData(body); break;
    case 'p': checkSaslInitialResponse(body); break;
    default: break;
  }
  return 0;
}
