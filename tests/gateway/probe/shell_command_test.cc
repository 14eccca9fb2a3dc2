#include "gateway/probe/shell_command.h"

#include <gtest/gtest.h>

#include <optional>

namespace forebay::probe {
namespace {

class ShellCommandTest : public testing::Test {
 protected:
  // What becomes of it: "" when it succeeds.
  std::string outcome(const std::string& command, Duration timeout = seconds(60)) {
    std::string why = "it was not told";
    std::unique_ptr<ShellCommand> shell;
    shell = std::make_unique<ShellCommand>(loop_, command,
                                           std::vector<std::string>{"FENCED=pg-0", "HOME=/nowhere"}, timeout,
                                           [&](const Status& status) {
                                             why = status ? "" : status.error();
                                             loop_.bury(std::move(shell));
                                             loop_.stop();
                                           });
    loop_.run();
    return why;
  }

  net::Loop loop_;
};

TEST_F(ShellCommandTest, SucceedsWithStatusZero) { EXPECT_EQ(outcome("true"), ""); }

TEST_F(ShellCommandTest, TellsHowItFailed) { EXPECT_EQ(outcome("exit 3"), "it ended with status 3"); }

TEST_F(ShellCommandTest, TellsWhichSignalEndedIt) {
  EXPECT_EQ(outcome("kill -TERM $$"), "it was ended by signal 15");
}

TEST_F(ShellCommandTest, HasItsVariablesAndOurs) {
  EXPECT_EQ(outcome(R"([ "$FENCED" = pg-0 ] && [ "$HOME" = /nowhere ] && [ -n "$PATH" ])"), "");
}

TEST_F(ShellCommandTest, IsKilledWithAllThatItStarted) {
  EXPECT_EQ(outcome("sleep 1000 & sleep 1000", milliseconds(1)), "it took too long and was killed");
}

TEST_F(ShellCommandTest, EndsWithItsOwner) {
  std::optional<ShellCommand> shell;
  shell.emplace(loop_, "sleep 1000", std::vector<std::string>{}, seconds(60),
                [](const Status&) { ADD_FAILURE() << "nobody is there to be told"; });
  shell.reset();
  loop_.stop();
  loop_.run();  // comes back once the process is gone
}

}  // namespace
}  // namespace forebay::probe
