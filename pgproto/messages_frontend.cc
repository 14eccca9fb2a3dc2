// Messages from client to server.
#include "pgproto/message_builder.h"
#include "pgproto/messages.h"

namespace forebay::pgproto {
namespace {

// Portal and statement unnamed, the parameter and all results in text format.
void appendBindOne(std::string& out, Bytes parameter) {
  MessageBuilder message(out, 'B');
  appendCString(out, "");
  appendCString(out, "");
  appendBe16(out, 0);
  appendBe16(out, 1);
  appendBe32(out, static_cast<uint32_t>(parameter.size()));
  out.append(parameter);
  appendBe16(out, 0);
}

void appendTarget(std::string& out, char type, char kind, Bytes name) {
  MessageBuilder message(out, type);
  out.push_back(kind);
  appendCString(out, name);
}

void appendExecuteAll(std::string& out, Bytes portal) {
  MessageBuilder message(out, 'E');
  appendCString(out, portal);
  appendBe32(out, 0);
}

}  // namespace

void appendQuery(std::string& out, Bytes sql) {
  MessageBuilder message(out, 'Q');
  appendCString(out, sql);
}

void appendParse(std::string& out, Bytes statement, Bytes sql, Bytes raw_parameter_types) {
  MessageBuilder message(out, 'P');
  appendCString(out, statement);
  appendCString(out, sql);
  if (raw_parameter_types.empty()) {
    appendBe16(out, 0);
  } else {
    out.append(raw_parameter_types);
  }
}

void appendSync(std::string& out) { MessageBuilder message(out, 'S'); }

void appendTerminate(std::string& out) { MessageBuilder message(out, 'X'); }

void appendCloseStatement(std::string& out, Bytes statement) { appendTarget(out, 'C', 'S', statement); }

void appendPasswordMessage(std::string& out, Bytes password) {
  MessageBuilder message(out, 'p');
  appendCString(out, password);
}

void appendSaslInitialResponse(std::string& out, Bytes mechanism, Bytes data) {
  MessageBuilder message(out, 'p');
  appendCString(out, mechanism);
  appendBe32(out, static_cast<uint32_t>(data.size()));
  out.append(data);
}

void appendSaslResponse(std::string& out, Bytes data) {
  MessageBuilder message(out, 'p');
  out.append(data);
}

void appendQueryWithParameter(std::string& out, Bytes sql, Bytes parameter) {
  appendParse(out, "", sql, {});
  appendBindOne(out, parameter);
  appendTarget(out, 'D', 'P', "");
  appendExecuteAll(out, "");
  appendSync(out);
}

}  // namespace forebay::pgproto
