// The messages around the login, and what the server tells right after it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pgproto/messages.h"
#include "pgproto/startup.h"
#include "tests/pgproto/one_message.h"

namespace forebay::pgproto {
namespace {

TEST(ParameterStatus, ComesBackAsItWasSent) {
  const std::string message = built(appendParameterStatus, "TimeZone", "Europe/Berlin");
  const Bytes body = bodyOf(message, 'S');
  NamedValue parsed;
  ASSERT_TRUE(parseParameterStatus(body, parsed));
  EXPECT_EQ(parsed.name, "TimeZone");
  EXPECT_EQ(parsed.value, "Europe/Berlin");
  expectExactLength(parseParameterStatus, body);
}

TEST(BackendKeyData, KeepsSecretsOfEveryAllowedSize) {
  BackendKey key;
  for (size_t size = 0; size <= kMaxCancelSecret + 2; ++size) {
    const std::string secret(size, '\xc3');
    const std::string message = built(appendBackendKeyData, 0x80000001u, secret);
    const bool allowed = size >= kMinCancelSecret && size <= kMaxCancelSecret;
    ASSERT_EQ(parseBackendKeyData(bodyOf(message, 'K'), key), allowed) << size;
    if (!allowed) continue;
    EXPECT_EQ(key.pid, 0x80000001u);
    EXPECT_EQ(key.secret, secret);
  }
}

Authentication authentication(const std::string& message) {
  Authentication parsed;
  EXPECT_TRUE(parseAuthentication(bodyOf(message, 'R'), parsed));
  return parsed;
}

TEST(Authentication, ComesBackAsItWasSent) {
  EXPECT_EQ(authentication(built(appendAuthenticationOk)).request, AuthRequest::kOk);
  EXPECT_EQ(authentication(built(appendAuthenticationCleartextPassword)).request,
            AuthRequest::kCleartextPassword);

  const std::string md5 = built(appendAuthenticationMd5Password, Bytes("\0\1\2\3", 4));
  EXPECT_EQ(authentication(md5).request, AuthRequest::kMd5Password);
  EXPECT_EQ(authentication(md5).data, Bytes("\0\1\2\3", 4));
  expectExactLength(parseAuthentication, bodyOf(md5, 'R'));

  const std::string sasl = built(appendAuthenticationSasl, {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"});
  EXPECT_EQ(authentication(sasl).request, AuthRequest::kSasl);
  EXPECT_EQ(authentication(sasl).mechanisms, (std::vector<Bytes>{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}));
  expectExactLength(parseAuthentication, bodyOf(sasl, 'R'));

  const std::string more = built(appendAuthenticationSaslContinue, "r=nonce");
  EXPECT_EQ(authentication(more).request, AuthRequest::kSaslContinue);
  EXPECT_EQ(authentication(more).data, "r=nonce");
  const std::string final = built(appendAuthenticationSaslFinal, "v=proof");
  EXPECT_EQ(authentication(final).request, AuthRequest::kSaslFinal);
  EXPECT_EQ(authentication(final).data, "v=proof");
}

TEST(Authentication, RefusesNumbersTheProtocolDoesNotName) {
  for (const uint32_t number : {1u, 4u, 6u, 13u, 0xffffffffu}) {
    std::string body;
    appendBe32(body, number);
    Authentication parsed;
    EXPECT_FALSE(parseAuthentication(body, parsed)) << number;
  }
}

TEST(Authentication, RefusesBytesBehindARequestThatHasNone) {
  Authentication parsed;
  EXPECT_FALSE(parseAuthentication(Bytes("\0\0\0\0x", 5), parsed));
  EXPECT_FALSE(parseAuthentication(Bytes("\0\0\0\3x", 5), parsed));
}

TEST(SaslInitialResponse, ComesBackAsItWasSent) {
  const std::string message = built(appendSaslInitialResponse, "SCRAM-SHA-256", "n,,n=,r=nonce");
  const Bytes body = bodyOf(message, 'p');
  SaslInitialResponse parsed;
  ASSERT_TRUE(parseSaslInitialResponse(body, parsed));
  EXPECT_EQ(parsed.mechanism, "SCRAM-SHA-256");
  EXPECT_EQ(parsed.data, "n,,n=,r=nonce");
  expectExactLength(parseSaslInitialResponse, body);
}

TEST(SaslInitialResponse, MayComeWithoutData) {
  SaslInitialResponse parsed;
  ASSERT_TRUE(parseSaslInitialResponse(Bytes("EXTERNAL\0\xff\xff\xff\xff", 13), parsed));
  EXPECT_EQ(parsed.mechanism, "EXTERNAL");
  EXPECT_EQ(parsed.data, "");
  EXPECT_FALSE(parseSaslInitialResponse(Bytes("EXTERNAL\0\xff\xff\xff\xff"
                                              "data",
                                              17),
                                        parsed));
}

TEST(SaslInitialResponse, RefusesHostileLengths) {
  SaslInitialResponse parsed;
  for (const Bytes length : {Bytes("\0\0\0\5", 4), Bytes("\0\0\0\3", 4), Bytes("\x7f\xff\xff\xff", 4),
                             Bytes("\xff\xff\xff\xfe", 4)})
    EXPECT_FALSE(parseSaslInitialResponse(std::string("X\0", 2).append(length) + "data", parsed));
}

}  // namespace
}  // namespace forebay::pgproto
