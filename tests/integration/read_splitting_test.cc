// What only reads goes to replicas, and is never older than what the session has written: with real servers.
#include <gtest/gtest.h>

#include <set>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

std::string address(const PostgresServer& server) { return "127.0.0.1:" + std::to_string(server.port()); }
std::string portOf(const PostgresServer& server) { return std::to_string(server.port()); }

// A primary with two replicas, and a gateway in front that splits reads.
class ReadSplitting : public testing::Test {
 protected:
  ReadSplitting() {
    primary.run("create table kept (id int primary key, value int)");
    primary.run("insert into kept select n, 0 from generate_series(1, 50) n");
    // What PostgreSQL itself offers to tell its port is not taken for a read: it asks for this very server.
    primary.run("create function here() returns int stable language sql as 'select inet_server_port()'");
    for (int i = 0; i < 2; ++i) {
      replicas.push_back(PostgresServer::replicaOf(primary));
      primary.waitForReplay(*replicas.back());
    }
  }

  ForebayConfig config(const std::string& reads = "replicas", const std::string& consistency = "session") {
    ForebayConfig config;
    TomlTable& app = config.databases["app"];
    app["hosts"] = std::vector<std::string>{address(primary), address(*replicas[0]), address(*replicas[1])};
    app["dbname"] = "postgres";
    app["user"] = "postgres";
    app["reads"] = reads;
    app["consistency"] = consistency;
    app["balance"] = "round_robin";
    config.postgres["default_pool_size"] = 5;
    return config;
  }

  bool onReplica(const std::string& port) {
    return port == portOf(*replicas[0]) || port == portOf(*replicas[1]);
  }
  // Until the gateway knows of the replicas and of the functions that there are.
  void awaitReplicas(const Forebay& forebay) {
    Connection client(forebay.conninfo("app"));
    std::set<std::string> seen;
    EXPECT_TRUE(eventually([&] {
      if (const std::string port = client.query(kWhere); onReplica(port)) seen.insert(port);
      return seen.size() == replicas.size();
    })) << routes(forebay);
  }
  static std::string routes(const Forebay& forebay) {
    Connection console(forebay.consoleConninfo());
    const QueryResult shown = console.exec("show routes");
    std::string all;
    for (int row = 0; row < shown.rows(); ++row)
      all +=
          shown.value(row, "node") + " " + shown.value(row, "reads") + " " + shown.value(row, "why") + "\n";
    return all + forebay.log();
  }
  void pauseReplay(bool on) {
    for (const auto& replica : replicas) {
      replica->run(on ? "select pg_wal_replay_pause()" : "select pg_wal_replay_resume()");
      if (!on) continue;
      EXPECT_TRUE(
          eventually([&] { return replica->query("select pg_get_wal_replay_pause_state()") == "paused"; }));
    }
  }

  static constexpr const char* kWhere = "select here()";
  PostgresServer primary;
  std::vector<std::unique_ptr<PostgresServer>> replicas;
};

// ---- what goes where

TEST_F(ReadSplitting, ReadsGoToReplicasAndWritesToThePrimary) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(onReplica(client.query(kWhere)));
  EXPECT_TRUE(onReplica(client.execParams("select here() where $1 = 1", {"1"}).value()));
  EXPECT_EQ(client.query("update kept set value = 1 where id = 1 returning here()"), portOf(primary));
  EXPECT_EQ(client.query("select here() from kept where id = 1 for update"), portOf(primary));
}

TEST_F(ReadSplitting, StatementsThatAreKeptPreparedReadWhereverTheyMay) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  ASSERT_TRUE(client.prepare("where", "select here() where $1::int = 1").ok());
  ASSERT_TRUE(client.prepare("change", "update kept set value = $1 where id = 1 returning here()").ok());
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(onReplica(client.execPrepared("where", {"1"}).value()));
    EXPECT_EQ(client.execPrepared("change", {"7"}).value(), portOf(primary));
  }
}

TEST_F(ReadSplitting, EveryReplicaTakesReads) {
  const Forebay forebay(config());
  awaitReplicas(forebay);  // which waits for just that
  Connection client(forebay.conninfo("app"));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(onReplica(client.query(kWhere)));
}

TEST_F(ReadSplitting, WhereReadsArePreferredOnReplicasThePrimaryTakesItsShare) {
  const Forebay forebay(config("prefer-replicas"));
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  std::set<std::string> seen;
  EXPECT_TRUE(eventually([&] {
    seen.insert(client.query(kWhere));
    return seen.size() == 3u;
  }));
}

TEST_F(ReadSplitting, ATransactionStaysOnThePrimaryUnlessItIsReadOnly) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  for (const char* begin : {"begin", "begin isolation level serializable, read only", "begin read write"}) {
    client.run(begin);
    EXPECT_EQ(client.query(kWhere), portOf(primary)) << begin;
    client.run("commit");
  }
  for (const char* begin :
       {"begin read only", "start transaction isolation level repeatable read, read only"}) {
    client.run(begin);
    const std::string there = client.query(kWhere);
    EXPECT_TRUE(onReplica(there)) << begin;
    EXPECT_EQ(client.query("select here() from random()"), there) << "all of it goes there";
    client.run("commit");
  }
  client.run("set default_transaction_read_only = on");
  client.run("begin");
  EXPECT_TRUE(onReplica(client.query(kWhere)));
  client.run("commit");
}

TEST_F(ReadSplitting, WhatCallsAVolatileFunctionStaysOnThePrimaryFromItsDefinitionOn) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query("select here() from random()"), portOf(primary));
  client.run("create function mine() returns int stable language sql as 'select inet_server_port()'");
  ASSERT_TRUE(client.prepare("mine", "select mine()").ok());
  EXPECT_TRUE(eventually([&] { return onReplica(client.query("select mine()")); }));
  EXPECT_TRUE(eventually([&] { return onReplica(client.execPrepared("mine", {}).value()); }));
  client.run(
      "create or replace function mine() returns int volatile language sql as 'select inet_server_port()'");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(client.query("select mine()"), portOf(primary));
    EXPECT_EQ(client.execPrepared("mine", {}).value(), portOf(primary));
  }
}

TEST_F(ReadSplitting, APipelineKeepsItsOrderOverSeveralServers) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  client.enterPipeline();
  for (int i = 1; i <= 20; ++i) {
    client.sendParams("update kept set value = $1 where id = 1", {std::to_string(i)});
    client.sync();
    for (int read = 0; read < 2; ++read) {
      client.sendParams("select value from kept where id = $1", {"1"});
      client.sync();
    }
  }
  const auto one = [&] {
    std::optional<QueryResult> result = client.next();
    const std::string value = result && result->rows() > 0 ? result->value() : "";
    EXPECT_TRUE(result && result->ok()) << (result ? result->error() : "nothing came");
    EXPECT_FALSE(client.next());
    EXPECT_EQ(client.next()->status(), PGRES_PIPELINE_SYNC);
    return value;
  };
  for (int i = 1; i <= 20; ++i) {
    one();
    EXPECT_EQ(one(), std::to_string(i));
    EXPECT_EQ(one(), std::to_string(i));
  }
}

// ---- what a session says

TEST_F(ReadSplitting, ASessionChoosesByAParameterAndAStatementByAComment) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query("/* forebay.role = primary */ select here()"), portOf(primary));
  EXPECT_TRUE(onReplica(client.query("select here() from random() /* forebay.role = replica */")));
  client.run("set forebay.role = 'primary'");
  EXPECT_EQ(client.query(kWhere), portOf(primary));
  EXPECT_EQ(client.query("show forebay.role"), "primary");
  client.run("set forebay.role = 'replica'");
  EXPECT_TRUE(onReplica(client.query("select here() from random()")));
  client.run("reset forebay.role");
  EXPECT_EQ(client.query("select here() from random()"), portOf(primary));
  Connection choosy(forebay.conninfo("app") + " options='-c forebay.role=primary'");
  EXPECT_EQ(choosy.query(kWhere), portOf(primary));
}

TEST_F(ReadSplitting, AUserMayHaveAllItsReadsOnThePrimary) {
  ForebayConfig careful = config();
  careful.more = "[postgres.users.postgres]\nreads = \"primary\"\n";
  const Forebay forebay(careful);
  Connection client(forebay.conninfo("app"));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.query(kWhere), portOf(primary));
}

// ---- never older than the session's own writes

TEST_F(ReadSplitting, ASessionSeesItsOwnWritesThoughReplicasLagBehind) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  pauseReplay(true);
  client.run("update kept set value = 5 where id = 1");
  EXPECT_EQ(client.query("select value from kept where id = 1"), "5");
  EXPECT_EQ(client.query(kWhere), portOf(primary));
  Connection other(forebay.conninfo("app"));
  EXPECT_EQ(other.query("select value from kept where id = 1"), "0") << "it has written nothing";
  pauseReplay(false);
  EXPECT_TRUE(eventually([&] { return onReplica(client.query(kWhere)); }));
  EXPECT_EQ(client.query("select value from kept where id = 1"), "5");
}

TEST_F(ReadSplitting, ManyPairsOfAWriteAndAReadAgreeAndMostReadsAreOnReplicas) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  int on_replicas = 0;
  for (int i = 1; i <= 500; ++i) {
    client.run("update kept set value = " + std::to_string(i) + " where id = 2");
    const QueryResult read = client.exec("select value, here() from kept where id = 2");
    ASSERT_EQ(read.value(), std::to_string(i));
    on_replicas += onReplica(read.value(0, 1));
  }
  EXPECT_GT(on_replicas, 0);
}

TEST_F(ReadSplitting, ACommittedTransactionIsSeenAsWell) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  for (int i = 1; i <= 100; ++i) {
    client.run("begin");
    client.run("update kept set value = " + std::to_string(i) + " where id = 3");
    client.run("commit");
    ASSERT_EQ(client.query("select value from kept where id = 3"), std::to_string(i));
  }
}

TEST_F(ReadSplitting, ATokenTakesWhatWasWrittenAlongToAnotherConnection) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  pauseReplay(true);
  std::string token;
  {
    Connection writer(forebay.conninfo("app"));
    writer.run("update kept set value = 8 where id = 1");
    token = writer.query("show forebay.token");
  }
  EXPECT_NE(token.find(":"), std::string::npos) << token;
  Connection fresh(forebay.conninfo("app"));
  EXPECT_EQ(fresh.query("select value from kept where id = 1"), "0");
  fresh.run("set forebay.token = '" + token + "'");
  EXPECT_TRUE(fresh.takeNotices().empty());
  EXPECT_EQ(fresh.query("select value from kept where id = 1"), "8");
  fresh.run("set forebay.token = 'nonsense'");
  fresh.run("select 1");  // the notice comes behind the SET's answer
  EXPECT_EQ(fresh.takeNotices().size(), 1u);
  Connection again(forebay.conninfo("app") + " options='-c forebay.token=" + token + "'");
  EXPECT_EQ(again.query("select value from kept where id = 1"), "8");
  pauseReplay(false);
}

TEST_F(ReadSplitting, EventualReadsMayBeOld) {
  const Forebay forebay(config("replicas", "eventual"));
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  pauseReplay(true);
  client.run("update kept set value = 6 where id = 1");
  EXPECT_EQ(client.query("select value from kept where id = 1"), "0");
  pauseReplay(false);
}

TEST_F(ReadSplitting, StrongReadsSeeWhatAnybodyHasWritten) {
  const Forebay forebay(config("replicas", "strong"));
  awaitReplicas(forebay);
  Connection writer(forebay.conninfo("app")), reader(forebay.conninfo("app"));
  for (int i = 1; i <= 100; ++i) {
    writer.run("update kept set value = " + std::to_string(i) + " where id = 4");
    ASSERT_EQ(reader.query("select value from kept where id = 4"), std::to_string(i));
  }
  pauseReplay(true);
  writer.run("update kept set value = 0 where id = 4");
  EXPECT_EQ(reader.query("select value from kept where id = 4"), "0");
  pauseReplay(false);
}

// ---- when a replica cannot

TEST_F(ReadSplitting, WhatAReplicaRefusesIsAskedOfThePrimary) {
  primary.run("create table seen (at int)");
  primary.run(
      "create function sly() returns int stable language plpgsql as "
      "$$ begin perform set_config('transaction_read_only', 'off', false); return 1; end $$");
  primary.run(
      "create function conflicted() returns int stable language plpgsql as "
      "$$ begin if pg_is_in_recovery() then raise exception using errcode = '40001'; end if; "
      "return inet_server_port(); end $$");
  for (const auto& replica : replicas) primary.waitForReplay(*replica);
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query("select conflicted()"), portOf(primary));
  EXPECT_EQ(client.execParams("select conflicted() where $1 = 1", {"1"}).value(), portOf(primary));
  ASSERT_TRUE(client.prepare("again", "select conflicted()").ok());
  EXPECT_EQ(client.execPrepared("again", {}).value(), portOf(primary));
  EXPECT_EQ(client.execPrepared("again", {}).value(), portOf(primary));
  EXPECT_TRUE(onReplica(client.query(kWhere))) << "the session goes on as before";
}

TEST_F(ReadSplitting, AReadWhoseReplicaDiesIsAskedOfThePrimary) {
  primary.run(
      "create function slow() returns int stable language plpgsql as "
      "$$ begin perform pg_sleep(2); return inet_server_port(); end $$");
  for (const auto& replica : replicas) primary.waitForReplay(*replica);
  const Forebay forebay(config());
  awaitReplicas(forebay);
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
    clients.back()->send("select slow()");
  }
  EXPECT_TRUE(eventually([&] {
    int running = 0;
    for (const auto& replica : replicas)
      running +=
          std::stoi(replica->query("select count(*) from pg_stat_activity where query = 'select slow()' "
                                   "and pid <> pg_backend_pid()"));
    return running == 4;
  }));
  for (const auto& replica : replicas) replica->stop(Stop::kKill);
  for (const auto& client : clients) {
    const std::optional<QueryResult> answer = client->next();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->ok()) << answer->error();
    EXPECT_EQ(answer->value(), portOf(primary));
  }
}

TEST_F(ReadSplitting, WithoutAReplicaThePrimaryServesUnlessItMayNot) {
  ForebayConfig strict = config();
  strict.databases["strict"] = strict.databases["app"];
  strict.databases["strict"]["primary_fallback"] = false;
  const Forebay forebay(strict);
  awaitReplicas(forebay);
  for (const auto& replica : replicas) replica->stop(Stop::kKill);
  Connection client(forebay.conninfo("app"));
  EXPECT_EQ(client.query(kWhere), portOf(primary));
  EXPECT_TRUE(eventually([&] {
    Connection refused(forebay.conninfo("strict"));
    refused.send(kWhere);
    const QueryResult answer = *refused.next();
    return answer.sqlstate() == "57P03" && answer.error().find("no replica") != std::string::npos;
  }));
  Connection writer(forebay.conninfo("strict"));
  writer.run("update kept set value = 1 where id = 1");
}

TEST_F(ReadSplitting, AReplicaTooFarBehindTakesNoReads) {
  ForebayConfig bounded = config("replicas", "eventual");
  bounded.databases["app"]["max_replica_lag_bytes"] = 1;
  bounded.more = "[failover]\nprobe_interval = \"50ms\"\n";
  const Forebay forebay(bounded);
  awaitReplicas(forebay);
  pauseReplay(true);
  Connection client(forebay.conninfo("app"));
  client.run("update kept set value = 1 where id = 1");
  EXPECT_TRUE(eventually([&] { return client.query(kWhere) == portOf(primary); }));
  pauseReplay(false);
  EXPECT_TRUE(eventually([&] { return onReplica(client.query(kWhere)); }));
}

// ---- what clients do not notice

TEST_F(ReadSplitting, WhatAReplicaSaysOfItselfReachesNoClient) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  client.run("begin read only");
  ASSERT_TRUE(onReplica(client.query(kWhere)));
  EXPECT_EQ(client.parameter("in_hot_standby"), "off");
  const size_t there = client.query(kWhere) == portOf(*replicas[0]) ? 0 : 1;
  replicas[there]->promote();
  EXPECT_EQ(client.query("select pg_is_in_recovery()"), "f");
  EXPECT_EQ(client.parameter("in_hot_standby"), "off");
  client.run("commit");
}

TEST_F(ReadSplitting, NothingBindsASessionToAReplica) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  client.run("begin read only");
  ASSERT_TRUE(onReplica(client.query(kWhere)));
  EXPECT_EQ(client.exec("prepare mine as select 1").sqlstate(), "40001");
  client.run("rollback");
  client.run("begin read only");
  EXPECT_EQ(client.query(kWhere), portOf(primary)) << "which takes it when it is tried again";
  client.run("prepare mine as select 1");
  client.run("commit");
  client.run("update kept set value = 2 where id = 1");
}

TEST_F(ReadSplitting, ParametersFollowTheClientToAReplica) {
  const Forebay forebay(config());
  awaitReplicas(forebay);
  Connection client(forebay.conninfo("app"));
  client.run("set timezone = 'Asia/Tokyo'");
  for (int i = 0; i < 4; ++i) {
    const QueryResult shown =
        client.exec("select to_char('2026-01-01 00:00+00'::timestamptz, 'HH24'), here()");
    EXPECT_EQ(shown.value(), "09");
    EXPECT_TRUE(onReplica(shown.value(0, 1)));
  }
}

}  // namespace
}  // namespace forebay::rig
