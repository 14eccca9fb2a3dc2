// Prepared statements that outlive the server connection they were prepared on: shared between clients,
// closed when too many, and gone exactly when their client says so.
#include <gtest/gtest.h>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig poolOf(int size, int max_prepared_statements = 100) {
  ForebayConfig config = appPool(size);
  config.postgres["max_prepared_statements"] = max_prepared_statements;
  return config;
}

struct Client : RawClient {
  explicit Client(const Forebay& forebay) : RawClient(forebay.port()) { login("app", "postgres"); }

  // Sends the messages and a Sync; the answers, or of an error its SQLSTATE.
  std::vector<Message> batch(const std::string& messages) {
    send(messages + wire::sync());
    return readUntil('Z');
  }
  std::string outcome(const std::string& messages) { return outcomeOf(batch(messages)); }
  static std::string outcomeOf(const std::vector<Message>& answer) {
    std::string value;
    for (const Message& message : answer) {
      if (message.type == 'E') return message.field('C');
      if (message.type == 'D') value += message.row().at(0);
    }
    return value;
  }
};

std::string use(std::string_view statement, const std::vector<std::optional<std::string>>& values = {}) {
  return wire::bind("", statement, values) + wire::execute("");
}

constexpr const char* kNoSuchStatement = "26000";

// The texts that stand prepared on the server, in order; with a pool of one there is only one server to ask.
std::string standing(Client& client) {
  return client.rows(
      "select coalesce(string_agg(statement, ', ' order by statement), '') from pg_prepared_statements")[0]
                                                                                                        [0];
}

TEST(Prepared, OneTextIsPreparedOnceForAllClients) {
  const Forebay forebay(poolOf(1));
  Client ann(forebay), ben(forebay);
  EXPECT_EQ(types(ann.batch(wire::parse("a", "select 'text'"))), "1Z");
  EXPECT_EQ(types(ben.batch(wire::parse("b", "select 'text'"))), "1Z");
  EXPECT_EQ(standing(ann), "select 'text'");
  EXPECT_EQ(ann.outcome(use("a")), "text");
  EXPECT_EQ(ben.outcome(use("b")), "text");
  EXPECT_EQ(ann.outcome(use("b")), kNoSuchStatement);
}

TEST(Prepared, FollowTheirClientToAnotherServer) {
  const Forebay forebay(poolOf(2));
  Client ann(forebay), ben(forebay);
  const std::string first = ann.outcome(wire::parse("s", "select pg_backend_pid()") + use("s"));
  ben.query("begin");
  EXPECT_EQ(ben.rows("select pg_backend_pid()")[0][0], first);
  const std::string second = ann.outcome(use("s"));
  EXPECT_NE(second, first);
  EXPECT_NE(second, kNoSuchStatement);
}

TEST(Prepared, TheLeastRecentlyUsedIsClosed) {
  const Forebay forebay(poolOf(1, 2));
  Client client(forebay);
  for (const char* name : {"a", "b", "c"})
    client.batch(wire::parse(name, std::string("select '") + name + "'"));
  EXPECT_EQ(standing(client), "select 'b', select 'c'");
  EXPECT_EQ(client.outcome(use("b")), "b");
  EXPECT_EQ(client.outcome(use("a")), "a");
  EXPECT_EQ(standing(client), "select 'a', select 'b'");
}

TEST(Prepared, Pitfall10NothingThatABatchUsesIsClosedInIt) {
  const Forebay forebay(poolOf(1, 2));
  Client client(forebay);
  const std::string three =
      wire::parse("a", "select 'a'") + wire::parse("b", "select 'b'") + wire::parse("c", "select 'c'");
  EXPECT_EQ(client.outcome(three + use("a") + use("b") + use("c")), "abc");
  client.batch(wire::parse("d", "select 'd'"));
  EXPECT_EQ(client.outcome(use("a") + use("b") + use("c") + use("d") + use("a")), "abcda");
  client.batch(wire::parse("e", "select 'e'"));  // makes room for what the batches before had to exceed
  EXPECT_EQ(standing(client), "select 'a', select 'e'");
}

TEST(Prepared, AnErrorLeavesNoEvictionHalfDone) {
  const Forebay forebay(poolOf(1, 2));
  Client client(forebay);
  client.batch(wire::parse("a", "select 'a'") + wire::parse("b", "select 'b'"));
  // The Close of what had to go is skipped along with the rest.
  EXPECT_EQ(client.outcome(wire::parse("", "select 1/0") + use("") + wire::parse("c", "select 'c'")),
            "22012");
  EXPECT_EQ(client.outcome(use("a") + use("b")), "ab");
  EXPECT_EQ(client.outcome(wire::parse("c", "select 'c'") + use("c") + use("a") + use("b")), "cab");
}

TEST(Prepared, Pitfall9AFailedParseLeavesNoPhantom) {
  const Forebay forebay(poolOf(1));
  Client ann(forebay), ben(forebay);
  EXPECT_EQ(ann.outcome(wire::parse("s", "select * from not_there_yet")), "42P01");
  EXPECT_EQ(ann.outcome(use("s")), kNoSuchStatement);
  EXPECT_EQ(ben.outcome(wire::parse("s", "select * from not_there_yet")), "42P01");
  sharedPostgres().run("create table not_there_yet as select 'now' as n");
  EXPECT_EQ(ben.outcome(wire::parse("s", "select * from not_there_yet") + use("s")), "now");
  EXPECT_EQ(ann.outcome(wire::parse("s", "select * from not_there_yet") + use("s")), "now");
  sharedPostgres().run("drop table not_there_yet");
}

TEST(Prepared, Pitfall9AParseSkippedBehindAnErrorLeavesNoPhantom) {
  const Forebay forebay(poolOf(1));
  Client ann(forebay), ben(forebay);
  const std::string fails = wire::parse("", "select 1/0") + use("");
  EXPECT_EQ(ann.outcome(fails + wire::parse("s", "select 'skipped'") + use("s")), "22012");
  EXPECT_EQ(standing(ann), "");
  EXPECT_EQ(ann.outcome(use("s")), kNoSuchStatement);
  EXPECT_EQ(ben.outcome(wire::parse("s", "select 'skipped'") + use("s")), "skipped");
  EXPECT_EQ(ann.outcome(fails + wire::parse("s", "select 'skipped'")),
            "22012");  // now that the server has it
  EXPECT_EQ(ann.outcome(use("s")), kNoSuchStatement);
}

TEST(Prepared, AnErrorInOneBatchDoesNotSpoilTheNextOfThePipeline) {
  const Forebay forebay(poolOf(2));
  Client ann(forebay), ben(forebay);
  ann.batch(wire::parse("s", "select 'prepared'"));
  ben.query("begin");  // has the server that knows the statement
  ann.send(wire::parse("", "select 1/0") + use("") + use("s") + wire::sync() + use("s") + wire::sync());
  EXPECT_EQ(Client::outcomeOf(ann.readUntil('Z')), "22012");
  EXPECT_EQ(Client::outcomeOf(ann.readUntil('Z')), "prepared");
}

TEST(Prepared, Pitfall9ADisconnectInMidBatchLeavesNoPhantom) {
  const Forebay forebay(poolOf(1));
  Client ann(forebay);
  const std::string server = ann.rows("select pg_backend_pid()")[0][0];
  for (const char* sql : {"select 'cut short'", "this is not SQL"}) {
    {
      Client leaver(forebay);
      leaver.send(wire::parse("s", sql) + wire::bind("", "s") + wire::flush());
    }
    {
      Client leaver(forebay);
      leaver.send(wire::parse("", "select 1/0") + use("") + wire::parse("s", sql));
    }
    EXPECT_EQ(ann.rows("select pg_backend_pid()")[0][0], server);
  }
  EXPECT_EQ(ann.outcome(wire::parse("s", "select 'cut short'") + use("s")), "cut short");
}

TEST(Prepared, Pitfall12DeallocateAndDiscardTouchTheirOwnClientOnly) {
  for (const char* forget : {"deallocate s", "deallocate all", "discard all"}) {
    const Forebay forebay(poolOf(1));
    Client ann(forebay), ben(forebay);
    ann.batch(wire::parse("s", "select 'shared'"));
    ben.batch(wire::parse("t", "select 'shared'"));
    EXPECT_EQ(types(ann.query(forget)), "CZ") << forget;
    EXPECT_EQ(ann.outcome(use("s")), kNoSuchStatement) << forget;
    EXPECT_EQ(ben.outcome(use("t")), "shared") << forget;
    EXPECT_EQ(ann.outcome(wire::parse("s", "select 'anew'") + use("s")), "anew") << forget;
    EXPECT_EQ(ann.outcome(wire::parse("u", "select 'shared'") + use("u")), "shared") << forget;
  }
}

TEST(Prepared, ADeallocateThatFailsForgetsNothing) {
  const Forebay forebay(poolOf(1));
  Client client(forebay);
  client.batch(wire::parse("s", "select 'kept'"));
  client.query("begin");
  client.query("oops");
  EXPECT_EQ(Client::outcomeOf(client.query("deallocate s")), "25P02");
  EXPECT_EQ(Client::outcomeOf(client.query("deallocate all")), "25P02");
  client.query("rollback");
  EXPECT_EQ(client.outcome(use("s")), "kept");
}

TEST(Prepared, AnUnnamedStatementIsBoundARoundTripLaterOnAnotherServer) {
  const Forebay forebay(poolOf(2));
  Client ann(forebay), ben(forebay);
  EXPECT_EQ(types(ann.batch(wire::parse("", "select $1 || '!'") + wire::describe('S', ""))), "1tTZ");
  ben.query("begin");
  EXPECT_EQ(ann.outcome(use("", {"hello"})), "hello!");
  ben.query("commit");
  EXPECT_EQ(ann.outcome(use("", {"again"})), "again!");
}

TEST(Prepared, AnUnnamedStatementIsNobodyElses) {
  const Forebay forebay(poolOf(1));
  Client ann(forebay), ben(forebay);
  ann.batch(wire::parse("", "select 'a secret'"));
  EXPECT_EQ(ben.outcome(use("")), kNoSuchStatement);
  ben.batch(wire::parse("", "select 'mine'"));
  EXPECT_EQ(ann.outcome(use("")), "a secret");
  EXPECT_EQ(ben.outcome(use("")), "mine");
}

TEST(Prepared, Pitfall11TheSameTextWithOtherTypesIsAnotherStatement) {
  const Forebay forebay(poolOf(1));
  Client ann(forebay), ben(forebay);
  const auto typed = [](uint32_t type) {
    return wire::message(
        'P', wire::cstring("s") + wire::cstring("select pg_typeof($1)") + wire::int16(1) + wire::int32(type));
  };
  ann.batch(typed(23));
  ben.batch(typed(25));
  EXPECT_EQ(ann.outcome(use("s", {"1"})), "integer");
  EXPECT_EQ(ben.outcome(use("s", {"1"})), "text");
}

TEST(Prepared, Pitfall11TheSameTextMeansWhatTheClientsSearchPathSays) {
  sharedPostgres().run(
      "create schema north; create schema south; create table north.place as select 'north' as name;"
      "create table south.place as select 'south' as name");
  const Forebay forebay(poolOf(1));
  Client ann(forebay), ben(forebay);
  ann.query("set search_path = north");
  ben.query("set search_path = south");
  ann.batch(wire::parse("s", "select name from place"));
  ben.batch(wire::parse("s", "select name from place"));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(ann.outcome(use("s")), "north");
    EXPECT_EQ(ben.outcome(use("s")), "south");
  }
}

TEST(Prepared, AServerWhosePlanNoLongerFitsIsReplaced) {
  sharedPostgres().run("create table growing as select 1 as n");
  const Forebay forebay(poolOf(1));
  Client client(forebay);
  client.batch(wire::parse("s", "select * from growing"));
  const std::string server = client.rows("select pg_backend_pid()")[0][0];
  sharedPostgres().run("alter table growing add column more text default 'more'");
  EXPECT_EQ(client.outcome(use("s")), "0A000");
  EXPECT_EQ(client.outcome(use("s")), "1");
  EXPECT_NE(client.rows("select pg_backend_pid()")[0][0], server);
}

TEST(Prepared, ATransactionKeepsAServerWhosePlanNoLongerFits) {
  sharedPostgres().run("create table growing_too as select 1 as n");
  const Forebay forebay(poolOf(1));
  Client client(forebay);
  client.batch(wire::parse("s", "select * from growing_too"));
  sharedPostgres().run("alter table growing_too add column more text");
  client.query("begin");
  EXPECT_EQ(client.outcome(use("s")), "0A000");
  EXPECT_EQ(Client::outcomeOf(client.query("select 1")), "25P02");
  client.query("rollback");
  EXPECT_EQ(client.outcome(use("s")), "1");
}

TEST(Prepared, ManyClientsWithManyStatementsShareFewServers) {
  const Forebay forebay(poolOf(2, 5));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<Client>(forebay));
  const auto text = [](int i) { return "select " + std::to_string(i) + " + $1::int"; };
  for (int i = 0; i < 8; ++i)
    for (int s = 0; s < 10; ++s) clients[i]->batch(wire::parse(std::to_string(s), text((i + s) % 12)));
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 8; ++i)
      clients[i]->send(use(std::to_string((round + i) % 10), {"100"}) + wire::sync());
    for (int i = 0; i < 8; ++i)
      EXPECT_EQ(Client::outcomeOf(clients[i]->readUntil('Z')),
                std::to_string(100 + (i + (round + i) % 10) % 12));
  }
}

}  // namespace
}  // namespace forebay::rig
