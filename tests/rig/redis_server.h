// RedisServer is a private Redis: its own folder, loopback port and Unix socket, nothing on disk, gone with
// the object. The tests' own commands (run(), info()) go over the Unix socket, past the port.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/rig/certificates.h"
#include "tests/rig/process.h"
#include "tests/rig/redis_connection.h"

namespace forebay::rig {

struct RedisOptions {
  std::vector<std::string> conf{};   // lines added to redis.conf
  std::string requirepass{};         // of the user `default`
  std::vector<std::string> users{};  // as ACL SETUSER has them: "alice on >secret ~app:* +@all"
  int maxclients = 0;                // 0: Redis' own 10,000
  bool tls = false;  // the port speaks TLS, with a certificate for localhost signed by authority()
  bool client_certificates = false;  // and asks for one signed by authority()
};

class RedisServer {
 public:
  explicit RedisServer(RedisOptions options = {});
  ~RedisServer();

  uint16_t port() const { return port_; }
  std::string socketPath() const { return (dir_ / "redis.sock").string(); }
  // redis://... or rediss://..., with the password of requirepass.
  std::string url() const;
  CertificateAuthority& authority();  // needs RedisOptions::tls

  // A direct connection, past any gateway, logged in as `default`.
  RedisConnection connect(int version = 2) const;

  // As `default`; throws with Redis' words. text() gives the reply's text alone.
  RedisValue run(const RedisArgs& args) const { return connect().run(args); }
  std::string text(const RedisArgs& args) const { return run(args).text; }
  // One field of INFO ("connected_clients", "run_id"), or of INFO's section; empty: there is none.
  std::string info(const std::string& field, const std::string& section = "everything") const;
  // The lines of CLIENT LIST of the connections to the port: not of those that ask.
  std::vector<std::string> clients() const;

  void start();    // after stop() or kill(): same port, no data
  void stop();     // in good order
  void kill();     // SIGKILL: what a client sees is a reset, or the end
  void restart();  // stop() and start()
  void freeze();   // SIGSTOP: connections stay open and nothing answers
  void thaw();

  std::string log() const { return earlier_log_ + (process_ ? process_->output() : ""); }
  bool running() { return process_ && process_->running(); }
  pid_t pid() const { return process_->pid(); }

 private:
  void configure() const;
  bool tryStart();  // false: another program took the port meanwhile

  RedisOptions options_;
  TempDir dir_{"redis"};
  std::unique_ptr<CertificateAuthority> authority_;
  Certificate certificate_;
  uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
  std::string earlier_log_;  // of runs before the last start()
};

// The server that all tests of one binary share: started when first asked for, stopped after the last test.
// Whoever needs it empty says FLUSHALL.
RedisServer& sharedRedis();

}  // namespace forebay::rig
