#include "gateway/admin/answer.h"

#include <utility>

#include "pgproto/messages.h"

namespace forebay::admin::answer {

std::string complete(std::string_view tag) {
  std::string out;
  pgproto::appendCommandComplete(out, tag);
  pgproto::appendReadyForQuery(out, 'I');
  return out;
}

std::string complete(std::string_view tag, pgproto::ErrorReport notice) {
  notice.severity = "NOTICE";
  notice.sqlstate = "00000";
  std::string out;
  pgproto::appendNoticeResponse(out, notice);
  return out + complete(tag);
}

std::string emptyQuery() {
  std::string out;
  pgproto::appendEmptyQueryResponse(out);
  pgproto::appendReadyForQuery(out, 'I');
  return out;
}

std::string error(std::string_view sqlstate, std::string message, std::string detail, std::string hint) {
  std::string out;
  pgproto::appendErrorResponse(out,
                               {"ERROR", sqlstate, std::move(message), std::move(detail), std::move(hint)});
  pgproto::appendReadyForQuery(out, 'I');
  return out;
}

}  // namespace forebay::admin::answer
