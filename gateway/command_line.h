// The command line of the program: what was asked for, or why it makes no sense.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace forebay {

struct CommandLine {
  enum class Command { kRun, kCheck, kImport, kVersion, kHelp };
  Command command = Command::kRun;
  std::optional<std::string> config_file, database_url, redis_url;
  std::string ini_file;  // kImport
  bool json = false;     // kCheck: for a program
  Command help_for = Command::kHelp;
};

// `arguments` without the program's name. The error is for a person and ends with where to find help.
Result<CommandLine> parseCommandLine(const std::vector<std::string>& arguments);

std::string helpText(CommandLine::Command command);
std::string versionText();

}  // namespace forebay
