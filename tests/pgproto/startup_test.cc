#include "pgproto/startup.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace forebay::pgproto {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string startup(uint32_t protocol, const Settings& parameters) {
  std::string out;
  appendStartupMessage(out, protocol, parameters);
  return out;
}

// A packet with the right length around `payload`.
std::string packet(uint32_t code, Bytes payload) {
  std::string out;
  appendBe32(out, static_cast<uint32_t>(8 + payload.size()));
  appendBe32(out, code);
  return out.append(payload);
}

std::string cancel(size_t secret_size) {
  std::string out;
  appendCancelRequest(out, 4711, std::string(secret_size, '\xa5'));
  return out;
}

std::string sslRequest() {
  std::string out;
  appendSslRequest(out);
  return out;
}

Scan parse(Bytes in) {
  StartupPacket parsed;
  return parseStartupPacket(in, parsed);
}

constexpr uint32_t kGssEncRequestCode = 80877104;  // as the protocol's documentation writes it

TEST(StartupPacket, AsksForMoreUntilTheLastByteIsThere) {
  const std::string packets[] = {startup(kProtocol30, {{"user", "app"}, {"database", "shop"}}), sslRequest(),
                                 packet(kGssEncRequestCode, ""), cancel(4), cancel(256)};
  for (const std::string& bytes : packets) {
    for (size_t n = 0; n < bytes.size(); ++n)
      EXPECT_EQ(parse(bytes.substr(0, n)), Scan::kNeedMore) << n << " of " << bytes.size() << " bytes";
    EXPECT_EQ(parse(bytes), Scan::kFrame);
  }
}

TEST(StartupPacket, KeepsParametersInOrderAndProtocolOptionsApart) {
  const std::string bytes = startup(
      kProtocol32,
      {{"user", "app"}, {"_pq_.one", "1"}, {"application_name", ""}, {"_pq_.two", ""}, {"user", "again"}});
  StartupPacket parsed;
  ASSERT_EQ(parseStartupPacket(bytes, parsed), Scan::kFrame);
  EXPECT_EQ(parsed.kind, StartupKind::kStartup);
  EXPECT_EQ(parsed.protocol, kProtocol32);
  EXPECT_EQ(parsed.size, bytes.size());
  const std::vector<std::pair<Bytes, Bytes>> parameters = {
      {"user", "app"}, {"application_name", ""}, {"user", "again"}};
  EXPECT_EQ(parsed.parameters, parameters);
  EXPECT_EQ(parsed.protocol_options, (std::vector<Bytes>{"_pq_.one", "_pq_.two"}));
}

TEST(StartupPacket, TakesOneWithoutParameters) {
  StartupPacket parsed;
  EXPECT_EQ(parseStartupPacket(startup(kProtocol30, {}), parsed), Scan::kFrame);
  EXPECT_TRUE(parsed.parameters.empty());
}

TEST(StartupPacket, KnowsTheRequestsThatAreNoStartup) {
  StartupPacket parsed;
  EXPECT_EQ(sslRequest(), std::string("\x00\x00\x00\x08\x04\xd2\x16\x2f", 8));
  ASSERT_EQ(parseStartupPacket(sslRequest(), parsed), Scan::kFrame);
  EXPECT_EQ(parsed.kind, StartupKind::kSslRequest);
  ASSERT_EQ(parseStartupPacket(packet(kGssEncRequestCode, ""), parsed), Scan::kFrame);
  EXPECT_EQ(parsed.kind, StartupKind::kGssEncRequest);
  EXPECT_EQ(parsed.size, 8u);
}

TEST(StartupPacket, TellsWherePlaintextBehindAnSslRequestBegins) {
  const std::string stuffed = sslRequest() + startup(kProtocol30, {{"user", "mallory"}});
  StartupPacket parsed;
  ASSERT_EQ(parseStartupPacket(stuffed, parsed), Scan::kFrame);
  EXPECT_EQ(parsed.kind, StartupKind::kSslRequest);
  EXPECT_LT(parsed.size, stuffed.size());
  EXPECT_TRUE(parsed.parameters.empty());
}

TEST(StartupPacket, LeavesNothingBehindFromThePacketBefore) {
  StartupPacket parsed;
  ASSERT_EQ(parseStartupPacket(startup(kProtocol30, {{"user", "app"}, {"_pq_.x", "1"}}), parsed),
            Scan::kFrame);
  ASSERT_EQ(parseStartupPacket(sslRequest(), parsed), Scan::kFrame);
  EXPECT_TRUE(parsed.parameters.empty());
  EXPECT_TRUE(parsed.protocol_options.empty());
  EXPECT_EQ(parsed.protocol, 0u);
}

TEST(StartupPacket, RefusesHostileLengthsFromTheLengthAlone) {
  for (const uint32_t length : {0u, 4u, 7u, kMaxStartupLength + 1, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    std::string bytes;
    appendBe32(bytes, length);
    EXPECT_EQ(parse(bytes), Scan::kMalformed) << length;
  }
}

TEST(StartupPacket, TakesTheLongestThatIsAllowed) {
  const size_t around = startup(kProtocol30, {{"user", ""}}).size();
  const std::string bytes = startup(kProtocol30, {{"user", std::string(kMaxStartupLength - around, 'u')}});
  ASSERT_EQ(bytes.size(), kMaxStartupLength);
  EXPECT_EQ(parse(bytes), Scan::kFrame);
}

TEST(StartupPacket, RefusesAStrangersFirstBytes) {
  EXPECT_EQ(parse("GET / HTTP/1.1\r\n"), Scan::kMalformed);
  EXPECT_EQ(parse("*1\r\n$4\r\nPING\r\n"), Scan::kMalformed);
  EXPECT_EQ(parse(Bytes("\x16\x03\x01\x02\x00\x01", 6)), Scan::kMalformed);  // a TLS handshake
}

TEST(StartupPacket, RefusesOtherMajorVersionsAndTellsWhich) {
  for (const uint32_t version : {0u, 1u << 16, 2u << 16, 4u << 16, (1234u << 16) | 1}) {
    StartupPacket parsed;
    EXPECT_EQ(parseStartupPacket(packet(version, Bytes("\0", 1)), parsed), Scan::kMalformed) << version;
    EXPECT_EQ(parsed.protocol, version);
  }
  EXPECT_EQ(parse(packet(kProtocol30 | 9999, Bytes("\0", 1))), Scan::kFrame)
      << "a minor version is negotiated";
}

TEST(StartupPacket, RefusesParametersThatDoNotEndAsTheyMust) {
  const std::string broken[] = {
      "",                                         // no terminator
      "user",                                     // a name without its end
      std::string("user\0", 5),                   // a name without a value
      std::string("user\0app", 8),                // a value without its end
      std::string("user\0app\0", 9),              // no terminator
      std::string("user\0\0", 6),                 // the terminator was taken for the value
      std::string("user\0app\0\0more", 14),       // bytes behind the terminator
      std::string("\0user\0app\0\0", 11),         // an empty name in front
      std::string("user\0app\0database\0\0", 19)  // the last name's value is missing
  };
  for (const std::string& payload : broken) {
    StartupPacket parsed;
    EXPECT_EQ(parseStartupPacket(packet(kProtocol30, payload), parsed), Scan::kMalformed) << payload;
    EXPECT_EQ(parsed.protocol, 0u) << "the version was all right";
  }
}

TEST(StartupPacket, RefusesAnSslRequestWithAPayload) {
  std::string bytes = sslRequest();
  storeBe32(bytes.data(), 9);
  EXPECT_EQ(parse(bytes), Scan::kMalformed);
}

TEST(CancelRequest, KeepsSecretsOfEveryAllowedSize) {
  for (size_t size = kMinCancelSecret; size <= kMaxCancelSecret; ++size) {
    const std::string bytes = cancel(size);
    StartupPacket parsed;
    ASSERT_EQ(parseStartupPacket(bytes, parsed), Scan::kFrame) << size;
    EXPECT_EQ(parsed.kind, StartupKind::kCancelRequest);
    EXPECT_EQ(parsed.cancel_pid, 4711u);
    EXPECT_EQ(parsed.cancel_secret, std::string(size, '\xa5'));
    EXPECT_EQ(parsed.size, bytes.size());
  }
}

TEST(CancelRequest, RefusesSecretsOfOtherSizes) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{3}, size_t{257}, size_t{9000}})
    EXPECT_EQ(parse(cancel(size)), Scan::kMalformed) << size;
}

TEST(CancelRequest, LooksAsProtocol30WroteIt) {
  std::string bytes;
  appendCancelRequest(bytes, 0x01020304, "\x05\x06\x07\x08");
  EXPECT_EQ(bytes, std::string("\x00\x00\x00\x10\x04\xd2\x16\x2e\x01\x02\x03\x04\x05\x06\x07\x08", 16));
}

TEST(StartupMessage, LooksAsLibpqWritesIt) {
  EXPECT_EQ(startup(kProtocol30, {{"user", "a"}}), std::string("\0\0\0\x10\0\3\0\0user\0a\0\0", 16));
}

// libpq of PostgreSQL 19 asks for a version and an option that no server has, to find those that do not
// negotiate.
TEST(NegotiateProtocolVersion, AnswersTheUnknownVersionAndOptionOfPostgres19) {
  const std::string bytes =
      startup(kProtocol30 | 9999, {{"user", "app"}, {"_pq_.test_protocol_negotiation", ""}});
  StartupPacket parsed;
  ASSERT_EQ(parseStartupPacket(bytes, parsed), Scan::kFrame);
  EXPECT_EQ(parsed.protocol & 0xffff, 9999u);

  std::string answer;
  appendNegotiateProtocolVersion(answer, 2, parsed.protocol_options);
  Frame frame;
  ASSERT_EQ(scanFrame(answer, 1000, frame), Scan::kFrame);
  EXPECT_EQ(frame.whole.size(), answer.size());
  EXPECT_EQ(frame.type, 'v');
  Reader in(frame.body);
  EXPECT_EQ(in.int32(), kProtocol32) << "the whole version, which is what libpq compares with its own";
  EXPECT_EQ(in.int32(), 1u);
  EXPECT_EQ(in.cstring(), "_pq_.test_protocol_negotiation");
  EXPECT_TRUE(in.atEnd());
}

TEST(NegotiateProtocolVersion, ListsNoOptionsWhenAllAreKnown) {
  std::string answer;
  appendNegotiateProtocolVersion(answer, 0, {});
  EXPECT_EQ(answer, std::string("v\0\0\0\x0c\0\3\0\0\0\0\0\0", 13));
}

}  // namespace
}  // namespace forebay::pgproto
