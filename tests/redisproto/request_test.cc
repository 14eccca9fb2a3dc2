#include "redisproto/request.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "redisproto/builder.h"

namespace forebay::redisproto {
namespace {

const RequestLimits kUsual;

using Args = std::vector<std::string>;

// A request at the front of some bytes, with its views made strings.
struct Found {
  RequestScan what;
  size_t size;
  Args args;
  std::string error;
  bool operator==(const Found&) const = default;
};

Found scanFrom(RequestProgress& progress, Bytes in, const RequestLimits& limits = kUsual) {
  Request out;
  const RequestScan what = scanRequest(in, limits, progress, out);
  return {what, out.size, Args(out.args.begin(), out.args.end()), std::string(out.error)};
}

Found scan(Bytes in, const RequestLimits& limits = kUsual) {
  RequestProgress progress;
  return scanFrom(progress, in, limits);
}

std::string errorOf(Bytes in, const RequestLimits& limits = kUsual) {
  const Found found = scan(in, limits);
  EXPECT_EQ(found.what == RequestScan::kMalformed, !found.error.empty()) << in.substr(0, 40);
  return found.error;
}

Args argsOf(Bytes in) { return scan(in).args; }

std::string many(size_t count) {
  std::string out;
  appendArray(out, count);
  for (size_t i = 0; i < count; ++i) appendBulk(out, std::to_string(i));
  return out;
}

// All that `bytes` hold, each request as it is found.
std::vector<Found> scanAll(Bytes bytes) {
  std::vector<Found> all;
  while (!bytes.empty()) {
    all.push_back(scan(bytes));
    if (all.back().what == RequestScan::kNeedMore || all.back().what == RequestScan::kMalformed) break;
    bytes.remove_prefix(all.back().size);
  }
  return all;
}

TEST(ScanRequest, FindsTheArgsOfAnArray) {
  const std::string bytes = request({"SET", "key", "value"});
  const Found found = scan(bytes + "*1\r\n");
  EXPECT_EQ(found.what, RequestScan::kRequest);
  EXPECT_EQ(found.size, bytes.size());
  EXPECT_EQ(found.args, (Args{"SET", "key", "value"}));
}

TEST(ScanRequest, PointsIntoTheInput) {
  const std::string array = request({"GET", "k"});
  Request out;
  RequestProgress progress;
  ASSERT_EQ(scanRequest(array, kUsual, progress, out), RequestScan::kRequest);
  EXPECT_EQ(out.args[0].data(), array.data() + 8);
  EXPECT_FALSE(out.is_inline);

  const std::string line = "GET k\r\n";
  ASSERT_EQ(scanRequest(line, kUsual, progress, out), RequestScan::kRequest);
  EXPECT_EQ(out.args[0].data(), line.data());
  EXPECT_TRUE(out.is_inline);
}

TEST(ScanRequest, AsksForMoreUntilTheLastByteIsThere) {
  for (const std::string& bytes :
       {request({"SET", "key", "value"}), request({"SET", "", std::string(1000, 'x')}), many(12),
        std::string("SET key \"a value\"\r\n"), std::string("*0\r\n"), std::string("*-1\r\n")}) {
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_EQ(scan(Bytes(bytes).substr(0, size)).what, RequestScan::kNeedMore) << size << " of " << bytes;
    EXPECT_NE(scan(bytes).what, RequestScan::kNeedMore) << bytes;
  }
}

TEST(ScanRequest, GoesOnWhereItWasLeft) {
  for (const std::string& bytes : {request({"SET", "key", "value"}), many(120),
                                   request({"X", "", "\r\n$1\r\n"}), std::string("SET 'a b' \"\\x41\"\r\n"),
                                   std::string("*2\r\n$1\r\na\r\n$x\r\n"), std::string("SET 'a\r\n")}) {
    const Found whole = scan(bytes);
    RequestProgress byte_by_byte;
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
      RequestProgress progress;
      EXPECT_EQ(scanFrom(progress, Bytes(bytes).substr(0, cut)).what, RequestScan::kNeedMore);
      EXPECT_EQ(scanFrom(progress, bytes), whole) << "cut at " << cut;
      EXPECT_EQ(scanFrom(byte_by_byte, Bytes(bytes).substr(0, cut)).what, RequestScan::kNeedMore);
    }
    EXPECT_EQ(scanFrom(byte_by_byte, bytes), whole);
    EXPECT_EQ(byte_by_byte.scanned + byte_by_byte.args_left + byte_by_byte.searched, 0U);
  }
}

TEST(ScanRequest, FindsTheSameHoweverTheBytesArrive) {
  const std::string bytes = request({"SET", "key", std::string(300, 'v')}) + "GET key\n" + "*0\r\n" +
                            many(40) + "\r\n" + request({"PING"}) + "ECHO \"a\\\"b\"\r\n";
  const std::vector<Found> whole = scanAll(bytes);
  ASSERT_EQ(whole.size(), 7U);
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Found> found;
    RequestProgress progress;
    size_t begin = 0;
    for (size_t there = 0; begin < bytes.size();) {
      there = std::min(bytes.size(), there + 1 + random() % 100);
      while (begin < there) {
        Found next = scanFrom(progress, Bytes(bytes).substr(begin, there - begin));
        if (next.what == RequestScan::kNeedMore) break;
        begin += next.size;
        found.push_back(std::move(next));
      }
    }
    ASSERT_EQ(found, whole);
  }
}

TEST(ScanRequest, LooksAtNoByteTwice) {
  const std::string bytes = request({"SET", "key", "value"});
  RequestProgress progress;
  scanFrom(progress, Bytes(bytes).substr(0, bytes.size() - 1));
  EXPECT_EQ(progress.scanned, bytes.find("$5"));
  EXPECT_EQ(progress.args_left, 1U);

  RequestProgress in_line;
  scanFrom(in_line, "ECHO something");
  EXPECT_EQ(in_line.scanned, 0U);
  EXPECT_EQ(in_line.searched, 14U);
}

TEST(ScanRequest, TellsTheArgsThatAreThereAlready) {
  const std::string bytes = request({"SET", "key", "value"});
  const Found found = scan(Bytes(bytes).substr(0, bytes.size() - 1));
  EXPECT_EQ(found.what, RequestScan::kNeedMore);
  EXPECT_EQ(found.args, (Args{"SET", "key"}));
}

TEST(ScanRequest, AnnouncesALargeRequestAtItsFirstBytes) {
  Request out;
  RequestProgress progress;
  const std::string set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nxx";
  ASSERT_EQ(scanRequest(set, kUsual, progress, out), RequestScan::kNeedMore);
  EXPECT_EQ(out.announced, set.size() - 2 + (uint64_t{512} << 20) + 2);

  progress = {};
  ASSERT_EQ(scanRequest("*1000000\r\n$4\r\nMGET\r\n", kUsual, progress, out), RequestScan::kNeedMore);
  EXPECT_EQ(out.announced, 20 + 999'999 * 6U);
}

TEST(ScanRequest, NeverAnnouncesMoreThanComes) {
  for (const std::string& bytes : {request({"SET", "key", std::string(3000, 'v')}), many(300), many(1)}) {
    RequestProgress progress;
    Request out;
    for (size_t size = 1; size < bytes.size(); ++size) {
      ASSERT_EQ(scanRequest(Bytes(bytes).substr(0, size), kUsual, progress, out), RequestScan::kNeedMore);
      ASSERT_LE(out.announced, bytes.size());
    }
  }
}

TEST(ScanRequest, ReservesNothingByAnAnnouncedCount) {
  Request out;
  RequestProgress progress;
  ASSERT_EQ(scanRequest("*1048576\r\n$4\r\nMGET\r\n", kUsual, progress, out), RequestScan::kNeedMore);
  EXPECT_LT(out.args.capacity(), 16U);
}

TEST(RequestPitfall, ZeroAndNullArraysAndBlankLinesAskForNothing) {
  for (const std::string bytes :
       {"*0\r\n", "*-1\r\n", "*-5\r\n", "*-9223372036854775808\r\n", "\r\n", "\n", " \t\r\n"}) {
    const Found found = scan(bytes + "PING\r\n");
    EXPECT_EQ(found.what, RequestScan::kNothing) << bytes;
    EXPECT_EQ(found.size, bytes.size()) << bytes;
    EXPECT_TRUE(found.args.empty());
  }
}

TEST(RequestPitfall, CountsAreReadAsStrictlyAsRedisDoes) {
  for (const char* count :
       {"", "-", "-0", "00", "01", "+1", " 1", "1 ", "1x", "a", "0x1", "1\n", "2147483648",
        "9223372036854775808", "-9223372036854775809", "18446744073709551617", "99999999999999999999999999"})
    EXPECT_EQ(errorOf("*" + std::string(count) + "\r\n"), "Protocol error: invalid multibulk length")
        << count;
}

TEST(RequestPitfall, LengthsAreReadAsStrictlyAsRedisDoes) {
  for (const char* length : {"", "-", "-1", "-0", "00", "04", "+4", " 4", "4 ", "4x", "a", "536870913",
                             "9223372036854775808", "18446744073709551620"})
    EXPECT_EQ(errorOf("*1\r\n$" + std::string(length) + "\r\nPING\r\n"),
              "Protocol error: invalid bulk length")
        << length;
}

TEST(RequestPitfall, OnlyBulkStringsStandInAnArray) {
  EXPECT_EQ(errorOf("*1\r\n+PING\r\n"), "Protocol error: expected '$', got '+'");
  EXPECT_EQ(errorOf("*2\r\n$1\r\na\r\nfoo\r\n"), "Protocol error: expected '$', got 'f'");
  EXPECT_EQ(errorOf("*1\r\n\xff\r\n"), "Protocol error: expected '$', got '\xff'");
  EXPECT_EQ(errorOf("*1\r\n\r\n"), "Protocol error: expected '$', got '\r'");
}

// Redis skips the two bytes unseen. What goes on to a server as it came must not be read in two ways.
TEST(RequestPitfall, NothingButCrLfEndsALineOrABulkString) {
  EXPECT_EQ(errorOf("*1\rX$4\r\nPING\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(errorOf("*1\r\n$4\rXPING\r\n"), "Protocol error: invalid bulk length");
  for (const char* end : {"XX", "\n\n", "\r\r", "\n\r", "X\n"})
    EXPECT_EQ(errorOf("*1\r\n$4\r\nPING" + std::string(end)), "Protocol error: invalid bulk length");
}

TEST(RequestPitfall, LinesHaveAnEndWithin64KiB) {
  const std::string digits(kMaxInline - 1, '1');
  EXPECT_EQ(scan("*" + digits).what, RequestScan::kNeedMore);
  EXPECT_EQ(errorOf("*" + digits + "1"), "Protocol error: too big mbulk count string");
  EXPECT_EQ(scan("*1\r\n$" + digits).what, RequestScan::kNeedMore);
  EXPECT_EQ(errorOf("*1\r\n$" + digits + "1"), "Protocol error: too big bulk count string");
  EXPECT_EQ(scan("x" + digits).what, RequestScan::kNeedMore);
  EXPECT_EQ(scan("x" + digits + "\n").what, RequestScan::kRequest);
  EXPECT_EQ(errorOf("x" + digits + "1"), "Protocol error: too big inline request");
  EXPECT_EQ(errorOf("x" + digits + "1\n\n"), "Protocol error: too big inline request");
}

TEST(RequestPitfall, AStrangerMaySendTenArgsOf16KiB) {
  EXPECT_EQ(scan(many(10), kBeforeLogin).what, RequestScan::kRequest);
  EXPECT_EQ(errorOf("*11\r\n", kBeforeLogin), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(errorOf("*2147483647\r\n", kBeforeLogin), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(errorOf("*2147483648\r\n", kBeforeLogin), "Protocol error: invalid multibulk length");

  EXPECT_EQ(scan(request({std::string(16384, 'x')}), kBeforeLogin).what, RequestScan::kRequest);
  EXPECT_EQ(errorOf("*1\r\n$16385\r\n", kBeforeLogin), "Protocol error: unauthenticated bulk length");
  EXPECT_EQ(errorOf("*1\r\n$536870912\r\n", kBeforeLogin), "Protocol error: unauthenticated bulk length");
  EXPECT_EQ(errorOf("*1\r\n$536870913\r\n", kBeforeLogin), "Protocol error: invalid bulk length");
}

TEST(RequestPitfall, LimitsOfOurOwnAreInvalidLengths) {
  const RequestLimits limits{3, 5};
  EXPECT_EQ(scan(request({"A", "B", "12345"}), limits).what, RequestScan::kRequest);
  EXPECT_EQ(errorOf("*4\r\n", limits), "Protocol error: invalid multibulk length");
  EXPECT_EQ(errorOf("*1\r\n$6\r\n", limits), "Protocol error: invalid bulk length");
}

TEST(RequestPitfall, KeysMayHoldAnyByteAndMayBeEmptyOrTheSame) {
  EXPECT_EQ(argsOf(request({"MGET", "\r\n*1\r\n", "", Bytes("\0", 1), "same", "same"})),
            (Args{"MGET", "\r\n*1\r\n", "", std::string(1, '\0'), "same", "same"}));
}

TEST(RequestPitfall, AnInlineLineMayEndInLfAlone) {
  EXPECT_EQ(argsOf("PING\n"), Args{"PING"});
  EXPECT_EQ(argsOf("PING\r\n"), Args{"PING"});
  EXPECT_EQ(argsOf("PING\r\r\n"), Args{"PING"});
  EXPECT_EQ(scan("PING\nPING\n").size, 5U);
}

TEST(RequestPitfall, AnInlineLineIsSplitAsRedisSplitsIt) {
  EXPECT_EQ(argsOf("  SET\tkey   value \n"), (Args{"SET", "key", "value"}));
  EXPECT_EQ(argsOf("SET \"a b\" 'c d'\n"), (Args{"SET", "a b", "c d"}));
  EXPECT_EQ(argsOf("SET \"\" ''\n"), (Args{"SET", "", ""}));
  EXPECT_EQ(argsOf("ECHO \"\\x41\\xfF\\n\\r\\t\\b\\a\\\\\\\"\\q\"\n"),
            (Args{"ECHO", "A\xff\n\r\t\b\a\\\"q"}));
  EXPECT_EQ(argsOf("ECHO \"\\x4\" \"\\xzz\" \"\\x\"\n"), (Args{"ECHO", "x4", "xzz", "x"}));
  EXPECT_EQ(argsOf("ECHO '\\n\\'\\x41'\n"), (Args{"ECHO", "\\n'\\x41"}));
  EXPECT_EQ(argsOf("ECHO a\"b c\" d'e'\n"), (Args{"ECHO", "ab c", "de"}));
  EXPECT_EQ(argsOf("ECHO a\\x41\n"), (Args{"ECHO", "a\\x41"}));
  EXPECT_EQ(argsOf("ECHO a\vb \vc \"d\"\ve\n"), (Args{"ECHO", "a\vb", "c", "d", "e"}));
  EXPECT_EQ(argsOf("ECHO a\rb\n"), (Args{"ECHO", "a", "b"}));
}

TEST(RequestPitfall, QuotesThatDoNotEndAreRefused) {
  for (const char* line : {"ECHO \"a", "ECHO 'a", "ECHO \"a\\\"", "ECHO 'a\\'", "ECHO \"a\\", "ECHO \"a\"b",
                           "ECHO 'a'b", "ECHO \"a\"'b'", "\""})
    EXPECT_EQ(errorOf(line + std::string("\r\n")), "Protocol error: unbalanced quotes in request") << line;
}

TEST(RequestPitfall, ABrowserIsTold) {
  const auto http = [](Bytes in) {
    Request out;
    RequestProgress progress;
    return scanRequest(in, kUsual, progress, out) == RequestScan::kRequest && looksLikeHttp(out);
  };
  EXPECT_TRUE(http("POST / HTTP/1.1\r\n"));
  EXPECT_TRUE(http("post\n"));
  EXPECT_TRUE(http("Host: localhost:6379\r\n"));
  EXPECT_TRUE(http("HOST:\n"));
  EXPECT_TRUE(http(request({"POST", "/"})));
  EXPECT_FALSE(http("GET / HTTP/1.1\r\n"));
  EXPECT_FALSE(http("Host:localhost\r\n"));
  EXPECT_FALSE(http("POSTS /\r\n"));
  EXPECT_FALSE(http("\r\n"));
}

// What comes behind a request begins with its last bytes, to see that they are left alone.
constexpr Bytes kNext = "$1\r\na\r\n*1\r\n";

size_t followAll(RequestTail& tail, Bytes in, size_t piece) {
  size_t done = 0;
  while (done < in.size() && !tail.done() && tail.error().empty()) {
    const Bytes next = in.substr(done, piece);
    const size_t size = tail.follow(next, kUsual);
    done += size;
    if (size < next.size()) break;
  }
  return done;
}

TEST(RequestTail, FollowsARequestFromEveryCutToItsEnd) {
  const std::string bytes =
      request({"MSET", "key", std::string(200, 'x'), "", "\r\n$1\r\n", "k", "v", "", ""});
  const std::string with_next = bytes + std::string(kNext);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    RequestProgress progress;
    ASSERT_EQ(scanFrom(progress, Bytes(bytes).substr(0, cut)).what, RequestScan::kNeedMore);
    if (progress.args_left == 0) continue;
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{64}, bytes.size() * 2}) {
      RequestTail tail(progress);
      ASSERT_FALSE(tail.done());
      ASSERT_EQ(progress.scanned + followAll(tail, Bytes(with_next).substr(progress.scanned), piece),
                bytes.size())
          << "cut at " << cut << " in pieces of " << piece;
      ASSERT_TRUE(tail.done());
      ASSERT_EQ(tail.error(), "");
    }
  }
}

TEST(RequestTail, FollowsManySmallArgsInPiecesOfAnySize) {
  const std::string bytes = many(3000);
  RequestProgress progress;
  ASSERT_EQ(scanFrom(progress, Bytes(bytes).substr(0, 100)).what, RequestScan::kNeedMore);
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    RequestTail tail(progress);
    size_t at = progress.scanned;
    while (at < bytes.size()) {
      ASSERT_FALSE(tail.done());
      const Bytes piece = Bytes(bytes).substr(at, 1 + random() % 700);
      ASSERT_EQ(tail.follow(piece, kUsual), piece.size());
      at += piece.size();
    }
    EXPECT_TRUE(tail.done());
  }
}

TEST(RequestTail, SeesWhatIsBrokenAsTheScannerDoes) {
  const std::string front = request({"a", "b"}).replace(1, 1, "4");
  for (const char* rest :
       {"$x\r\n", "$-1\r\n", "$01\r\n", "x1\r\n", "$1\rX", "\r\n", "$1\r\nab\r\n", "$1\r\na\n\n",
        "$0\r\n\r\n$99999999999999999999\r\n", "$1234\rX", "$12345678901\r\n", "$536870913\r\n"}) {
    const std::string bytes = front + rest;
    const std::string error = errorOf(bytes);
    ASSERT_NE(error, "") << rest;
    RequestProgress progress;
    ASSERT_EQ(scanFrom(progress, front).what, RequestScan::kNeedMore);
    for (const size_t piece : {size_t{1}, size_t{2}, bytes.size()}) {
      RequestTail tail(progress);
      followAll(tail, Bytes(bytes).substr(progress.scanned), piece);
      EXPECT_EQ(tail.error(), error) << rest << " in pieces of " << piece;
    }
  }
}

TEST(RequestTail, HoldsNoMoreThanOneLine) {
  RequestTail tail({0, 1, 0});
  const std::string piece(1000, '1');
  EXPECT_EQ(tail.follow("$", kUsual), 1U);
  for (size_t i = 0; i < kMaxInline / piece.size(); ++i) {
    EXPECT_EQ(tail.follow(piece, kUsual), piece.size());
    EXPECT_EQ(tail.error(), "");
  }
  tail.follow(piece, kUsual);
  EXPECT_EQ(tail.error(), "Protocol error: too big bulk count string");
}

}  // namespace
}  // namespace forebay::redisproto
