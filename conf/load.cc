#include "conf/load.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "conf/assign.h"
#include "conf/file_loader.h"
#include "conf/problems.h"
#include "conf/rules.h"
#include "conf/toml_reader.h"
#include "conf/url_loader.h"

namespace forebay::conf {

namespace {

constexpr const char* kDefaultFiles[] = {"forebay.toml", "/etc/forebay/forebay.toml"};

Result<std::string> readWholeFile(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) return Error{std::strerror(errno)};
  std::string text;
  char block[16384];
  while (const size_t count = std::fread(block, 1, sizeof block, file.get())) text.append(block, count);
  if (std::ferror(file.get())) return Error{std::strerror(errno)};
  return text;
}

bool exists(const Sources& sources, const std::string& path) {
  return sources.file_exists ? sources.file_exists(path) : sources.read_file(path).ok();
}

// Files, then rules: what could not be read would break rules that are not the reader's fault.
Result<ConfigPtr> finish(const Sources& sources, const std::shared_ptr<Config>& config, Problems& problems) {
  if (problems.none()) loadFiles(sources, *config, problems);
  if (problems.none())
    checkRules(*config, [&](std::string path, std::string message) {
      problems.addAt(std::move(path), std::move(message));
    });
  if (!problems.none()) return problems.error();
  config->places = std::make_shared<const Places>(problems.places());
  return ConfigPtr(config);
}

// The defaults, some of which depend on where the process runs. In Kubernetes SIGTERM comes while clients are
// still being sent here: the endpoint goes away only afterwards.
std::shared_ptr<Config> defaultsFor(const Sources& sources) {
  const auto config = std::make_shared<Config>();
  if (sources.environment && sources.environment("KUBERNETES_SERVICE_HOST"))
    config->postgres.shutdown_delay = seconds(5);
  return config;
}

Result<ConfigPtr> loadFile(const Sources& sources, const std::string& file) {
  const Result<std::string> text = sources.read_file(file);
  if (!text) return Error{file + ": " + text.error()};
  const auto config = defaultsFor(sources);
  config->source = file;
  Problems problems(file);
  readToml(*text, folderOf(file), sources.environment, *config, problems);
  std::vector<Peer>& peers = config->postgres.peers;
  std::sort(peers.begin(), peers.end(), [](const Peer& a, const Peer& b) { return a.peer_id < b.peer_id; });
  return finish(sources, config, problems);
}

Result<ConfigPtr> loadUrls(const Sources& sources, const std::optional<NamedUrl>& database,
                           const std::optional<NamedUrl>& redis) {
  const auto config = defaultsFor(sources);
  Status status = Ok{};
  if (database) status = takeDatabaseUrl(*database, sources, *config);
  if (status && redis) status = takeRedisUrl(*redis, *config);
  if (!status) return Error{status.error()};
  Problems problems(database && redis ? database->origin + ", " + redis->origin
                                      : (database ? database : redis)->origin);
  return finish(sources, config, problems);
}

std::optional<NamedUrl> fromOption(const char* option, const std::optional<std::string>& url) {
  return url ? std::optional(NamedUrl{option, *url}) : std::nullopt;
}

// An empty variable is as good as none: `docker run -e REDIS_URL=` and its like set such ones.
std::optional<NamedUrl> fromEnvironment(const Sources& sources, const char* variable) {
  const auto url = sources.environment ? sources.environment(variable) : std::nullopt;
  return url && !url->empty() ? fromOption(variable, url) : std::nullopt;
}

}  // namespace

Sources systemSources() {
  Sources sources;
  sources.environment = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  sources.read_file = readWholeFile;
  sources.file_exists = [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  };
  return sources;
}

Result<ConfigPtr> loadConfig(const Sources& sources) {
  if (sources.config_file && sources.database_url)
    return Error{"--config and --database-url exclude each other: a file may use ${DATABASE_URL}"};
  if (sources.config_file && sources.redis_url)
    return Error{"--config and --redis-url exclude each other: a file may use ${REDIS_URL}"};
  if (sources.config_file) return loadFile(sources, *sources.config_file);
  if (sources.database_url || sources.redis_url)
    return loadUrls(sources, fromOption("--database-url", sources.database_url),
                    fromOption("--redis-url", sources.redis_url));
  for (const char* file : kDefaultFiles)
    if (exists(sources, file)) return loadFile(sources, file);
  const auto database = fromEnvironment(sources, "DATABASE_URL"),
             redis = fromEnvironment(sources, "REDIS_URL");
  if (database || redis) return loadUrls(sources, database, redis);
  return Error{
      "nothing to do: there is no forebay.toml here, no /etc/forebay/forebay.toml, no DATABASE_URL "
      "(postgres://user:password@host/dbname) and no REDIS_URL (redis://user:password@host/0)"};
}

}  // namespace forebay::conf
