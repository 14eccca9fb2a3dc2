// Parse, Bind, Describe, Close and Execute: a type byte and a body, as a client sends them.
#include <string>

#include "pgproto/frame.h"
#include "pgproto/message_builder.h"
#include "pgproto/messages.h"
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

void checkParse(Bytes body) {
  Parse parsed;
  if (!parseParse(body, parsed)) return;
  requireInside(parsed.statement, body);
  requireInside(parsed.sql, body);
  requireInside(parsed.parameter_types, body);
  require(parsed.parameter_types.size() == 2 + size_t{4} * readBe16(parsed.parameter_types),
          "types match their count");
  std::string again;
  appendParse(again, parsed.statement, parsed.sql, parsed.parameter_types);
  require(again == message('P', body), "Parse comes back as it was sent");
}

void checkBind(Bytes body) {
  Bind parsed;
  if (!parseBind(body, parsed)) return;
  requireInside(parsed.portal, body);
  requireInside(parsed.statement, body);
  requireInside(parsed.rest, body);
  std::string again;
  appendCString(again, parsed.portal);
  appendCString(again, parsed.statement);
  require(again.append(parsed.rest) == body, "Bind comes back as it was sent");
}

void checkTarget(char type, Bytes body) {
  Target parsed;
  if (!parseTarget(body, parsed)) return;
  require(parsed.kind == 'S' || parsed.kind == 'P', "a target is a statement or a portal");
  requireInside(parsed.name, body);
  if (type != 'C' || parsed.kind != 'S') return;
  std::string again;
  appendCloseStatement(again, parsed.name);
  require(again == message('C', body), "Close comes back as it was sent");
}

void checkExecute(Bytes body) {
  Execute parsed;
  if (!parseExecute(body, parsed)) return;
  requireInside(parsed.portal, body);
  const uint32_t sent = readBe32(body.substr(body.size() - 4));
  require(parsed.max_rows == (sent > 0x7fffffff ? 0 : sent), "a negative row limit is none");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes body = asBytes(data, size).substr(1);
  switch (const char type = static_cast<char>(data[0])) {
    case 'P': checkParse(body); break;
    case 'B': checkBind(body); break;
    case 'D':
    case 'C': checkTarget(type, body); break;
    case 'E': checkExecute(body); break;
    default: break;
  }
  return 0;
}
