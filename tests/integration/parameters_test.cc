// Settings follow their client from server to server, and nobody else.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

struct Setting {
  const char *name, *value, *shown;
};
constexpr Setting kSettings[] = {
    {"application_name", "ann's", "ann's"},     // reported by the server
    {"TimeZone", "Asia/Tokyo", "Asia/Tokyo"},   // reported
    {"DateStyle", "German", "German, DMY"},     // reported
    {"client_encoding", "LATIN1", "LATIN1"},    // reported
    {"IntervalStyle", "iso_8601", "iso_8601"},  // reported
    {"statement_timeout", "12345", "12345ms"},  // not reported, like all that follow
    {"search_path", "pg_catalog", "pg_catalog"},
    {"work_mem", "5MB", "5MB"},
    {"extra_float_digits", "0", "0"},
    {"default_transaction_isolation", "serializable", "serializable"},
    {"my.own", "it's mine", "it's mine"},
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += c;
    out += c;
  }
  return out + "'";
}

std::string shown(Connection& client, const std::string& name) {
  return client.query("select coalesce(current_setting('" + name + "', true), '')");
}

TEST(Parameters, FollowTheirClientAndNobodyElse) {
  const Forebay forebay(appPool(1));
  for (const Setting& setting : kSettings) {
    Connection ann(forebay.conninfo("app")), ben(forebay.conninfo("app"));
    const std::string before = shown(ben, setting.name);
    ann.run(std::string("set ") + setting.name + " = " + quoted(setting.value));
    EXPECT_EQ(shown(ben, setting.name), before) << setting.name;
    EXPECT_EQ(shown(ann, setting.name), setting.shown) << setting.name;
    EXPECT_EQ(shown(ben, setting.name), before) << setting.name;
    ann.run(std::string("reset ") + setting.name);
    EXPECT_EQ(shown(ann, setting.name), before) << setting.name;
  }
}

TEST(Parameters, FollowWhenSetInATransactionThatCommits) {
  const Forebay forebay(appPool(1));
  for (const Setting& setting : kSettings) {
    Connection ann(forebay.conninfo("app")), ben(forebay.conninfo("app"));
    const std::string before = shown(ben, setting.name);
    ann.run("begin");
    ann.run(std::string("set ") + setting.name + " = " + quoted(setting.value));
    ann.run("commit");
    EXPECT_EQ(shown(ben, setting.name), before) << setting.name;
    EXPECT_EQ(shown(ann, setting.name), setting.shown) << setting.name;
  }
}

TEST(Parameters, Pitfall14DoNotFollowWhenTheTransactionIsRolledBack) {
  const Forebay forebay(appPool(1));
  for (const Setting& setting : kSettings) {
    Connection ann(forebay.conninfo("app")), ben(forebay.conninfo("app"));
    const std::string before = shown(ben, setting.name);
    for (const char* end : {"rollback", "select 1/0; commit"}) {
      ann.run("begin");
      ann.run(std::string("set ") + setting.name + " = " + quoted(setting.value));
      ann.exec(end);
      ann.exec("commit");
      EXPECT_EQ(shown(ben, setting.name), before) << setting.name << end;
      EXPECT_EQ(shown(ann, setting.name), before) << setting.name << end;
    }
  }
}

TEST(Parameters, Pitfall14SavepointsTakeSettingsBack) {
  const Forebay forebay(appPool(1));
  Connection ann(forebay.conninfo("app")), ben(forebay.conninfo("app"));
  ann.run("begin");
  ann.run("set statement_timeout = 1111");
  ann.run("savepoint a");
  ann.run("set statement_timeout = 2222");
  ann.run("set application_name = 'taken back'");
  ann.run("rollback to a");
  ann.run("commit");
  EXPECT_EQ(shown(ann, "statement_timeout"), "1111ms");
  EXPECT_EQ(shown(ann, "application_name"), "");
}

TEST(Parameters, SetLocalEndsWithItsTransaction) {
  const Forebay forebay(appPool(1));
  Connection ann(forebay.conninfo("app"));
  ann.run("begin");
  ann.run("set local statement_timeout = 1234");
  EXPECT_EQ(shown(ann, "statement_timeout"), "1234ms");
  ann.run("commit");
  EXPECT_EQ(shown(ann, "statement_timeout"), "0");
}

TEST(Parameters, ResetAllAndDiscardAllResetThem) {
  const Forebay forebay(appPool(1));
  for (const char* reset : {"reset all", "discard all"}) {
    Connection ann(forebay.conninfo("app") + " application_name=given"), ben(forebay.conninfo("app"));
    ann.run("set statement_timeout = 1234");
    ann.run("set application_name = 'changed'");
    ann.run(reset);
    ben.run("select 1");
    EXPECT_EQ(shown(ann, "statement_timeout"), "0") << reset;
    EXPECT_NE(shown(ann, "application_name"), "changed") << reset;
  }
}

TEST(Parameters, OfTheStartupPacketFollow) {
  const Forebay forebay(appPool(1));
  Connection plain(forebay.conninfo("app"));
  Connection given(forebay.conninfo("app") +
                   " application_name=given client_encoding=LATIN1 "
                   "options='-c statement_timeout=4321 -c search_path=pg_catalog --work_mem=6MB'");
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(shown(plain, "statement_timeout"), "0");
    EXPECT_EQ(shown(plain, "application_name"), "");
    EXPECT_EQ(shown(given, "statement_timeout"), "4321ms");
    EXPECT_EQ(shown(given, "search_path"), "pg_catalog");
    EXPECT_EQ(shown(given, "work_mem"), "6MB");
    EXPECT_EQ(shown(given, "application_name"), "given");
    EXPECT_EQ(shown(given, "client_encoding"), "LATIN1");
  }
}

TEST(Parameters, DateStyleOfOneWordDoesNotInheritWhatAnotherClientHasSet) {
  const Forebay forebay(appPool(1));
  Connection one(forebay.conninfo("app") + " options='-c datestyle=ISO'");
  Connection other(forebay.conninfo("app"));
  EXPECT_STREQ(PQparameterStatus(one.handle(), "DateStyle"), "ISO, MDY");
  other.run("set datestyle = 'SQL, DMY'");
  EXPECT_EQ(one.query("show datestyle"), "ISO, MDY");
  one.run("set datestyle = 'ISO, MDY'");
  EXPECT_EQ(other.query("show datestyle"), "SQL, DMY");
  EXPECT_EQ(one.query("select extract(month from '02/03/2026'::text::date)"), "2");
}

TEST(Parameters, ThatTheServerRefusesAreToldToTheirClientOnly) {
  const Forebay forebay(appPool(1));
  RawClient wrong(forebay.port());
  wrong.send(wire::startup({{"user", "postgres"}, {"database", "app"}, {"options", "-c nothing_such=1"}}) +
             wire::query("select 1"));
  std::string sqlstate;
  for (const Message& message : wrong.readToEnd())
    if (message.type == 'E') sqlstate = message.field('C');
  EXPECT_EQ(sqlstate, "42704");
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'fine'"), "fine");
}

TEST(Parameters, SetByTheExtendedProtocolFollow) {
  const Forebay forebay(appPool(1));
  Connection ann(forebay.conninfo("app")), ben(forebay.conninfo("app"));
  ASSERT_TRUE(ann.execParams("set statement_timeout = 777", {}).ok());
  ASSERT_TRUE(ann.prepare("s", "set work_mem = '7MB'").ok());
  ASSERT_TRUE(ann.execPrepared("s", {}).ok());
  EXPECT_EQ(shown(ben, "statement_timeout"), "0");
  EXPECT_NE(shown(ben, "work_mem"), "7MB");
  EXPECT_EQ(shown(ann, "statement_timeout"), "777ms");
  EXPECT_EQ(shown(ann, "work_mem"), "7MB");
}

TEST(Parameters, FollowOnlyOnceTheirSetWasExecuted) {
  const Forebay forebay(appPool(1));
  RawClient ann(forebay.port());
  ann.login("app", "postgres");
  Connection bob(forebay.conninfo("app"));
  const auto timeout = [&] { return ann.rows("show statement_timeout").at(0).at(0); };
  ann.send(wire::parse("", "set statement_timeout = 4321") + wire::sync());
  ann.readUntil('Z');
  EXPECT_EQ(bob.query("show statement_timeout"), "0");
  EXPECT_EQ(timeout(), "0");
  ann.send(wire::parse("", "set statement_timeout = 4321") + wire::sync());
  ann.readUntil('Z');
  ann.send(wire::bind("", "") + wire::execute("") + wire::sync());
  ann.readUntil('Z');
  EXPECT_EQ(bob.query("show statement_timeout"), "0");
  EXPECT_EQ(timeout(), "4321ms");
}

TEST(Parameters, ThatAreListsFollowAsLists) {
  const Forebay forebay(appPool(1));
  Connection ann(forebay.conninfo("app") + " options='-c search_path=pg_catalog,public'"),
      bob(forebay.conninfo("app"));
  EXPECT_EQ(ann.query("show search_path"), "pg_catalog,public");
  bob.run("set search_path to \"$user\", 'Odd, name', public");
  EXPECT_EQ(ann.query("select array_length(current_schemas(false), 1)"), "2");
  EXPECT_EQ(bob.query("show search_path"), "\"$user\", \"Odd, name\", public");
}

TEST(Parameters, SetByAFunctionFollow) {
  const Forebay forebay(appPool(1));
  Connection ann(forebay.conninfo("app"));
  ann.run("select set_config('statement_timeout', '888', false)");
  EXPECT_EQ(shown(ann, "statement_timeout"), "888ms");
  ann.run("discard all");
  EXPECT_EQ(shown(ann, "statement_timeout"), "0");
  Connection ben(forebay.conninfo("app"));
  EXPECT_EQ(shown(ben, "statement_timeout"), "0");
}

}  // namespace
}  // namespace forebay::rig
