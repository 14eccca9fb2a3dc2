#include "pgproto/volatility_reply.h"

#include <gtest/gtest.h>

#include "pgproto/error.h"
#include "pgproto/messages.h"

namespace forebay::pgproto {
namespace {

using Verdict = VolatilityCatalog::Verdict;

std::string row(Bytes kind, Bytes schema, Bytes name, Bytes safe) {
  std::string out;
  appendDataRow(out, {std::string(kind), std::string(schema), std::string(name), std::string(safe)});
  return out;
}

// As PostgreSQL answers, the SET in front of the query included.
std::string answer(const std::string& rows) {
  std::string out;
  appendCommandComplete(out, "SET");
  appendRowDescription(out, {{"?column?"}, {"nspname"}, {"proname"}, {"bool_and"}});
  out += rows;
  appendCommandComplete(out, "SELECT 2");
  appendReadyForQuery(out, 'I');
  return out;
}

std::string errorText(Bytes message) {
  std::string out;
  appendErrorResponse(out, {"ERROR", "42703", std::string(message)});
  return out;
}

std::string whyNone(const VolatilityReply& reply) {
  const auto catalog = reply.catalog();
  return catalog ? "" : catalog.error();
}

TEST(VolatilityReply, MakesACatalogOfTheRows) {
  VolatilityReply reply;
  reply.take(answer(row("f", "pg_catalog", "lower", "t") + row("f", "public", "touch", "f")));
  const auto catalog = reply.catalog();
  ASSERT_TRUE(catalog.ok()) << catalog.error();
  EXPECT_EQ((*catalog)->find(CatalogKind::kFunction, "", "lower"), Verdict::kSafe);
  EXPECT_EQ((*catalog)->find(CatalogKind::kFunction, "public", "touch"), Verdict::kUnsafe);
  EXPECT_EQ((*catalog)->find(CatalogKind::kFunction, "", "none"), Verdict::kUnknown);
}

TEST(VolatilityReply, MayComeInAnyParts) {
  const std::string bytes = answer(row("f", "pg_catalog", "lower", "t") + row("o", "public", "###", "f"));
  for (size_t size = 1; size < bytes.size(); ++size) {
    VolatilityReply reply;
    for (size_t at = 0; at < bytes.size(); at += size) reply.take(Bytes(bytes).substr(at, size));
    const auto catalog = reply.catalog();
    ASSERT_TRUE(catalog.ok()) << catalog.error() << " in parts of " << size;
    EXPECT_EQ((*catalog)->find(CatalogKind::kFunction, "", "lower"), Verdict::kSafe);
    EXPECT_EQ((*catalog)->find(CatalogKind::kOperator, "", "###"), Verdict::kUnsafe);
  }
}

TEST(VolatilityReply, TellsPostgresqlsError) {
  VolatilityReply reply;
  reply.take(row("f", "pg_catalog", "lower", "t") + errorText("column \"prokind\" does not exist"));
  reply.take(row("f", "pg_catalog", "upper", "t"));
  EXPECT_EQ(whyNone(reply), "column \"prokind\" does not exist");
  EXPECT_EQ(reply.failure(), whyNone(reply)) << "also where the rest never comes";
}

TEST(VolatilityReply, StopsWhereItGivesUp) {
  const std::string bytes = errorText("no") + answer(row("f", "pg_catalog", "lower", "t"));
  for (size_t size = 1; size < bytes.size(); ++size) {
    VolatilityReply reply;
    for (size_t at = 0; at < bytes.size(); at += size) reply.take(Bytes(bytes).substr(at, size));
    EXPECT_EQ(whyNone(reply), "no") << "in parts of " << size;
  }
}

TEST(VolatilityReply, HoldsNoMoreThanItMay) {
  const std::string small = row("f", "public", std::string(44, 'x'), "t");  // 50 bytes of names
  VolatilityReply enough(100), too_few(99);
  enough.take(answer(small + small));
  too_few.take(answer(small + small));
  EXPECT_EQ(whyNone(enough), "");
  EXPECT_EQ(whyNone(too_few), "it has more than 99 bytes of names");
}

TEST(VolatilityReply, TakesNothingForTheWhole) {
  VolatilityReply none, without_rows, broken_off;
  without_rows.take(answer(""));
  const std::string bytes = row("f", "pg_catalog", "lower", "t");
  broken_off.take(bytes + bytes.substr(0, 10));
  for (const VolatilityReply* reply : {&none, &without_rows, &broken_off})
    EXPECT_EQ(whyNone(*reply), "the answer is not whole");
}

TEST(VolatilityReply, RefusesWhatMakesNoSense) {
  std::string three_columns, no_kind = row("?", "a", "b", "t");
  appendDataRow(three_columns, {"f", "a", "b"});
  for (const std::string& bytes : {three_columns, no_kind, std::string("D\0\0\0\6\0\4", 7)}) {
    VolatilityReply reply;
    reply.take(answer(row("f", "a", "b", "t") + bytes));
    EXPECT_EQ(whyNone(reply), "a row makes no sense");
  }
  VolatilityReply endless;
  endless.take(Bytes("D\x7f\xff\xff\xff", 5));
  EXPECT_EQ(whyNone(endless), "the answer makes no sense");
}

TEST(ChangesCatalog, IsFalseForWhatProgramsDoAllTheTime) {
  for (const Bytes tag : {"SELECT 1",
                          "INSERT 0 1",
                          "UPDATE 3",
                          "DELETE 0",
                          "MERGE 1",
                          "BEGIN",
                          "START TRANSACTION",
                          "COMMIT",
                          "ROLLBACK",
                          "SAVEPOINT",
                          "RELEASE",
                          "SET",
                          "RESET",
                          "SHOW",
                          "COPY 5",
                          "FETCH 1",
                          "MOVE 1",
                          "CLOSE CURSOR",
                          "DECLARE CURSOR",
                          "DEALLOCATE",
                          "DISCARD ALL",
                          "PREPARE",
                          "PREPARE TRANSACTION",
                          "LISTEN",
                          "NOTIFY",
                          "LOCK TABLE",
                          "TRUNCATE TABLE",
                          "EXPLAIN",
                          "VACUUM",
                          "ANALYZE",
                          "REINDEX",
                          "REFRESH MATERIALIZED VIEW",
                          "CHECKPOINT",
                          "COMMENT",
                          "GRANT",
                          "REVOKE",
                          "CREATE TABLE",
                          "CREATE TABLE AS",
                          "CREATE INDEX",
                          "DROP TABLE",
                          "DROP INDEX",
                          "CREATE DATABASE",
                          "DROP DATABASE",
                          "ALTER ROLE",
                          "",
                          "D",
                          "DOES",
                          "CALLED"})
    EXPECT_FALSE(changesCatalog(tag)) << tag;
}

TEST(ChangesCatalog, IsTrueForWhateverMayMakeAStatementWrite) {
  for (const Bytes tag : {"CREATE FUNCTION",
                          "CREATE PROCEDURE",
                          "CREATE AGGREGATE",
                          "CREATE OPERATOR",
                          "CREATE OPERATOR CLASS",
                          "CREATE CAST",
                          "CREATE TYPE",
                          "CREATE DOMAIN",
                          "CREATE VIEW",
                          "CREATE RULE",
                          "CREATE POLICY",
                          "CREATE EXTENSION",
                          "CREATE SCHEMA",
                          "CREATE SEQUENCE",
                          "CREATE FOREIGN TABLE",
                          "CREATE MATERIALIZED VIEW",
                          "ALTER FUNCTION",
                          "ALTER TABLE",
                          "ALTER INDEX",
                          "ALTER VIEW",
                          "ALTER SCHEMA",
                          "ALTER SEQUENCE",
                          "ALTER DOMAIN",
                          "ALTER EXTENSION",
                          "ALTER POLICY",
                          "DROP FUNCTION",
                          "DROP CAST",
                          "DROP VIEW",
                          "DROP OWNED",
                          "DO",
                          "CALL",
                          "COMMIT PREPARED",
                          "IMPORT FOREIGN SCHEMA",
                          "CREATE SOMETHING NEW"})
    EXPECT_TRUE(changesCatalog(tag)) << tag;
}

}  // namespace
}  // namespace forebay::pgproto
