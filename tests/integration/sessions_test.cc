// What a session holds: pins for what cannot move, and nothing left for the next client, however this one
// leaves.
#include <gtest/gtest.h>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig poolOf(int size, const char* mode = "transaction") {
  ForebayConfig config = appPool(size);
  config.postgres["pool_mode"] = mode;
  return config;
}

constexpr const char* kServerPid = "select pg_backend_pid()";

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
  EXPECT_EQ(watcher.query("show statement_timeout"), "0");
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
    EXPECT_EQ(ann.query("show statement_timeout"), "5555ms");
    EXPECT_EQ(ann.query("select count(*) from pg_prepared_statements where name in ('p', 's')"), "2");
  }
  Connection ben(forebay.conninfo("app"));
  EXPECT_EQ(ben.query(kServerPid), server);
  EXPECT_EQ(ben.query("show statement_timeout"), "0");
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
  RawClient told(forebay.port());
  told.login("app", "postgres");
  told.send(wire::query("begin"));
  const Message error = told.readToEnd().back();
  EXPECT_EQ(error.field('C'), "08P01");
  EXPECT_TRUE(error.field('D').starts_with("Pool app/postgres, host ")) << error.field('D');
  EXPECT_NE(error.field('H').find("pool_mode"), std::string::npos);
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
}

}  // namespace
}  // namespace forebay::rig
