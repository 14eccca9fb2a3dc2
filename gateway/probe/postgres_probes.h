// PostgresProbes watches the clusters of all databases whose roles are discovered: those of several hosts,
// unless target_session_attrs = "any". Databases on the same hosts share one PostgresCluster. On the control
// thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "gateway/probe/memory_file.h"
#include "gateway/probe/postgres_cluster.h"

namespace forebay::probe {

class PostgresProbes {
 public:
  struct Told {
    // What may go where has changed for these databases. Null: their roles are no longer discovered.
    std::function<void(const std::vector<std::string>& databases, const failover::TopologyPtr&)> changed;
    // The same may go where, but positions and lags are others.
    std::function<void(const std::vector<std::string>& databases, const failover::TopologyPtr&)> measured;
    std::function<void(const std::string& database, const failover::Event&)> event;  // of the first of them
    std::function<void(std::string problem)> problem;
  };

  PostgresProbes(net::Loop& loop, MemoryFile memory, Told told);
  ~PostgresProbes();

  // Begins to watch what is new, and ends with what is gone. Clusters whose hosts stay keep what they know.
  void apply(const conf::Config& config);

  void doubt(std::string_view database, const conf::HostPort& host);
  void forget(std::string_view database);  // empty: all
  // Null when nothing is discovered for it.
  PostgresCluster* of(std::string_view database) const;
  template <typename Visit>
  void forEach(Visit visit) const {  // (database, PostgresCluster&)
    for (const auto& [key, watched] : clusters_)
      for (const std::string& database : watched->databases) visit(database, *watched->cluster);
  }

 private:
  struct Watched {
    std::vector<std::string> databases;
    std::unique_ptr<PostgresCluster> cluster;
  };
  std::unique_ptr<PostgresCluster> watch(const std::string& key, Watched& watched, const conf::Config& config,
                                         const conf::Database& database);

  net::Loop& loop_;
  net::Resolver resolver_;
  MemoryFile memory_;
  const Told told_;
  std::map<std::string, std::unique_ptr<Watched>, std::less<>> clusters_;  // by their hosts
};

}  // namespace forebay::probe
