// What a session holds: settings that follow their client, pins for what cannot move, and nothing left for
// the next client, however this one leaves.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

ForebayConfig poolOf(int size, const char* mode = "transaction") {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["default_pool_size"] = size;
  config.postgres["pool_mode"] = mode;
  return config;
}

constexpr const char* kServerPid = "select pg_backend_pid()";

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
  const Forebay forebay(poolOf(1));
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
  const Forebay forebay(poolOf(1));
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
  const Forebay forebay(poolOf(1));
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
  const Forebay forebay(poolOf(1));
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
  const Forebay forebay(poolOf(1));
  Connection ann(forebay.conninfo("app"));
  ann.run("begin");
  ann.run("set local statement_timeout = 1234");
  EXPECT_EQ(shown(ann, "statement_timeout"), "1234ms");
  ann.run("commit");
  EXPECT_EQ(shown(ann, "statement_timeout"), "0");
}

TEST(Parameters, ResetAllAndDiscardAllResetThem) {
  const Forebay forebay(poolOf(1));
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
  const Forebay forebay(poolOf(1));
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

TEST(Parameters, ThatTheServerRefusesAreToldToTheirClientOnly) {
  const Forebay forebay(poolOf(1));
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
  const Forebay forebay(poolOf(1));
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
  const Forebay forebay(poolOf(1));
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
  const Forebay forebay(poolOf(1));
  Connection ann(forebay.conninfo("app") + " options='-c search_path=pg_catalog,public'"),
      bob(forebay.conninfo("app"));
  EXPECT_EQ(ann.query("show search_path"), "pg_catalog,public");
  bob.run("set search_path to \"$user\", 'Odd, name', public");
  EXPECT_EQ(ann.query("select array_length(current_schemas(false), 1)"), "2");
  EXPECT_EQ(bob.query("show search_path"), "\"$user\", \"Odd, name\", public");
}

TEST(Parameters, SetByAFunctionFollow) {
  const Forebay forebay(poolOf(1));
  Connection ann(forebay.conninfo("app"));
  ann.run("select set_config('statement_timeout', '888', false)");
  EXPECT_EQ(shown(ann, "statement_timeout"), "888ms");
  ann.run("discard all");
  EXPECT_EQ(shown(ann, "statement_timeout"), "0");
  Connection ben(forebay.conninfo("app"));
  EXPECT_EQ(shown(ben, "statement_timeout"), "0");
}

// ---- pins

std::string pins(const Forebay& forebay) {
  Connection console(forebay.consoleConninfo());
  const QueryResult shown_pins = console.exec("show pins");
  std::string all;
  for (int row = 0; row < shown_pins.rows(); ++row) all += shown_pins.value(row, "reason");
  return all;
}

struct Pin {
  const char *reason, *made_by, *ended_by;
};
constexpr Pin kPins[] = {
    {"listen", "listen spring", "unlisten *"},
    {"temp_table", "create temp table pool (n int)", "discard temp"},
    {"advisory_lock", "select pg_advisory_lock(4711)", "select pg_advisory_unlock_all()"},
    {"prepare", "prepare p as select 1", "deallocate all"},
    {"hold_cursor", "declare c cursor with hold for select 1", "discard all"},
    {"parameter", "set my.own = E'\\\\ with an escape'", "discard all"},
    {"load", "load 'auto_explain'", nullptr},
};

TEST(Pins, KeepTheServerUntilTheStateEnds) {
  const Forebay forebay(poolOf(1));
  ConsoleView console(forebay);
  for (const Pin& pin : kPins) {
    Connection ann(forebay.conninfo("app")), ben(forebay.conninfo("app"));
    ann.run(pin.made_by);
    EXPECT_EQ(pins(forebay), pin.reason);
    ben.send("select 'served'");
    ASSERT_TRUE(console.clientsWait(1)) << pin.reason;
    if (pin.ended_by == nullptr) continue;
    ann.run(pin.ended_by);
    EXPECT_EQ(pins(forebay), "") << pin.reason;
    EXPECT_EQ(ben.next()->value(), "served") << pin.reason;
  }
}

TEST(Pins, EndWithDiscardAll) {
  const Forebay forebay(poolOf(1));
  Connection ann(forebay.conninfo("app"));
  for (const Pin& pin : kPins) {
    if (pin.ended_by == nullptr) continue;
    ann.run(pin.made_by);
    EXPECT_EQ(pins(forebay), pin.reason);
    ann.run("discard all");
    EXPECT_EQ(pins(forebay), "") << pin.reason;
  }
}

TEST(Pins, AreNotEndedByWhatWasRolledBackOrFailed) {
  const Forebay forebay(poolOf(1));
  Connection ann(forebay.conninfo("app"));
  ann.run("create temp table kept (n int)");
  ann.run("begin");
  ann.run("discard temp");
  ann.run("rollback");
  EXPECT_EQ(pins(forebay), "temp_table");
  EXPECT_TRUE(ann.exec("select * from kept").ok());
  ann.exec("discard all; select 1");  // fails: not alone
  EXPECT_EQ(pins(forebay), "temp_table");
  EXPECT_TRUE(ann.exec("select * from kept").ok());
}

TEST(Pins, EndWithTheirClientAndLeaveNothing) {
  const Forebay forebay(poolOf(1));
  Connection watcher(forebay.conninfo("app"));
  const std::string server = watcher.query(kServerPid);
  {
    Connection leaver(forebay.conninfo("app"));
    for (const Pin& pin : kPins) leaver.run(pin.made_by);
    leaver.run("set statement_timeout = 5555");
  }
  EXPECT_EQ(watcher.query(kServerPid), server);
  EXPECT_EQ(watcher.query("select count(*) from pg_listening_channels()"), "0");
  EXPECT_EQ(watcher.query("select count(*) from pg_class where relname = 'pool'"), "0");
  EXPECT_EQ(watcher.query("select count(*) from pg_locks where locktype = 'advisory'"), "0");
  EXPECT_EQ(watcher.query("select count(*) from pg_prepared_statements"), "0");
  EXPECT_EQ(watcher.query("select count(*) from pg_cursors"), "0");
  EXPECT_EQ(shown(watcher, "statement_timeout"), "0");
}

TEST(Pins, APinnedListenerHearsNotifications) {
  const Forebay forebay(poolOf(2));
  Connection listener(forebay.conninfo("app")), speaker(forebay.conninfo("app"));
  listener.run("listen weather");
  speaker.run("notify weather, 'rain'");
  const std::optional<Notification> heard = listener.waitForNotification();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->channel, "weather");
  EXPECT_EQ(heard->payload, "rain");
}

// ---- clients that leave

struct Leaving {
  const char* how;
  std::string sends;
  char last;  // the message of its answer that it still waits for
  bool keeps_server = true;
};

TEST(Leaving, AtAnyMomentLeavesTheServerCleanForTheNext) {
  sharedPostgres().run("create table visits (n int primary key deferrable initially deferred)");
  const Forebay forebay(poolOf(1));
  Connection next(forebay.conninfo("app"));
  std::string server = next.query(kServerPid);
  const std::string insert = wire::query("insert into visits values (1)"), begin = wire::query("begin");
  const std::string extended =
      wire::parse("", "insert into visits values (2)") + wire::bind("", "") + wire::execute("");
  const Leaving all[] = {
      {"in a transaction", begin + insert, 'C'},
      {"in a transaction that has failed", begin + insert + wire::query("oops"), 'E'},
      {"in a transaction with a savepoint", begin + wire::query("savepoint a") + insert, 'C'},
      {"in the middle of a query of a transaction", begin + insert + wire::query("select pg_sleep(1000)"),
       'C'},
      {"in the middle of a batch", extended + wire::flush(), 'C'},
      {"in a batch that has failed", extended + wire::parse("", "oops") + wire::flush(), 'E'},
      {"with an open portal",
       wire::parse("", "select generate_series(1, 1000)") + wire::bind("", "") + wire::execute("", 5) +
           wire::flush(),
       's'},
      {"in COPY in", wire::query("copy visits from stdin") + wire::copyData("3\n"), 'G'},
      {"in COPY in by the extended protocol",
       wire::parse("", "copy visits from stdin") + wire::bind("", "") + wire::execute("") + wire::sync() +
           wire::copyData("3\n"),
       'G', false},
      {"in COPY in that has failed", wire::query("copy visits from stdin") + wire::copyData("no number\n"),
       'E'},
      {"in COPY out", wire::query("copy (select repeat('x', 1000) from generate_series(1, 20000)) to stdout"),
       'd'},
      {"in a large result", wire::query("select repeat('x', 1000) from generate_series(1, 20000)"), 'D'},
      {"in the middle of a small message", begin + insert + wire::query("select 'cut short'").substr(0, 12),
       'C'},
      {"before its answer has come",
       begin + insert + wire::query("select count(*) from generate_series(1, 300000)"), 'C'},
  };
  for (const Leaving& leaving : all) {
    for (const bool reset : {false, true}) {
      RawClient leaver(forebay.port());
      leaver.login("app", "postgres");
      leaver.send(leaving.sends);
      leaver.readUntil(leaving.last);
      if (reset) leaver.reset();
      leaver.close();
      const std::string reused = next.query(kServerPid);
      if (leaving.keeps_server) {
        EXPECT_EQ(reused, server) << leaving.how;
      }
      server = reused;
      EXPECT_EQ(next.transactionStatus(), PQTRANS_IDLE) << leaving.how;
      EXPECT_EQ(next.query("select count(*) from visits"), "0") << leaving.how;
      EXPECT_EQ(next.query("select count(*) from pg_locks where relation = 'visits'::regclass and mode <> "
                           "'AccessShareLock'"),
                "0")
          << leaving.how;
    }
  }
}

TEST(Leaving, InTheMiddleOfALargeMessageCostsTheServerOnly) {
  const Forebay forebay(poolOf(1));
  RawClient leaver(forebay.port());
  leaver.login("app", "postgres");
  leaver.query("begin");
  leaver.send(wire::query("select '" + std::string(3'000'000, 'x') + "'").substr(0, 2'000'000));
  leaver.close();
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
}

TEST(Leaving, FromTheQueueHurtsNobody) {
  const Forebay forebay(poolOf(1));
  ConsoleView console(forebay);
  Connection owner(forebay.conninfo("app"));
  owner.run("begin");
  {
    Connection leaver(forebay.conninfo("app"));
    leaver.send("select 1");
    ASSERT_TRUE(console.clientsWait(1));
  }
  ASSERT_TRUE(console.clientsWait(0));
  owner.run("commit");
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
}

TEST(Leaving, BehindAGoodbyeItsQueryIsStillRun) {
  sharedPostgres().run("create table farewell (n int)");
  const Forebay forebay(poolOf(1));
  RawClient leaver(forebay.port());
  leaver.login("app", "postgres");
  leaver.send(wire::query("insert into farewell values (1)") + wire::terminate());
  leaver.readToEnd();
  EXPECT_TRUE(eventually([] { return sharedPostgres().query("select count(*) from farewell") == "1"; }));
}

// ---- the other pool modes

TEST(SessionMode, KeepsEverythingUntilTheClientLeaves) {
  const Forebay forebay(poolOf(1, "session"));
  ConsoleView console(forebay);
  std::string server;
  {
    Connection ann(forebay.conninfo("app"));
    server = ann.query(kServerPid);
    for (const Pin& pin : kPins) ann.run(pin.made_by);
    ann.run("set statement_timeout = 5555");
    ASSERT_TRUE(ann.prepare("s", "select 's'").ok());
    EXPECT_EQ(ann.query("select count(*) from pool"), "0");
    EXPECT_EQ(shown(ann, "statement_timeout"), "5555ms");
    EXPECT_EQ(ann.query("select count(*) from pg_prepared_statements where name in ('p', 's')"), "2");
  }
  Connection ben(forebay.conninfo("app"));
  EXPECT_EQ(ben.query(kServerPid), server);
  EXPECT_EQ(shown(ben, "statement_timeout"), "0");
  EXPECT_EQ(ben.query("select count(*) from pg_prepared_statements"), "0");
  EXPECT_EQ(ben.query("select count(*) from pg_class where relname = 'pool'"), "0");
  EXPECT_EQ(ben.query("select count(*) from pg_listening_channels()"), "0");
}

TEST(SessionMode, OneClientAtATime) {
  const Forebay forebay(poolOf(1, "session"));
  ConsoleView console(forebay);
  auto ann = std::make_unique<Connection>(forebay.conninfo("app"));
  ann->run("select 1");
  Connection ben(forebay.conninfo("app"));
  ben.send("select 'served'");
  ASSERT_TRUE(console.clientsWait(1));
  EXPECT_EQ(ann->query("select 'still served'"), "still served");
  ann.reset();
  EXPECT_EQ(ben.next()->value(), "served");
}

TEST(StatementMode, RefusesTransactionBlocks) {
  const Forebay forebay(poolOf(1, "statement"));
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query("select 1"), "1");
  client.exec("begin");
  EXPECT_TRUE(eventually([&] {
    client.exec("select 1");
    return client.broken();
  }));
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
}

// ---- servers that are lost

TEST(LostServer, InTheMiddleOfAQueryItsOwnWordsReachTheClient) {
  const Forebay forebay(poolOf(2));
  RawClient client(forebay.port());
  Connection other(forebay.conninfo("app"));
  client.login("app", "postgres");
  other.run("begin");
  client.send(wire::query("select pg_backend_pid(), pg_terminate_backend(pg_backend_pid()), pg_sleep(1000)"));
  const std::vector<Message> answer = client.readToEnd();
  ASSERT_FALSE(answer.empty());
  EXPECT_EQ(answer.back().type, 'E');
  EXPECT_EQ(answer.back().field('C'), "57P01");
  EXPECT_EQ(other.query("select 'undisturbed'"), "undisturbed");
  other.run("commit");
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
}

TEST(LostServer, WithoutAWordTheClientIsToldThatItIsGone) {
  Relay relay(sharedPostgres().port());
  for (const bool with_reset : {false, true}) {
    ForebayConfig config = poolOf(2);
    config.databases.clear();
    config.addDatabase("app", relay.port());
    config.addDatabase("direct", sharedPostgres());
    const Forebay forebay(config);
    RawClient client(forebay.port());
    Connection other(forebay.conninfo("direct"));
    client.login("app", "postgres");
    client.query("begin");
    client.send(wire::query("select 'row one' union all select pg_sleep(1000)::text"));
    const uint64_t before = relay.bytesToTarget();
    ASSERT_TRUE(eventually([&] { return relay.bytesToTarget() >= before; }));
    with_reset ? relay.reset() : relay.cut();
    const std::vector<Message> answer = client.readToEnd();
    ASSERT_FALSE(answer.empty());
    EXPECT_EQ(answer.back().type, 'E');
    EXPECT_EQ(answer.back().field('C'), "08006");
    EXPECT_NE(answer.back().field('D').find("app/postgres"), std::string::npos) << answer.back().field('D');
    EXPECT_EQ(other.query("select 'undisturbed'"), "undisturbed");
    EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
  }
}

TEST(LostServer, KilledTakesNobodyAlongWhoseServerLives) {
  PostgresServer fragile;  // PostgreSQL restarts every backend when one is killed
  ForebayConfig config = poolOf(2);
  config.addDatabase("fragile", fragile);
  const Forebay forebay(config);
  RawClient client(forebay.port());
  Connection other(forebay.conninfo("app"));
  client.login("fragile", "postgres");
  const pid_t backend = std::stoi(client.rows(kServerPid)[0][0]);
  client.query("begin");
  client.send(wire::query("select pg_sleep(1000)"));
  ::kill(backend, SIGKILL);
  const std::vector<Message> answer = client.readToEnd();
  ASSERT_FALSE(answer.empty());
  EXPECT_EQ(answer.back().field('C'), "08006");
  EXPECT_EQ(other.query("select 'undisturbed'"), "undisturbed");
  EXPECT_TRUE(eventually([&] { return Connection::tryConnect(fragile.conninfo()).empty(); }));
  EXPECT_EQ(Connection(forebay.conninfo("fragile")).query("select 'served'"), "served");
}

TEST(LostServer, Pitfall21OneThatDiedWhileIdleIsNotHandedOut) {
  const Forebay forebay(poolOf(2));
  Connection client(forebay.conninfo("app"));
  ConsoleView console(forebay);
  for (int round = 0; round < 3; ++round) {
    const std::string server = client.query(kServerPid);
    sharedPostgres().run("select pg_terminate_backend(" + server + ", 30000)");
    ASSERT_TRUE(console.serversBecome(0));
    EXPECT_NE(client.query(kServerPid), server);
  }
}

TEST(LostServer, Pitfall21WhatAnIdleServerSaysIsNobodysAnswer) {
  const Forebay forebay(poolOf(1));
  Connection client(forebay.conninfo("app"));
  const std::string server = client.query(kServerPid);
  // A parameter that changes under an idle connection is reported by it unasked.
  sharedPostgres().run("alter system set intervalstyle = 'sql_standard'");
  sharedPostgres().run("select pg_reload_conf()");
  EXPECT_TRUE(eventually([] { return sharedPostgres().query("show intervalstyle") == "sql_standard"; }));
  EXPECT_EQ(client.query(kServerPid), server);
  EXPECT_EQ(client.query("select 'goes on'"), "goes on");
  sharedPostgres().run("alter system reset intervalstyle");
  sharedPostgres().run("select pg_reload_conf()");
}

}  // namespace
}  // namespace forebay::rig
