// PROMOTE, and promote = "auto", where no manager looks after the servers: with real ones.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/temp_dir.h"

namespace forebay::rig {
namespace {

std::string address(const PostgresServer& server) { return "127.0.0.1:" + std::to_string(server.port()); }

// A primary with two replicas, and a gateway in front.
class Promote : public testing::Test {
 protected:
  Promote() {
    primary.run("create table kept (id int primary key, value text)");
    for (int i = 0; i < 2; ++i) replicas.push_back(PostgresServer::replicaOf(primary));
    allReplay();
  }

  ForebayConfig config(const std::string& failover = "") const {
    ForebayConfig config;
    TomlTable& app = config.databases["app"];
    app["hosts"] = std::vector<std::string>{address(primary), address(*replicas[0]), address(*replicas[1])};
    app["dbname"] = "postgres";
    app["user"] = "postgres";
    config.more = "[failover]\nhold_timeout = \"120s\"\n" + failover;
    return config;
  }

  void allReplay() {
    for (const auto& each : replicas) primary.waitForReplay(*each);
  }
  // It answers, and gets nothing new any more.
  static void cutOff(PostgresServer& replica) {
    replica.run("alter system set primary_conninfo = ''");
    replica.reload();
    ASSERT_TRUE(
        eventually([&] { return replica.query("select count(*) from pg_stat_wal_receiver") == "0"; }));
  }

  static QueryResult promote(const Forebay& forebay, const PostgresServer& server) {
    Connection console(forebay.consoleConninfo(), seconds(120));
    return console.exec("promote app " + address(server));
  }
  // The primary may have written a little by itself before it died, which one of them has received.
  QueryResult promoteTheFurthest(const Forebay& forebay) {
    QueryResult answer = promote(forebay, *replicas[0]);
    for (size_t turn = 1; answer.error().find("is not the furthest") != std::string::npos; ++turn) {
      if (turn > 20) fail("none of them is the furthest: " + answer.error());
      answer = promote(forebay, *replicas[turn % 2]);
    }
    return answer;
  }
  static std::string detailOf(const QueryResult& answer) { return answer.errorField(PG_DIAG_MESSAGE_DETAIL); }
  static bool tellsOf(const Forebay& forebay, const std::string& what) {
    ConsoleView console(forebay);
    return eventually([&] { return console.tells(what); });
  }
  // As the gateway knows it.
  static bool becomes(const Forebay& forebay, const PostgresServer& server, const std::string& state) {
    return eventually([&] {
      Connection console(forebay.consoleConninfo());
      const QueryResult shown = console.exec("show topology");
      for (int row = 0; row < shown.rows(); ++row)
        if (shown.value(row, "node") == address(server) && shown.value(row, "state") == state) return true;
      return false;
    });
  }
  static bool isReplica(PostgresServer& server) { return server.query("select pg_is_in_recovery()") == "t"; }

  PostgresServer primary;
  std::vector<std::unique_ptr<PostgresServer>> replicas;
};

TEST_F(Promote, MakesAReplicaThePrimaryOnceTheOldOneIsGone) {
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"), seconds(120));
  client.run("insert into kept values (1, 'before')");
  allReplay();
  primary.stop(Stop::kKill);
  ASSERT_TRUE(becomes(forebay, primary, "down"));
  client.send("insert into kept values (2, 'held')");
  const QueryResult done = promoteTheFurthest(forebay);
  EXPECT_TRUE(done.ok()) << done.error();
  const std::optional<QueryResult> held = client.next();
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->ok()) << held->error();
  PostgresServer& next = isReplica(*replicas[0]) ? *replicas[1] : *replicas[0];
  EXPECT_EQ(next.query("select count(*) from kept"), "2");
  EXPECT_TRUE(tellsOf(forebay, "promoted: " + address(next) + " is promoted"));
}

TEST_F(Promote, IsRefusedWhileThePrimaryAnswers) {
  const Forebay forebay(config());
  ASSERT_TRUE(becomes(forebay, primary, "up"));
  ASSERT_TRUE(becomes(forebay, *replicas[0], "up"));
  const QueryResult refused = promote(forebay, *replicas[0]);
  EXPECT_EQ(refused.sqlstate(), "55000");
  EXPECT_NE(refused.error().find(address(primary) + " is a primary, and it answers"), std::string::npos)
      << refused.error();
  EXPECT_NE(promote(forebay, primary).error().find("is the primary already"), std::string::npos);
  EXPECT_TRUE(isReplica(*replicas[0]));
}

TEST_F(Promote, IsRefusedForAReplicaThatLacksWhatAnotherHas) {
  const Forebay forebay(config());
  cutOff(*replicas[0]);
  primary.run("insert into kept values (1, 'late')");
  primary.waitForReplay(*replicas[1]);
  primary.stop(Stop::kKill);
  ASSERT_TRUE(becomes(forebay, primary, "down"));
  const QueryResult refused = promote(forebay, *replicas[0]);
  EXPECT_EQ(refused.sqlstate(), "55000");
  EXPECT_TRUE(detailOf(refused).starts_with(address(*replicas[1]) + " has received ")) << refused.error();
  EXPECT_EQ(refused.errorField(PG_DIAG_MESSAGE_HINT), "Promote " + address(*replicas[1]) + " instead.");
  EXPECT_TRUE(isReplica(*replicas[0]));
  const QueryResult done = promote(forebay, *replicas[1]);
  EXPECT_TRUE(done.ok()) << done.error();
}

TEST_F(Promote, SaysWhatTheUserThatAsksLacks) {
  primary.run("create role probe login");
  allReplay();
  const Forebay forebay(config("probe_user = \"probe\"\nprobe_dbname = \"postgres\"\n"));
  ASSERT_TRUE(becomes(forebay, *replicas[0], "up"));
  primary.stop(Stop::kKill);
  ASSERT_TRUE(becomes(forebay, primary, "down"));
  const QueryResult refused = promoteTheFurthest(forebay);
  EXPECT_EQ(refused.sqlstate(), "42501");
  EXPECT_NE(refused.errorField(PG_DIAG_MESSAGE_HINT)
                .find("GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote TO \"probe\""),
            std::string::npos)
      << refused.error();
  EXPECT_TRUE(isReplica(*replicas[0]) && isReplica(*replicas[1]));
}

TEST_F(Promote, NeedsToKnowTheRoles) {
  ForebayConfig anyone = config();
  anyone.databases["app"]["target_session_attrs"] = "any";
  const Forebay forebay(anyone);
  EXPECT_EQ(promote(forebay, *replicas[0]).sqlstate(), "55000");
}

// ---- by itself

class PromoteItself : public Promote {
 protected:
  // The command's last word decides whether the old primary is fenced.
  ForebayConfig fencedBy(const std::string& command) const {
    return config("promote = \"auto\"\npromote_delay = \"200ms\"\nfencing_command = '''" + command + "'''\n");
  }
  std::string notes() const {
    std::ifstream file(dir_ / "notes");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  TempDir dir_{"fencing"};
  const std::string notes_ = (dir_ / "notes").string();
};

TEST_F(PromoteItself, PromotesTheFurthestReplicaOnceTheOldPrimaryIsFenced) {
  const Forebay forebay(
      fencedBy("echo $FOREBAY_DATABASE $FOREBAY_OLD_PRIMARY_HOST:$FOREBAY_OLD_PRIMARY_PORT "
               "$FOREBAY_NEW_PRIMARY_HOST:$FOREBAY_NEW_PRIMARY_PORT >> " +
               notes_));
  Connection client(forebay.conninfo("app"), seconds(120));
  client.run("insert into kept values (1, 'before')");
  allReplay();
  cutOff(*replicas[0]);
  client.run("insert into kept values (2, 'only one has it')");
  primary.waitForReplay(*replicas[1]);
  ASSERT_TRUE(becomes(forebay, *replicas[0], "up"));
  ASSERT_TRUE(becomes(forebay, *replicas[1], "up"));
  primary.stop(Stop::kKill);
  client.run("insert into kept values (3, 'after')");
  EXPECT_EQ(replicas[1]->query("select count(*) from kept"), "3");
  EXPECT_EQ(notes(), "app " + address(primary) + " " + address(*replicas[1]) + "\n") << "once, and before";
  EXPECT_TRUE(tellsOf(forebay, "to be promoted, once " + address(primary) + " is fenced"));
  EXPECT_TRUE(tellsOf(forebay, "promoted: " + address(*replicas[1]) + " is promoted"));
  EXPECT_TRUE(isReplica(*replicas[0]));
}

TEST_F(PromoteItself, PromotesNobodyWhenTheOldPrimaryCannotBeFenced) {
  const Forebay forebay(fencedBy("echo tried >> " + notes_ + "; exit 3"));
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  ASSERT_TRUE(becomes(forebay, *replicas[1], "up"));
  primary.stop(Stop::kKill);
  EXPECT_TRUE(tellsOf(forebay, "not promoted: the fencing command has failed: it ended with status 3"));
  EXPECT_TRUE(eventually([&] { return notes().find("tried\ntried\n") != std::string::npos; }))
      << "it goes on trying";
  EXPECT_TRUE(isReplica(*replicas[0]));
  EXPECT_TRUE(isReplica(*replicas[1]));
}

TEST_F(PromoteItself, PromotesNobodyWhileAReplicaDoesNotAnswer) {
  const Forebay forebay(fencedBy("echo tried >> " + notes_));
  Connection client(forebay.conninfo("app"));
  client.run("select 1");
  replicas[0]->stop(Stop::kKill);
  ASSERT_TRUE(becomes(forebay, *replicas[0], "down"));
  primary.stop(Stop::kKill);
  EXPECT_TRUE(
      tellsOf(forebay, "nobody is promoted: " + address(*replicas[0]) + " is no replica that answers"));
  EXPECT_EQ(notes(), "");
  EXPECT_TRUE(isReplica(*replicas[1]));
  replicas[0]->start();
  EXPECT_TRUE(tellsOf(forebay, " is promoted"));
}

}  // namespace
}  // namespace forebay::rig
