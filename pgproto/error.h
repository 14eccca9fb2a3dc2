// ErrorResponse and NoticeResponse, with every field that the protocol names.
// https://www.postgresql.org/docs/current/protocol-error-fields.html
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace forebay::pgproto {

// SQLSTATEs that Forebay itself sends. https://www.postgresql.org/docs/current/errcodes-appendix.html
namespace sqlstate {
inline constexpr std::string_view kProtocolViolation = "08P01";
inline constexpr std::string_view kConnectionFailure = "08006";
inline constexpr std::string_view kTransactionResolutionUnknown = "08007";
inline constexpr std::string_view kCannotConnectNow = "57P03";
inline constexpr std::string_view kAdminShutdown = "57P01";
inline constexpr std::string_view kReadOnlyTransaction = "25006";
inline constexpr std::string_view kQueryCanceled = "57014";
inline constexpr std::string_view kTooManyConnections = "53300";
inline constexpr std::string_view kInvalidPassword = "28P01";
inline constexpr std::string_view kInvalidAuthorization = "28000";
inline constexpr std::string_view kInvalidCatalogName = "3D000";
inline constexpr std::string_view kFeatureNotSupported = "0A000";
inline constexpr std::string_view kSerializationFailure = "40001";
inline constexpr std::string_view kDeadlockDetected = "40P01";
inline constexpr std::string_view kIdleInTransactionTimeout = "25P03";
inline constexpr std::string_view kTransactionTimeout = "25P04";
inline constexpr std::string_view kIdleSessionTimeout = "57P05";
inline constexpr std::string_view kInvalidSqlStatementName = "26000";
inline constexpr std::string_view kInvalidParameterValue = "22023";
inline constexpr std::string_view kSyntaxError = "42601";
inline constexpr std::string_view kInsufficientPrivilege = "42501";
}  // namespace sqlstate

// What Forebay tells a client. Empty detail and hint are left out.
struct ErrorReport {
  std::string_view severity = "FATAL";      // ERROR, FATAL, PANIC; NOTICE, WARNING ... for a notice
  std::string_view sqlstate{};              // empty: what PostgreSQL says for the severity, such as XX000
  std::string message{}, detail{}, hint{};  // a zero byte ends the text
};

void appendErrorResponse(std::string& out, const ErrorReport& report);
void appendNoticeResponse(std::string& out, const ErrorReport& report);

// The fields of an ErrorResponse's or NoticeResponse's body, as sent: views into it. Unknown types are kept.
struct ErrorFields {
  std::vector<std::pair<char, Bytes>> fields;  // 'S' severity, 'V' severity untranslated, 'C' SQLSTATE, ...

  Bytes get(char type) const;  // empty when there is none
  Bytes severity() const;      // 'V', else 'S'
  Bytes sqlstate() const { return get('C'); }
  Bytes message() const { return get('M'); }
};

// False when the body is malformed: `out` then holds the fields before the place. A body without SQLSTATE or
// message is well-formed; get() is empty then.
bool parseErrorFields(Bytes body, ErrorFields& out);

}  // namespace forebay::pgproto
