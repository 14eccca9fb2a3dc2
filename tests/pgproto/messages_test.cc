#include "pgproto/messages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pgproto/frame.h"
#include "tests/pgproto/one_message.h"

namespace forebay::pgproto {
namespace {

std::string types(std::vector<uint32_t> oids) {
  std::string raw;
  appendBe16(raw, static_cast<uint16_t>(oids.size()));
  for (const uint32_t oid : oids) appendBe32(raw, oid);
  return raw;
}

TEST(Messages, WithoutABodyAreTheirHeader) {
  EXPECT_EQ(built(appendSync), Bytes("S\0\0\0\4", 5));
  EXPECT_EQ(built(appendTerminate), Bytes("X\0\0\0\4", 5));
  EXPECT_EQ(built(appendEmptyQueryResponse), Bytes("I\0\0\0\4", 5));
  EXPECT_EQ(built(appendParseComplete), Bytes("1\0\0\0\4", 5));
  EXPECT_EQ(built(appendCloseComplete), Bytes("3\0\0\0\4", 5));
}

TEST(Messages, LookAsTheProtocolWritesThem) {
  EXPECT_EQ(built(appendReadyForQuery, 'T'), Bytes("Z\0\0\0\5T", 6));
  EXPECT_EQ(built(appendCommandComplete, "SHOW"), Bytes("C\0\0\0\x09SHOW\0", 10));
  EXPECT_EQ(built(appendQuery, "select 1"), Bytes("Q\0\0\0\x0dselect 1\0", 14));
  EXPECT_EQ(built(appendPasswordMessage, "secret"), Bytes("p\0\0\0\x0bsecret\0", 12));
  EXPECT_EQ(built(appendSaslResponse, "c=biws"), Bytes("p\0\0\0\x0a"
                                                       "c=biws",
                                                       11));
  EXPECT_EQ(built(appendCloseStatement, "s1"), Bytes("C\0\0\0\x08Ss1\0", 9));
}

TEST(Messages, AreAppendedToWhatIsThere) {
  std::string out = "before";
  appendReadyForQuery(out, 'I');
  appendSync(out);
  EXPECT_EQ(out, std::string("beforeZ\0\0\0\5IS\0\0\0\4", 17));
}

TEST(RowDescription, DescribesColumnsOfNoTable) {
  const std::string message = built(appendRowDescription, {{.name = "database"}, {"wait", 23, 4}});
  Reader in(bodyOf(message, 'T'));
  EXPECT_EQ(in.int16(), 2);
  for (const Column& column : {Column{"database", 25, -1}, Column{"wait", 23, 4}}) {
    EXPECT_EQ(in.cstring(), column.name);
    EXPECT_EQ(in.int32(), 0u);
    EXPECT_EQ(in.int16(), 0);
    EXPECT_EQ(in.int32(), column.type_oid);
    EXPECT_EQ(static_cast<int16_t>(in.int16()), column.type_size);
    EXPECT_EQ(in.int32(), 0xffffffffu);
    EXPECT_EQ(in.int16(), 0) << "text format";
  }
  EXPECT_TRUE(in.atEnd());
}

TEST(DataRow, ComesBackAsItWasSent) {
  const std::string message = built(appendDataRow, {"one", std::nullopt, "", std::string("\0zero", 5)});
  const Bytes body = bodyOf(message, 'D');
  std::vector<std::optional<Bytes>> values;
  ASSERT_TRUE(parseDataRow(body, values));
  EXPECT_EQ(values, (std::vector<std::optional<Bytes>>{"one", std::nullopt, "", Bytes("\0zero", 5)}));
  expectExactLength(parseDataRow, body);
}

TEST(DataRow, MayHaveNoColumns) {
  std::vector<std::optional<Bytes>> values = {"left over"};
  EXPECT_TRUE(parseDataRow(bodyOf(built(appendDataRow, {}), 'D'), values));
  EXPECT_TRUE(values.empty());
}

TEST(DataRow, RefusesHostileCountsAndLengths) {
  std::vector<std::optional<Bytes>> values;
  EXPECT_FALSE(parseDataRow("\xff\xff", values)) << "65535 columns in no bytes";
  for (const Bytes length : {Bytes("\x00\x00\x00\x05", 4), Bytes("\x7f\xff\xff\xff", 4),
                             Bytes("\x80\x00\x00\x00", 4), Bytes("\xff\xff\xff\xfe", 4)})
    EXPECT_FALSE(parseDataRow(std::string("\0\1", 2).append(length) + "four", values));
}

TEST(Parse, ComesBackAsItWasSent) {
  const std::string message = built(appendParse, "s1", "select $1, $2", types({23, 25}));
  const Bytes body = bodyOf(message, 'P');
  Parse parsed;
  ASSERT_TRUE(parseParse(body, parsed));
  EXPECT_EQ(parsed.statement, "s1");
  EXPECT_EQ(parsed.sql, "select $1, $2");
  EXPECT_EQ(parsed.parameter_types, types({23, 25}));
  expectExactLength(parseParse, body);
}

TEST(Parse, WithoutTypesHasACountOfZero) {
  Parse parsed;
  const std::string message = built(appendParse, "", "select 1", "");
  ASSERT_TRUE(parseParse(bodyOf(message, 'P'), parsed));
  EXPECT_EQ(parsed.parameter_types, types({}));
  EXPECT_EQ(message, built(appendParse, parsed.statement, parsed.sql, parsed.parameter_types));
}

TEST(Parse, RefusesACountOfTypesThatAreNotThere) {
  Parse parsed;
  EXPECT_FALSE(parseParse(Bytes("\0\0\xff\xff\0\0\0\x17", 8), parsed));
  EXPECT_FALSE(parseParse(Bytes("\0\0\0\1\0\0\0\x17\0\0\0\x17", 12), parsed));
}

TEST(Bind, GivesTheNamesAndLeavesTheRest) {
  const std::string rest("\0\0\0\1\0\0\0\1x\0\0", 11);
  const std::string body = std::string("portal\0stmt\0", 12) + rest;
  Bind parsed;
  ASSERT_TRUE(parseBind(body, parsed));
  EXPECT_EQ(parsed.portal, "portal");
  EXPECT_EQ(parsed.statement, "stmt");
  EXPECT_EQ(parsed.rest, rest);
  EXPECT_EQ(parsed.rest.data(), body.data() + 12);
}

TEST(Bind, NeedsBothNamesWhole) {
  const Bytes names("portal\0stmt\0", 12);
  Bind parsed;
  for (size_t n = 0; n < names.size(); ++n) EXPECT_FALSE(parseBind(names.substr(0, n), parsed)) << n;
  EXPECT_TRUE(parseBind(names, parsed));
  EXPECT_EQ(parsed.rest, "");
}

TEST(DescribeAndClose, NameAStatementOrAPortal) {
  Target target;
  ASSERT_TRUE(parseTarget(Bytes("Sname\0", 6), target));
  EXPECT_EQ(target.kind, 'S');
  EXPECT_EQ(target.name, "name");
  ASSERT_TRUE(parseTarget(Bytes("P\0", 2), target));
  EXPECT_EQ(target.kind, 'P');
  EXPECT_EQ(target.name, "");
  expectExactLength(parseTarget, Bytes("Sname\0", 6));
  EXPECT_FALSE(parseTarget(Bytes("Xname\0", 6), target));
  EXPECT_FALSE(parseTarget(Bytes("\0name\0", 6), target));
}

TEST(Execute, GivesPortalAndRowLimit) {
  Execute execute;
  ASSERT_TRUE(parseExecute(Bytes("c1\0\0\0\0\x64", 7), execute));
  EXPECT_EQ(execute.portal, "c1");
  EXPECT_EQ(execute.max_rows, 100u);
  expectExactLength(parseExecute, Bytes("c1\0\0\0\0\x64", 7));
}

TEST(Execute, ReadsANegativeLimitAsNoneAsPostgresDoes) {
  Execute execute;
  ASSERT_TRUE(parseExecute(Bytes("\0\xff\xff\xff\xff", 5), execute));
  EXPECT_EQ(execute.max_rows, 0u);
  ASSERT_TRUE(parseExecute(Bytes("\0\x7f\xff\xff\xff", 5), execute));
  EXPECT_EQ(execute.max_rows, 0x7fffffffu);
}

TEST(QueryWithParameter, IsAWholeBatchUpToItsSync) {
  const std::string batch = built(appendQueryWithParameter, "select $1", "it's");
  std::string order;
  Frame frame;
  for (Bytes rest = batch; scanFrame(rest, 1000, frame) == Scan::kFrame;
       rest.remove_prefix(frame.whole.size())) {
    order.push_back(frame.type);
    if (frame.type == 'B') {
      EXPECT_EQ(frame.body, Bytes("\0\0\0\0\0\1\0\0\0\4it's\0\0", 16));
    }
  }
  EXPECT_EQ(order, "PBDES");
}

}  // namespace
}  // namespace forebay::pgproto
