// The body of an ErrorResponse from a server, and texts that Forebay quotes in its own.
#include <string>

#include "pgproto/error.h"
#include "pgproto/frame.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

void checkParsed(Bytes body) {
  ErrorFields parsed;
  const bool whole = parseErrorFields(body, parsed);
  std::string again;
  for (const auto& [type, value] : parsed.fields) {
    requireInside(value, body);
    requireInside(parsed.get(type), body);
    again.push_back(type);
    appendCString(again, value);
  }
  if (whole) again.push_back('\0');
  require(body.starts_with(again), "fields come back as they were sent, up to a malformed place");
  require(!whole || body == again, "a whole body has nothing but fields");
}

void checkQuoted(Bytes text) {
  std::string message;
  appendErrorResponse(message, {.message = std::string(text), .detail = std::string(text)});
  Frame frame;
  require(scanFrame(message, 1u << 30, frame) == Scan::kFrame && frame.whole == message,
          "a report is one message");
  ErrorFields parsed;
  require(parseErrorFields(frame.body, parsed), "a report is well-formed, whatever it quotes");
  require(parsed.message() == text.substr(0, text.find('\0')), "a text is quoted up to a zero byte");
  require(parsed.fields.size() == (text.empty() ? 4 : 5), "no quoted text adds a field");
  require(parsed.sqlstate() == "XX000", "a report has a SQLSTATE");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  checkParsed(asBytes(data, size));
  checkQuoted(asBytes(data, size));
  return 0;
}
