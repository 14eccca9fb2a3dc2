#include "gateway/admin/command.h"

#include <gtest/gtest.h>

namespace forebay::admin {
namespace {

Command parsed(Bytes sql) {
  const Result<Command> result = parseCommand(sql);
  EXPECT_TRUE(result.ok()) << sql;
  return result.ok() ? result.value() : Command{};
}

std::string refusal(Bytes sql) {
  const Result<Command> result = parseCommand(sql);
  EXPECT_FALSE(result.ok()) << sql;
  return result.ok() ? "" : result.error();
}

TEST(ParseCommand, TakesAnyCaseBlanksAndASemicolon) {
  for (const char* sql :
       {"SHOW POOLS", "show pools;", "  Show\n\tPOOLS ; ", "SHOW \"POOLS\"", "select pools"}) {
    EXPECT_EQ(parsed(sql).verb, Verb::kShow) << sql;
  }
  EXPECT_EQ(parsed("show pools").argument, "pools");
}

TEST(ParseCommand, KnowsEveryCommandOfPgbouncer) {
  EXPECT_EQ(parsed("RELOAD").verb, Verb::kReload);
  EXPECT_EQ(parsed("PAUSE").verb, Verb::kPause);
  EXPECT_EQ(parsed("RESUME").verb, Verb::kResume);
  EXPECT_EQ(parsed("SUSPEND").verb, Verb::kSuspend);
  EXPECT_EQ(parsed("RECONNECT").verb, Verb::kReconnect);
  EXPECT_EQ(parsed("KILL").verb, Verb::kKill);
  EXPECT_EQ(parsed("KILL_CLIENT 7").verb, Verb::kKillClient);
  EXPECT_EQ(parsed("WAIT_CLOSE").verb, Verb::kWaitClose);
  EXPECT_EQ(parsed("DISABLE orders").verb, Verb::kDisable);
  EXPECT_EQ(parsed("ENABLE orders").verb, Verb::kEnable);
  EXPECT_EQ(parsed("SHUTDOWN").verb, Verb::kShutdown);
}

TEST(ParseCommand, KeepsTheArgumentAsWritten) {
  EXPECT_EQ(parsed("pause Orders").argument, "Orders");
  EXPECT_EQ(parsed("PAUSE \"or-ders\"").argument, "or-ders");
  EXPECT_EQ(parsed("PAUSE \"say \"\"hi\"\"\";").argument, "say \"hi\"");
  EXPECT_EQ(parsed("PAUSE \"*\"").argument, "*");
}

TEST(ParseCommand, AnswersInUpperCaseHoweverItWasAsked) {
  EXPECT_EQ(parsed("kill_client 7").word, "KILL_CLIENT");
}

TEST(ParseCommand, ReadsASettingAndItsValue) {
  for (const char* sql :
       {"SET a_b = 30", "set a_b=30;", "SET a_b TO 30", "SET a_b = '30'", "SET \"a_b\"=\"30\""}) {
    const Command command = parsed(sql);
    EXPECT_EQ(command.verb, Verb::kSet) << sql;
    EXPECT_EQ(command.argument, "a_b") << sql;
    EXPECT_EQ(command.value, "30") << sql;
  }
  EXPECT_EQ(parsed("SET x = 'it''s; on'").value, "it's; on");
  EXPECT_EQ(parsed("SET x = ''").value, "");
  EXPECT_EQ(parsed("SET x = -1.5").value, "-1.5");
}

TEST(ParseCommand, ReadsADatabaseAndAHost) {
  for (const char* sql :
       {"PROMOTE app pg-1:5432", "promote app 'pg-1:5432';", "PROMOTE \"app\" \"pg-1:5432\""}) {
    const Command command = parsed(sql);
    EXPECT_EQ(command.verb, Verb::kPromote) << sql;
    EXPECT_EQ(command.argument, "app") << sql;
    EXPECT_EQ(command.value, "pg-1:5432") << sql;
  }
  EXPECT_EQ(parsed("PROMOTE app [::1]:5433").value, "[::1]:5433");
  EXPECT_EQ(parsed("PROMOTE app /run/postgresql").value, "/run/postgresql");
  for (const char* sql : {"PROMOTE", "PROMOTE app", "PROMOTE app ''", "PROMOTE app pg-1 pg-2"})
    EXPECT_EQ(refusal(sql), "invalid command '" + std::string(sql) + "', use SHOW HELP;");
}

TEST(ParseCommand, TakesNothingForNothing) {
  for (const char* sql : {"", ";", "  \n", "-- ping", "/* are you there? */ ;"})
    EXPECT_EQ(parsed(sql).verb, Verb::kNothing) << sql;
}

TEST(ParseCommand, SkipsComments) {
  EXPECT_EQ(parsed("/* dashboard */ SHOW /* all */ POOLS -- now").argument, "POOLS");
}

TEST(ParseCommand, RefusesSeveralCommandsInOneText) {
  EXPECT_EQ(refusal("SHOW POOLS; SHOW STATS"), "invalid command 'SHOW POOLS; SHOW STATS', use SHOW HELP;");
  refusal("SHOW POOLS;;");
}

TEST(ParseCommand, RefusesWhatItDoesNotKnow) {
  for (const char* sql :
       {"VACUUM", "SELECT 1 + 1", "SELECT version()", "PAUSE a b", "PAUSE or-ders", "PAUSE \"orders", "SET",
        "SET a", "SET a =", "SET a = 'b", "SET a = b c", "SETa=b", "SHOWPOOLS", "'x'", "/* x"})
    refusal(sql);
}

TEST(ParseCommand, DoesNotRepeatALongTextInFull) {
  EXPECT_LT(refusal(std::string(100'000, 'x')).size(), 300u);
}

}  // namespace
}  // namespace forebay::admin
