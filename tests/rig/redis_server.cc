#include "tests/rig/redis_server.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

#include "tests/rig/sockets.h"

namespace forebay::rig {

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)) {
  if (options_.tls) {
    authority_ = std::make_unique<CertificateAuthority>();
    certificate_ = authority_->issue("localhost");
  }
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = freePort();
    configure();
    if (tryStart()) return;
  }
  fail("found no free port for Redis");
}

RedisServer::~RedisServer() = default;

std::string RedisServer::url() const {
  return std::string(options_.tls ? "rediss" : "redis") + "://" +
         (options_.requirepass.empty() ? "" : ":" + options_.requirepass + "@") +
         (options_.tls ? "localhost" : "127.0.0.1") + ":" + std::to_string(port_) + "/0";
}

CertificateAuthority& RedisServer::authority() {
  if (!authority_) fail("this Redis was started without TLS");
  return *authority_;
}

RedisConnection RedisServer::connect(int version) const {
  RedisConnection connection(socketPath());
  if (!options_.requirepass.empty()) connection.run({"AUTH", options_.requirepass});
  if (version != 2) connection.hello(version);
  return connection;
}

std::string RedisServer::info(const std::string& field, const std::string& section) const {
  const std::string all = "\n" + text({"INFO", section});
  const size_t at = all.find("\n" + field + ":");
  if (at == std::string::npos) return "";
  const size_t begin = at + field.size() + 2;
  return all.substr(begin, all.find('\r', begin) - begin);
}

std::vector<std::string> RedisServer::clients() const {
  std::istringstream list(text({"CLIENT", "LIST"}));
  std::vector<std::string> out;
  for (std::string line; std::getline(list, line);) {
    if (line.find(" addr=127.0.0.1:") != std::string::npos) out.push_back(line);
  }
  return out;
}

void RedisServer::configure() const {
  std::ostringstream conf;
  conf
      << "bind 127.0.0.1\nunixsocket " << socketPath() << "\ndir " << dir_.path().string() << "\n"
      << "daemonize no\nlogfile \"\"\nsave \"\"\nappendonly no\nprotected-mode no\nenable-debug-command yes\n"
      << "repl-diskless-sync-delay 0\n";  // a test with a replica does not wait for a second one
  if (options_.tls) {
    conf << "port 0\ntls-port " << port_ << "\ntls-cert-file " << certificate_.cert_file.string()
         << "\ntls-key-file " << certificate_.key_file.string() << "\ntls-ca-cert-file "
         << authority_->certFile().string() << "\ntls-auth-clients "
         << (options_.client_certificates ? "yes" : "no") << "\n";
  } else {
    conf << "port " << port_ << "\n";
  }
  if (!options_.requirepass.empty()) conf << "requirepass " << options_.requirepass << "\n";
  if (options_.maxclients > 0) conf << "maxclients " << options_.maxclients << "\n";
  for (const std::string& user : options_.users) conf << "user " << user << "\n";
  for (const std::string& line : options_.conf) conf << line << "\n";
  dir_.write("redis.conf", conf.str());
}

bool RedisServer::tryStart() {
  if (process_) earlier_log_ += process_->output();
  process_ = std::make_unique<Process>(Command{.argv = {"redis-server", dir_ / "redis.conf"}});
  try {
    process_->waitForOutput("ready to accept connections at " + socketPath());
    return true;
  } catch (const RigError&) {
    if (process_->output().find("Address already in use") == std::string::npos) throw;
    return false;
  }
}

void RedisServer::start() {
  if (running()) return;
  if (!tryStart()) fail("Redis cannot have its port " + std::to_string(port_) + " back");
}

void RedisServer::stop() {
  if (!running()) return;
  process_->signal(SIGTERM);
  if (!process_->wait(kPatience)) fail("Redis does not stop:\n" + log());
}

void RedisServer::kill() { process_->kill(); }

void RedisServer::restart() {
  stop();
  start();
}

void RedisServer::freeze() { process_->signal(SIGSTOP); }
void RedisServer::thaw() { process_->signal(SIGCONT); }

namespace {

class SharedRedis : public testing::Environment {
 public:
  RedisServer& get() {
    if (!server_) server_ = std::make_unique<RedisServer>();
    return *server_;
  }
  void TearDown() override { server_.reset(); }

 private:
  std::unique_ptr<RedisServer> server_;
};

// GoogleTest owns it, and wants it registered before the first test runs.
SharedRedis* const shared_redis = new SharedRedis;
const testing::Environment* const registered = testing::AddGlobalTestEnvironment(shared_redis);

}  // namespace

RedisServer& sharedRedis() { return shared_redis->get(); }

}  // namespace forebay::rig
