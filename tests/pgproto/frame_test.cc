#include "pgproto/frame.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "pgproto/message_builder.h"

namespace forebay::pgproto {
namespace {

constexpr uint32_t kMaxLength = 1000;
constexpr uint32_t kNoLimit = std::numeric_limits<uint32_t>::max();

std::string message(char type, Bytes body) {
  std::string out;
  MessageBuilder building(out, type);
  out.append(body);
  return out;
}

std::string header(char type, uint32_t length) {
  std::string out(1, type);
  appendBe32(out, length);
  return out;
}

Scan scan(Bytes in, uint32_t max_length = kMaxLength) {
  Frame frame;
  return scanFrame(in, max_length, frame);
}

Scan scanOnlyHeader(Bytes in, uint32_t max_length = kMaxLength) {
  Header found;
  return scanHeader(in, max_length, found);
}

TEST(ScanFrame, AsksForMoreUntilTheLastByteIsThere) {
  const std::string bytes = message('Q', "select 1");
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(scan(bytes.substr(0, n)), Scan::kNeedMore) << "with " << n << " bytes";
  EXPECT_EQ(scan(bytes), Scan::kFrame);
}

TEST(ScanFrame, PointsIntoTheInput) {
  const std::string bytes = message('Q', "select 1") + "and more";
  Frame frame;
  ASSERT_EQ(scanFrame(bytes, kMaxLength, frame), Scan::kFrame);
  EXPECT_EQ(frame.type, 'Q');
  EXPECT_EQ(frame.body, "select 1");
  EXPECT_EQ(frame.body.data(), bytes.data() + kHeaderSize);
  EXPECT_EQ(frame.whole, message('Q', "select 1"));
  EXPECT_EQ(frame.whole.data(), bytes.data());
}

TEST(ScanFrame, WalksOverMessagesThatCameTogether) {
  const std::string bytes = message('P', "parse") + message('S', "") + message('Q', "x");
  std::string types;
  Frame frame;
  for (Bytes rest = bytes; scanFrame(rest, kMaxLength, frame) == Scan::kFrame;) {
    types.push_back(frame.type);
    rest.remove_prefix(frame.whole.size());
  }
  EXPECT_EQ(types, "PSQ");
}

TEST(ScanFrame, TakesAMessageWithoutABody) {
  Frame frame;
  ASSERT_EQ(scanFrame(header('S', 4), kMaxLength, frame), Scan::kFrame);
  EXPECT_TRUE(frame.body.empty());
  EXPECT_EQ(frame.whole.size(), kHeaderSize);
}

TEST(ScanFrame, RefusesALengthThatDoesNotCoverItself) {
  for (uint32_t length = 0; length < 4; ++length)
    EXPECT_EQ(scan(header('Q', length) + "abcd"), Scan::kMalformed) << length;
}

TEST(ScanFrame, RefusesALengthAboveTheLimitBeforeItsBytesCome) {
  EXPECT_EQ(scan(header('Q', kMaxLength)), Scan::kNeedMore);
  EXPECT_EQ(scan(header('Q', kMaxLength + 1)), Scan::kMalformed);
  for (const uint32_t hostile : {0x7fffffffu, 0x80000000u, 0xfffffffbu, 0xfffffffeu, 0xffffffffu})
    EXPECT_EQ(scan(header('Q', hostile)), Scan::kMalformed) << hostile;
}

TEST(ScanFrame, DoesNotWrapAroundAtTheGreatestLength) {
  EXPECT_EQ(scan(header('d', kNoLimit) + "data", kNoLimit), Scan::kNeedMore);
  EXPECT_EQ(scan(header('d', kNoLimit - 4) + "data", kNoLimit), Scan::kNeedMore);
}

TEST(ScanFrame, KnowsNoTypesAndSoLetsEveryTypeByteThrough) {
  for (int type = 0; type < 256; ++type) {
    Frame frame;
    ASSERT_EQ(scanFrame(message(static_cast<char>(type), "x"), kMaxLength, frame), Scan::kFrame);
    EXPECT_EQ(frame.type, static_cast<char>(type));
  }
}

TEST(ScanHeader, NeedsFiveBytesAndNoMore) {
  const std::string bytes = header('D', 900);
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(scanOnlyHeader(bytes.substr(0, n)), Scan::kNeedMore) << "with " << n << " bytes";
  Header found;
  ASSERT_EQ(scanHeader(bytes, kMaxLength, found), Scan::kFrame);
  EXPECT_EQ(found.type, 'D');
  EXPECT_EQ(found.size, 901u);
}

TEST(ScanHeader, HasTheLimitsOfScanFrame) {
  EXPECT_EQ(scanOnlyHeader(header('D', 3)), Scan::kMalformed);
  EXPECT_EQ(scanOnlyHeader(header('D', kMaxLength)), Scan::kFrame);
  EXPECT_EQ(scanOnlyHeader(header('D', kMaxLength + 1)), Scan::kMalformed);
  Header found;
  ASSERT_EQ(scanHeader(header('D', kNoLimit), kNoLimit, found), Scan::kFrame);
  EXPECT_EQ(found.size, uint64_t{1} << 32);
}

TEST(Reader, ReadsFieldAfterField) {
  const std::string body("\x07\x01\x02\x00\x00\x01\x00name\0xyrest", 18);
  Reader in(body);
  EXPECT_EQ(in.byte(), 7);
  EXPECT_EQ(in.int16(), 0x0102);
  EXPECT_EQ(in.int32(), 0x100u);
  EXPECT_EQ(in.cstring(), "name");
  EXPECT_EQ(in.bytes(2), "xy");
  EXPECT_EQ(in.rest(), "rest");
  EXPECT_FALSE(in.atEnd());
  EXPECT_EQ(in.bytes(4), "rest");
  EXPECT_TRUE(in.atEnd());
}

TEST(Reader, ReadsBytesAboveAsciiAsUnsigned) {
  Reader in("\xff\xff\xfe\xff\xff\xff\xfd");
  EXPECT_EQ(in.byte(), 0xff);
  EXPECT_EQ(in.int16(), 0xfffe);
  EXPECT_EQ(in.int32(), 0xfffffffdu);
}

TEST(Reader, StaysFailedAndReturnsNothingAfterAReadTooFar) {
  Reader in("abc");
  EXPECT_EQ(in.int32(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.byte(), 0);
  EXPECT_EQ(in.int16(), 0);
  EXPECT_EQ(in.bytes(1), "");
  EXPECT_EQ(in.cstring(), "");
  EXPECT_EQ(in.rest(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_FALSE(in.atEnd());
}

TEST(Reader, RefusesAStringWithoutItsEnd) {
  Reader in("name");
  EXPECT_EQ(in.cstring(), "");
  EXPECT_FALSE(in.ok());
}

TEST(Reader, RefusesACountGreaterThanWhatIsLeft) {
  for (const size_t count : {size_t{4}, size_t{0xffffffff}, std::numeric_limits<size_t>::max()}) {
    Reader in("abc");
    EXPECT_EQ(in.bytes(count), "");
    EXPECT_FALSE(in.ok()) << count;
  }
}

}  // namespace
}  // namespace forebay::pgproto
