// PostgresServer is a private PostgreSQL: its own data folder, loopback port and Unix socket, gone with the
// object.
//
// initdb runs once per build folder; each server starts from a copy of what it made, in a few hundred
// milliseconds. Run by root, PostgreSQL runs as the system user `postgres`. The superuser is `postgres`;
// everyone may log in without a password, except users made by createUser(), who are asked for theirs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rig/certificates.h"
#include "tests/rig/process.h"
#include "tests/rig/small_disk.h"

namespace forebay::rig {

struct PostgresOptions {
  std::vector<std::string> conf{};  // lines added to postgresql.conf
  std::vector<std::string> hba{};   // lines put before all others in pg_hba.conf
  bool tls = false;                 // offers TLS with a certificate for localhost signed by authority()
  bool another_cluster = false;     // its system identifier is its own; else all have the same one
  bool small_disk = false;          // its data is on one that can be full: see SmallDisk
  std::filesystem::path bin_dir{};  // empty: the newest of Debian's
};

enum class PasswordKind { kScram, kMd5, kPlain };  // how a user proves the password; kPlain sends it as it is

enum class Stop {
  kFast,       // disconnects everyone in good order
  kImmediate,  // as in an emergency: no checkpoint, 57P01 to clients
  kKill,       // SIGKILL to every process: what a client sees is a reset
};

// How a server comes back that was primary, or is behind for good.
enum class Rejoin {
  kRewind,  // pg_rewind takes back what only it has; needs wal_log_hints and full_page_writes
  kCopy,    // all data anew
};

class PostgresServer {
 public:
  explicit PostgresServer(PostgresOptions options = {});
  // A streaming replica, ready for read-only queries.
  static std::unique_ptr<PostgresServer> replicaOf(PostgresServer& primary, PostgresOptions options = {});
  ~PostgresServer();

  uint16_t port() const { return port_; }
  std::string socketDir() const { return (dir_ / "socket").string(); }
  // For a direct login, past any gateway: over the Unix socket, or over TCP.
  std::string conninfo(const std::string& dbname = "postgres", const std::string& user = "postgres") const;
  std::string tcpConninfo(const std::string& dbname = "postgres", const std::string& user = "postgres") const;
  CertificateAuthority& authority();  // needs PostgresOptions::tls

  // As superuser; throws with PostgreSQL's message. query() returns the first value.
  void run(const std::string& sql, const std::string& dbname = "postgres");
  std::string query(const std::string& sql, const std::string& dbname = "postgres");
  void createUser(const std::string& name, const std::string& password,
                  PasswordKind kind = PasswordKind::kScram);

  void start();  // after stop(): same port, same data
  void stop(Stop how = Stop::kFast);
  void freeze();  // SIGSTOP to every process: connections stay open and nothing answers
  void thaw();
  void reload();                                     // re-reads its configuration files
  void promote();                                    // a replica becomes a primary
  void rejoin(PostgresServer& primary, Rejoin how);  // becomes its replica, stopped or not; keeps its port
  void waitForReplay(
      PostgresServer& replica);  // until the replica has replayed all that this primary has written

  std::filesystem::path dataDir() const { return dir_ / "data"; }
  SmallDisk& disk();  // needs PostgresOptions::small_disk
  std::string log() const { return earlier_log_ + (process_ ? process_->output() : ""); }
  bool running() { return process_ && process_->running(); }

 private:
  struct Empty {};
  PostgresServer(PostgresOptions options, Empty);  // with no data folder yet

  std::string tool(std::string_view name) const { return (bin_dir_ / name).string(); }
  void configure();
  void copyDataFrom(const PostgresServer& primary);
  void rewindTo(PostgresServer& primary);
  void writeHba();
  void installCertificate();
  bool tryStart();  // false: another program took the port meanwhile
  void startOnFreePort();
  std::vector<pid_t> processes() const;  // postmaster first
  void signalAll(int number) const;
  void removeSharedMemory() const;

  PostgresOptions options_;
  std::filesystem::path bin_dir_;
  TempDir dir_{"postgres"};
  std::optional<SmallDisk> disk_;  // over all of dir_
  std::unique_ptr<CertificateAuthority> authority_;
  std::vector<std::string> user_hba_;
  uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
  std::string earlier_log_;  // of runs before the last start()
};

// The server that all tests of one binary share: started when first asked for, stopped after the last test.
PostgresServer& sharedPostgres();

}  // namespace forebay::rig
