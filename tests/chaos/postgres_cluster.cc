#include "tests/chaos/postgres_cluster.h"

#include <algorithm>

#include "tests/rig/eventually.h"

namespace forebay::chaos {
namespace {

using rig::PostgresServer;

constexpr size_t kReplicas = 2;

rig::PostgresOptions optionsOf(bool small_disk) {
  return {.conf = {"synchronous_standby_names = 'ANY 1 (*)'", "wal_log_hints = on", "full_page_writes = on",
                   "max_wal_size = 128MB", "wal_retrieve_retry_interval = 100ms"},
          .small_disk = small_disk};
}

void follow(PostgresServer& replica, const std::string& primary_conninfo) {
  replica.run("alter system set primary_conninfo = '" + primary_conninfo + "'");
  replica.reload();
}

void followNobody(PostgresServer& replica) {
  follow(replica, "");
  if (!rig::eventually([&] { return replica.query("select count(*) from pg_stat_wal_receiver") == "0"; }))
    rig::fail("the replica follows the old primary still:\n" + replica.log());
}

// How far a replica's WAL is; whether it was received or found in its files when it started.
double positionOf(PostgresServer& replica) {
  return std::stod(
      replica.query("select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn"));
}

}  // namespace

PostgresCluster::PostgresCluster(bool small_disks) {
  const rig::PostgresOptions options = optionsOf(small_disks);
  add(std::make_unique<PostgresServer>(options));
  for (size_t i = 0; i < kReplicas; ++i) add(PostgresServer::replicaOf(primary(), options));
  awaitHealthy();
}

void PostgresCluster::add(std::unique_ptr<PostgresServer> server) {
  auto wire = std::make_unique<rig::Relay>(server->port());
  nodes_.push_back(std::make_unique<Node>(Node{std::move(server), std::move(wire)}));
}

std::vector<std::string> PostgresCluster::hosts() const {
  std::vector<std::string> out;
  for (const auto& node : nodes_) out.push_back("127.0.0.1:" + std::to_string(node->wire->port()));
  return out;
}

std::vector<PostgresServer*> PostgresCluster::replicas() {
  std::vector<PostgresServer*> out;
  for (const auto& node : nodes_)
    if (node->server.get() != &primary()) out.push_back(node->server.get());
  return out;
}

const PostgresCluster::Node& PostgresCluster::nodeOf(const PostgresServer& server) const {
  return **std::ranges::find_if(nodes_, [&](const auto& node) { return node->server.get() == &server; });
}

rig::Relay& PostgresCluster::wireTo(const PostgresServer& server) { return *nodeOf(server).wire; }

void PostgresCluster::promoteFurthest() {
  std::vector<PostgresServer*> candidates = replicas();
  std::erase_if(candidates, [](PostgresServer* each) { return !each->running(); });
  if (candidates.empty()) rig::fail("nobody is left to be promoted");
  for (PostgresServer* each : candidates) followNobody(*each);
  PostgresServer* chosen = candidates.front();
  if (candidates.size() > 1 && positionOf(*candidates[1]) > positionOf(*chosen)) chosen = candidates[1];
  chosen->promote();
  primary_ = static_cast<size_t>(
      std::ranges::find_if(nodes_, [&](const auto& node) { return node->server.get() == chosen; }) -
      nodes_.begin());
  for (PostgresServer* each : candidates)
    if (each != chosen) follow(*each, chosen->tcpConninfo());
}

void PostgresCluster::doWithoutReplica(PostgresServer& server) {
  server.run("alter system set synchronous_standby_names = ''");
  server.reload();
}

void PostgresCluster::needReplica(PostgresServer& server) {
  server.run("alter system reset synchronous_standby_names");
  server.reload();
}

void PostgresCluster::rejoin(PostgresServer& former, rig::Rejoin how) { former.rejoin(primary(), how); }

void PostgresCluster::awaitReplica() {
  const bool there = rig::eventually([&] {
    return primary().query("select count(*) from pg_stat_replication where state = 'streaming'") != "0";
  });
  if (!there) rig::fail("no replica streams:\n" + log());
}

void PostgresCluster::awaitHealthy() {
  const std::string all = std::to_string(replicas().size());
  const bool there = rig::eventually([&] {
    return primary().query("select count(*) from pg_stat_replication where state = 'streaming'") == all;
  });
  if (!there) rig::fail("not all replicas stream:\n" + log());
  for (PostgresServer* replica : replicas()) primary().waitForReplay(*replica);
}

std::string PostgresCluster::log() const {
  std::string out;
  for (const auto& node : nodes_)
    out += "---- " + std::to_string(node->server->port()) + ", through " +
           std::to_string(node->wire->port()) + "\n" + node->server->log();
  return out;
}

}  // namespace forebay::chaos
