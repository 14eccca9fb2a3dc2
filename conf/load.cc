#include "conf/load.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "conf/assign.h"
#include "conf/problems.h"
#include "conf/rules.h"
#include "conf/settings.h"
#include "conf/toml_reader.h"
#include "conf/url.h"

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

std::string withoutLineEnd(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

// Reads the files that a Config names into it.
class FileLoader {
 public:
  FileLoader(const Sources& sources, Config& config, Problems& problems)
      : sources_(sources), config_(config), postgres_(config.postgres), problems_(problems) {}

  void load() {
    loadPasswords();
    loadUsers();
    loadHba();
  }

 private:
  // The contents; empty after telling why not.
  std::string read(const std::string& file, const std::string& path, std::string_view name) {
    Result<std::string> text = sources_.read_file(file);
    if (text) return std::move(*text);
    problems_.addAt(path, std::string(name) + ": cannot read " + file + ": " + text.error());
    return {};
  }

  void loadPasswords() {
    for (auto& [name, database] : postgres_.databases) {
      if (database.password_file.empty()) continue;
      const std::string path = "postgres.databases." + name + ".password_file";
      database.password = withoutLineEnd(read(database.password_file, path, "password_file"));
    }
  }

  void loadUsers() {
    if (postgres_.auth_file.empty()) {
      if (postgres_.auth_user.empty()) takeUsersOfDatabases();
      return;
    }
    const std::string text = read(postgres_.auth_file, "postgres.auth_file", "auth_file");
    Result<Userlist> users = parseUserlist(text, postgres_.auth_file);
    if (users)
      config_.userlist = std::move(*users);
    else
      problems_.addLine(users.error());
  }

  // Without a list of its own, the gateway knows the users that its database entries log in as.
  void takeUsersOfDatabases() {
    for (const auto& [name, database] : postgres_.databases) {
      if (database.user.empty()) continue;
      const std::string* known = config_.userlist.find(database.user);
      if (!known || known->empty())
        config_.userlist.add(database.user, database.password);
      else if (!database.password.empty() && *known != database.password)
        problems_.addAt(
            "postgres.databases." + name,
            "user '" + database.user +
                "' has another password in another database: set auth_file to say which one clients log "
                "in with");
    }
  }

  void loadHba() {
    if (postgres_.auth_type != AuthType::kHba || postgres_.auth_hba_file.empty()) return;
    const std::string rules = read(postgres_.auth_hba_file, "postgres.auth_hba_file", "auth_hba_file");
    std::string mappings;
    if (!postgres_.auth_ident_file.empty())
      mappings = read(postgres_.auth_ident_file, "postgres.auth_ident_file", "auth_ident_file");
    Result<Hba> hba = parseHba(rules, postgres_.auth_hba_file, mappings, postgres_.auth_ident_file);
    if (hba)
      config_.hba = std::move(*hba);
    else
      problems_.addLine(hba.error());
  }

  const Sources& sources_;
  Config& config_;
  PostgresSettings& postgres_;
  Problems& problems_;
};

// Files, then rules: what could not be read would break rules that are not the reader's fault.
Result<ConfigPtr> finish(const Sources& sources, const std::shared_ptr<Config>& config, Problems& problems) {
  if (problems.none()) FileLoader(sources, *config, problems).load();
  if (problems.none())
    checkRules(*config, [&](std::string path, std::string message) {
      problems.addAt(std::move(path), std::move(message));
    });
  if (!problems.none()) return problems.error();
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

// The user of a URL without one, as libpq takes it.
std::string defaultUser(const Sources& sources) {
  for (const char* name : {"PGUSER", "USER"})
    if (const auto value = sources.environment ? sources.environment(name) : std::nullopt) return *value;
  return {};
}

Result<ConfigPtr> loadUrl(const Sources& sources, const std::string& url, const std::string& origin) {
  Problems problems(origin);
  Result<DatabaseUrl> parsed = parseDatabaseUrl(url);
  if (!parsed) return Error{origin + ": " + parsed.error()};
  const auto config = defaultsFor(sources);
  PostgresSettings& postgres = config->postgres;
  for (const auto& [name, value] : parsed->global)
    if (const Status status = assign(*findSetting(globalSettings(), name), *config, Given{value}); !status)
      problems.add({}, status.error());

  Database& database = parsed->database;
  if (database.user.empty()) database.user = defaultUser(sources);
  if (database.user.empty()) return Error{origin + ": the URL names no user"};
  postgres.admin_users = {database.user};
  if (database.password.empty()) postgres.auth_type = AuthType::kTrust;  // the listeners are on loopback only

  Database fallback = database;
  fallback.name.assign(1, '*');  // g++ 12 warns about an overflow, wrongly, when a literal is assigned
  fallback.dbname.clear();
  postgres.databases["*"] = std::move(fallback);
  database.name = database.dbname.empty() ? database.user : database.dbname;
  database.dbname = database.name;
  if (isConsoleDatabase(database.name))
    return finish(sources, config, problems);  // reachable as the console only
  postgres.databases[database.name] = std::move(database);
  return finish(sources, config, problems);
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
  if (sources.config_file) return loadFile(sources, *sources.config_file);
  if (sources.database_url) return loadUrl(sources, *sources.database_url, "--database-url");
  for (const char* file : kDefaultFiles)
    if (exists(sources, file)) return loadFile(sources, file);
  if (const auto url = sources.environment ? sources.environment("DATABASE_URL") : std::nullopt)
    return loadUrl(sources, *url, "DATABASE_URL");
  return Error{
      "nothing to do: there is no forebay.toml here, no /etc/forebay/forebay.toml and no DATABASE_URL "
      "(postgres://user:password@host/dbname)"};
}

}  // namespace forebay::conf
