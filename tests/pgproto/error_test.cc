#include "pgproto/error.h"

#include <gtest/gtest.h>

#include <string>

#include "pgproto/frame.h"

namespace forebay::pgproto {
namespace {

std::string errorResponse(const ErrorReport& report) {
  std::string out;
  appendErrorResponse(out, report);
  return out;
}

Bytes bodyOf(const std::string& message, char type) {
  Frame frame;
  EXPECT_EQ(scanFrame(message, 100000, frame), Scan::kFrame);
  EXPECT_EQ(frame.whole.size(), message.size());
  EXPECT_EQ(frame.type, type);
  return frame.body;
}

ErrorFields parsed(Bytes body) {
  ErrorFields fields;
  EXPECT_TRUE(parseErrorFields(body, fields));
  return fields;
}

TEST(ErrorResponse, CarriesWhatIsReportedInPostgresOrder) {
  const std::string message = errorResponse({.severity = "FATAL",
                                             .sqlstate = sqlstate::kTooManyConnections,
                                             .message = "no more connections allowed",
                                             .detail = "pool shop/app",
                                             .hint = "raise default_pool_size"});
  const ErrorFields fields = parsed(bodyOf(message, 'E'));
  const std::vector<std::pair<char, Bytes>> expected = {
      {'S', "FATAL"},         {'V', "FATAL"},
      {'C', "53300"},         {'M', "no more connections allowed"},
      {'D', "pool shop/app"}, {'H', "raise default_pool_size"}};
  EXPECT_EQ(fields.fields, expected);
}

TEST(ErrorResponse, LeavesOutAnEmptyDetailAndHint) {
  const std::string message = errorResponse({.sqlstate = "57P01", .message = "going down"});
  EXPECT_EQ(bodyOf(message, 'E'), Bytes("SFATAL\0VFATAL\0C57P01\0Mgoing down\0\0", 34));
}

TEST(ErrorResponse, HasASqlstateEvenWhenNoneIsGiven) {
  EXPECT_EQ(parsed(bodyOf(errorResponse({.severity = "ERROR", .message = "x"}), 'E')).sqlstate(), "XX000");
  std::string notice;
  appendNoticeResponse(notice, {.severity = "WARNING", .message = "x"});
  appendNoticeResponse(notice, {.severity = "NOTICE", .message = "x"});
  Frame first;
  ASSERT_EQ(scanFrame(notice, 1000, first), Scan::kFrame);
  EXPECT_EQ(parsed(first.body).sqlstate(), "01000");
  EXPECT_EQ(parsed(bodyOf(notice.substr(first.whole.size()), 'N')).sqlstate(), "00000");
}

TEST(ErrorResponse, CutsATextAtAZeroByteInsteadOfSendingFieldsThatNobodyMeant) {
  const std::string message = errorResponse({.sqlstate = "08006", .message = std::string("bad\0Hhint", 9)});
  const ErrorFields fields = parsed(bodyOf(message, 'E'));
  EXPECT_EQ(fields.message(), "bad");
  EXPECT_EQ(fields.get('H'), "");
}

TEST(NoticeResponse, IsAnErrorResponseByAnotherName) {
  std::string notice;
  appendNoticeResponse(notice, {.severity = "NOTICE", .sqlstate = "00000", .message = "queued"});
  const ErrorFields fields = parsed(bodyOf(notice, 'N'));
  EXPECT_EQ(fields.severity(), "NOTICE");
  EXPECT_EQ(fields.message(), "queued");
}

TEST(ErrorFields, KeepEveryTypeTheProtocolNamesAndThoseItMayNameLater) {
  const std::string types = "SVCMDHPpqWscndtFLRz\x01\xff";
  std::string body;
  for (const char type : types) {
    body.push_back(type);
    appendCString(body, std::string("value of ") + type);
  }
  body.push_back('\0');
  const ErrorFields fields = parsed(body);
  ASSERT_EQ(fields.fields.size(), types.size());
  for (const char type : types) EXPECT_EQ(fields.get(type), std::string("value of ") + type);
}

TEST(ErrorFields, AreViewsIntoTheBody) {
  const std::string body("Mtext\0\0", 7);
  EXPECT_EQ(parsed(body).message().data(), body.data() + 1);
}

TEST(ErrorFields, MayLackAnyField) {
  const ErrorFields none = parsed(Bytes("\0", 1));
  EXPECT_TRUE(none.fields.empty());
  EXPECT_EQ(none.sqlstate(), "");
  EXPECT_EQ(none.message(), "");
  EXPECT_EQ(none.severity(), "");
  const ErrorFields without_sqlstate = parsed(Bytes("SERROR\0Mtext\0\0", 14));
  EXPECT_EQ(without_sqlstate.sqlstate(), "");
  EXPECT_EQ(without_sqlstate.message(), "text");
}

TEST(ErrorFields, PreferTheSeverityThatIsNotTranslated) {
  EXPECT_EQ(parsed(Bytes("SFEHLER\0VERROR\0\0", 16)).severity(), "ERROR");
  EXPECT_EQ(parsed(Bytes("SFEHLER\0\0", 9)).severity(), "FEHLER") << "servers before 9.6 send no 'V'";
}

TEST(ErrorFields, GiveTheFirstOfARepeatedType) { EXPECT_EQ(parsed(Bytes("Ma\0Mb\0\0", 7)).message(), "a"); }

TEST(ErrorFields, AreMalformedWhenCutAnywhere) {
  const std::string message = errorResponse({.sqlstate = "57P01", .message = "going", .hint = "wait"});
  const Bytes body = bodyOf(message, 'E');
  for (size_t n = 0; n < body.size(); ++n) {
    ErrorFields fields;
    EXPECT_FALSE(parseErrorFields(body.substr(0, n), fields)) << "with " << n << " bytes";
  }
}

TEST(ErrorFields, KeepWhatCameBeforeTheMalformedPlace) {
  ErrorFields fields;
  EXPECT_FALSE(parseErrorFields(Bytes("C57P01\0Mgoing do", 16), fields));
  EXPECT_EQ(fields.sqlstate(), "57P01");
  EXPECT_EQ(fields.message(), "");
}

TEST(ErrorFields, AreMalformedWithBytesBehindTheEnd) {
  ErrorFields fields;
  EXPECT_FALSE(parseErrorFields(Bytes("Mtext\0\0more", 11), fields));
}

}  // namespace
}  // namespace forebay::pgproto
