// Messages from server to client.
#include <cassert>

#include "pgproto/message_builder.h"
#include "pgproto/messages.h"

namespace forebay::pgproto {
namespace {

void appendAuthentication(std::string& out, AuthRequest request, Bytes data = {}) {
  MessageBuilder message(out, 'R');
  appendBe32(out, static_cast<uint32_t>(request));
  out.append(data);
}

void appendEmpty(std::string& out, char type) { MessageBuilder message(out, type); }

}  // namespace

void appendAuthenticationOk(std::string& out) { appendAuthentication(out, AuthRequest::kOk); }

void appendAuthenticationCleartextPassword(std::string& out) {
  appendAuthentication(out, AuthRequest::kCleartextPassword);
}

void appendAuthenticationMd5Password(std::string& out, Bytes salt4) {
  assert(salt4.size() == 4);
  appendAuthentication(out, AuthRequest::kMd5Password, salt4);
}

void appendAuthenticationSasl(std::string& out, const std::vector<Bytes>& mechanisms) {
  MessageBuilder message(out, 'R');
  appendBe32(out, static_cast<uint32_t>(AuthRequest::kSasl));
  for (const Bytes mechanism : mechanisms) appendCString(out, mechanism);
  out.push_back('\0');
}

void appendAuthenticationSaslContinue(std::string& out, Bytes data) {
  appendAuthentication(out, AuthRequest::kSaslContinue, data);
}

void appendAuthenticationSaslFinal(std::string& out, Bytes data) {
  appendAuthentication(out, AuthRequest::kSaslFinal, data);
}

void appendParameterStatus(std::string& out, Bytes name, Bytes value) {
  MessageBuilder message(out, 'S');
  appendCString(out, name);
  appendCString(out, value);
}

void appendBackendKeyData(std::string& out, uint32_t pid, Bytes secret) {
  MessageBuilder message(out, 'K');
  appendBe32(out, pid);
  out.append(secret);
}

void appendReadyForQuery(std::string& out, char status) {
  MessageBuilder message(out, 'Z');
  out.push_back(status);
}

void appendCommandComplete(std::string& out, Bytes tag) {
  MessageBuilder message(out, 'C');
  appendCString(out, tag);
}

void appendEmptyQueryResponse(std::string& out) { appendEmpty(out, 'I'); }

void appendParseComplete(std::string& out) { appendEmpty(out, '1'); }

void appendCloseComplete(std::string& out) { appendEmpty(out, '3'); }

void appendRowDescription(std::string& out, const std::vector<Column>& columns) {
  MessageBuilder message(out, 'T');
  appendBe16(out, static_cast<uint16_t>(columns.size()));
  for (const Column& column : columns) {
    appendCString(out, column.name);
    appendBe32(out, 0);  // of no table
    appendBe16(out, 0);  // and so of no number in it
    appendBe32(out, column.type_oid);
    appendBe16(out, static_cast<uint16_t>(column.type_size));
    appendBe32(out, static_cast<uint32_t>(-1));  // no type modifier
    appendBe16(out, 0);                          // text format
  }
}

void appendDataRow(std::string& out, const std::vector<std::optional<std::string>>& values) {
  MessageBuilder message(out, 'D');
  appendBe16(out, static_cast<uint16_t>(values.size()));
  for (const auto& value : values) {
    if (!value) {
      appendBe32(out, static_cast<uint32_t>(-1));
      continue;
    }
    appendBe32(out, static_cast<uint32_t>(value->size()));
    out.append(*value);
  }
}

}  // namespace forebay::pgproto
