#include "redisproto/builder.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "redisproto/reply.h"
#include "redisproto/request.h"

namespace forebay::redisproto {
namespace {

template <class... Args>
std::string written(void (&append)(std::string&, Args...), std::type_identity_t<Args>... args) {
  std::string out = "before ";
  append(out, args...);
  EXPECT_TRUE(out.starts_with("before "));
  return out.substr(7);
}

TEST(Builder, WritesWhatBothVersionsHave) {
  EXPECT_EQ(written(appendSimple, "OK"), "+OK\r\n");
  EXPECT_EQ(written(appendError, "ERR no"), "-ERR no\r\n");
  EXPECT_EQ(written(appendInteger, 0), ":0\r\n");
  EXPECT_EQ(written(appendInteger, std::numeric_limits<int64_t>::min()), ":-9223372036854775808\r\n");
  EXPECT_EQ(written(appendBulk, "a\r\nb"), "$4\r\na\r\nb\r\n");
  EXPECT_EQ(written(appendBulk, ""), "$0\r\n\r\n");
  EXPECT_EQ(written(appendArray, 12), "*12\r\n");
}

TEST(Builder, WritesTheTypesOfRESP3) {
  EXPECT_EQ(written(appendNull, Resp::k3), "_\r\n");
  EXPECT_EQ(written(appendNullArray, Resp::k3), "_\r\n");
  EXPECT_EQ(written(appendMap, 2, Resp::k3), "%2\r\n");
  EXPECT_EQ(written(appendSet, 2, Resp::k3), "~2\r\n");
  EXPECT_EQ(written(appendPush, 3, Resp::k3), ">3\r\n");
  EXPECT_EQ(written(appendBoolean, true, Resp::k3), "#t\r\n");
  EXPECT_EQ(written(appendBoolean, false, Resp::k3), "#f\r\n");
  EXPECT_EQ(written(appendDouble, 1.5, Resp::k3), ",1.5\r\n");
  EXPECT_EQ(written(appendVerbatim, "a\nb", Resp::k3), "=7\r\ntxt:a\nb\r\n");
}

TEST(Builder, WritesForRESP2WhatRedisDoes) {
  EXPECT_EQ(written(appendNull, Resp::k2), "$-1\r\n");
  EXPECT_EQ(written(appendNullArray, Resp::k2), "*-1\r\n");
  EXPECT_EQ(written(appendMap, 2, Resp::k2), "*4\r\n");
  EXPECT_EQ(written(appendSet, 2, Resp::k2), "*2\r\n");
  EXPECT_EQ(written(appendPush, 3, Resp::k2), "*3\r\n");
  EXPECT_EQ(written(appendBoolean, true, Resp::k2), ":1\r\n");
  EXPECT_EQ(written(appendBoolean, false, Resp::k2), ":0\r\n");
  EXPECT_EQ(written(appendDouble, 1.5, Resp::k2), "$3\r\n1.5\r\n");
  EXPECT_EQ(written(appendVerbatim, "a\nb", Resp::k2), "$3\r\na\nb\r\n");
}

TEST(Builder, SpellsDoublesAsRedisDoes) {
  using Limits = std::numeric_limits<double>;
  EXPECT_EQ(written(appendDouble, 0.1, Resp::k3), ",0.1\r\n");
  EXPECT_EQ(written(appendDouble, 3.0, Resp::k3), ",3\r\n");
  EXPECT_EQ(written(appendDouble, Limits::infinity(), Resp::k3), ",inf\r\n");
  EXPECT_EQ(written(appendDouble, -Limits::infinity(), Resp::k2), "$4\r\n-inf\r\n");
  EXPECT_EQ(written(appendDouble, -Limits::quiet_NaN(), Resp::k3), ",nan\r\n");
  EXPECT_EQ(written(appendDouble, -Limits::denorm_min(), Resp::k3), ",-5e-324\r\n");
  EXPECT_EQ(written(appendDouble, Limits::max(), Resp::k3), ",1.7976931348623157e+308\r\n");
}

TEST(Builder, AnErrorIsOneLine) {
  EXPECT_EQ(written(appendError, "ERR a\r\nb\n+OK\r"), "-ERR a  b +OK \r\n");
  EXPECT_EQ(written(appendError, ""), "-\r\n");
}

TEST(Builder, WritesRequestsThatAreReadAgain) {
  const std::vector<Bytes> args = {"SET", "", "a\r\nb", Bytes("\0\xff", 2), "12345678901"};
  std::string bytes = "*1\r\n$4\r\nPING\r\n";
  EXPECT_EQ(request({"PING"}), bytes);
  bytes.clear();
  appendRequest(bytes, args);
  RequestProgress progress;
  Request out;
  ASSERT_EQ(scanRequest(bytes, {}, progress, out), RequestScan::kRequest);
  EXPECT_EQ(out.args, args);
  EXPECT_EQ(out.size, bytes.size());
}

TEST(Builder, WritesRepliesThatEndWhereTheyShould) {
  for (const Resp resp : {Resp::k2, Resp::k3}) {
    std::string out;
    appendPush(out, 4, resp);
    appendMap(out, 2, resp);
    appendSimple(out, "server");
    appendVerbatim(out, "text", resp);
    appendNull(out, resp);
    appendNullArray(out, resp);
    appendSet(out, 1, resp);
    appendBoolean(out, true, resp);
    appendDouble(out, std::nan(""), resp);
    appendArray(out, 1);
    appendInteger(out, -1);
    ReplyScanner scanner;
    ASSERT_EQ(scanner.feed(out + "+no\r\n"), ReplyScanner::Status::kEnd);
    EXPECT_EQ(scanner.size(), out.size());
    EXPECT_EQ(scanner.isPush(), resp == Resp::k3);
  }
}

}  // namespace
}  // namespace forebay::redisproto
