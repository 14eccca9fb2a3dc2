#include "tests/rig/postgres_server.h"

#include <gtest/gtest.h>
#include <sys/shm.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/rig/connection.h"
#include "tests/rig/postgres_template.h"
#include "tests/rig/sockets.h"

namespace forebay::rig {
namespace {

namespace fs = std::filesystem;

std::string conninfoFor(const std::string& host, uint16_t port, const std::string& dbname,
                        const std::string& user) {
  return "host=" + host + " port=" + std::to_string(port) + " dbname=" + dbname + " user=" + user;
}

std::string_view hbaMethod(PasswordKind kind) {
  switch (kind) {
    case PasswordKind::kScram: return "scram-sha-256";
    case PasswordKind::kMd5: return "md5";
    case PasswordKind::kPlain: return "password";
  }
  return "reject";
}

std::string lines(const std::vector<std::string>& all) {
  std::string out;
  for (const std::string& line : all) out += line + "\n";
  return out;
}

void waitUntilGone(pid_t pid) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + kPatience;
  while (isAlive(pid)) {
    if (std::chrono::steady_clock::now() > deadline) fail("process " + std::to_string(pid) + " does not end");
    usleep(1000);
  }
}

}  // namespace

PostgresServer::PostgresServer(PostgresOptions options, Empty)
    : options_(std::move(options)),
      bin_dir_(options_.bin_dir.empty() ? defaultPostgresBinDir() : options_.bin_dir) {
  if (options_.small_disk) disk_.emplace(dir_.path());
  giveToPostgres(dir_.path());
  fs::create_directory(socketDir());
  giveToPostgres(socketDir());
}

PostgresServer::PostgresServer(PostgresOptions options) : PostgresServer(std::move(options), Empty{}) {
  if (options_.another_cluster) {
    initPostgres(bin_dir_, dataDir());
  } else {
    copyPostgresTemplate(bin_dir_, dataDir());
  }
  if (options_.tls) installCertificate();
  startOnFreePort();
}

std::unique_ptr<PostgresServer> PostgresServer::replicaOf(PostgresServer& primary, PostgresOptions options) {
  std::unique_ptr<PostgresServer> replica(new PostgresServer(std::move(options), Empty{}));
  replica->user_hba_ = primary.user_hba_;
  replica->copyDataFrom(primary);
  if (replica->options_.tls) replica->installCertificate();
  replica->startOnFreePort();
  return replica;
}

void PostgresServer::copyDataFrom(const PostgresServer& primary) {
  const std::string source = "host=127.0.0.1 port=" + std::to_string(primary.port()) + " user=postgres";
  runOrFail({.argv = {tool("pg_basebackup"), "-D", dataDir(), "-d", source, "-R", "-X", "stream", "-c",
                      "fast", "--no-sync"},
             .environment = {},
             .user = postgresSystemUser()},
            seconds(60));
}

PostgresServer::~PostgresServer() {
  if (!process_) return;
  if (running()) {
    signalAll(SIGCONT);  // in case a test left it frozen
    stop(Stop::kKill);
  }
  removeSharedMemory();
}

// A killed postmaster leaves its System V segment to its successor; there will be none.
void PostgresServer::removeSharedMemory() const {
  std::ifstream pid_file(dataDir() / "postmaster.pid");
  std::string line;
  for (int i = 0; i < 7; ++i) std::getline(pid_file, line);
  int key = 0, id = 0;
  if (std::istringstream(line) >> key >> id) shmctl(id, IPC_RMID, nullptr);
}

std::string PostgresServer::conninfo(const std::string& dbname, const std::string& user) const {
  return conninfoFor(socketDir(), port_, dbname, user);
}

std::string PostgresServer::tcpConninfo(const std::string& dbname, const std::string& user) const {
  return conninfoFor("127.0.0.1", port_, dbname, user);
}

CertificateAuthority& PostgresServer::authority() {
  if (!authority_) fail("this PostgreSQL was started without TLS");
  return *authority_;
}

void PostgresServer::run(const std::string& sql, const std::string& dbname) {
  Connection(conninfo(dbname)).run(sql);
}

std::string PostgresServer::query(const std::string& sql, const std::string& dbname) {
  return Connection(conninfo(dbname)).query(sql);
}

void PostgresServer::createUser(const std::string& name, const std::string& password, PasswordKind kind) {
  Connection superuser(conninfo());
  superuser.run(std::string("set password_encryption = '") +
                (kind == PasswordKind::kMd5 ? "md5'" : "scram-sha-256'"));
  superuser.run("create role \"" + name + "\" login password '" + password + "'");
  user_hba_.push_back("host all \"" + name + "\" 127.0.0.1/32 " + std::string(hbaMethod(kind)));
  writeHba();
  reload();
}

void PostgresServer::configure() {
  std::ofstream(dataDir() / "postgresql.auto.conf",
                std::ios::app);  // pg_basebackup -R wrote the replica's part here
  std::ostringstream conf;
  conf << "listen_addresses = '127.0.0.1'\nport = " << port_ << "\nunix_socket_directories = '" << socketDir()
       << "'\n"
       << "fsync = off\nfull_page_writes = off\nmax_connections = 200\nshared_buffers = 32MB\n"
       << "lc_messages = 'C'\nlog_line_prefix = '%m [%p] %a %e '\ntimezone = 'UTC'\n"
       << "max_wal_senders = 10\nhot_standby = on\nwal_keep_size = 64MB\n"
       << "dynamic_shared_memory_type = mmap\n";  // files in the data folder, so a killed server leaves none
                                                  // behind
  if (options_.tls)
    conf << "ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\nssl_ca_file = 'ca.crt'\n";
  conf << lines(options_.conf);
  writeFile(dataDir() / "postgresql.conf", conf.str());
  giveToPostgres(dataDir() / "postgresql.conf");
  writeHba();
}

void PostgresServer::writeHba() {
  writeFile(dataDir() / "pg_hba.conf", lines(options_.hba) + lines(user_hba_) +
                                           "local all all trust\n"
                                           "local replication all trust\n"
                                           "host all all 127.0.0.1/32 trust\n"
                                           "host replication all 127.0.0.1/32 trust\n");
  giveToPostgres(dataDir() / "pg_hba.conf");
}

void PostgresServer::installCertificate() {
  authority_ = std::make_unique<CertificateAuthority>();
  const Certificate certificate = authority_->issue("localhost");
  writeFile(dataDir() / "server.crt", readFile(certificate.cert_file));
  writeFile(dataDir() / "server.key", readFile(certificate.key_file));
  writeFile(dataDir() / "ca.crt", readFile(authority_->certFile()));
  for (const char* name : {"server.crt", "server.key", "ca.crt"}) giveToPostgres(dataDir() / name);
}

bool PostgresServer::tryStart() {
  if (process_) earlier_log_ += process_->output();
  // The kernel's last signal is SIGQUIT: PostgreSQL then takes its own children along.
  process_ = std::make_unique<Process>(Command{.argv = {tool("postgres"), "-D", dataDir()},
                                               .environment = {"TZ=UTC"},
                                               .user = postgresSystemUser(),
                                               .death_signal = SIGQUIT});
  try {
    process_->waitForOutput("database system is ready to accept");
    return true;
  } catch (const RigError&) {
    if (process_->output().find("could not bind") == std::string::npos) throw;
    return false;
  }
}

void PostgresServer::startOnFreePort() {
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = freePort();
    configure();
    if (tryStart()) return;
  }
  fail("found no free port for PostgreSQL");
}

void PostgresServer::start() {
  if (running()) return;
  if (!tryStart()) fail("PostgreSQL cannot have its port " + std::to_string(port_) + " back");
}

void PostgresServer::stop(Stop how) {
  if (!running()) return;
  const std::vector<pid_t> all = processes();
  switch (how) {
    case Stop::kFast: process_->signal(SIGINT); break;
    case Stop::kImmediate: process_->signal(SIGQUIT); break;
    case Stop::kKill: signalAll(SIGKILL); break;
  }
  if (!process_->wait(kPatience)) fail("PostgreSQL does not stop:\n" + log());
  for (const pid_t pid : all) waitUntilGone(pid);  // orphans would keep the port and the shared memory
}

void PostgresServer::rejoin(PostgresServer& primary, Rejoin how) {
  stop(Stop::kFast);
  if (how == Rejoin::kRewind) {
    rewindTo(primary);
  } else {
    removeSharedMemory();
    fs::remove_all(dataDir());
    copyDataFrom(primary);
  }
  // Whichever it was, the settings that came along are the primary's.
  writeFile(dataDir() / "postgresql.auto.conf", "primary_conninfo = '" + primary.tcpConninfo() + "'\n");
  writeFile(dataDir() / "standby.signal", "");
  for (const char* name : {"postgresql.auto.conf", "standby.signal"}) giveToPostgres(dataDir() / name);
  configure();
  start();
}

// pg_rewind asks the primary for its timeline in pg_control, which the next checkpoint writes there.
void PostgresServer::rewindTo(PostgresServer& primary) {
  primary.run("checkpoint");
  runOrFail(
      {.argv = {tool("pg_rewind"), "-D", dataDir(), "--source-server", primary.tcpConninfo(), "--no-sync"},
       .environment = {"TZ=UTC"},
       .user = postgresSystemUser()},
      seconds(60));
}

SmallDisk& PostgresServer::disk() {
  if (!disk_) fail("this PostgreSQL was started on the disk of everybody");
  return *disk_;
}

void PostgresServer::freeze() { signalAll(SIGSTOP); }
void PostgresServer::thaw() { signalAll(SIGCONT); }
void PostgresServer::promote() { query("select pg_promote(true, 30)"); }

void PostgresServer::reload() {
  const std::string before = query("select pg_conf_load_time()");
  run("select pg_reload_conf()");
  const SteadyTime deadline = std::chrono::steady_clock::now() + kPatience;
  while (query("select pg_conf_load_time()") ==
         before) {  // each query logs in anew and inherits what is in force
    if (std::chrono::steady_clock::now() > deadline) fail("PostgreSQL does not reload its configuration");
  }
}

void PostgresServer::waitForReplay(PostgresServer& replica) {
  const std::string written = query("select pg_current_wal_lsn()");
  const SteadyTime deadline = std::chrono::steady_clock::now() + kPatience;
  while (replica.query("select coalesce(pg_last_wal_replay_lsn() >= '" + written + "', false)") != "t") {
    if (std::chrono::steady_clock::now() > deadline) fail("the replica does not reach " + written);
    usleep(5000);
  }
}

std::vector<pid_t> PostgresServer::processes() const {
  std::vector<pid_t> out{process_->pid()};
  const std::string postmaster = std::to_string(process_->pid());
  std::ifstream children("/proc/" + postmaster + "/task/" + postmaster + "/children");
  for (pid_t child = 0; children >> child;) out.push_back(child);
  return out;
}

void PostgresServer::signalAll(int number) const {
  for (const pid_t pid : processes()) ::kill(pid, number);
}

namespace {

class SharedPostgres : public testing::Environment {
 public:
  PostgresServer& get() {
    if (!server_) server_ = std::make_unique<PostgresServer>();
    return *server_;
  }
  void TearDown() override { server_.reset(); }

 private:
  std::unique_ptr<PostgresServer> server_;
};

// GoogleTest owns it, and wants it registered before the first test runs.
SharedPostgres* const shared_postgres = new SharedPostgres;
const testing::Environment* const registered = testing::AddGlobalTestEnvironment(shared_postgres);

}  // namespace

PostgresServer& sharedPostgres() { return shared_postgres->get(); }

}  // namespace forebay::rig
