// ReadRouter knows, for one pool and one worker, where what only reads may run: on which replica, how far the
// primary has written, and what a text does.
//
// Each replica has a WorkerPool of its own, "app:replica=pg-1:5432", made when it is first chosen. A replica
// may be chosen while it is up, follows its primary within max_replica_lag and max_replica_lag_bytes, is on
// the timeline of what the session has written, and has not failed its last readers again and again. Belongs
// to its WorkerPool, on the worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "failover/topology.h"
#include "gateway/postgres/position_asker.h"
#include "gateway/postgres/read_ahead.h"
#include "gateway/postgres/read_counters.h"
#include "pgproto/error.h"
#include "pools/outlier.h"
#include "pools/read_balance.h"
#include "pools/shape_cache.h"
#include "pools/wal_position.h"

namespace forebay::postgres {

class Client;
class DatabaseCatalog;
class PostgresWorker;
class WorkerPool;

class ReadRouter final : public Classifier {
 public:
  explicit ReadRouter(WorkerPool& home);  // followed by topologyChanged()

  // How the pool of one replica is configured; `asked`: the name that clients ask for.
  static conf::Database replicaDatabase(const conf::Database& home, std::string_view asked,
                                        const conf::HostPort& host);

  pgproto::Classification classify(Bytes sql) override;
  pgproto::Classification classifyPrepared(const pools::Statement& statement) override;

  // May replicas have reads at all? If not, these are known for what they are all the same: one whose primary
  // dies is asked of the next.
  bool splits() const;
  // Null: no replica may take it; the primary may have been chosen, too (reads = "prefer-replicas").
  WorkerPool* replicaFor(const Client& client, const pools::WalPosition& floor);
  bool fallsBack() const;  // to the primary, where no replica may
  std::string noReplicaError() const;

  // What a primary's server told, bound to its timeline; nothing when it is not the primary by now.
  std::optional<pools::WalPosition> positionAt(const conf::HostPort& host, uint64_t lsn) const;
  PositionAsker& asker() { return asker_; }

  // How a read has ended there.
  void succeeded(const WorkerPool& replica);
  void failed(const WorkerPool& replica);

  // Is it an error that only a replica makes: it may not write, or replay was in the way?
  static bool isOfReplica(const pgproto::ErrorFields& error);

  void topologyChanged();
  void forgetPools();  // some may be gone

  void atPrimary();  // a read goes there after all
  ReadCounters& counters() { return counters_; }
  // For an operator: why no read goes there now; empty: it may be chosen.
  struct Standing {
    conf::HostPort host;
    std::string why;
  };
  std::vector<Standing> standings(Instant now) const;

 private:
  struct Replica {
    conf::HostPort host;
    WorkerPool* pool = nullptr;
    Counter* reads = nullptr;
    std::string why;          // it is out of the question; empty: it is not
    bool has_served = false;  // it was in the question before
    uint32_t timeline = 0;
    pools::ReadCandidate candidate{};  // as it is while it is in the question
    pools::Outlier outlier{};
  };

  static std::string reasonAgainst(const failover::Topology& topology, size_t node,
                                   const conf::ReadSettings& settings);
  void setHosts(const std::vector<failover::Node>& nodes);
  WorkerPool& poolOf(Replica& replica);
  std::string whyNot(const Replica& replica, Instant now) const;
  Replica* find(const WorkerPool& pool);

  WorkerPool& home_;
  std::shared_ptr<pools::ShapeCache> shapes_;  // of all pools of the database
  DatabaseCatalog& catalog_;
  std::vector<Replica> replicas_;
  pools::ReadBalance balance_;
  std::vector<pools::ReadCandidate> candidates_;  // of the choice that is being made
  PositionAsker asker_;
  ReadCounters& counters_;
  Instant parsed_at_{};      // the turn in which texts were parsed last,
  uint32_t parsed_now_ = 0;  // so many
};

}  // namespace forebay::postgres
