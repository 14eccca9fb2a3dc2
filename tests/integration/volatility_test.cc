// What PostgreSQL's own catalogs say of what only reads, as pgproto/volatility_query.cc asks for it.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "pgproto/read_only.h"
#include "pgproto/volatility_catalog.h"
#include "tests/rig/connection.h"
#include "tests/rig/postgres_server.h"

namespace forebay::rig {
namespace {

using pgproto::Classification;
using pgproto::VolatilityCatalog;
using Reason = Classification::Reason;

// A database of its own for each test, in which `setup` has run.
class Database {
 public:
  explicit Database(const std::string& setup) {
    Connection(sharedPostgres().conninfo()).run("create database " + name_);
    Connection owner(sharedPostgres().conninfo(name_));
    if (!setup.empty()) owner.run(setup);
  }
  ~Database() { Connection(sharedPostgres().conninfo()).exec("drop database " + name_ + " with (force)"); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  VolatilityCatalog catalog() const {
    Connection loader(sharedPostgres().conninfo(name_));
    loader.run("set search_path = ''");
    const QueryResult result = loader.exec(std::string(pgproto::kVolatilityQuery));
    EXPECT_TRUE(result.ok()) << result.error();
    std::vector<pgproto::CatalogRow> rows;
    for (int row = 0; row < result.rows(); ++row) {
      std::array<std::string, 4> values;
      for (int column = 0; column < 4; ++column)
        values[static_cast<size_t>(column)] = result.value(row, column);
      const std::array<Bytes, 4> columns{values[0], values[1], values[2], values[3]};
      const auto read = pgproto::readCatalogRow(columns);
      EXPECT_TRUE(read.has_value()) << values[0];
      if (read) rows.push_back(*read);
    }
    return VolatilityCatalog(rows);
  }

 private:
  const std::string name_ = "volatility_" + std::to_string(++made_);
  static inline int made_ = 0;
};

void expectReads(const VolatilityCatalog& catalog, std::initializer_list<Bytes> texts) {
  for (const Bytes sql : texts) {
    const Classification found = pgproto::classify(sql, &catalog);
    EXPECT_EQ(found.kind, Classification::Kind::kRead) << sql << " " << pgproto::describe(found.reason);
  }
}

void expectNoRead(const VolatilityCatalog& catalog, Reason reason, std::initializer_list<Bytes> texts) {
  for (const Bytes sql : texts) {
    const Classification found = pgproto::classify(sql, &catalog);
    EXPECT_EQ(found.kind, Classification::Kind::kOther) << sql;
    EXPECT_EQ(found.reason, reason) << sql << " " << pgproto::describe(found.reason);
  }
}

TEST(Volatility, KnowsWhatPostgresBringsAlong) {
  const VolatilityCatalog catalog = Database("").catalog();
  expectReads(
      catalog,
      {"select lower(a) || b::text, now() - interval '1 day', count(*) from t where c = 1 and d like 'x%'",
       "select row_number() over (), to_char(a, 'x'), sum(b), j->'a'->>'b', j @> '{}', a = any($1) from t",
       "select a::int, b::numeric(10, 2), c::timestamptz at time zone 'UTC', d::uuid, e::name, f::point from "
       "t",
       "select * from pg_catalog.pg_class c join pg_attribute a on a.attrelid = c.oid where c.relname ~ 'x'",
       "select * from information_schema.columns", "select unnest(array[1, 2]), generate_series(1, 3)",
       "select a from t order by a desc nulls last limit 3", "select jsonb_agg(t.*) from t"});
  expectNoRead(catalog, Reason::kFunction,
               {"select nextval('s')",
                "select setval('s', 1)",
                "select currval('s')",
                "select lastval()",
                "select random()",
                "select set_config('a.b', 'c', false)",
                "select pg_advisory_lock(1)",
                "select pg_try_advisory_xact_lock(1)",
                "select pg_notify('a', 'b')",
                "select lo_create(0)",
                "select lo_put(1, 0, 'x')",
                "select lo_from_bytea(0, 'x')",
                "select txid_current()",
                "select pg_current_xact_id()",
                "select pg_sleep(1)",
                "select clock_timestamp()",
                "select query_to_xml('delete from t', true, false, '')",
                "select pg_is_in_recovery()",
                "select gen_random_uuid()",
                "select pg_last_wal_replay_lsn()",
                "select pg_create_restore_point('x')",
                "select pg_promote()",
                "select pg_logical_emit_message(true, 'a', 'b')",
                "select pg_stat_reset()",
                "select ts_rewrite(a, 'select 1')",
                "select pg_backend_pid()",
                "select no_such_function()"});
  expectNoRead(catalog, Reason::kRelation,
               {"select * from pg_stat_activity", "select * from pg_locks", "table pg_settings"});
}

TEST(Volatility, AFunctionIsVolatileUntilItsMakerSaysOtherwise) {
  const VolatilityCatalog catalog = Database(R"(
    create function plain(int) returns int language sql as 'select 1';
    create function promised(int) returns int language sql stable as 'select 1';
    create function mixed(int) returns int language sql immutable as 'select 1';
    create function mixed(text) returns int language sql as 'select 1';
    create schema other; create function other.lower(text) returns text language sql as 'select $1';)")
                                        .catalog();
  expectReads(catalog, {"select promised(1)", "select pg_catalog.lower('x')"});
  expectNoRead(catalog, Reason::kFunction, {"select plain(1)", "select mixed(1)", "select lower('x')"});
}

// An aggregate is marked immutable, whatever it is made of.
TEST(Volatility, AnAggregateIsAsVolatileAsItsParts) {
  const VolatilityCatalog catalog = Database(R"(
    create function add(int, int) returns int language sql as 'select $1 + $2';
    create function add_quietly(int, int) returns int language sql immutable as 'select $1 + $2';
    create aggregate total(int) (sfunc = add, stype = int, initcond = '0');
    create aggregate quiet_total(int) (sfunc = add_quietly, stype = int, initcond = '0');)")
                                        .catalog();
  expectNoRead(catalog, Reason::kFunction, {"select total(a) from t"});
  expectReads(catalog, {"select quiet_total(a) from t"});
}

TEST(Volatility, OperatorsAndCastsRunFunctions) {
  const VolatilityCatalog catalog = Database(R"(
    create function touch(int) returns int language plpgsql as 'begin return $1; end';
    create operator ### (procedure = touch, rightarg = int);
    create domain touched as int check (touch(value) > 0); create domain touched_again as touched;
    create domain checked as text check (value <> ''); create type mood as enum ('good');
    create type pair as (a int); create function to_pair(text) returns pair language sql as 'select null::pair';
    create cast (text as pair) with function to_pair(text);)")
                                        .catalog();
  expectNoRead(catalog, Reason::kOperator, {"select ### 1"});
  expectNoRead(catalog, Reason::kType, {"select 1::touched", "select 1::touched_again", "select 'x'::pair"});
  expectReads(catalog, {"select 'x'::checked, 'x'::text, 'good'::mood, 1::int"});
}

TEST(Volatility, WhatIsCalledUnseenMakesAllUnsafe) {
  const VolatilityCatalog catalog = Database(R"(
    create type pair as (a int); create function to_text(pair) returns text language sql as 'select ''x''::text';
    create cast (pair as text) with function to_text(pair) as implicit;)")
                                        .catalog();
  expectNoRead(catalog, Reason::kRelation, {"select * from t"});
  expectReads(catalog, {"select 1"});
}

TEST(Volatility, AViewIsWhatItCalls) {
  const VolatilityCatalog catalog = Database(R"(
    create table t (id int, name text); create sequence s; create function mark(int) returns int language plpgsql as 'begin return 1; end';
    create view quiet as select id, lower(name) from t where id > 1;
    create view counting as select nextval('s'); create view behind as select * from (select * from counting) c;
    create view within as select (select mark(id)) from t; create materialized view kept as select mark(1);
    create unlogged table scratch (id int); create table parts (id int) partition by list (id);
    create unlogged table part partition of parts for values in (1); create view over_parts as select * from parts;
    create table guarded (id int); alter table guarded enable row level security;
    create policy p on guarded using (mark(id) > 0);)")
                                        .catalog();
  expectReads(catalog, {"select * from t", "select * from quiet", "table kept"});
  expectNoRead(catalog, Reason::kRelation,
               {"select * from counting", "select * from behind", "select * from within",
                "select * from scratch", "select * from parts", "select * from over_parts",
                "select * from guarded", "select last_value from s"});
}

TEST(Volatility, AColumnThatIsNoneIsAFunction) {
  const VolatilityCatalog catalog = Database(R"(
    create table t (id int); create function touch(t) returns int language plpgsql as 'begin return 1; end';
    create function doubled(t) returns int language sql immutable as 'select 2 * $1.id';)")
                                        .catalog();
  expectNoRead(catalog, Reason::kFunction, {"select t.touch from t", "select (t).touch from t"});
  expectReads(catalog, {"select t.id, t.doubled from t"});
}

}  // namespace
}  // namespace forebay::rig
