#include "pgproto/error.h"

#include "pgproto/frame.h"
#include "pgproto/message_builder.h"

namespace forebay::pgproto {
namespace {

// What PostgreSQL's ereport() fills in when no code is given.
Bytes defaultSqlstate(Bytes severity) {
  if (severity == "ERROR" || severity == "FATAL" || severity == "PANIC") return "XX000";
  return severity == "WARNING" ? "01000" : "00000";
}

// Detail and hint may quote what others said. A zero byte in it would end the field and turn the rest into
// fields.
void appendField(std::string& out, char type, Bytes text) {
  out.push_back(type);
  appendCString(out, text.substr(0, text.find('\0')));
}

void appendReport(std::string& out, char type, const ErrorReport& report) {
  MessageBuilder message(out, type);
  appendField(out, 'S', report.severity);
  appendField(out, 'V', report.severity);
  appendField(out, 'C', report.sqlstate.empty() ? defaultSqlstate(report.severity) : report.sqlstate);
  appendField(out, 'M', report.message);
  if (!report.detail.empty()) appendField(out, 'D', report.detail);
  if (!report.hint.empty()) appendField(out, 'H', report.hint);
  out.push_back('\0');
}

}  // namespace

void appendErrorResponse(std::string& out, const ErrorReport& report) { appendReport(out, 'E', report); }

void appendNoticeResponse(std::string& out, const ErrorReport& report) { appendReport(out, 'N', report); }

Bytes ErrorFields::get(char type) const {
  for (const auto& [field, value] : fields) {
    if (field == type) return value;
  }
  return {};
}

Bytes ErrorFields::severity() const {
  const Bytes untranslated = get('V');
  return untranslated.empty() ? get('S') : untranslated;
}

bool parseErrorFields(Bytes body, ErrorFields& out) {
  out.fields.clear();
  Reader in(body);
  while (const uint8_t type = in.byte()) {  // zero ends the list, and a failed read reads as zero
    const Bytes value = in.cstring();
    if (!in.ok()) return false;
    out.fields.emplace_back(static_cast<char>(type), value);
  }
  return in.atEnd();
}

}  // namespace forebay::pgproto
