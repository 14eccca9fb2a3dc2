#include "pgproto/frame.h"
#include "pgproto/messages.h"
#include "pgproto/startup.h"

namespace forebay::pgproto {
namespace {

constexpr uint32_t kNone = 0xffffffff;  // the length -1: NULL, or no data at all

// Strings up to an empty one, which must be the last.
bool parseMechanisms(Reader& in, std::vector<Bytes>& out) {
  for (;;) {
    const Bytes mechanism = in.cstring();
    if (mechanism.empty()) return in.atEnd();
    out.push_back(mechanism);
  }
}

}  // namespace

bool parseParse(Bytes body, Parse& out) {
  Reader in(body);
  out.statement = in.cstring();
  out.sql = in.cstring();
  out.parameter_types = in.rest();
  const size_t count = in.int16();
  in.bytes(count * 4);
  return in.atEnd();
}

bool parseBind(Bytes body, Bind& out) {
  Reader in(body);
  out.portal = in.cstring();
  out.statement = in.cstring();
  out.rest = in.rest();
  return in.ok();
}

bool parseTarget(Bytes body, Target& out) {
  Reader in(body);
  out.kind = static_cast<char>(in.byte());
  out.name = in.cstring();
  return in.atEnd() && (out.kind == 'S' || out.kind == 'P');
}

bool parseExecute(Bytes body, Execute& out) {
  Reader in(body);
  out.portal = in.cstring();
  const auto max_rows = static_cast<int32_t>(in.int32());
  out.max_rows = max_rows > 0 ? static_cast<uint32_t>(max_rows) : 0;
  return in.atEnd();
}

bool parseParameterStatus(Bytes body, NamedValue& out) {
  Reader in(body);
  out.name = in.cstring();
  out.value = in.cstring();
  return in.atEnd();
}

bool parseBackendKeyData(Bytes body, BackendKey& out) {
  Reader in(body);
  out.pid = in.int32();
  out.secret = in.rest();
  return in.ok() && out.secret.size() >= kMinCancelSecret && out.secret.size() <= kMaxCancelSecret;
}

bool parseAuthentication(Bytes body, Authentication& out) {
  Reader in(body);
  out.request = static_cast<AuthRequest>(in.int32());
  out.data = in.rest();
  out.mechanisms.clear();
  if (!in.ok()) return false;
  switch (out.request) {
    case AuthRequest::kOk:
    case AuthRequest::kKerberosV5:
    case AuthRequest::kCleartextPassword:
    case AuthRequest::kGss:
    case AuthRequest::kSspi: return in.atEnd();
    case AuthRequest::kMd5Password: return out.data.size() == 4;
    case AuthRequest::kSasl: return parseMechanisms(in, out.mechanisms);
    case AuthRequest::kGssContinue:
    case AuthRequest::kSaslContinue:
    case AuthRequest::kSaslFinal: return true;
  }
  return false;  // a number that the protocol does not name
}

bool parseSaslInitialResponse(Bytes body, SaslInitialResponse& out) {
  Reader in(body);
  out.mechanism = in.cstring();
  const uint32_t length = in.int32();
  out.data = in.bytes(length == kNone ? 0 : length);
  return in.atEnd();
}

bool parseDataRow(Bytes body, std::vector<std::optional<Bytes>>& out) {
  out.clear();
  Reader in(body);
  const size_t count = in.int16();
  for (size_t i = 0; i < count && in.ok(); ++i) {
    const uint32_t length = in.int32();
    if (length == kNone) {
      out.emplace_back(std::nullopt);
    } else {
      out.emplace_back(in.bytes(length));
    }
  }
  return in.atEnd();
}

}  // namespace forebay::pgproto
