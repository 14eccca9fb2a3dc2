#include "tests/rig/forebay.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "tests/rig/http.h"

namespace forebay::rig {
namespace {

void writeTable(std::ostringstream& out, const std::string& header, const TomlTable& table) {
  out << "[" << header << "]\n";
  for (const auto& [key, value] : table) out << key << " = " << value.text() << "\n";
}

// The only cache listens at [listen] redis, of several each names its own.
void addRedisListeners(ForebayConfig& config) {
  const TomlValue any_port = std::vector<std::string>{"127.0.0.1:0"};
  if (config.caches.size() == 1) config.listen.try_emplace("redis", any_port);
  if (config.caches.size() < 2) return;
  for (auto& [name, table] : config.caches) table.try_emplace("listen", any_port);
}

void writeCaches(std::ostringstream& out, const ForebayConfig& config) {
  if (!config.redis.empty()) writeTable(out, "redis", config.redis);
  for (const auto& [name, table] : config.caches) writeTable(out, "redis.caches.\"" + name + "\"", table);
  for (const auto& [cache, users] : config.cache_users) {
    for (const auto& [name, table] : users)
      writeTable(out, "redis.caches.\"" + cache + "\".users.\"" + name + "\"", table);
  }
}

}  // namespace

std::string TomlValue::quoted(std::string_view raw) {
  std::string out = "\"";
  for (const char c : raw) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

TomlValue::TomlValue(const std::vector<std::string>& values) {
  for (const std::string& value : values) text_ += (text_.empty() ? "[" : ", ") + quoted(value);
  text_ = text_.empty() ? "[]" : text_ + "]";
}

ForebayConfig::ForebayConfig() {
  listen["workers"] = 1;
  listen["http"] = std::vector<std::string>{"127.0.0.1:0"};
  postgres["auth_type"] = "trust";
  postgres["admin_users"] = std::vector<std::string>{"admin"};
  postgres["stats_users"] = std::vector<std::string>{"stats"};
}

TomlTable& ForebayConfig::addDatabase(const std::string& name, const PostgresServer& server,
                                      const std::string& dbname) {
  return addDatabase(name, server.port(), dbname);
}

TomlTable& ForebayConfig::addDatabase(const std::string& name, uint16_t server_port,
                                      const std::string& dbname) {
  TomlTable& database = databases[name];
  database["hosts"] = std::vector<std::string>{"127.0.0.1:" + std::to_string(server_port)};
  if (!dbname.empty()) database["dbname"] = dbname;
  return database;
}

TomlTable& ForebayConfig::addCache(const std::string& name, const RedisServer& server) {
  TomlTable& cache = caches[name];
  cache["url"] = server.url();
  return cache;
}

TomlTable& ForebayConfig::addCache(const std::string& name, uint16_t server_port) {
  TomlTable& cache = caches[name];
  cache["url"] = "redis://127.0.0.1:" + std::to_string(server_port) + "/0";
  return cache;
}

TomlTable& ForebayConfig::addCacheUser(const std::string& cache, const std::string& user,
                                       const std::string& password) {
  TomlTable& added = cache_users[cache][user];
  added["password"] = password;
  return added;
}

ForebayConfig appPool(int size) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["default_pool_size"] = size;
  return config;
}

ForebayConfig mainCache() { return mainCache(sharedRedis()); }

ForebayConfig mainCache(const RedisServer& server) {
  ForebayConfig config;
  config.addCache("main", server);
  return config;
}

Forebay::Forebay(ForebayConfig config) {
  std::filesystem::create_directory(socketDir());
  rewrite(config);
  process_ = std::make_unique<Process>(Command{.argv = {forebayBinary(), "--config", dir_ / "forebay.toml"},
                                               .environment = config.environment});
  process_->waitForOutput(" ready\n");
  port_ = listeningPort("postgres");
  if (config.listen.contains("http")) http_port_ = listeningPort("http");
}

// A sanitizer's finding must fail the test even when nothing else does.
Forebay::~Forebay() {
  if (process_->running()) {
    process_->signal(SIGTERM);
    process_->signal(SIGTERM);  // the second one: now
    process_->wait(seconds(5));
  }
  if (const std::string report = sanitizerReport(process_->output()); !report.empty()) {
    std::fprintf(stderr, "%s\n", process_->output().c_str());
    std::abort();
  }
}

std::string Forebay::conninfo(const std::string& dbname, const std::string& user,
                              const std::string& password) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " dbname=" + dbname + " user=" + user +
         (password.empty() ? "" : " password=" + password);
}

std::string Forebay::unixConninfo(const std::string& dbname, const std::string& user) const {
  return "host=" + socketDir() + " port=6432 dbname=" + dbname + " user=" + user;
}

void Forebay::rewrite(const ForebayConfig& config) {
  ForebayConfig full = config;
  std::vector<std::string> addresses{"127.0.0.1:0"};
  if (config.unix_socket) addresses.push_back("unix:" + socketDir());
  full.listen.try_emplace("postgres", addresses);
  addRedisListeners(full);
  if (!config.userlist.empty())
    full.postgres["auth_file"] = dir_.write("userlist.txt", config.userlist).string();
  if (!config.hba.empty()) full.postgres["auth_hba_file"] = dir_.write("hba.conf", config.hba).string();

  std::ostringstream out;
  writeTable(out, "listen", full.listen);
  writeTable(out, "log", full.log);
  writeTable(out, "postgres", full.postgres);
  for (const auto& [name, table] : full.databases)
    writeTable(out, "postgres.databases.\"" + name + "\"", table);
  for (const auto& [name, table] : full.users) writeTable(out, "postgres.users.\"" + name + "\"", table);
  writeCaches(out, full);
  out << full.more;
  dir_.write("forebay.toml", out.str());
}

std::string Forebay::get(const std::string& path) const {
  HttpReply reply = http(http_port_, {.path = path});
  if (reply.status != 200) fail("GET " + path + ": " + std::to_string(reply.status) + " " + reply.body);
  return std::move(reply.body);
}

int Forebay::httpStatus(const std::string& path) const { return http(http_port_, {.path = path}).status; }

uint16_t Forebay::listeningPort(std::string_view kind, size_t nth) const {
  const std::string seen = log();
  const std::string line = "listening: " + std::string(kind) + " 127.0.0.1:";
  size_t at = seen.find(line);
  for (; nth > 0 && at != std::string::npos; --nth) at = seen.find(line, at + 1);
  uint16_t port = 0;
  if (at != std::string::npos) {
    std::from_chars(seen.data() + at + line.size(), seen.data() + seen.size(), port);
  }
  if (port == 0) fail("the gateway does not say where it listens for " + std::string(kind) + ":\n" + seen);
  return port;
}

std::string forebayBinary() {
  const char* chosen = std::getenv("FOREBAY_BINARY");
  return chosen ? chosen : FOREBAY_BUILT_BINARY;
}

std::string sanitizerReport(const std::string& log) {
  for (const char* mark : {"AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"}) {
    if (log.find(mark) != std::string::npos) return mark;
  }
  return "";
}

}  // namespace forebay::rig
