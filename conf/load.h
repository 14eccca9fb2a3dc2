// From files, environment and command line to a Config, or to an error that names the place.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/config.h"

namespace forebay::conf {

// What the outside offers; tests hand in their own.
struct Sources {
  std::optional<std::string> config_file;  // --config
  // --database-url, --redis-url; DATABASE_URL and REDIS_URL are looked up in `environment`
  std::optional<std::string> database_url, redis_url;
  std::function<std::optional<std::string>(std::string_view)> environment;  // getenv
  std::function<Result<std::string>(const std::string&)> read_file;         // whole file, or why not
  std::function<bool(const std::string&)> file_exists;  // left empty: whatever can be read
};

// The process's own files and environment.
Sources systemSources();

// Reads --config, or --database-url and --redis-url, else ./forebay.toml, else /etc/forebay/forebay.toml,
// else DATABASE_URL and REDIS_URL.
//
// From URLs alone: loopback listeners; clients log in with the URL's own user and password, or without any
// when it has none. From a database's: that database and, as "*", all others on its host, with its user as
// the console's admin. From Redis': a cache "main". Errors read "forebay.toml:14:13: pool_size must be a
// whole number above 0, not 'many'"; all that are found are joined, one a line. Relative file names inside
// the file are relative to the file.
Result<ConfigPtr> loadConfig(const Sources& sources);

// One line per setting that differs: "postgres.default_pool_size: 25 -> 30". Secrets show as "(changed)".
std::vector<std::string> describeChanges(const Config& before, const Config& after);

// Why `after` cannot replace `before` in a running process (listeners, workers), or Ok.
Status checkReloadable(const Config& before, const Config& after);

// One row of SHOW CONFIG.
struct ShownSetting {
  std::string key, value, default_value;
  bool changeable = true;
};
// PgBouncer's setting names, sorted; secrets are left out.
std::vector<ShownSetting> showSettings(const Config& config);

// SET key = 'value' of the console: a copy of `config` with one setting changed, or why not.
Result<ConfigPtr> withSetting(const Config& config, std::string_view key, std::string_view value);

// `forebay check`: the effective settings as TOML, secrets replaced by "********".
std::string effectiveToml(const Config& config);
// The same as JSON, for `forebay check --json`; JSON cannot carry what is not UTF-8.
Result<std::string> effectiveJson(const Config& config);

// `forebay import pgbouncer.ini`: the equivalent forebay.toml, with a comment at each setting that has no
// meaning here.
Result<std::string> importPgbouncerIni(const std::string& ini_file, const Sources& sources);

}  // namespace forebay::conf
