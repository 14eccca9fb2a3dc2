#include "gateway/command_line.h"

#include <gtest/gtest.h>

namespace forebay {
namespace {

using Command = CommandLine::Command;

CommandLine parsed(const std::vector<std::string>& arguments) {
  const Result<CommandLine> line = parseCommandLine(arguments);
  EXPECT_TRUE(line.ok()) << (line.ok() ? "" : line.error());
  return line.ok() ? *line : CommandLine();
}

std::string refusal(const std::vector<std::string>& arguments) {
  const Result<CommandLine> line = parseCommandLine(arguments);
  return line.ok() ? "accepted" : line.error();
}

TEST(CommandLine, RunsTheGatewayWhenNothingIsSaid) {
  const CommandLine line = parsed({});
  EXPECT_EQ(line.command, Command::kRun);
  EXPECT_EQ(line.config_file, std::nullopt);
  EXPECT_EQ(line.database_url, std::nullopt);
}

TEST(CommandLine, TakesOptionsBeforeAndBehindTheCommandAndInBothSpellings) {
  EXPECT_EQ(parsed({"--config", "a.toml", "check"}).config_file, "a.toml");
  const CommandLine line = parsed({"check", "--config=b.toml", "--database-url", "postgres://h/d"});
  EXPECT_EQ(line.command, Command::kCheck);
  EXPECT_EQ(line.config_file, "b.toml");
  EXPECT_EQ(line.database_url, "postgres://h/d");
  EXPECT_EQ(parsed({"--config="}).config_file, "");
  const CommandLine urls = parsed({"--redis-url", "redis://c", "--database-url=postgres://h"});
  EXPECT_EQ(urls.redis_url, "redis://c");
  EXPECT_EQ(urls.database_url, "postgres://h");
}

TEST(CommandLine, ChecksForPrograms) {
  EXPECT_FALSE(parsed({"check"}).json);
  EXPECT_TRUE(parsed({"check", "--json"}).json);
  EXPECT_TRUE(parsed({"--json", "check"}).json);
  EXPECT_EQ(refusal({"run", "--json"}), "--json goes with check only; see forebay --help");
  EXPECT_EQ(refusal({"--json"}), "--json goes with check only; see forebay --help");
}

TEST(CommandLine, ImportsTheFileThatIsNamed) {
  const CommandLine line = parsed({"import", "pgbouncer.ini"});
  EXPECT_EQ(line.command, Command::kImport);
  EXPECT_EQ(line.ini_file, "pgbouncer.ini");
}

TEST(CommandLine, HelpsWithTheCommandInFrontOfTheQuestion) {
  EXPECT_EQ(parsed({"--help"}).command, Command::kHelp);
  EXPECT_EQ(parsed({"-h"}).help_for, Command::kHelp);
  EXPECT_EQ(parsed({"check", "--help"}).help_for, Command::kCheck);
  EXPECT_EQ(parsed({"import", "-h"}).help_for, Command::kImport);
  EXPECT_EQ(parsed({"--version"}).command, Command::kVersion);
}

TEST(CommandLine, SaysWhatMakesNoSense) {
  EXPECT_EQ(refusal({"start"}), "unknown command 'start', expected run, check or import; see forebay --help");
  EXPECT_EQ(refusal({"--confg", "x"}), "unknown option '--confg'; see forebay --help");
  EXPECT_EQ(refusal({"--config"}), "--config needs a value; see forebay --help");
  EXPECT_EQ(refusal({"run", "--database-url"}), "--database-url needs a value; see forebay --help");
  EXPECT_EQ(refusal({"check", "x"}), "unexpected argument 'x'; see forebay --help");
  EXPECT_EQ(refusal({"import"}), "import needs the name of a pgbouncer.ini; see forebay --help");
  EXPECT_EQ(refusal({"import", "a", "b"}), "unexpected argument 'b'; see forebay --help");
}

TEST(CommandLine, HasHelpForEveryCommandAndItsVersion) {
  EXPECT_TRUE(helpText(Command::kCheck).starts_with("usage: forebay check"));
  EXPECT_TRUE(helpText(Command::kImport).starts_with("usage: forebay import"));
  EXPECT_NE(helpText(Command::kHelp).find("exit status: 0 done, 1 failed, 2 wrong"), std::string::npos);
  EXPECT_EQ(versionText(), "forebay " FOREBAY_VERSION "\n");
}

}  // namespace
}  // namespace forebay
