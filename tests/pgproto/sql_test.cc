#include "pgproto/sql.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace forebay::pgproto {
namespace {

uint32_t effects(Bytes sql) { return scanSql(sql).effects; }

void expectEach(uint32_t expected, std::initializer_list<Bytes> texts) {
  for (const Bytes sql : texts) EXPECT_EQ(effects(sql), expected) << sql;
}

TEST(ScanSql, MostTextsHaveNoEffect) {
  expectEach(kNoEffect, {
                            "",
                            " ",
                            ";",
                            " ; ;; ",
                            "-- nothing",
                            "/* nothing */",
                            "SELECT 1",
                            "select 1;",
                            "SELECT * FROM users WHERE id = $1",
                            "INSERT INTO t (a, b) VALUES ($1, 'x') RETURNING id",
                            "UPDATE t SET a = a + 1 WHERE id = 7",
                            "DELETE FROM t WHERE a < now() - interval '1 day'",
                            "WITH x AS (SELECT 1) SELECT * FROM x",
                            "CREATE TABLE t (id int PRIMARY KEY)",
                            "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1",
                            "ALTER ROLE app SET work_mem = '1GB'",
                            "NOTIFY jobs, 'x'",
                            "UNLISTEN jobs",
                            "SAVEPOINT a",
                            "RELEASE a",
                            "EXECUTE plan(1)",
                            "SHOW search_path",
                            "CLOSE ALL",
                            "COPY t FROM STDIN",
                            "DO",
                            "CREATE",
                            "SELECT",
                            "SET LOCAL",
                        });
}

TEST(ScanSql, FindsListen) {
  expectEach(kListens,
             {"LISTEN jobs", "listen jobs;", "LiStEn \"Jobs\"", "  \n\tLISTEN jobs", "/* a */ LISTEN jobs",
              "-- a\nLISTEN jobs", "SELECT 1; LISTEN jobs", ";;LISTEN jobs", "\v\fLISTEN jobs"});
  expectEach(kUnlistensAll, {"UNLISTEN *", "unlisten /* all */ *;"});
}

TEST(ScanSql, LeavesAloneWhatOnlyLooksLikeListen) {
  expectEach(kNoEffect, {
                            "SELECT listen FROM t",
                            "SELECT 1 AS listen",
                            "SELECT t.listen FROM listen t",
                            "SELECT 'LISTEN jobs'",
                            "SELECT '; LISTEN jobs'",
                            "SELECT 'it''s; LISTEN jobs'",
                            "SELECT '\\'; -- LISTEN jobs",
                            "SELECT E'it\\'s; LISTEN jobs'",
                            "SELECT e'\\\\\\'; LISTEN jobs'",
                            "SELECT E'it''s\\'; LISTEN jobs'",
                            "SELECT E'a'\n'b\\'; LISTEN jobs'",
                            "SELECT E'a' -- on the next line\n \t 'b\\'; LISTEN jobs'",
                            "SELECT \"; LISTEN jobs\"",
                            "SELECT \"a\"\"; LISTEN jobs\"",
                            "SELECT $$; LISTEN jobs; $$",
                            "SELECT $a$; $$ $b$ $ab$ ; LISTEN jobs $a$",
                            "SELECT $$a$b$; LISTEN jobs $$",
                            "SELECT 1 -- ; LISTEN jobs",
                            "SELECT 1 --; LISTEN a\r-- LISTEN b",
                            "SELECT 1 /* ; LISTEN jobs */",
                            "SELECT 1 /* /* */ ; LISTEN jobs */",
                            "SELECT 1 /* ' */ + 2 /* '; LISTEN jobs */",
                            "SELECT 1 */* ; LISTEN jobs */ 2",
                            "SELECT B'1', X'1f', N'; LISTEN a', U&'; LISTEN b'",
                            "SELECT 1 LISTEN",
                            "listens",
                            "_listen x",
                            "listen2 x",
                            "\"listen\" x",
                            "SELECT a$b$; -- not a quote\n",
                        });
}

TEST(ScanSql, SeesWhatStandsBehindALiteral) {
  expectEach(kListens,
             {
                 "SELECT '\\'; LISTEN jobs",       "SELECT '''; '; LISTEN jobs",
                 "SELECT E'\\\\'; LISTEN jobs",    "SELECT E''; LISTEN jobs",
                 "SELECT E'''\\''; LISTEN jobs",
                 "SELECT E'a' 'b\\'; LISTEN jobs",  // no line break: the second string has no escapes
                 "SELECT ae'\\'; LISTEN jobs",     "SELECT U&'\\'; LISTEN jobs",
                 "SELECT $$'$$; LISTEN jobs",      "SELECT $a$ $a $$ $a$; LISTEN jobs",
                 "SELECT $1; LISTEN jobs",         "SELECT $1$$;$$; LISTEN jobs",
                 "SELECT a$b; LISTEN jobs; --$b$", "SELECT a$$; LISTEN jobs; SELECT a$$",
                 "SELECT 1$$;$$; LISTEN jobs",     "SELECT \"'\"; LISTEN jobs",
                 "SELECT \"a\"\"'\"; LISTEN jobs", "SELECT 1 /* ' */; LISTEN jobs",
                 "SELECT 1 /**/; LISTEN jobs",     "SELECT 1 /*/ ' /*/ */ */; LISTEN jobs",
                 "SELECT 1 /***/; LISTEN jobs",    "SELECT 1 -- '\n; LISTEN jobs",
                 "SELECT 1 -- '\r; LISTEN jobs",   "SELECT 1 - -1; LISTEN jobs",
                 "SELECT 1e'5'; LISTEN jobs",      "SELECT '\xc3\xa9'; LISTEN jobs",
                 "SELECT \xc3\xa9; LISTEN jobs",
             });
}

TEST(ScanSql, StopsAtWhatHasNoEnd) {  // PostgreSQL refuses such a text as a whole
  expectEach(kNoEffect, {"SELECT '; LISTEN jobs", "SELECT \"; LISTEN jobs", "SELECT $a$; LISTEN jobs $$",
                         "SELECT 1 /* ; LISTEN jobs", "SELECT E'\\'; LISTEN jobs", "SELECT E'\\", "SELECT $",
                         "SELECT $a", "SELECT U&\"x", "SELECT /", "SELECT -", "SELECT E'a'\n'"});
}

TEST(ScanSql, FindsTemporaryObjects) {
  expectEach(kCreatesTemp, {
                               "CREATE TEMP TABLE t (a int)",
                               "create temporary table t (a int)",
                               "CREATE LOCAL TEMP TABLE t (a int)",
                               "CREATE GLOBAL TEMPORARY TABLE t (a int)",
                               "CREATE TEMP TABLE IF NOT EXISTS t AS SELECT 1",
                               "CREATE/**/TEMP--\nTABLE t (a int)",
                               "CREATE TEMP VIEW v AS SELECT 1",
                               "CREATE OR REPLACE TEMP VIEW v AS SELECT 1",
                               "CREATE OR REPLACE LOCAL TEMPORARY RECURSIVE VIEW v (n) AS SELECT 1",
                               "CREATE TEMP SEQUENCE s",
                               "CREATE TABLE pg_temp.t (a int)",
                               "CREATE TABLE PG_TEMP . t (a int)",
                               "CREATE TABLE \"pg_temp\".t (a int)",
                               "CREATE TABLE pg_temp_3.t (a int)",
                               "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                               "CREATE VIEW v AS SELECT * FROM pg_temp.t",  // becomes temporary with it
                               "SELECT 1 INTO TEMP t",
                               "SELECT a INTO TEMPORARY TABLE t FROM b",
                               "SELECT a INTO LOCAL TEMP t FROM b",
                               "SELECT a INTO pg_temp.t FROM b",
                               "SELECT a insert INTO TEMP t FROM b",
                               "SELECT 1into temp t",
                               "WITH x AS (SELECT 1) SELECT * INTO TEMP t FROM x",
                               "EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1",
                               "SELECT 1; CREATE TEMP TABLE t (a int)",
                               "CREATE TEMP TABLE t (a int) ON COMMIT DELETE ROWS",
                               "CREATE TEMP TABLE t (a int) ON COMMIT PRESERVE ROWS",
                           });
}

TEST(ScanSql, LeavesAloneWhatOnlyLooksTemporary) {
  expectEach(kNoEffect,
             {
                 "CREATE TABLE temp (a int)",
                 "CREATE TABLE t (temp int, temporary int)",
                 "CREATE UNLOGGED TABLE t (a int)",
                 "CREATE TABLE t (a text DEFAULT 'CREATE TEMP TABLE t')",
                 "CREATE TABLE t (a int) -- TEMP",
                 "SELECT temp, \"create temp\" FROM t",
                 "SELECT 'CREATE TEMP TABLE t (a int)'",
                 "INSERT INTO temp SELECT 1",
                 "INSERT INTO temp (a) VALUES (1)",
                 "INSERT INTO pg_temp.t VALUES (1)",
                 "MERGE INTO temp t USING s ON true WHEN MATCHED THEN DO NOTHING",
                 "SELECT * FROM pg_temp.t",
                 "DROP TABLE pg_temp.t",
                 "SELECT a INTO t FROM temp",
                 "CREATE FUNCTION f() RETURNS int SET search_path = public, pg_temp AS '' LANGUAGE sql",
                 "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ CREATE TEMP TABLE t() $$",
             });
}

TEST(ScanSql, ATableThatGoesWithTheTransactionIsNoState) {
  expectEach(kNoEffect, {
                            "CREATE TEMP TABLE t (a int) ON COMMIT DROP",
                            "create temp table t on commit drop as select 1;",
                            "CREATE TEMP TABLE t (a int) ON /* */ COMMIT\nDROP",
                            "CREATE TEMP TABLE a () ON COMMIT DROP; CREATE TEMP TABLE b () ON COMMIT DROP",
                            "CREATE TABLE pg_temp.t (a int) ON COMMIT DROP",
                        });
  expectEach(kCreatesTemp, {
                               "CREATE TEMP TABLE a () ON COMMIT DROP; CREATE TEMP TABLE b ()",
                               "CREATE TEMP TABLE a (); CREATE TEMP TABLE b () ON COMMIT DROP",
                               "CREATE TEMP TABLE t (a text DEFAULT 'ON COMMIT DROP')",
                               "CREATE TEMP TABLE t (a int) -- ON COMMIT DROP",
                               "CREATE TEMP TABLE t (a int); SELECT 1 ON COMMIT DROP",
                           });
}

TEST(ScanSql, APathThatBeginsWithPgTempMakesTheNextTableTemporary) {
  expectEach(kSets | kCreatesTemp, {"SET search_path = pg_temp", "SET search_path TO 'pg_temp', public",
                                    "SET SESSION search_path TO \"pg_temp\"", "SET SCHEMA 'pg_temp'",
                                    "SELECT set_config('search_path', 'pg_temp, public', false)"});
  expectEach(kCreatesTemp, {"SET LOCAL search_path = pg_temp"});  // the table outlives the setting
  expectEach(kSets, {"SET search_path = public, pg_temp", "SET SCHEMA 'public'"});
}

TEST(ScanSql, FindsAdvisoryLocks) {
  expectEach(kTakesAdvisoryLock, {
                                     "SELECT pg_advisory_lock(1)",
                                     "SELECT pg_advisory_lock_shared(1, 2)",
                                     "SELECT pg_try_advisory_lock(1)",
                                     "SELECT PG_TRY_ADVISORY_LOCK_SHARED (1)",
                                     "SELECT pg_catalog.pg_advisory_lock(1)",
                                     "SELECT \"pg_advisory_lock\"(1)",
                                     "SELECT pg_advisory_lock/* */\n(1)",
                                     "SELECT a FROM t WHERE pg_try_advisory_lock(a)",
                                     "INSERT INTO t SELECT pg_advisory_lock(1)",
                                     "UPDATE t SET a = 1 WHERE pg_try_advisory_lock(t.id)",
                                     "SELECT pg_advisory_unlock_all(), pg_advisory_lock(1)",
                                     "EXPLAIN ANALYZE SELECT pg_advisory_lock(1)",
                                     "SELECT 1pg_advisory_lock(1)",
                                 });
  expectEach(kTakesAdvisoryLock | kPrepares, {"PREPARE p AS SELECT pg_advisory_lock($1)"});
  expectEach(kNoEffect, {
                            "SELECT pg_advisory_xact_lock(1)",
                            "SELECT pg_advisory_xact_lock_shared(1)",
                            "SELECT pg_try_advisory_xact_lock(1)",
                            "SELECT pg_advisory_unlock(1)",
                            "SELECT pg_advisory_lock FROM t",
                            "SELECT pg_advisory_lock + (1) FROM t",
                            "SELECT 'pg_advisory_lock(1)'",
                            "SELECT my_pg_advisory_lock(1)",
                            "SELECT pg_advisory_lock2(1)",
                            "SELECT \"PG_ADVISORY_LOCK\"(1)",
                            "SELECT 1 -- pg_advisory_lock(1)",
                            "SELECT * FROM pg_locks WHERE locktype = 'advisory'",
                        });
}

TEST(ScanSql, OnlyACertainUnlockFrees) {
  expectEach(kFreesAdvisoryLocks,
             {"SELECT pg_advisory_unlock_all()", "select pg_catalog.pg_advisory_unlock_all ( ) ;",
              "SELECT 1; SELECT pg_advisory_unlock_all()"});
  expectEach(kNoEffect, {"SELECT pg_advisory_unlock_all() WHERE false",
                         "SELECT CASE WHEN a THEN pg_advisory_unlock_all() END FROM t",
                         "EXPLAIN SELECT pg_advisory_unlock_all()", "SELECT 'pg_advisory_unlock_all()'",
                         "SELECT pg_advisory_unlock_all FROM t"});
}

TEST(ScanSql, FindsPreparedStatements) {
  expectEach(kPrepares,
             {"PREPARE p AS SELECT 1", "prepare p (int) as select $1", "PREPARE \"transaction\" AS SELECT 1",
              "PREPARE transaction AS SELECT 1", "PREPARE transaction (int) AS SELECT $1"});
  expectEach(kEnds, {"PREPARE TRANSACTION 'x'", "prepare transaction E'x'"});
  expectEach(kDeallocates,
             {"DEALLOCATE p", "DEALLOCATE PREPARE p", "DEALLOCATE prepare", "DEALLOCATE \"all\""});
  expectEach(kDeallocatesAll, {"DEALLOCATE ALL", "deallocate prepare all;"});
  expectEach(kNoEffect, {"SELECT prepare FROM deallocate", "SELECT 1 AS prepare"});
}

TEST(ScanSql, FindsDiscards) {
  expectEach(kDiscardsAll, {"DISCARD ALL", "discard all;"});
  expectEach(kDiscardsTemp, {"DISCARD TEMP", "DISCARD TEMPORARY"});
  expectEach(kDiscardsPlans, {"DISCARD PLANS", "DISCARD SEQUENCES"});
  expectEach(kNoEffect, {"DISCARD", "SELECT discard FROM t", "SELECT 'DISCARD ALL'"});
}

TEST(ScanSql, FindsCursorsThatOutliveTheTransaction) {
  expectEach(kDeclaresHold,
             {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "declare c no scroll cursor with hold for select 1",
              "DECLARE cursor BINARY CURSOR WITH HOLD FOR SELECT 1"});
  expectEach(kNoEffect, {"DECLARE c CURSOR FOR SELECT 1", "DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1",
                         "DECLARE c CURSOR FOR WITH hold AS (SELECT 1) SELECT * FROM hold",
                         "SELECT 'CURSOR WITH HOLD'", "SELECT cursor FROM t"});
}

TEST(ScanSql, FindsLoad) {
  expectEach(kLoads, {"LOAD 'auto_explain'", "load '$libdir/plugins/x'"});
  expectEach(kNoEffect, {"SELECT load FROM t", "UPDATE t SET load = 1"});
}

TEST(ScanSql, FindsSettings) {
  expectEach(kSets, {
                        "SET work_mem = '1GB'",
                        "set session work_mem to '1GB'",
                        "SET app.user = '1'",
                        "SET local.x = 1",
                        "SET transaction.x TO 1",
                        "SET session.x = 1",
                        "SET TIME ZONE 'UTC'",
                        "SET ROLE app",
                        "SET SESSION AUTHORIZATION app",
                        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
                        "SET search_path TO a, b",
                        "SET NAMES 'UTF8'",
                        "SELECT set_config('work_mem', '1GB', false)",
                        "SELECT pg_catalog.set_config('work_mem', '1GB', $1)",
                        "SELECT \"set_config\"('a.b', 'c', false)",
                        "SELECT set_config('a.b', lower('C'), true)",  // unsure
                        "SELECT set_config(name, setting, true) FROM t",
                        "SELECT set_config('a.b', 'c', true or false)",
                        "SELECT set_config('a.b', 'c', true), set_config('a.b', 'c', false)",
                        "SELECT set_config('a.b', set_config('c.d', 'e', false), true)",
                        "SELECT set_config('a.b', 'c'",
                        "SELECT set_config(",
                    });
  expectEach(kNoEffect, {
                            "SET LOCAL work_mem = '1GB'",
                            "SET LOCAL TIME ZONE 'UTC'",
                            "SET TRANSACTION READ ONLY",
                            "SET CONSTRAINTS ALL DEFERRED",
                            "SELECT set_config('a.b', 'c', true)",
                            "select SET_CONFIG ( $1 , $2::text , TRUE )",
                            "SELECT set_config('a.b', 'c', true), set_config('d.e', E'f', true)",
                            "SELECT set_config FROM t",
                            "SELECT 'SET x = 1'",
                            "SELECT 'set_config(a)'",
                            "UPDATE t SET a = 1",
                            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2",
                        });
  expectEach(kResets, {"RESET work_mem", "RESET ALL", "reset role"});
}

TEST(ScanSql, FindsTheBoundariesOfTransactions) {
  expectEach(kBegins,
             {"BEGIN", "begin;", "BEGIN ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION READ ONLY"});
  expectEach(kEnds, {"COMMIT", "END", "ROLLBACK", "ABORT", "COMMIT WORK", "end transaction",
                     "ROLLBACK AND NO CHAIN"});
  expectEach(kEnds | kBegins, {"COMMIT AND CHAIN", "ROLLBACK WORK AND CHAIN", "BEGIN; SELECT 1; COMMIT"});
  expectEach(kNoEffect, {"ROLLBACK TO a", "ROLLBACK TRANSACTION TO SAVEPOINT a", "COMMIT PREPARED 'x'",
                         "ROLLBACK PREPARED 'x'", "SELECT CASE WHEN a THEN b END FROM t"});
}

TEST(ScanSql, AnIdentifierWithUnicodeEscapesCouldSpellAnything) {
  expectEach(kTakesAdvisoryLock | kCreatesTemp | kSets,
             {"SELECT U&\"pg\\005fadvisory_lock\"(1)", "SELECT u&\"!0070g_advisory_lock\" UESCAPE '!' (1)"});
  expectEach(kNoEffect, {"SELECT u & \"x\" FROM t", "SELECT 'U&\"x\"'", "SELECT U&'\\0041'"});
}

TEST(ScanSql, LooksForWordsInDoBlocks) {
  expectEach(kNoEffect, {"DO $$ BEGIN PERFORM 1; END $$", "DO 'BEGIN UPDATE t SET NOT; END'",
                         "DO $$ BEGIN SET LOCAL work_mem = '1GB'; END $$",
                         "DO $$ BEGIN ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET DEFAULT 1; END $$",
                         "DO $$ BEGIN PERFORM pg_advisory_xact_lock(1); END $$",
                         "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$"});
  expectEach(kCreatesTemp, {"DO $$ BEGIN CREATE TEMP TABLE t(); END $$",
                            "DO LANGUAGE plpgsql 'BEGIN EXECUTE ''create temporary table t()''; END'",
                            "DO $x$ BEGIN EXECUTE 'create table pg_temp.t()'; END $x$",
                            "DO $$ BEGIN CREATE TEMP TABLE t() ON COMMIT DROP; END $$"});
  expectEach(kTakesAdvisoryLock,
             {"DO $$ BEGIN PERFORM pg_advisory_lock(1); END $$",
              "DO $$ BEGIN PERFORM PG_TRY_ADVISORY_LOCK_SHARED(1); END $$ LANGUAGE plpgsql"});
  expectEach(kSets, {"DO $$ BEGIN SET work_mem = '1GB'; END $$",
                     "DO $$ BEGIN -- now set\nPERFORM set_config('a.b', '', true); END $$",
                     "DO 'BEGIN EXECUTE ''SET work_mem = 1''; END'", "DO $$ set$$"});
  expectEach(kListens, {"DO $$ BEGIN LISTEN jobs; END $$"});
  expectEach(kLoads, {"DO $$ BEGIN LOAD 'x'; END $$"});
  expectEach(kPrepares, {"DO $$ BEGIN EXECUTE 'PREPARE p AS SELECT 1'; END $$"});
  const uint32_t anything =
      kCreatesTemp | kTakesAdvisoryLock | kSets | kListens | kLoads | kPrepares | kDeclaresHold;
  expectEach(anything, {"DO E'BEGIN \\x50ERFORM 1; END'", "DO U&'BEGIN \\0050ERFORM 1; END'"});
}

TEST(ScanSql, CollectsTheEffectsOfAllStatements) {
  EXPECT_EQ(effects("LISTEN a; CREATE TEMP TABLE t(); SELECT pg_advisory_lock(1); SET x = 1; DISCARD ALL"),
            kListens | kCreatesTemp | kTakesAdvisoryLock | kSets | kDiscardsAll);
  EXPECT_EQ(effects("BEGIN;LISTEN a;COMMIT"), kBegins | kListens | kEnds);
}

TEST(ScanSql, TellsOneStatementFromSeveral) {
  for (const Bytes one :
       {"", ";", "SELECT 1", "SELECT 1;", " SELECT 1 ; ; ", "SELECT ';'", "SELECT ';' -- ; x",
        "SELECT 1 /* ; */ ;", "SELECT $$;$$;", "SELECT \";\"", "LISTEN a; -- b", "BEGIN;", ";BEGIN"})
    EXPECT_TRUE(scanSql(one).single_statement) << one;
  for (const Bytes several :
       {"SELECT 1;SELECT 2", "SELECT 1; SELECT 2;", "BEGIN; SELECT 1", ";a;b", "a;;b", "SELECT ';';x"})
    EXPECT_FALSE(scanSql(several).single_statement) << several;
}

TEST(ScanSql, FindsAWordWhereverItStands) {
  // The first look is taken 16 bytes at a time: no position may fall between two looks.
  for (size_t padding = 0; padding < 80; ++padding) {
    const std::string space(padding, ' ');
    EXPECT_EQ(effects("SELECT " + space + "pg_advisory_lock(1)"), kTakesAdvisoryLock) << padding;
    EXPECT_EQ(effects("SELECT " + space + "set_config(a)"), kSets) << padding;
    EXPECT_EQ(effects("SELECT 1 " + space + "INTO TEMP t"), kCreatesTemp) << padding;
    EXPECT_EQ(effects("SELECT 1" + space + ";LISTEN a" + space), kListens) << padding;
    EXPECT_FALSE(scanSql("SELECT 1" + space + ";x").single_statement) << padding;
    EXPECT_FALSE(scanSql("SELECT 1" + space + "; x /* */").single_statement) << padding;
    EXPECT_NE(effects("SELECT " + space + "U&\"x\"(1)"), kNoEffect) << padding;
  }
}

TEST(ScanSql, ReadsNoFurtherThanTheText) {
  const std::string text =
      "SELECT E'a\\'' $x$ $x$ \"b\"\"\" /* /* */ */ -- c\n U&\"d\" 1.5e3 $1 pg_temp.x set_config('a', $1::b, "
      "true); DO 'x'";
  for (size_t n = 0; n <= text.size(); ++n) {
    const std::string cut(text, 0, n);  // of its own, so that a sanitizer sees its end
    const std::string exact(cut.c_str(), n);
    scanSql(exact);
    SetStatement set;
    parseSetStatement(exact, set);
  }
}

TEST(ScanSql, TakesTimeByTheByteOnly) {
  // What a client could send to keep us busy: each would take hours if it took the square of its length.
  const auto repeated = [](Bytes piece) {
    std::string text = "SELECT ";
    while (text.size() < 1'000'000) text += piece;
    return text;
  };
  for (const Bytes piece : {"set_config(", "/*", "$a", "$$a$b", "E'", "'\n'", "E'a'\n -- x\n", "\"\"",
                            "pg_temp.", "(((", "U&\"", "into temp "})
    scanSql(repeated(piece));
}

}  // namespace
}  // namespace forebay::pgproto
