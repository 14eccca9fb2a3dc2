#include "gateway/command_line.h"

namespace forebay {
namespace {

constexpr std::string_view kSeeHelp = "; see forebay --help";

constexpr std::string_view kGeneralHelp =
    R"(Forebay, a gateway in front of PostgreSQL and Redis: many client connections in, few well-used server connections out.

usage: forebay [run] [--config FILE | [--database-url URL] [--redis-url URL]]
       forebay check [--config FILE] [--json]   validate, print the effective settings
       forebay import pgbouncer.ini             write the equivalent forebay.toml to stdout
       forebay --version | --help

Settings come from --config, else ./forebay.toml, else /etc/forebay/forebay.toml. Without a file DATABASE_URL,
REDIS_URL or both are enough: clients then connect to 127.0.0.1:6432 (PostgreSQL) and 127.0.0.1:6380 (Redis) with the
URL's own user and password.

signals: TERM, INT  stop in good order; a second one: now     QUIT  stop now
         HUP        reload                                    USR1, USR2  PAUSE, RESUME
exit status: 0 done, 1 failed, 2 wrong usage or settings
)";

constexpr std::string_view kCheckHelp =
    R"(usage: forebay check [--config FILE | [--database-url URL] [--redis-url URL]] [--json]

Reads the settings as `forebay run` would, and the files that they name. Prints the effective settings as TOML, or with
--json as JSON, without secrets; or every error as file:line:column, and then exits with status 2.
)";

constexpr std::string_view kImportHelp = R"(usage: forebay import pgbouncer.ini

Reads a pgbouncer.ini (with its %include files) and writes the forebay.toml that does the same to stdout. Settings that
have no meaning here stay as comments that say why.
)";

Result<CommandLine::Command> commandNamed(const std::string& word) {
  if (word == "run") return CommandLine::Command::kRun;
  if (word == "check") return CommandLine::Command::kCheck;
  if (word == "import") return CommandLine::Command::kImport;
  return Error{"unknown command '" + word + "', expected run, check or import" + std::string(kSeeHelp)};
}

// The value of an option written as "--name value" or "--name=value"; nothing when `argument` is another one.
Result<std::optional<std::string>> valueOf(std::string_view name, const std::vector<std::string>& arguments,
                                           size_t& at) {
  const std::string& argument = arguments[at];
  if (argument == name) {
    if (++at >= arguments.size()) return Error{std::string(name) + " needs a value" + std::string(kSeeHelp)};
    return std::optional(arguments[at]);
  }
  if (argument.starts_with(std::string(name) + "=")) return std::optional(argument.substr(name.size() + 1));
  return std::optional<std::string>();
}

// Takes an option that has a value; false when there is another argument at `at`.
Result<bool> takeValue(CommandLine& line, const std::vector<std::string>& arguments, size_t& at) {
  for (const auto& [name, target] :
       {std::pair("--config", &line.config_file), std::pair("--database-url", &line.database_url),
        std::pair("--redis-url", &line.redis_url)}) {
    auto value = valueOf(name, arguments, at);
    if (!value) return Error{value.error()};
    if (!*value) continue;
    *target = **value;
    return true;
  }
  return false;
}

}  // namespace

Result<CommandLine> parseCommandLine(const std::vector<std::string>& arguments) {
  CommandLine line;
  bool command_seen = false;
  for (size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (argument == "--help" || argument == "-h") {
      line.help_for = command_seen ? line.command : CommandLine::Command::kHelp;
      line.command = CommandLine::Command::kHelp;
      return line;
    }
    if (argument == "--version" || argument == "-V") {
      line.command = CommandLine::Command::kVersion;
      return line;
    }
    if (argument == "--json") {
      line.json = true;
      continue;
    }
    const Result<bool> taken = takeValue(line, arguments, at);
    if (!taken) return Error{taken.error()};
    if (*taken) continue;
    if (argument.starts_with("-")) return Error{"unknown option '" + argument + "'" + std::string(kSeeHelp)};
    if (!command_seen) {
      const auto command = commandNamed(argument);
      if (!command) return Error{command.error()};
      line.command = *command;
      command_seen = true;
      continue;
    }
    if (line.command != CommandLine::Command::kImport || !line.ini_file.empty())
      return Error{"unexpected argument '" + argument + "'" + std::string(kSeeHelp)};
    line.ini_file = argument;
  }
  if (line.json && line.command != CommandLine::Command::kCheck)
    return Error{"--json goes with check only" + std::string(kSeeHelp)};
  if (line.command == CommandLine::Command::kImport && line.ini_file.empty())
    return Error{"import needs the name of a pgbouncer.ini" + std::string(kSeeHelp)};
  return line;
}

std::string helpText(CommandLine::Command command) {
  switch (command) {
    case CommandLine::Command::kCheck: return std::string(kCheckHelp);
    case CommandLine::Command::kImport: return std::string(kImportHelp);
    case CommandLine::Command::kRun:
    case CommandLine::Command::kVersion:
    case CommandLine::Command::kHelp: break;
  }
  return std::string(kGeneralHelp);
}

std::string versionText() { return "forebay " FOREBAY_VERSION "\n"; }

}  // namespace forebay
