// The errors that Forebay itself reports to clients: what happened, where, and what to do, with the SQLSTATE
// that drivers expect.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "pgproto/error.h"

namespace forebay::postgres {

// A whole ErrorResponse.
inline std::string errorResponse(std::string_view sqlstate, std::string message, std::string detail = {},
                                 std::string hint = {}, std::string_view severity = "FATAL") {
  std::string out;
  pgproto::appendErrorResponse(out,
                               {severity, sqlstate, std::move(message), std::move(detail), std::move(hint)});
  return out;
}

inline std::string noticeResponse(std::string_view sqlstate, std::string message, std::string detail = {},
                                  std::string hint = {}) {
  std::string out;
  pgproto::appendNoticeResponse(out,
                                {"NOTICE", sqlstate, std::move(message), std::move(detail), std::move(hint)});
  return out;
}

// What a client hears that must leave because the gateway stops.
std::string goodbye();

// How long something has lasted, as short as a person wants to read it: "87ms", "12s".
std::string elapsed(Duration time);

// Is this one of the parameters that a session can set, and so one that follows its client? The others that a
// server reports (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-ASYNC) tell of the
// server itself.
bool followsClient(Bytes parameter);

}  // namespace forebay::postgres
