// forebay: the program. What it does is said by its --help.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "conf/load.h"
#include "gateway/command_line.h"
#include "gateway/control.h"

namespace forebay {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int complain(const std::string& message, int code) {
  std::fprintf(stderr, "forebay: %s\n", message.c_str());
  return code;
}

int printed(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : kFailed;
}

// Each client takes a descriptor: have as many as we may.
void raiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

conf::Sources sourcesOf(const CommandLine& line) {
  conf::Sources sources = conf::systemSources();
  sources.config_file = line.config_file;
  sources.database_url = line.database_url;
  sources.redis_url = line.redis_url;
  return sources;
}

int check(const CommandLine& line) {
  const Result<conf::ConfigPtr> config = conf::loadConfig(sourcesOf(line));
  if (!config) return complain(config.error(), kUsage);
  const Result<postgres::SettingsPtr> settings = makeSettings(*config);
  if (!settings) return complain(settings.error(), kUsage);
  const Result<redis::SettingsPtr> redis = makeRedisSettings(*config);
  if (!redis) return complain(redis.error(), kUsage);
  const Status log = checkLog(**config);
  if (!log) return complain(log.error(), kUsage);
  if (!line.json) return printed(conf::effectiveToml(**config));
  const Result<std::string> json = conf::effectiveJson(**config);
  return json ? printed(*json) : complain(json.error(), kFailed);
}

int import(const CommandLine& line) {
  const Result<std::string> toml = conf::importPgbouncerIni(line.ini_file, sourcesOf(line));
  return toml ? printed(*toml) : complain(toml.error(), kUsage);
}

int run(const CommandLine& line) {
  std::signal(SIGPIPE, SIG_IGN);
  raiseDescriptorLimit();
  const conf::Sources sources = sourcesOf(line);
  const Result<conf::ConfigPtr> config = conf::loadConfig(sources);
  if (!config) return complain(config.error(), kUsage);
  const Result<postgres::SettingsPtr> settings = makeSettings(*config);
  if (!settings) return complain(settings.error(), kUsage);
  const Result<redis::SettingsPtr> redis = makeRedisSettings(*config);
  if (!redis) return complain(redis.error(), kUsage);
  Result<std::unique_ptr<Log>> log = openLog(**config);
  if (!log) return complain(log.error(), kUsage);
  Control control(sources, std::move(*log), *settings, *redis);
  const Status started = control.start();
  if (!started) return complain(started.error(), kFailed);
  control.run();
  return 0;
}

}  // namespace
}  // namespace forebay

int main(int argc, char** argv) {
  using namespace forebay;
  const Result<CommandLine> line = parseCommandLine({argv + 1, argv + argc});
  if (!line) return complain(line.error(), kUsage);
  switch (line->command) {
    case CommandLine::Command::kHelp: return printed(helpText(line->help_for));
    case CommandLine::Command::kVersion: return printed(versionText());
    case CommandLine::Command::kCheck: return check(*line);
    case CommandLine::Command::kImport: return import(*line);
    case CommandLine::Command::kRun: return run(*line);
  }
  return kUsage;
}
