#include "redisproto/reply.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace forebay::redisproto {
namespace {

using Status = ReplyScanner::Status;

// A value as the scanner saw it.
struct Seen {
  Status status;
  uint64_t size;
  char type;
  bool operator==(const Seen&) const = default;
};

// One value out of `bytes`, fed in pieces of `piece` bytes.
Seen see(ReplyScanner& scanner, Bytes bytes, size_t piece) {
  Status status = Status::kMore;
  while (status == Status::kMore && !bytes.empty()) {
    status = scanner.feed(bytes.substr(0, piece));
    bytes.remove_prefix(scanner.consumed());
  }
  return {status, scanner.size(), scanner.type()};
}

Seen see(Bytes bytes, size_t piece = std::string::npos) {
  ReplyScanner scanner;
  return see(scanner, bytes, piece);
}

// How all the values in `bytes` are seen.
std::vector<Seen> seeAll(Bytes bytes, size_t piece = std::string::npos) {
  std::vector<Seen> all;
  ReplyScanner scanner;
  while (!bytes.empty()) {
    all.push_back(see(scanner, bytes, piece));
    if (all.back().status != Status::kEnd) break;
    bytes.remove_prefix(all.back().size);
  }
  return all;
}

constexpr Bytes kNext = "\r\n$-1\r\n";  // what is behind a value; it looks like more of it

const std::vector<std::string>& wellFormed() {
  static const std::vector<std::string> all = {
      "+OK\r\n",
      "+\r\n",
      "-ERR no such key\r\n",
      ":0\r\n",
      ":-9223372036854775808\r\n",
      "$3\r\nxxx\r\n",
      "$0\r\n\r\n",
      "$-1\r\n",
      "$4\r\n\r\n\r\n\r\n",
      "$12\r\n+OK\r\n$3\r\nab\r\r\n",
      "$100\r\n" + std::string(100, 'x') + "\r\n",
      "*-1\r\n",
      "*0\r\n",
      "*2\r\n$3\r\nabc\r\n$-1\r\n",
      "*3\r\n:1\r\n*2\r\n+a\r\n*-1\r\n$1\r\nx\r\n",
      "*2\r\n-ERR inside EXEC\r\n:1\r\n",
      "_\r\n",
      ",3.14\r\n",
      ",-inf\r\n",
      "#t\r\n",
      "!11\r\nERR a\r\nb\r\nc\r\n",
      "=7\r\ntxt:abc\r\n",
      "(3492890328409238509324850943850943825024385\r\n",
      "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n",
      "%0\r\n",
      "~2\r\n+a\r\n+b\r\n",
      ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n",
      ">0\r\n",
      "|1\r\n+ttl\r\n:3600\r\n+OK\r\n",
      "|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n>1\r\n+x\r\n",
      "*2\r\n|1\r\n+a\r\n*1\r\n|0\r\n:1\r\n:1\r\n:2\r\n",
      "|0\r\n%1\r\n+a\r\n|1\r\n+b\r\n+c\r\n~1\r\n:1\r\n",
      "+a lone \r and a lone \n do not end it\r\r\n",
  };
  return all;
}

const std::vector<std::string>& malformed() {
  static const std::vector<std::string> all = {
      "x\r\n",
      "\r\n",
      std::string("\0\r\n", 3),
      "$\r\n",
      "$a\r\n",
      "$-\r\n",
      "$-2\r\n",
      "$-1x\n",
      "$-1\rx",
      "$-10\r\n",
      "$+1\r\nx\r\n",
      "$01\r\nx\r\n",
      "$00\r\n\r\n",
      "$-0\r\n\r\n",
      "$1 \r\nx\r\n",
      "$1\nx\r\n",
      "$1\rx\r\n",
      "$10\rx\r\n",
      "$1\r\nxx\r\n",
      "$1\r\nx\n\n",
      "$1\r\nx\r\r",
      "$100\r\n" + std::string(102, 'x'),
      "$1000000000000000000\r\n",
      "*-2\r\n",
      "*2147483648\r\n",
      "*99999999999999999999\r\n",
      "*1\r\n\r\n",
      "%-1\r\n",
      "~-1\r\n",
      ">-1\r\n",
      "|-1\r\n",
      "=-1\r\n",
      "!-1\r\n",
      "%2147483648\r\n",
      "*1\r\n>0\r\n",
      "%1\r\n+a\r\n>1\r\n+x\r\n",
      ">1\r\n>0\r\n",
      "|1\r\n+a\r\n>0\r\n",
      "|1\r\n>0\r\n",
      "*1\r\n|0\r\n>0\r\n",
      "$?\r\n",
      "*?\r\n",
      "%?\r\n",
      "~?\r\n",
      ">?\r\n",
      ".\r\n",
      ";4\r\n",
      "*1\r\n.\r\n",
  };
  return all;
}

TEST(ReplyScanner, FindsTheEndOfEveryType) {
  for (const std::string& bytes : wellFormed()) {
    const Seen seen = see(bytes + std::string(kNext));
    EXPECT_EQ(seen.status, Status::kEnd) << bytes;
    EXPECT_EQ(seen.size, bytes.size()) << bytes;
  }
}

TEST(ReplyScanner, AsksForMoreUntilTheLastByteIsThere) {
  for (const std::string& bytes : wellFormed())
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_EQ(see(Bytes(bytes).substr(0, size)).status, Status::kMore) << size << " bytes of " << bytes;
}

TEST(ReplyScanner, FindsTheSameWhereverTheBytesAreCut) {
  for (const std::string& value : wellFormed()) {
    const std::string bytes = value + std::string(kNext);
    const Seen whole = see(bytes);
    for (size_t cut = 0; cut < value.size(); ++cut) {
      ReplyScanner scanner;
      ASSERT_EQ(scanner.feed(Bytes(bytes).substr(0, cut)), Status::kMore);
      ASSERT_EQ(scanner.consumed(), cut);
      ASSERT_EQ(scanner.started(), cut != 0);
      ASSERT_EQ(see(scanner, Bytes(bytes).substr(cut), bytes.size()), whole)
          << "cut at " << cut << ": " << bytes;
      ASSERT_EQ(scanner.consumed(), value.size() - cut);
      ASSERT_FALSE(scanner.started());
    }
    for (size_t piece = 1; piece < bytes.size(); ++piece) ASSERT_EQ(see(bytes, piece), whole) << bytes;
  }
}

TEST(ReplyScanner, RefusesTheSameWhereverTheBytesAreCut) {
  for (const std::string& bytes : malformed())
    for (size_t piece = 1; piece <= bytes.size(); ++piece)
      EXPECT_EQ(see(bytes, piece).status, Status::kMalformed) << bytes << " in pieces of " << piece;
}

TEST(ReplyScanner, FindsTheSameHoweverAStreamArrives) {
  std::string stream;
  for (const std::string& bytes : wellFormed()) stream += bytes;
  const std::vector<Seen> whole = seeAll(stream);
  ASSERT_EQ(whole.size(), wellFormed().size());
  for (size_t piece = 1; piece < 50; ++piece) ASSERT_EQ(seeAll(stream, piece), whole);

  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    ReplyScanner scanner;
    std::vector<Seen> seen;
    for (size_t at = 0; at < stream.size();) {
      Bytes piece = Bytes(stream).substr(at, random() % 60);
      at += piece.size();
      while (!piece.empty()) {
        const Status status = scanner.feed(piece);
        if (status != Status::kMore) seen.push_back({status, scanner.size(), scanner.type()});
        piece.remove_prefix(scanner.consumed());
      }
    }
    ASSERT_EQ(seen, whole);
  }
}

TEST(ReplyScanner, TellsTheTypeAndSizeOfAValueThatHasEndedUntilTheNextBegins) {
  ReplyScanner scanner;
  EXPECT_EQ(scanner.type(), 0);
  EXPECT_EQ(scanner.feed("$3\r\nabc\r\n+OK"), Status::kEnd);
  EXPECT_EQ(scanner.feed(""), Status::kMore);
  EXPECT_EQ(scanner.type(), '$');
  EXPECT_EQ(scanner.size(), 9U);
  EXPECT_FALSE(scanner.started());
  EXPECT_EQ(scanner.consumed(), 0U);
  EXPECT_EQ(scanner.feed("+O"), Status::kMore);
  EXPECT_EQ(scanner.type(), '+');
  EXPECT_EQ(scanner.size(), 2U);
  EXPECT_TRUE(scanner.started());
}

TEST(ReplyScanner, StaysMalformed) {
  ReplyScanner scanner;
  EXPECT_EQ(scanner.feed("$x\r\n"), Status::kMalformed);
  EXPECT_EQ(scanner.feed("+OK\r\n"), Status::kMalformed);
  EXPECT_EQ(scanner.consumed(), 0U);
}

TEST(ReplyScanner, AnnouncesWhatIsStillToCome) {
  ReplyScanner scanner;
  EXPECT_EQ(scanner.announced(), 0U);
  scanner.feed("$536870912\r\nabc");
  EXPECT_EQ(scanner.announced(), (uint64_t{512} << 20) + 2 - 3);

  ReplyScanner array;
  array.feed("*1000\r\n");
  EXPECT_EQ(array.announced(), 3000U);
  array.feed("$50\r\nabc");
  EXPECT_EQ(array.announced(), 49U + 3 * 999);

  ReplyScanner map;
  map.feed("%1000\r\n");
  EXPECT_EQ(map.announced(), 6000U);
  ReplyScanner attribute;
  attribute.feed("|1\r\n");
  EXPECT_EQ(attribute.announced(), 9U);

  ReplyScanner whole;
  whole.feed("$3\r\nabc\r\n");
  EXPECT_EQ(whole.announced(), 0U);
}

TEST(ReplyScanner, NeverAnnouncesMoreThanComes) {
  for (const std::string& bytes : wellFormed()) {
    ReplyScanner scanner;
    for (size_t i = 0; i < bytes.size(); ++i) {
      scanner.feed(Bytes(bytes).substr(i, 1));
      ASSERT_LE(scanner.announced(), bytes.size() - i - 1) << bytes;
    }
  }
}

TEST(ReplyPitfall, AMapsCountIsOfPairs) {
  EXPECT_EQ(see("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n+no\r\n").size, 20U);
  EXPECT_EQ(see("|1\r\n+a\r\n:1\r\n").status, Status::kMore);  // the value is not there yet
}

TEST(ReplyPitfall, NestingHasNoBound) {
  constexpr size_t kDepth = 100'000;
  std::string bytes;
  for (size_t i = 0; i < kDepth; ++i) bytes += i % 2 == 0 ? "*1\r\n" : "%1\r\n+k\r\n";
  bytes += "_\r\n";
  EXPECT_EQ(see(bytes + std::string(kNext)), (Seen{Status::kEnd, bytes.size(), '*'}));
  EXPECT_EQ(see(bytes + std::string(kNext), 7), (Seen{Status::kEnd, bytes.size(), '*'}));
}

TEST(ReplyPitfall, AnAttributeIsNoReplyAndNoElement) {
  EXPECT_EQ(see("|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n"), (Seen{Status::kEnd, 16, ':'}));
  EXPECT_EQ(see("*1\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n"), (Seen{Status::kEnd, 20, '*'}));

  ReplyScanner scanner;
  EXPECT_EQ(scanner.feed("|1\r\n+a\r\n*1\r\n+b\r\n"), Status::kMore);
  EXPECT_EQ(scanner.type(), 0);
  EXPECT_EQ(scanner.feed("$1\r\nx\r\n"), Status::kEnd);
  EXPECT_EQ(scanner.type(), '$');
}

TEST(ReplyPitfall, APushIsNoReply) {
  const Bytes stream = ">2\r\n+message\r\n+x\r\n+OK\r\n|1\r\n+a\r\n:1\r\n>1\r\n+y\r\n*1\r\n$1\r\n>\r\n";
  std::string types;
  for (const Seen& seen : seeAll(stream)) types += seen.type;
  EXPECT_EQ(types, ">+>*");

  ReplyScanner scanner;
  scanner.feed(stream);
  EXPECT_TRUE(scanner.isPush());
  scanner.feed("+OK\r\n");
  EXPECT_FALSE(scanner.isPush());
}

TEST(ReplyPitfall, APushNeverStandsInsideAValue) {
  EXPECT_EQ(see("*2\r\n:1\r\n>1\r\n+x\r\n").status, Status::kMalformed);
  EXPECT_EQ(see("|1\r\n+a\r\n>1\r\n").status, Status::kMalformed);
}

TEST(ReplyPitfall, NullHasThreeForms) {
  for (const char* null : {"$-1\r\n", "*-1\r\n", "_\r\n"}) {
    EXPECT_EQ(see(null).status, Status::kEnd);
    EXPECT_EQ(see("*2\r\n" + std::string(null) + null + "+no\r\n").size, 4 + 2 * std::string(null).size());
  }
}

TEST(ReplyPitfall, StreamedTypesAreRefusedCleanly) {
  for (const char* streamed : {"$?\r\n;4\r\nHell\r\n;0\r\n", "*?\r\n:1\r\n.\r\n", "%?\r\n+a\r\n:1\r\n.\r\n",
                               "~?\r\n.\r\n", ";4\r\n", ".\r\n"})
    EXPECT_EQ(see(streamed).status, Status::kMalformed) << streamed;
}

TEST(ReplyPitfall, AnErrorInsideAnArrayDoesNotEndIt) {
  EXPECT_EQ(see("*3\r\n+OK\r\n-ERR wrong\r\n:1\r\n:2\r\n"), (Seen{Status::kEnd, 25, '*'}));
}

TEST(ReplyPitfall, AnErrorBehindHalfAReplyIsSeenAsItsBody) {
  ReplyScanner scanner;
  scanner.feed("$20\r\nabc");
  EXPECT_EQ(scanner.feed("-ERR shutting down\r\n"), Status::kMalformed);
}

TEST(ReplyPitfall, CountsAreNeverAllocatedFor) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "*2147483647\r\n";
  ReplyScanner scanner;
  EXPECT_EQ(scanner.feed(bytes), Status::kMore);
  EXPECT_EQ(scanner.announced(), 3 * (uint64_t{2147483646} * 1000 + 1));
}

TEST(ReplyPitfall, TheCountOfWhatIsStillToComeDoesNotOverflow) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "%2147483647\r\n";
  ReplyScanner scanner;
  Status status = Status::kMore;
  uint64_t before = 0;
  for (int i = 0; i < 20'000 && status == Status::kMore; ++i) {
    status = scanner.feed(bytes);
    ASSERT_GE(scanner.announced(), before);
    before = scanner.announced();
  }
  EXPECT_EQ(status, Status::kMalformed);
}

TEST(ReplyPitfall, ALineHasAnEnd) {
  const auto line = [](char type, size_t size) { return type + std::string(size - 3, '1') + "\r\n"; };
  for (const char type : {'+', '-'}) {
    EXPECT_EQ(see(line(type, 1 << 20)).status, Status::kEnd);
    EXPECT_EQ(see(line(type, (1 << 20) + 1)).status, Status::kMalformed);
  }
  for (const char type : {':', ',', '(', '#', '_'})
    for (const size_t piece : {size_t{1}, size_t{1000}, std::string::npos}) {
      EXPECT_EQ(see(line(type, 64 << 10), piece).status, Status::kEnd);
      EXPECT_EQ(see(line(type, (64 << 10) + 1), piece).status, Status::kMalformed);
      EXPECT_EQ(see(":" + std::string(100'000, '1'), piece).status, Status::kMalformed);
    }
}

TEST(ReplyPitfall, ALengthAboveFourGigabytesIsFollowed) {
  ReplyScanner scanner;
  EXPECT_EQ(scanner.feed("$5000000000\r\n"), Status::kMore);
  const std::string piece(50'000'000, 'x');
  for (int i = 0; i < 100; ++i) ASSERT_EQ(scanner.feed(piece), Status::kMore);
  EXPECT_EQ(scanner.announced(), 2U);
  EXPECT_EQ(scanner.feed("\r\n+OK\r\n"), Status::kEnd);
  EXPECT_EQ(scanner.size(), 13 + 5'000'000'002U);
}

}  // namespace
}  // namespace forebay::redisproto
