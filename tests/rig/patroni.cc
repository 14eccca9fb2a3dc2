#include "tests/rig/patroni.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/rig/eventually.h"
#include "tests/rig/http.h"
#include "tests/rig/postgres_template.h"
#include "tests/rig/sockets.h"

namespace forebay::rig {
namespace {

constexpr int kMembers = 3;
constexpr milliseconds kStartPatience = seconds(120);  // two replicas are copied, by one machine
constexpr milliseconds kLeasePatience = seconds(60);

constexpr const char* kConfig = R"(
scope: rig
name: @name@
restapi:
  listen: '127.0.0.1:@rest_port@'
  connect_address: '127.0.0.1:@rest_port@'
  authentication: {username: '@user@', password: '@password@'}
etcd3: {host: '127.0.0.1:@etcd_port@'}
watchdog: {mode: 'off'}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 1
    retry_timeout: 3
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      parameters:
        max_connections: 100
        shared_buffers: 32MB
        fsync: 'off'
        wal_keep_size: 64MB
        dynamic_shared_memory_type: mmap
  initdb: [{encoding: UTF8}, {locale: C}, {auth: trust}, no-sync]
postgresql:
  listen: '127.0.0.1:@port@'
  connect_address: '127.0.0.1:@port@'
  data_dir: '@data_dir@'
  bin_dir: '@bin_dir@'
  pgpass: '@data_dir@.pgpass'
  authentication:
    superuser: {username: postgres}
    replication: {username: postgres}
  basebackup: [{checkpoint: fast}, no-sync]
  parameters: {unix_socket_directories: '@folder@', timezone: UTC, lc_messages: C}
  pg_hba:
    - local all all trust
    - host all all 127.0.0.1/32 trust
    - host replication all 127.0.0.1/32 trust
)";

std::string filledIn(std::string text, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    const std::string mark = "@" + name + "@";
    for (size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
      text.replace(at, mark.size(), value);
  }
  return text;
}

bool isInstalled(const std::string& program) {
  return run({.argv = {"sh", "-c", "command -v " + program}}).status == 0;
}

std::string url(uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

}  // namespace

std::string PatroniCluster::missing() {
  std::string out;
  for (const char* program : {"patroni", "etcd"})
    if (!isInstalled(program)) out += (out.empty() ? "" : ", ") + std::string(program);
  return out;
}

PatroniCluster::PatroniCluster() : etcd_port_(freePort()), etcd_peer_port_(freePort()) {
  giveToPostgres(dir_.path());
  startEtcd();
  for (int i = 0; i < kMembers; ++i) {
    Member& member = members_.emplace_back();
    member.name = "member" + std::to_string(i);
    member.port = freePort();
    member.rest_port = freePort();
    const std::string file = dir_.write(member.name + ".yml", configOf(member));
    giveToPostgres(file);
  }
  for (Member& member : members_) start(member);
  awaitHealthy();
}

PatroniCluster::~PatroniCluster() {
  for (const Member& member : members_) member.patroni->signal(SIGKILL);  // so that none starts a server anew
  for (const Member& member : members_) killPostgres(member);
}

std::string PatroniCluster::configOf(const Member& member) const {
  return filledIn(kConfig, {{"name", member.name},
                            {"user", kUser},
                            {"password", kPassword},
                            {"port", std::to_string(member.port)},
                            {"rest_port", std::to_string(member.rest_port)},
                            {"etcd_port", std::to_string(etcd_port_)},
                            {"data_dir", dataDir(member)},
                            {"bin_dir", defaultPostgresBinDir().string()},
                            {"folder", dir_.path().string()}});
}

// Asked to end, as it is by the kernel when the test dies, Patroni stops its PostgreSQL.
void PatroniCluster::start(Member& member) {
  member.patroni = std::make_unique<Process>(Command{.argv = {"patroni", dir_ / (member.name + ".yml")},
                                                     .environment = {"LC_ALL=C", "TZ=UTC"},
                                                     .user = postgresSystemUser(),
                                                     .death_signal = SIGTERM});
}

void PatroniCluster::startEtcd() {
  etcd_ = std::make_unique<Process>(
      Command{.argv = {"etcd", "--name", "rig", "--data-dir", dir_ / "etcd", "--listen-client-urls",
                       url(etcd_port_), "--advertise-client-urls", url(etcd_port_), "--listen-peer-urls",
                       url(etcd_peer_port_), "--initial-advertise-peer-urls", url(etcd_peer_port_),
                       "--initial-cluster", "rig=" + url(etcd_peer_port_)},
              .user = postgresSystemUser()});
  etcd_->waitForOutput("ready to serve client requests");
}

void PatroniCluster::stopEtcd() { etcd_->kill(); }

void PatroniCluster::kill(size_t member) {
  members_[member].patroni->kill();
  killPostgres(members_[member]);
}

void PatroniCluster::restart(size_t member) { start(members_[member]); }

// Patroni gives its PostgreSQL a session of its own, so killing Patroni's group does not reach it. A
// postmaster's children end by themselves when it is gone, but not at once.
void PatroniCluster::killPostgres(const Member& member) const {
  std::ifstream pid_file(dataDir(member) + "/postmaster.pid");
  pid_t postmaster = 0;
  if (!(pid_file >> postmaster) || postmaster <= 0) return;
  const std::string number = std::to_string(postmaster);
  std::vector<pid_t> all{postmaster};
  std::ifstream children("/proc/" + number + "/task/" + number + "/children");
  for (pid_t child = 0; children >> child;) all.push_back(child);
  for (const pid_t pid : all) ::kill(pid, SIGKILL);
  for (const pid_t pid : all)
    if (!eventually([&] { return !isAlive(pid); })) fail("process " + std::to_string(pid) + " does not end");
}

std::vector<std::string> PatroniCluster::hosts() const {
  std::vector<std::string> out;
  for (const Member& member : members_) out.push_back("127.0.0.1:" + std::to_string(member.port));
  return out;
}

std::vector<std::string> PatroniCluster::restUrls() const {
  std::vector<std::string> out;
  for (const Member& member : members_) out.push_back(url(member.rest_port));
  return out;
}

std::string PatroniCluster::conninfo(size_t member) const {
  return "host=127.0.0.1 user=postgres dbname=postgres port=" + std::to_string(members_[member].port);
}

bool PatroniCluster::says(const Member& member, const std::string& path) const {
  try {
    return http(member.rest_port, {.path = path}, seconds(5)).status == 200;
  } catch (const RigError&) {
    return false;  // it is not there, or busy
  }
}

std::optional<size_t> PatroniCluster::leader() const {
  for (size_t i = 0; i < members_.size(); ++i)
    if (says(members_[i], "/primary")) return i;
  return std::nullopt;
}

std::optional<size_t> PatroniCluster::synchronous() const {
  for (size_t i = 0; i < members_.size(); ++i)
    if (says(members_[i], "/sync")) return i;
  return std::nullopt;
}

size_t PatroniCluster::awaitLeaderOtherThan(size_t former) {
  std::optional<size_t> found;
  if (!eventually([&] { return (found = leader()) && *found != former; }, kLeasePatience))
    fail("nobody else becomes primary:\n" + logs());
  return *found;
}

void PatroniCluster::awaitNoLeader() {
  if (!eventually([&] { return !leader(); }, kLeasePatience)) fail("the leader stays:\n" + logs());
}

bool PatroniCluster::healthy() const {
  int replicas = 0, synchronous = 0;
  for (const Member& member : members_) {
    replicas += says(member, "/replica");
    synchronous += says(member, "/sync");
  }
  return replicas == kMembers - 1 && synchronous > 0 && leader();
}

void PatroniCluster::awaitHealthy() {
  if (!eventually([&] { return healthy(); }, kStartPatience))
    fail("Patroni's cluster is not well:\n" + logs());
}

void PatroniCluster::switchover() {
  const std::optional<size_t> former = leader();
  if (!former) fail("there is no leader to switch over from");
  demand(*former, "POST", "/switchover", R"({"leader": ")" + members_[*former].name + R"("})");
}

void PatroniCluster::pause() { demand(0, "PATCH", "/config", R"({"pause": true})"); }

void PatroniCluster::demand(size_t member, const std::string& method, const std::string& path,
                            const std::string& body) const {
  constexpr const char* kLogin = "Authorization: Basic Z2F0ZXdheTpyaWctc2VjcmV0\r\n";  // kUser:kPassword
  const HttpReply reply =
      http(members_[member].rest_port, {.path = path, .method = method, .body = body, .headers = kLogin},
           kLeasePatience);
  if (reply.status != 200) fail(method + " " + path + ": " + std::to_string(reply.status) + " " + reply.body);
}

std::string PatroniCluster::logs() const {
  std::string out;
  for (const Member& member : members_) out += "---- " + member.name + "\n" + member.patroni->output();
  return out;
}

}  // namespace forebay::rig
