#include "gateway/admin/console.h"

#include <gtest/gtest.h>

#include "tests/gateway/admin/fake_fleet.h"
#include "tests/gateway/admin/wire.h"

namespace forebay::admin {
namespace {

class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() { fleet_.addDatabase("orders"); }

  // Empty when there is no answer yet.
  std::string raw(Bytes sql, Role role = Role::kAdmin) {
    answers_.emplace_back();
    const size_t index = answers_.size() - 1;
    console_.handle(sql, role, [this, index](std::string bytes) { answers_[index] = std::move(bytes); });
    return answers_[index];
  }
  WireAnswer ask(Bytes sql, Role role = Role::kAdmin) { return readAnswer(raw(sql, role)); }
  std::string lastCall() const { return fleet_.calls.empty() ? "" : fleet_.calls.back(); }

  FakeFleet fleet_;
  Console console_{fleet_, [] { return Instant{}; }};
  std::vector<std::string> answers_;
};

TEST_F(ConsoleTest, SteersOneDatabaseOrAll) {
  const std::pair<const char*, const char*> commands[] = {{"PAUSE", "pause"},
                                                          {"RESUME", "resume"},
                                                          {"RECONNECT", "reconnect"},
                                                          {"KILL", "kill"},
                                                          {"WAIT_CLOSE", "waitClose"}};
  for (const auto& [command, call] : commands) {
    const WireAnswer of_one = ask(std::string(command) + " orders;");
    EXPECT_EQ(of_one.types, "CZ");
    EXPECT_EQ(of_one.tag, command);
    EXPECT_EQ(lastCall(), std::string(call) + " orders");
    EXPECT_EQ(ask(command).tag, command);
    EXPECT_EQ(lastCall(), call);
  }
}

TEST_F(ConsoleTest, DisablesAndEnablesADatabaseByNameOnly) {
  EXPECT_EQ(ask("DISABLE orders").tag, "DISABLE");
  EXPECT_EQ(lastCall(), "disable orders");
  EXPECT_EQ(ask("ENABLE orders").tag, "ENABLE");
  EXPECT_EQ(lastCall(), "enable orders");
  EXPECT_EQ(ask("DISABLE").message, "a database is required");
}

TEST_F(ConsoleTest, RefusesADatabaseThatThereIsNot) {
  const WireAnswer answer = ask("PAUSE nothere");
  EXPECT_EQ(answer.types, "EZ");
  EXPECT_EQ(answer.severity, "ERROR");
  EXPECT_EQ(answer.sqlstate, "3D000");
  EXPECT_EQ(answer.message, "no such database: nothere");
  EXPECT_TRUE(fleet_.calls.empty());
}

TEST_F(ConsoleTest, LeavesItsOwnDatabaseAlone) {
  EXPECT_EQ(ask("PAUSE pgbouncer").message, "cannot pause admin db: pgbouncer");
  EXPECT_EQ(ask("KILL forebay").message, "cannot kill admin db: forebay");
  EXPECT_EQ(ask("WAIT_CLOSE pgbouncer").message, "cannot wait in admin db: pgbouncer");
  EXPECT_TRUE(fleet_.calls.empty());
}

TEST_F(ConsoleTest, SaysWhyTheFleetRefused) {
  fleet_.next_status = Error{"already suspended/paused"};
  const WireAnswer answer = ask("PAUSE");
  EXPECT_EQ(answer.types, "EZ");
  EXPECT_EQ(answer.sqlstate, "55000");
  EXPECT_EQ(answer.message, "already suspended/paused");
}

TEST_F(ConsoleTest, AnswersPauseOnlyWhenItIsDone) {
  fleet_.holds_answers = true;
  EXPECT_EQ(raw("PAUSE orders"), "");
  fleet_.answerOpen();
  EXPECT_EQ(readAnswer(answers_.back()).tag, "PAUSE");
}

TEST_F(ConsoleTest, ResumesWhatAnInterruptedAskerWantedHeld) {
  fleet_.holds_answers = true;
  console_.handle(
      "PAUSE orders", Role::kAdmin, [](const std::string&) {}, 7);
  console_.handle(
      "SUSPEND", Role::kAdmin, [](const std::string&) {}, 8);
  console_.interrupt(7);
  EXPECT_EQ(lastCall(), "resume orders");
  console_.interrupt(8);
  EXPECT_EQ(lastCall(), "resume");
}

TEST_F(ConsoleTest, AnInterruptChangesNothingForWhomNothingIsHeld) {
  console_.handle(
      "PAUSE", Role::kAdmin, [](const std::string&) {}, 7);  // done at once
  fleet_.holds_answers = true;
  console_.handle(
      "WAIT_CLOSE", Role::kAdmin, [](const std::string&) {}, 7);
  console_.handle(
      "PAUSE", Role::kAdmin, [](const std::string&) {}, 8);
  const size_t calls = fleet_.calls.size();
  console_.interrupt(7);
  EXPECT_EQ(fleet_.calls.size(), calls);
}

TEST_F(ConsoleTest, TellsTheLogOfEachChangeWithoutItsValue) {
  std::string log;
  Console console(
      fleet_, [] { return Instant{}; },
      [&](uint64_t asker, std::string_view command) {
        log += std::to_string(asker) + ": " + std::string(command) + "\n";
      });
  const auto handle = [&](Bytes sql) {
    console.handle(
        sql, Role::kAdmin, [](const std::string&) {}, 7);
  };
  for (const char* sql : {"SHOW POOLS", "pause orders", "RELOAD", "SET query_timeout = 5", "KILL_CLIENT 3",
                          "SUSPEND", "SHUTDOWN wait_for_clients", "PAUSE nothere", "SET nothing = 1"})
    handle(sql);
  EXPECT_EQ(log,
            "7: PAUSE orders\n7: RELOAD\n7: SET query_timeout\n7: KILL_CLIENT 3\n7: SUSPEND\n"
            "7: SHUTDOWN wait_for_clients\n");
}

TEST_F(ConsoleTest, KillsAClientByItsId) {
  EXPECT_EQ(ask("KILL_CLIENT 4182").tag, "KILL_CLIENT");
  EXPECT_EQ(lastCall(), "killClient 4182");
  for (const char* sql :
       {"KILL_CLIENT", "KILL_CLIENT abc", "KILL_CLIENT 0x7f", "KILL_CLIENT 99999999999999999999"})
    EXPECT_EQ(ask(sql).message, "invalid client pointer supplied") << sql;
}

TEST_F(ConsoleTest, ShutsDownInThreeWays) {
  EXPECT_EQ(ask("SHUTDOWN WAIT_FOR_SERVERS").tag, "SHUTDOWN");
  EXPECT_EQ(lastCall(), "shutdown servers");
  EXPECT_EQ(ask("shutdown wait_for_clients").tag, "SHUTDOWN");
  EXPECT_EQ(lastCall(), "shutdown clients");
  EXPECT_EQ(ask("SHUTDOWN tomorrow").sqlstate, "42601");
  EXPECT_EQ(raw("SHUTDOWN"), "") << "the connection closes when the process has ended";
  EXPECT_EQ(lastCall(), "shutdown now");
}

TEST_F(ConsoleTest, ReloadsAndReportsWhatChanged) {
  EXPECT_EQ(ask("RELOAD").types, "CZ");
  fleet_.reload_report = std::vector<std::string>{"postgres.default_pool_size: 25 -> 30", "users: +report"};
  const WireAnswer answer = ask("RELOAD");
  EXPECT_EQ(answer.types, "NCZ");
  EXPECT_EQ(answer.tag, "RELOAD");
  EXPECT_EQ(answer.detail, "postgres.default_pool_size: 25 -> 30\nusers: +report");
}

TEST_F(ConsoleTest, SaysWhyAReloadFailed) {
  fleet_.reload_report = Error{"forebay.toml:14:13: pool_size must be a whole number"};
  const WireAnswer answer = ask("RELOAD");
  EXPECT_EQ(answer.types, "EZ");
  EXPECT_EQ(answer.sqlstate, "F0000");
  EXPECT_EQ(answer.detail, "forebay.toml:14:13: pool_size must be a whole number");
}

TEST_F(ConsoleTest, SetsASetting) {
  const WireAnswer answer = ask("SET default_pool_size = 30");
  EXPECT_EQ(answer.tag, "SET default_pool_size=30") << answer.detail;
  ASSERT_NE(fleet_.applied, nullptr);
  EXPECT_EQ(fleet_.applied->postgres.default_pool_size, 30u);
}

TEST_F(ConsoleTest, SaysWhyASettingWasRefused) {
  const WireAnswer answer = ask("SET default_pool_size = many");
  EXPECT_EQ(answer.types, "EZ");
  EXPECT_EQ(answer.message, "SET failed");
  EXPECT_NE(answer.detail, "");
  EXPECT_EQ(fleet_.applied, nullptr);
}

TEST_F(ConsoleTest, HumoursDriversThatAskForParameters) {
  const WireAnswer answer = ask("SHOW client_encoding", Role::kStats);
  EXPECT_EQ(answer.types, "TDCZ");
  EXPECT_EQ(answer.columns.at(0).name, "client_encoding");
  EXPECT_EQ(answer.rows.at(0).at(0), "UTF-8");
  EXPECT_EQ(ask("SHOW TimeZone").rows.at(0).at(0), "GMT");
  EXPECT_EQ(ask("SHOW datestyle").rows.at(0).at(0), "ISO");
  EXPECT_EQ(ask("SHOW standard_conforming_strings").rows.at(0).at(0), "on");
  EXPECT_EQ(ask("SHOW default_transaction_isolation").rows.at(0).at(0), "read committed");

  const WireAnswer set = ask("SET datestyle TO 'ISO'", Role::kStats);
  EXPECT_EQ(set.types, "NCZ");
  EXPECT_EQ(set.message, "SET ignored");
  EXPECT_EQ(set.tag, "SET");
}

TEST_F(ConsoleTest, GivesHelpAsANotice) {
  const WireAnswer help = ask("SHOW HELP");
  EXPECT_EQ(help.types, "NCZ");
  EXPECT_EQ(help.severity, "NOTICE");
  EXPECT_EQ(help.tag, "SHOW");
  EXPECT_NE(help.detail.find("WAIT_CLOSE"), std::string::npos);
}

TEST_F(ConsoleTest, AnswersAnEmptyQueryAsPostgresDoes) { EXPECT_EQ(ask(";").types, "IZ"); }

TEST_F(ConsoleTest, RefusesWhatItDoesNotKnow) {
  for (const char* sql :
       {"SHOW", "SHOW nothing", "VACUUM", "RELOAD now", "SUSPEND orders", "SHOW POOLS; PAUSE"}) {
    const WireAnswer answer = ask(sql);
    EXPECT_EQ(answer.types, "EZ") << sql;
    EXPECT_EQ(answer.message, "invalid command '" + std::string(sql) + "', use SHOW HELP;");
  }
  EXPECT_TRUE(fleet_.calls.empty());
}

TEST_F(ConsoleTest, NamesWhatIsYetToCome) {
  for (const char* sql : {"SHOW BREAKERS", "show limits", "SHOW BACKUPS", "SCALE UP web TO 3",
                          "BACKUP RUN nightly", "RULE ENABLE peak"}) {
    EXPECT_EQ(ask(sql).sqlstate, "0A000") << sql;
  }
  EXPECT_EQ(ask("show breakers").message, "SHOW BREAKERS is not part of this version of Forebay");
}

TEST_F(ConsoleTest, LetsStatsUsersLookOnly) {
  for (const char* sql : {"SHOW POOLS", "SHOW CLIENTS", "SHOW CONFIG", "SHOW PINS", "SHOW VERSION",
                          "SHOW HELP", "SHOW TOPOLOGY", "SHOW EVENTS", "SHOW REDIS_POOLS",
                          "SHOW REDIS_CLIENTS", "SHOW REDIS_NODES", "SHOW REDIS_SLOWLOG"})
    EXPECT_EQ(ask(sql, Role::kStats).tag, "SHOW") << sql;
  for (const char* sql : {"SHOW FDS", "PAUSE", "RESUME", "RELOAD", "RECONNECT", "KILL", "KILL_CLIENT 1",
                          "WAIT_CLOSE", "DISABLE orders", "ENABLE orders", "SUSPEND", "SHUTDOWN",
                          "SET default_pool_size = 1", "PROMOTE orders pg-0"}) {
    const WireAnswer answer = ask(sql, Role::kStats);
    EXPECT_EQ(answer.sqlstate, "42501") << sql;
    EXPECT_EQ(answer.message, "admin access needed") << sql;
  }
  EXPECT_TRUE(fleet_.calls.empty());
}

TEST_F(ConsoleTest, PromotesOneOfADatabasesHosts) {
  fleet_.addDatabase("orders");
  for (const char* sql : {"PROMOTE orders pg-0", "PROMOTE orders pg-0:5432", "promote orders 'pg-0'"}) {
    const WireAnswer answer = ask(sql);
    EXPECT_EQ(answer.types, "NCZ") << sql;
    EXPECT_EQ(answer.tag, "PROMOTE");
    EXPECT_EQ(answer.message, "pg-0:5432 is promoted");
    EXPECT_EQ(std::exchange(fleet_.calls, {}), std::vector<std::string>{"promote orders pg-0:5432"});
  }
}

TEST_F(ConsoleTest, TellsWhyAPromotionIsRefused) {
  fleet_.addDatabase("orders");
  fleet_.promotion_report = {"55000", "pg-0:5432 is the primary already", "It is.", "Take another."};
  const WireAnswer answer = ask("PROMOTE orders pg-0");
  EXPECT_EQ(answer.types, "EZ");
  EXPECT_EQ(answer.sqlstate, "55000");
  EXPECT_EQ(answer.message, "pg-0:5432 is the primary already");
  EXPECT_EQ(answer.detail, "It is.");
}

TEST_F(ConsoleTest, PromotesNothingThatIsNotThere) {
  fleet_.addDatabase("orders");
  EXPECT_EQ(ask("PROMOTE nothing pg-0").sqlstate, "3D000");
  EXPECT_EQ(ask("PROMOTE forebay pg-0").sqlstate, "3D000");
  for (const char* sql : {"PROMOTE orders pg-1", "PROMOTE orders pg-0:5433"}) {
    EXPECT_EQ(ask(sql).sqlstate, "22023") << sql;
  }
  EXPECT_EQ(ask("PROMOTE orders pg-1").message, "database orders has no host 'pg-1'");
  fleet_.config->postgres.databases["orders"].hosts.push_back({"pg-0", 5433});
  EXPECT_EQ(ask("PROMOTE orders pg-0").message,
            "several hosts of database orders are pg-0: name the port, too");
  EXPECT_TRUE(fleet_.calls.empty());
}

TEST_F(ConsoleTest, CollectsNoMoreThanItShows) {
  ask("SHOW VERSION");
  ask("SHOW CONFIG");
  EXPECT_TRUE(fleet_.collected.empty());
  ask("SHOW POOLS");
  ask("SHOW CLIENTS");
  ask("SHOW PINS");
  ask("SHOW PREPARED");
  ask("SHOW REDIS_POOLS");
  ask("SHOW REDIS_CLIENTS");
  ask("SHOW REDIS_SLOWLOG");
  ask("SHOW REDIS_HOTKEYS");
  EXPECT_EQ(fleet_.collected,
            (std::vector{Detail::kPools, Detail::kConnections, Detail::kPins, Detail::kPrepared,
                         Detail::kPools, Detail::kRedisClients, Detail::kRedisSlowLog, Detail::kRedisKeys}));
}

}  // namespace
}  // namespace forebay::admin
