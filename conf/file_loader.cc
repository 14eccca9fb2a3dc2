#include "conf/file_loader.h"

namespace forebay::conf {

namespace {

std::string withoutLineEnd(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

class FileLoader {
 public:
  FileLoader(const Sources& sources, Config& config, Problems& problems)
      : sources_(sources), config_(config), postgres_(config.postgres), problems_(problems) {}

  void load() {
    if (const std::string& file = config_.listen.http_token_file; !file.empty())
      (void)read(file, "listen.http_token_file", "http_token_file");
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
    FailoverSettings& failover = config_.failover;
    if (!failover.probe_password_file.empty())
      failover.probe_password = withoutLineEnd(
          read(failover.probe_password_file, "failover.probe_password_file", "probe_password_file"));
    for (auto& [name, database] : postgres_.databases) {
      const std::string path = "postgres.databases." + name;
      loadPassword(database, path);
      loadPatroniPassword(database.patroni, path);
    }
    for (auto& [name, cache] : config_.redis.caches) {
      const std::string path = "redis.caches." + name;
      loadNonEmptyPassword(cache, path);
      loadSentinelPassword(cache, path);
      for (auto& [user_name, user] : cache.users) loadNonEmptyPassword(user, path + ".users." + user_name);
    }
  }

  template <typename Owner>
  void loadPassword(Owner& owner, const std::string& path) {
    if (owner.password_file.empty()) return;
    owner.password = withoutLineEnd(read(owner.password_file, path + ".password_file", "password_file"));
  }

  void loadPatroniPassword(PatroniSettings& patroni, const std::string& path) {
    constexpr std::string_view kName = "patroni_password_file";
    if (patroni.password_file.empty()) return;
    patroni.password = withoutLineEnd(read(patroni.password_file, path + "." + std::string(kName), kName));
  }

  // For Redis no password means that everybody may come in: that must not happen by an empty file.
  template <typename Owner>
  void loadNonEmptyPassword(Owner& owner, const std::string& path) {
    loadPassword(owner, path);
    if (!owner.password_file.empty() && owner.password.empty() && problems_.none())
      problems_.addAt(path + ".password_file", "password_file: " + owner.password_file + " is empty");
  }

  void loadSentinelPassword(Cache& cache, const std::string& path) {
    const std::string& file = cache.sentinel_password_file;
    constexpr std::string_view kName = "sentinel_password_file";
    const std::string place = path + "." + std::string(kName);
    if (file.empty()) return;
    cache.sentinel_password = withoutLineEnd(read(file, place, kName));
    if (cache.sentinel_password.empty() && problems_.none())
      problems_.addAt(place, std::string(kName) + ": " + file + " is empty");
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
    Result<Hba> hba =
        parseHba(rules, postgres_.auth_hba_file, mappings, postgres_.auth_ident_file, sources_.read_file);
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

}  // namespace

void loadFiles(const Sources& sources, Config& config, Problems& problems) {
  FileLoader(sources, config, problems).load();
}

}  // namespace forebay::conf
