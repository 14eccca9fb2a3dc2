// Builders for the messages that Forebay itself sends, and decoders for those whose insides it must know.
// Each append...() adds one whole message to `out`.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace forebay::pgproto {

// From server to client.
void appendAuthenticationOk(std::string& out);
void appendAuthenticationCleartextPassword(std::string& out);
void appendAuthenticationMd5Password(std::string& out, Bytes salt4);
void appendAuthenticationSasl(std::string& out, const std::vector<Bytes>& mechanisms);
void appendAuthenticationSaslContinue(std::string& out, Bytes data);
void appendAuthenticationSaslFinal(std::string& out, Bytes data);
void appendParameterStatus(std::string& out, Bytes name, Bytes value);
void appendBackendKeyData(std::string& out, uint32_t pid, Bytes secret);
void appendReadyForQuery(std::string& out, char status);
void appendCommandComplete(std::string& out, Bytes tag);
void appendEmptyQueryResponse(std::string& out);
void appendParseComplete(std::string& out);
void appendCloseComplete(std::string& out);

struct Column {
  Bytes name;
  uint32_t type_oid = 25;  // text
  int16_t type_size = -1;
};
void appendRowDescription(std::string& out, const std::vector<Column>& columns);
// In text format; nullopt: NULL.
void appendDataRow(std::string& out, const std::vector<std::optional<std::string>>& values);

// From client to server.
void appendQuery(std::string& out, Bytes sql);
// `raw_parameter_types` as Parse::parameter_types below; empty: none given.
void appendParse(std::string& out, Bytes statement, Bytes sql, Bytes raw_parameter_types);
void appendSync(std::string& out);
void appendTerminate(std::string& out);
void appendCloseStatement(std::string& out, Bytes statement);
void appendPasswordMessage(std::string& out, Bytes password);
void appendSaslInitialResponse(std::string& out, Bytes mechanism, Bytes data);
void appendSaslResponse(std::string& out, Bytes data);
// One parameter in text format, for auth_query: Parse, Bind, Describe, Execute, Sync.
void appendQueryWithParameter(std::string& out, Bytes sql, Bytes parameter);

// Decoders: false for a malformed body. Views point into it.
struct Parse {
  Bytes statement, sql;
  Bytes parameter_types;  // raw: Int16 count and that many Int32 OIDs
};
bool parseParse(Bytes body, Parse& out);

struct Bind {
  Bytes portal, statement;
  Bytes rest;  // formats, values, result formats: passed on as they are
};
bool parseBind(Bytes body, Bind& out);

struct Target {  // Describe and Close: 'S' a statement or 'P' a portal
  char kind = 0;
  Bytes name;
};
bool parseTarget(Bytes body, Target& out);

struct Execute {
  Bytes portal;
  uint32_t max_rows = 0;  // 0: all, for which a client may also send a negative number
};
bool parseExecute(Bytes body, Execute& out);

struct NamedValue {
  Bytes name, value;
};
bool parseParameterStatus(Bytes body, NamedValue& out);

struct BackendKey {
  uint32_t pid = 0;
  Bytes secret;  // 4 to 256 bytes
};
bool parseBackendKeyData(Bytes body, BackendKey& out);

enum class AuthRequest : uint32_t {
  kOk = 0,
  kKerberosV5 = 2,
  kCleartextPassword = 3,
  kMd5Password = 5,
  kGss = 7,
  kGssContinue = 8,
  kSspi = 9,
  kSasl = 10,
  kSaslContinue = 11,
  kSaslFinal = 12,
};
struct Authentication {
  AuthRequest request = AuthRequest::kOk;
  Bytes data;                     // the salt, or what SASL or GSS say
  std::vector<Bytes> mechanisms;  // kSasl
};
bool parseAuthentication(Bytes body, Authentication& out);

struct SaslInitialResponse {
  Bytes mechanism, data;  // data is empty also when the client sends none (length -1)
};
bool parseSaslInitialResponse(Bytes body, SaslInitialResponse& out);

// Column values of a DataRow; nullopt: NULL.
bool parseDataRow(Bytes body, std::vector<std::optional<Bytes>>& out);

}  // namespace forebay::pgproto
