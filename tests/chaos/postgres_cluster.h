// PostgresCluster is a primary with two synchronous replicas, and whoever decides which of them is primary:
// the manager of a high-availability setup, as far as its servers can tell.
//
// Each node has a wire of its own, a Relay, which the gateway goes through; replication and the manager do
// not.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/rig/postgres_server.h"
#include "tests/rig/relay.h"

namespace forebay::chaos {

class PostgresCluster {
 public:
  explicit PostgresCluster(bool small_disks);

  std::vector<std::string> hosts() const;  // "127.0.0.1:5432", through the wires
  rig::PostgresServer& primary() { return *nodes_[primary_]->server; }
  std::vector<rig::PostgresServer*> replicas();  // all others
  rig::Relay& wireTo(const rig::PostgresServer& server);

  // Makes that replica primary which has most, and so every commit that was acknowledged; the other one that
  // runs follows it. First both leave the old primary: what that writes from then on it cannot acknowledge,
  // and neither of them gets ahead of the one that is chosen.
  void promoteFurthest();
  // Makes it acknowledge whatever it is given, without a replica, or with one again.
  static void doWithoutReplica(rig::PostgresServer& server);
  static void needReplica(rig::PostgresServer& server);
  void rejoin(rig::PostgresServer& former, rig::Rejoin how);

  // A replica streams; all of them do, and have replayed what there is.
  void awaitReplica();
  void awaitHealthy();
  std::string log() const;

 private:
  struct Node {
    std::unique_ptr<rig::PostgresServer> server;
    std::unique_ptr<rig::Relay> wire;
  };
  const Node& nodeOf(const rig::PostgresServer& server) const;
  void add(std::unique_ptr<rig::PostgresServer> server);

  std::vector<std::unique_ptr<Node>> nodes_;
  size_t primary_ = 0;
};

}  // namespace forebay::chaos
