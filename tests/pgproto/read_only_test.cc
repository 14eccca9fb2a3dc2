#include "pgproto/read_only.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "pgproto/sql_shape.h"

namespace forebay::pgproto {
namespace {

using Kind = Classification::Kind;
using Reason = Classification::Reason;
using Access = Classification::Access;
using Isolation = Classification::Isolation;

// A small database: what PostgreSQL brings, and what somebody added.
const VolatilityCatalog& database() {
  static const VolatilityCatalog kCatalog = [] {
    std::vector<CatalogRow> rows;
    const auto add = [&rows](CatalogKind kind, Bytes schema, bool safe, std::initializer_list<Bytes> names) {
      for (const Bytes name : names) rows.push_back({kind, std::string(schema), std::string(name), safe});
    };
    add(CatalogKind::kFunction, "pg_catalog", true,
        {"abs",
         "btrim",
         "coalesce",
         "count",
         "current_setting",
         "extract",
         "generate_series",
         "json_agg",
         "length",
         "like_escape",
         "lower",
         "max",
         "now",
         "pg_backend_pid",
         "pg_get_viewdef",
         "pg_stat_get_activity",
         "row_number",
         "sum",
         "timezone",
         "to_char",
         "txid_current",
         "unnest",
         "upper"});
    add(CatalogKind::kFunction, "pg_catalog", false,
        {"currval", "lo_creat", "lo_unlink", "lo_import", "nextval", "pg_advisory_lock",
         "pg_advisory_xact_lock", "pg_is_in_recovery", "pg_notify", "pg_reload_conf", "pg_sleep",
         "pg_terminate_backend", "query_to_xml", "random", "set_config", "setval"});
    add(CatalogKind::kFunction, "public", false, {"dblink", "dblink_exec", "lower_and_log", "touch"});
    add(CatalogKind::kFunction, "app", true, {"price"});
    add(CatalogKind::kFunction, "audit", false, {"price", "seen"});
    add(CatalogKind::kFunction, "public", true, {"seen"});
    add(CatalogKind::kOperator, "pg_catalog", true,
        {"=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "||", "~~", "~~*", "!~~", "~", "->", "->>",
         "@>", "&"});
    add(CatalogKind::kOperator, "public", false, {"###"});
    add(CatalogKind::kType, "pg_catalog", true,
        {"bool", "date", "float8", "int4", "int8", "interval", "jsonb", "name", "numeric", "regclass", "text",
         "timestamptz", "uuid", "varchar"});
    add(CatalogKind::kType, "public", true, {"citext"});
    add(CatalogKind::kType, "public", false, {"logged_text", "length"});
    add(CatalogKind::kRelation, "public", false, {"visits_view", "orders_id_seq", "<odd\\\"\t"});
    add(CatalogKind::kRelation, "pg_catalog", false, {"pg_stat_activity", "pg_locks"});
    add(CatalogKind::kAttribute, "public", false, {"touch"});
    return VolatilityCatalog(rows);
  }();
  return kCatalog;
}

Classification of(Bytes sql) { return classify(sql, &database()); }

void expectReads(std::initializer_list<Bytes> texts) {
  for (const Bytes sql : texts) {
    EXPECT_EQ(of(sql).kind, Kind::kRead) << sql << " " << describe(of(sql).reason);
    EXPECT_EQ(of(sql).reason, Reason::kNone) << sql;
  }
}

void expectNoRead(Reason reason, std::initializer_list<Bytes> texts) {
  for (const Bytes sql : texts) {
    EXPECT_EQ(of(sql).kind, Kind::kOther) << sql;
    EXPECT_EQ(of(sql).reason, reason) << sql << " " << describe(of(sql).reason);
  }
}

TEST(ReadOnly, Queries) {
  expectReads({
      "SELECT 1",
      "SELECT * FROM t",
      "select a, t.b, s.t.c, t.* from s.t where a = $1 and (b > 5 or c is null) order by 1 desc limit 10 "
      "offset $2",
      "TABLE t",
      "VALUES (1, 'a'), (2, 'b')",
      "(SELECT 1)",
      "SELECT 1 UNION ALL SELECT 2 EXCEPT (VALUES (3))",
      "WITH x AS (SELECT 1), y AS MATERIALIZED (TABLE x) SELECT * FROM x JOIN y USING (a)",
      "WITH RECURSIVE r AS (SELECT 1 UNION SELECT a + 1 FROM r) SELECT * FROM r",
      "SELECT * FROM a NATURAL LEFT JOIN b, LATERAL (SELECT a.x) c(y), generate_series(1, 3) WITH ORDINALITY "
      "g",
      "SELECT count(*), sum(DISTINCT a) FILTER (WHERE b), max(c) OVER w FROM t GROUP BY ROLLUP (a, b) HAVING "
      "count(*) > 1 "
      "WINDOW w AS (PARTITION BY d ORDER BY e ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
      "SELECT CASE a WHEN 1 THEN 'x' ELSE NULL END, coalesce(a, b), nullif(a, b), greatest(a, 1), (a, b), "
      "ARRAY[1, 2]",
      "SELECT a IN (1, 2), a IN (SELECT 1), EXISTS (TABLE t), a = ANY ($1), a BETWEEN 1 AND 2, a IS DISTINCT "
      "FROM b",
      "SELECT a LIKE 'x%' ESCAPE '!', a ILIKE 'y', a NOT LIKE 'z', a ~ 'r', NOT b, b IS TRUE, a[1], a[1:2], "
      "(a).b",
      "SELECT a::int, CAST(b AS varchar(10)), c::text[], date '2020-01-01', interval '1 day', 'x'::citext, "
      "-1, 'a' || 'b'",
      "SELECT now(), CURRENT_TIMESTAMP, current_user, now() AT TIME ZONE 'UTC', extract(year FROM now()), "
      "trim(a)",
      "SELECT lower(a) COLLATE \"C\", pg_catalog.upper(b), app.price(c), j->'a'->>'b', b'1', x'1f', 1.5e3 "
      "FROM t",
      "SELECT DISTINCT ON (a) a FROM ONLY t TABLESPACES ORDER BY a USING < FETCH FIRST 3 ROWS WITH TIES",
      "SELECT",
      "SHOW search_path",
      "SHOW server_version",
      "SHOW TRANSACTION ISOLATION LEVEL",
  });
}

TEST(ReadOnly, ExplainOfAQuery) {
  expectReads({"EXPLAIN SELECT 1", "EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT * FROM t",
               "EXPLAIN ANALYZE TABLE t", "EXPLAIN VERBOSE VALUES (1)"});
  expectNoRead(
      Reason::kStatement,
      {"EXPLAIN ANALYZE UPDATE t SET a = 1", "EXPLAIN (ANALYZE false) DELETE FROM t",
       "EXPLAIN UPDATE t SET a = 1", "EXPLAIN ANALYZE EXECUTE p", "EXPLAIN CREATE TABLE x AS SELECT 1",
       "EXPLAIN ANALYZE WITH x AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT * FROM x",
       "EXPLAIN ANALYZE DECLARE c CURSOR FOR SELECT 1"});
  expectNoRead(Reason::kFunction, {"EXPLAIN ANALYZE SELECT nextval('s')"});
}

TEST(ReadOnly, NothingAtAllIsARead) {
  for (const Bytes sql : {"", " ", ";", "-- nothing", ";;"}) {
    EXPECT_EQ(of(sql).kind, Kind::kRead) << sql;
    EXPECT_EQ(of(sql).statements, 0) << sql;
  }
}

TEST(ReadOnly, WritesAreNone) {
  expectNoRead(Reason::kStatement, {"INSERT INTO t VALUES (1)",
                                    "UPDATE t SET a = 1",
                                    "DELETE FROM t",
                                    "TRUNCATE t",
                                    "CREATE TABLE t (a int)",
                                    "CREATE TABLE t AS SELECT 1",
                                    "DROP VIEW v",
                                    "ALTER TABLE t ADD a int",
                                    "GRANT SELECT ON t TO u",
                                    "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
                                    "VACUUM",
                                    "ANALYZE t",
                                    "REINDEX TABLE t",
                                    "CALL p()",
                                    "DO $$ begin end $$",
                                    "LOCK TABLE t IN ACCESS SHARE MODE",
                                    "NOTIFY c",
                                    "LISTEN c",
                                    "UNLISTEN *",
                                    "REFRESH MATERIALIZED VIEW v",
                                    "COMMENT ON TABLE t IS 'x'",
                                    "CHECKPOINT",
                                    "DISCARD ALL",
                                    "SECURITY LABEL ON TABLE t IS 'x'",
                                    "INSERT INTO t SELECT * FROM u",
                                    "CREATE TEMP TABLE t (a int)",
                                    "ALTER SYSTEM SET work_mem = '1MB'"});
}

TEST(ReadOnly, AWithThatWritesIsNone) {
  expectNoRead(Reason::kStatement,
               {"WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
                "WITH x AS (UPDATE t SET a = 1 RETURNING 1) TABLE x",
                "SELECT * FROM (WITH x AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT * FROM x) y",
                "WITH a AS (SELECT 1), b AS (WITH c AS (DELETE FROM t RETURNING 1) SELECT 1) SELECT 1",
                "WITH x AS (SELECT 1) INSERT INTO t TABLE x"});
}

TEST(ReadOnly, RowLocksAreNone) {
  expectNoRead(
      Reason::kRowLock,
      {"SELECT * FROM t FOR UPDATE", "SELECT * FROM t FOR NO KEY UPDATE", "SELECT * FROM t FOR SHARE",
       "SELECT * FROM t FOR KEY SHARE OF t SKIP LOCKED", "SELECT * FROM (SELECT * FROM t FOR UPDATE) x",
       "WITH x AS (SELECT 1 FROM t FOR SHARE NOWAIT) SELECT 1", "SELECT (SELECT 1 FROM t FOR UPDATE)",
       "TABLE t FOR UPDATE", "EXPLAIN SELECT 1 FROM t FOR UPDATE"});
  expectReads({"SELECT a AS \"for update\", 'FOR UPDATE' FROM t"});
}

TEST(ReadOnly, SelectIntoIsNone) {
  expectNoRead(Reason::kInto, {"SELECT * INTO x FROM t", "SELECT 1 INTO TEMP x",
                               "SELECT 1 INTO UNLOGGED TABLE x UNION SELECT 2",
                               "WITH a AS (SELECT 1) SELECT * INTO x FROM a"});
}

TEST(ReadOnly, VolatileFunctionsAreNone) {
  expectNoRead(Reason::kFunction, {"SELECT nextval('s')",
                                   "SELECT NextVal('s')",
                                   "SELECT \"nextval\"('s')",
                                   "SELECT pg_catalog.nextval('s')",
                                   "SELECT setval('s', 1)",
                                   "SELECT currval('s')",
                                   "SELECT lo_creat(-1)",
                                   "SELECT lo_unlink(1)",
                                   "SELECT pg_advisory_lock(1)",
                                   "SELECT 1 FROM pg_advisory_xact_lock(1)",
                                   "SELECT set_config('a.b', 'c', true)",
                                   "SELECT pg_notify('c', 'x')",
                                   "SELECT pg_sleep(1)",
                                   "SELECT * FROM dblink('', 'delete from t') AS d(a int)",
                                   "SELECT query_to_xml('delete from t', true, false, '')",
                                   "SELECT pg_is_in_recovery()",
                                   "SELECT random()",
                                   "SELECT 1 WHERE random() > 0.5",
                                   "SELECT 1 ORDER BY random()",
                                   "SELECT 1 LIMIT nextval('s')",
                                   "SELECT CASE WHEN false THEN nextval('s') END",
                                   "SELECT max(nextval('s')) OVER (ORDER BY 1)",
                                   "SELECT (SELECT nextval('s'))",
                                   "VALUES (nextval('s'))",
                                   "SELECT a[nextval('s')] FROM t",
                                   "SELECT lower(upper(lower_and_log('x')))",
                                   "SELECT * FROM t JOIN u ON t.a = nextval('s')",
                                   "SELECT (nextval('s'))::text",
                                   "SELECT 1 GROUP BY nextval('s')",
                                   "SELECT count(*) FILTER (WHERE nextval('s') > 1)",
                                   "SELECT sum(a ORDER BY nextval('s')) FROM t",
                                   "SELECT * FROM ROWS FROM (generate_series(1, 2), nextval('s')) x",
                                   "SELECT \"U&\", u&\"\\006eextval\"('s')",
                                   "SELECT u&\"n!0065xtval\" UESCAPE '!' ('s')"});
}

TEST(ReadOnly, FunctionsThatAreNotKnownAreNone) {
  expectNoRead(Reason::kFunction,
               {"SELECT brand_new()", "SELECT other.lower('x')", "SELECT \"Lower\"('x')",
                "SELECT \xc3\xa9('x')", "SELECT \"lo\"\"wer\"('x')", "SELECT \"now\\\"()"});
}

TEST(ReadOnly, AnUnqualifiedNameStandsForEverySchema) {
  expectNoRead(Reason::kFunction,
               {"SELECT price(1)", "SELECT seen()", "SELECT audit.price(1)", "SELECT db.audit.seen()"});
  expectReads({"SELECT app.price(1)", "SELECT public.seen()", "SELECT db.public.seen()"});
}

// Stable, says PostgreSQL; but the answer is the server's or the session's own.
TEST(ReadOnly, WhatTellsOfTheServerIsNone) {
  expectNoRead(Reason::kFunction, {"SELECT pg_backend_pid()", "SELECT txid_current()",
                                   "SELECT current_setting('transaction_read_only')",
                                   "SELECT * FROM pg_stat_get_activity(NULL)"});
  expectNoRead(Reason::kServerState, {"SHOW transaction_read_only", "SHOW in_hot_standby", "SHOW ALL",
                                      "SHOW Transaction_Read_Only"});
}

TEST(ReadOnly, AColumnMayBeAFunction) {
  expectNoRead(Reason::kFunction, {"SELECT t.touch FROM t", "SELECT public.t.touch FROM t",
                                   "SELECT (t).touch FROM t", "SELECT (t.a).b[1].touch FROM t"});
  expectReads({"SELECT touch FROM t", "SELECT touch.a FROM touch", "SELECT t.a AS touch FROM t"});
}

TEST(ReadOnly, VolatileOperatorsAreNone) {
  expectNoRead(Reason::kOperator,
               {"SELECT ### 1", "SELECT 1 ### 2", "SELECT 1 OPERATOR(public.###) 2",
                "SELECT a ### ANY (ARRAY[1])", "SELECT a ### ALL (SELECT 1)", "SELECT 1 ORDER BY a USING ###",
                "SELECT 1 <#> 2", "SELECT 1 OPERATOR(other.+) 2"});
  expectReads({"SELECT 1 OPERATOR(pg_catalog.+) 2"});
}

TEST(ReadOnly, CastsThatRunWhatIsVolatileAreNone) {
  expectNoRead(Reason::kType, {"SELECT a::logged_text", "SELECT CAST(a AS public.logged_text)",
                               "SELECT logged_text 'x'", "SELECT a::logged_text[]", "SELECT a::unheard_of",
                               "SELECT * FROM unnest(a) AS x(b logged_text)"});
  expectNoRead(Reason::kFunction, {"SELECT logged_text('x')"});
  expectNoRead(Reason::kType, {"SELECT length('x')"});
}

TEST(ReadOnly, RelationsThatAreNoTablesAreNone) {
  expectNoRead(
      Reason::kRelation,
      {"SELECT * FROM visits_view", "TABLE public.visits_view", "SELECT last_value FROM orders_id_seq",
       "SELECT * FROM pg_stat_activity", "SELECT 1 WHERE EXISTS (SELECT FROM pg_locks)",
       "SELECT 1 FROM t JOIN (SELECT * FROM visits_view) v ON true", "SELECT * FROM \xc3\xa9",
       "SELECT * FROM \"<odd\\\"\"\t\"", "WITH visits_view AS (SELECT 1) SELECT * FROM visits_view"});
  expectReads({"SELECT * FROM other.visits_view", "SELECT * FROM \"Visits_view\"", "SELECT * FROM pg_class",
               "SELECT * FROM \"odd\\\""});
}

TEST(ReadOnly, WhatRunsUnseenMakesAllNamesUnsafe) {
  const VolatilityCatalog catalog({{CatalogKind::kFunction, "pg_catalog", "now", true},
                                   {CatalogKind::kImplicit, "", "cast to text", false}});
  EXPECT_EQ(classify("SELECT now()", &catalog).kind, Kind::kOther);
  EXPECT_EQ(classify("SELECT * FROM t", &catalog).kind, Kind::kOther);
  EXPECT_EQ(classify("SELECT 1", &catalog).kind, Kind::kRead);
}

TEST(ReadOnly, WithoutACatalogNoNameIsSafe) {
  for (const Bytes sql : {"SELECT now()", "SELECT pg_catalog.now()", "SELECT * FROM t", "SELECT 1 + 1",
                          "SELECT 1::int", "SELECT a.b"}) {
    EXPECT_EQ(classify(sql, nullptr).kind, Kind::kOther) << sql;
    EXPECT_EQ(classify(sql, nullptr).reason, Reason::kNoCatalog) << sql;
  }
  for (const Bytes sql : {"SELECT 1", "SELECT 'x', CURRENT_TIMESTAMP", "SHOW search_path", "VALUES (1)", ""})
    EXPECT_EQ(classify(sql, nullptr).kind, Kind::kRead) << sql;
  EXPECT_EQ(classify("BEGIN READ ONLY", nullptr).access, Access::kReadOnly);
}

TEST(ReadOnly, WhatNeedsOrLeavesSomethingOnOneServerIsNone) {
  expectNoRead(Reason::kStatement,
               {"PREPARE p AS SELECT 1", "EXECUTE p", "EXECUTE p(1)", "DEALLOCATE p",
                "DECLARE c CURSOR FOR SELECT 1", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH 1 FROM c",
                "MOVE c", "CLOSE c", "COPY t TO STDOUT", "COPY (SELECT 1) TO STDOUT", "COPY t TO '/tmp/x'",
                "COPY t TO PROGRAM 'cat'", "COPY t FROM STDIN", "LOAD 'x'"});
}

TEST(ReadOnly, SyntaxThatIsNotKnownToBeSafeIsNone) {
  expectNoRead(Reason::kSyntax, {"SELECT * FROM t TABLESAMPLE system (1)", "SELECT xmlelement(name a)",
                                 "SELECT * FROM XMLTABLE('/a' PASSING x COLUMNS b int)"});
}

TEST(ReadOnly, WhatTheParserRefusesIsNone) {
  expectNoRead(Reason::kUnreadable,
               {"SELEC 1", "SELECT 'a", "SELECT 1; SELEC", "SELECT (", "/*", "SELECT 1 FROM WHERE",
                "\xff\xfe", "SELECT MERGE_ACTION(", Bytes("SELECT 1\0; DELETE FROM t", 24)});
}

TEST(ReadOnly, LongTextsAreNone) {
  std::string sql = "SELECT 1";
  while (sql.size() + 2 <= kMaxClassifiedSql) sql += "+1";
  expectReads({sql});
  expectNoRead(Reason::kTooLong, {sql + "  "});
}

TEST(ReadOnly, SeveralStatementsReadWhenEachDoes) {
  expectReads({"SELECT 1; SELECT 2", "SELECT 1;;SHOW search_path; TABLE t;"});
  expectNoRead(Reason::kSeveral,
               {"SELECT 1; DELETE FROM t", "DELETE FROM t; SELECT 1", "SELECT 1; SELECT nextval('s')",
                "BEGIN; SELECT 1; COMMIT", "BEGIN READ ONLY; SELECT 1", "SET a.b = 1; SELECT 1",
                "SELECT 1; COMMIT", "COMMIT; BEGIN"});
  EXPECT_EQ(of("SELECT 1; SELECT 2; SELECT 3").statements, 3);
  EXPECT_EQ(of("SELECT ';'").statements, 1);
  std::string many;
  for (int i = 0; i < 300; ++i) many += "SELECT 1;";
  EXPECT_EQ(of(many).statements, 255);
}

TEST(ReadOnly, TransactionsBegin) {
  const auto expect = [](Access access, Isolation isolation, std::initializer_list<Bytes> texts) {
    for (const Bytes sql : texts) {
      EXPECT_EQ(of(sql).kind, Kind::kBegin) << sql;
      EXPECT_EQ(of(sql).access, access) << sql;
      EXPECT_EQ(of(sql).isolation, isolation) << sql;
      EXPECT_EQ(of(sql).reason, Reason::kNone) << sql;
    }
  };
  expect(Access::kDefault, Isolation::kDefault,
         {"BEGIN", "begin work;", "START TRANSACTION", "BEGIN DEFERRABLE"});
  expect(Access::kReadOnly, Isolation::kDefault,
         {"BEGIN READ ONLY", "START TRANSACTION READ ONLY", "BEGIN TRANSACTION READ ONLY DEFERRABLE",
          "BEGIN/**/READ--\nONLY"});
  expect(Access::kReadWrite, Isolation::kDefault,
         {"BEGIN READ WRITE", "BEGIN READ ONLY, READ WRITE", "BEGIN READ WRITE READ ONLY"});
  expect(
      Access::kReadOnly, Isolation::kOther,
      {"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "BEGIN READ ONLY ISOLATION LEVEL READ COMMITTED"});
  expect(Access::kReadOnly, Isolation::kSerializable,
         {"BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
          "START TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE, DEFERRABLE",
          "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, ISOLATION LEVEL READ COMMITTED"});
}

TEST(ReadOnly, TransactionsEnd) {
  for (const Bytes sql : {"COMMIT", "END", "commit work;", "COMMIT AND NO CHAIN"})
    EXPECT_EQ(of(sql).kind, Kind::kCommit) << sql;
  for (const Bytes sql : {"ROLLBACK", "ABORT", "ROLLBACK TRANSACTION"})
    EXPECT_EQ(of(sql).kind, Kind::kRollback) << sql;
  EXPECT_TRUE(of("COMMIT AND CHAIN").chain);
  EXPECT_TRUE(of("ROLLBACK AND CHAIN").chain);
  EXPECT_FALSE(of("COMMIT").chain);
  expectNoRead(Reason::kStatement, {"SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "PREPARE TRANSACTION 'x'",
                                    "COMMIT PREPARED 'x'", "ROLLBACK PREPARED 'x'"});
}

TEST(ReadOnly, SetsAreNoReads) {
  for (const Bytes sql :
       {"SET transaction_read_only = 0", "SET transaction_read_only TO off", "SET LOCAL a.b = 'c'",
        "RESET ALL", "RESET search_path", "SET TIME ZONE 'UTC'",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET TRANSACTION SNAPSHOT '1'", "SET ROLE x",
        "SET SESSION AUTHORIZATION DEFAULT"}) {
    EXPECT_EQ(of(sql).kind, Kind::kSet) << sql;
    EXPECT_EQ(of(sql).access, Access::kDefault) << sql;
  }
}

TEST(ReadOnly, SetTransactionSaysWhichModes) {
  EXPECT_EQ(of("SET TRANSACTION READ ONLY").kind, Kind::kSetTransaction);
  EXPECT_EQ(of("SET TRANSACTION READ ONLY").access, Access::kReadOnly);
  EXPECT_EQ(of("SET LOCAL TRANSACTION READ WRITE").access, Access::kReadWrite);
  EXPECT_EQ(of("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE").isolation, Isolation::kSerializable);
  EXPECT_EQ(of("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").isolation, Isolation::kOther);
}

TEST(ReadOnly, MostWritesShowInTheFirstWord) {
  for (const Bytes sql : {"INSERT INTO t VALUES (1)", "/* a */ update t set a = 1",
                          " Delete FROM t; SELECT 1", "merge", "COPY t TO STDOUT"})
    EXPECT_TRUE(beginsAsWrite(sql)) << sql;
  for (const Bytes sql : {"SELECT 1", "WITH a AS (DELETE FROM t) SELECT 1", "", "\"insert\"", "inserts",
                          "BEGIN", "; INSERT", "(DELETE"})
    EXPECT_FALSE(beginsAsWrite(sql)) << sql;
}

// What a cache of shapes rests on.
TEST(ReadOnly, AShapeIsClassifiedAsItsText) {
  SqlShaper shaper;
  for (const Bytes sql :
       {"SELECT 'nextval(1)', a FROM t WHERE b IN (1, 2, 3) -- nextval('s')", "SELECT nextval('s'), 2",
        "BEGIN READ ONLY /* x */", "EXPLAIN (ANALYZE 0) DELETE FROM t",
        "SELECT a::varchar(20), b::numeric(10, 2), interval '1' FROM t LIMIT 5", "COPY t TO ''",
        "SET transaction_read_only = 0", "SELECT float(5) '1', e'\\'; DELETE FROM t --', $$;$$; SELECT 3",

        "SELECT date '2020-01-01' + 5, b'01' & x'1f' FROM t FETCH FIRST 10 ROWS ONLY"})
    EXPECT_EQ(of(shaper.shape(sql)).kind, of(sql).kind) << sql;
  EXPECT_EQ(of(shaper.shape("SELECT u&\"n!0065xtval\" UESCAPE '!' ('s')")).reason, Reason::kUnreadable);
}

}  // namespace
}  // namespace forebay::pgproto
