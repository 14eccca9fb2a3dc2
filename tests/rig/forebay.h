// Forebay is a gateway under test: build/forebay with a configuration of its own, on ports that the kernel
// picked.
//
//   ForebayConfig config;
//   config.addDatabase("app", sharedPostgres());
//   config.postgres["default_pool_size"] = 2;
//   Forebay forebay(config);
//   Connection client(forebay.conninfo("app"));
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/redis_server.h"

namespace forebay::rig {

// A value as TOML writes it: 3, true, "text", ["a", "b"].
class TomlValue {
 public:
  TomlValue() = default;
  TomlValue(int value) : text_(std::to_string(value)) {}         // NOLINT(google-explicit-constructor)
  TomlValue(bool value) : text_(value ? "true" : "false") {}     // NOLINT(google-explicit-constructor)
  TomlValue(const char* value) : text_(quoted(value)) {}         // NOLINT(google-explicit-constructor)
  TomlValue(const std::string& value) : text_(quoted(value)) {}  // NOLINT(google-explicit-constructor)
  TomlValue(const std::vector<std::string>& values);             // NOLINT(google-explicit-constructor)
  const std::string& text() const { return text_; }

 private:
  static std::string quoted(std::string_view raw);
  std::string text_;
};

using TomlTable = std::map<std::string, TomlValue>;

// The forebay.toml of one test. Its defaults: one worker, everyone is trusted, `admin` may use the console.
struct ForebayConfig {
  ForebayConfig();

  TomlTable listen, postgres, redis, log;
  std::map<std::string, TomlTable> databases, users;
  std::map<std::string, TomlTable> caches;
  std::map<std::string, std::map<std::string, TomlTable>> cache_users;  // by cache, then by name
  bool unix_socket = false;                                             // also listen in Forebay::socketDir()
  std::string userlist;                                                 // contents of auth_file; empty: none
  std::string hba;   // contents of auth_hba_file; empty: none
  std::string more;  // TOML text added at the end
  std::vector<std::string> environment;

  // The database `name`, served by `dbname` (empty: the same name) on the given server or port.
  TomlTable& addDatabase(const std::string& name, const PostgresServer& server,
                         const std::string& dbname = "postgres");
  TomlTable& addDatabase(const std::string& name, uint16_t server_port,
                         const std::string& dbname = "postgres");

  // The cache `name`, served by the given Redis or port. A single cache listens at Forebay::redisPort(), of
  // several each on a port of its own: redisPort(0), redisPort(1), ... in the order of their names.
  TomlTable& addCache(const std::string& name, const RedisServer& server);
  TomlTable& addCache(const std::string& name, uint16_t server_port);
  // Who may log in to it; its settings are `commands`, `keys` and `channels`.
  TomlTable& addCacheUser(const std::string& cache, const std::string& user, const std::string& password);
};

// The database "app" on sharedPostgres(), with that default_pool_size.
ForebayConfig appPool(int size);

// The cache "main" on sharedRedis(), or on that server.
ForebayConfig mainCache();
ForebayConfig mainCache(const RedisServer& server);

class Forebay {
 public:
  explicit Forebay(ForebayConfig config);  // returns when it is ready
  ~Forebay();

  uint16_t port() const { return port_; }
  uint16_t httpPort() const { return http_port_; }
  uint16_t redisPort(size_t cache = 0) const { return listeningPort("redis", cache); }
  std::string socketDir() const { return (dir_ / "socket").string(); }
  std::string conninfo(const std::string& dbname, const std::string& user = "postgres",
                       const std::string& password = "") const;
  std::string unixConninfo(const std::string& dbname, const std::string& user = "postgres") const;
  std::string consoleConninfo() const { return conninfo("forebay", "admin"); }

  // Writes a new forebay.toml; reload() sends SIGHUP. Neither waits: ask the log or the console for the
  // effect.
  void rewrite(const ForebayConfig& config);
  void reload() const { process_->signal(SIGHUP); }
  void terminate() const { process_->signal(SIGTERM); }  // the graceful stop
  Process& process() { return *process_; }
  std::string log() const { return process_->output(); }

  // The body of a GET on the HTTP port; throws unless the status is 200. httpStatus() gives the status alone.
  std::string get(const std::string& path) const;
  int httpStatus(const std::string& path) const;

 private:
  uint16_t listeningPort(std::string_view kind, size_t nth = 0) const;
  TempDir dir_{"gateway"};
  std::unique_ptr<Process> process_;
  uint16_t port_ = 0, http_port_ = 0;
};

// Where the program under test is: $FOREBAY_BINARY, or what this build made.
std::string forebayBinary();

// The first word of every error that a sanitizer printed into a log; empty: none did.
std::string sanitizerReport(const std::string& log);

}  // namespace forebay::rig
