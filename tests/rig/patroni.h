// PatroniCluster is a PostgreSQL of three members under Patroni, with an etcd, as an operator would have it:
// Patroni decides who is primary, promotes and rejoins; synchronous_mode is on. Everything listens on
// loopback ports of its own and is gone with the object.
//
// Its intervals are the shortest that Patroni allows. A leader that dies without a word is replaced when its
// lease has run out, after 20 seconds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/rig/process.h"

namespace forebay::rig {

class PatroniCluster {
 public:
  // The programs that are missing here; empty: all are there.
  static std::string missing();

  PatroniCluster();  // returns when there are a leader and two replicas, one of them synchronous
  ~PatroniCluster();

  size_t size() const { return members_.size(); }
  std::vector<std::string> hosts() const;  // "127.0.0.1:5432", of each member
  // Their REST APIs, "http://127.0.0.1:8008". Whoever wants something done there must be kUser.
  std::vector<std::string> restUrls() const;
  static constexpr const char *kUser = "gateway", *kPassword = "rig-secret";
  // For a direct login as superuser to that member.
  std::string conninfo(size_t member) const;

  // Who has the leader's lock and runs as primary.
  std::optional<size_t> leader() const;
  // Who is synchronous, and so could take over without a loss.
  std::optional<size_t> synchronous() const;
  size_t awaitLeaderOtherThan(size_t former);  // throws when it takes much longer than the lease
  void awaitNoLeader();
  void awaitHealthy();  // as after the constructor

  // Maintenance mode: nobody is promoted unless that is asked for.
  void pause();
  // Asks Patroni to make another member primary; returns when it says that it has. Throws when it refuses.
  void switchover();
  // SIGKILL to Patroni and to its PostgreSQL at once, as when the machine goes.
  void kill(size_t member);
  void restart(size_t member);  // after kill()
  void stopEtcd();              // SIGKILL
  void startEtcd();

 private:
  struct Member {
    std::string name;
    uint16_t port = 0, rest_port = 0;
    std::unique_ptr<Process> patroni;
  };

  std::string dataDir(const Member& member) const { return (dir_ / member.name).string(); }
  std::string configOf(const Member& member) const;
  void start(Member& member);
  void killPostgres(const Member& member) const;
  bool says(const Member& member, const std::string& path) const;  // 200 to a GET
  void demand(size_t member, const std::string& method, const std::string& path,
              const std::string& body) const;
  bool healthy() const;
  std::string logs() const;

  TempDir dir_{"patroni"};
  uint16_t etcd_port_ = 0, etcd_peer_port_ = 0;
  std::unique_ptr<Process> etcd_;
  std::vector<Member> members_;
};

}  // namespace forebay::rig
