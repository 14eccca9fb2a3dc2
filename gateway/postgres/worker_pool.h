// WorkerPool: the part of one (database, user) pool that lives on one worker: its servers, its queue, its
// dialling.
//
// pools::Pool decides; this class carries out: it dials, lends, hands servers over to other workers and takes
// over theirs. A borrower's request ends in lent() or failed(), unless it is withdrawn. All calls are on the
// worker's thread.
#pragma once

#include <memory>
#include <string>

#include "base/counter.h"
#include "base/intrusive_list.h"
#include "conf/config.h"
#include "failover/topology.h"
#include "gateway/postgres/borrower.h"
#include "gateway/postgres/pool_directory.h"
#include "gateway/postgres/server.h"
#include "pools/pool.h"

namespace forebay::postgres {

class Client;
class PostgresWorker;
class ReadRouter;
struct InClientList;

// Why a server could not be had.
struct DialFailure {
  enum class Kind : uint8_t {
    kUnreachable,  // no connection, or the server cannot take anybody now: another time it may
    kFull,         // the server, the database or the role has all its connections: another time there is room
    kLoginRefused,  // the server knows us not: waiting will not help these clients
  };
  Kind kind = Kind::kUnreachable;
  std::string reason;    // for the log
  std::string response;  // a whole ErrorResponse: PostgreSQL's own, or ours
};

// Of one entry of the configuration, on one worker: clients that had to wait for a primary.
struct HoldCounters {
  Counter held, released, refused;
};

class WorkerPool final : public net::Mortal, public Deadline {
 public:
  WorkerPool(PostgresWorker& worker, std::shared_ptr<PoolEntry> entry, std::shared_ptr<DatabaseState> state,
             conf::Database database);
  ~WorkerPool() override;

  // Asks for a server. A patient borrower waits while servers cannot be reached; another one fails with the
  // reason.
  [[gnu::hot]] void request(Borrower& borrower);
  void join(Client& client);  // it has logged in
  void withdraw(Borrower& borrower);

  // Told by servers.
  void dialled(Server& server);
  void dialFailed(Server& server, const DialFailure& failure);
  [[gnu::hot]] void free(Server& server);  // it is clean and nobody's
  void closed(Server& server);             // it is gone, whatever state it was in

  // Told by other workers.
  void adopt(Server::Moved moved);
  void asked(uint32_t by_worker);
  void permitFreed();

  // Lends a server that was lost to its borrower before anything was sent: it keeps its turn.
  void requestAgain(Borrower& borrower);

  void applySettings();  // the configuration changed
  void reconnect();      // every server is replaced when next free
  void closeAll(std::string_view reason, Bytes response);
  void kill();       // KILL: every client and server, at once
  void closeBusy();  // SUSPEND has waited for suspend_timeout: every server that is not idle, with its client
  bool closeOneIdle(std::string_view reason);
  // Closes an idle server if another pool needs its place in a budget that both share.
  bool yieldIdle();
  void wake();  // after RESUME: who waits may be served
  // ---- where roles are discovered (worker_pool_topology.cc)
  // Its servers' roles are others now. Null: they are not discovered any more.
  void topologyChanged(failover::TopologyPtr topology);
  // Only positions and lags are others.
  void topologyMeasured(failover::TopologyPtr topology);
  // A connection to that server has met what a healthy primary would not have done.
  void doubt(const conf::HostPort& host);
  std::vector<conf::HostPort> hosts() const;  // to which it may dial now; none while it holds
  // Since when there is no server to dial, and who wants one is held; kNever: there is one.
  Instant heldSince() const { return held_since_; }
  // For who is held too long, or one too many.
  std::string holdError(std::string_view what, Duration held) const;
  const failover::TopologyPtr& topology() const { return topology_; }
  // ---- where reads are split
  // Where what only reads may go; null: everything is for this pool.
  ReadRouter* reads() const { return reads_.get(); }
  // Its servers are those of one replica, for reads of another pool's clients.
  bool ofReplica() const { return of_replica_; }
  Duration replicaWaitTimeout() const { return database_.reading.replica_wait_timeout; }
  // The answer to a Server::PositionFor.
  void tellPosition(const Server::PositionFor& whom, const conf::HostPort& host, std::optional<uint64_t> lsn);
  // Dials one server if the database is down and nobody else tries it; now or as soon as that may be.
  void tryUntilReached();
  bool quiet() const;  // no server is in anybody's hands
  // When it is to be dropped, should nobody use it until then (pool_idle_timeout; and autodb_idle_timeout,
  // for what no entry of the configuration is named after: databases from "*", replication connections,
  // auth_query); kNever while it is in use. Asked now and then, it counts from the first time that it found
  // nobody.
  Instant dropAt(Instant now);

  // What a client that asked for these parameters has set when it is logged in, and is told of. Most clients
  // of a pool ask for the same, so the last answer is kept. Only once some server has logged in.
  struct Greeting {
    Welcome welcome;
    std::vector<pools::Parameter> asked;
    pools::ParametersRef parameters;
    std::string statuses;  // ParameterStatus messages
  };
  const Greeting& greeting(const std::vector<pools::Parameter>& asked);

  // Why the last try to get a server failed; empty when it did not.
  const std::string& refusal() const { return refusal_; }

  PostgresWorker& worker() { return worker_; }
  PoolEntry& entry() { return *entry_; }
  DatabaseState& databaseState() { return *state_; }
  const conf::Database& database() const { return database_; }
  const conf::PoolSettings& settings() const { return settings_; }
  // Of the limits of a client that has a server; zero: there is none.
  Duration shortestLimit() const { return shortest_limit_; }
  const std::string& databaseName() const { return entry_->shared.database; }
  const std::string& user() const { return entry_->shared.user; }
  pools::PoolCounters& counters() { return pool_.counters(); }
  pools::Pool& core() { return pool_; }
  IntrusiveList<Client, InClientList>& clients() { return clients_; }
  IntrusiveList<Server, InServerList>& servers() { return servers_; }
  uint32_t dialling() const { return dialling_; }
  // The host to begin with when dialling, another one each time.
  size_t nextHost() {
    return database_.load_balance_hosts == conf::LoadBalanceHosts::kDisable ? host_at_ : host_at_++;
  }
  void hostFailed() { ++host_at_; }
  bool aboveMinimum() const;  // more servers than min_pool_size
  // When the server is to be replaced for its age.
  [[gnu::hot]] Instant retireAt(const Server& server) const;
  void retired(Instant now) { retired_at_ = now; }

 protected:
  void due(Instant now) override;

 private:
  // Why a server has to close, for the log.
  static constexpr std::string_view kTooMany = "pool_size is smaller now";
  static constexpr std::string_view kYielded = "its place is needed by another pool";
  static constexpr std::string_view kOutOfRole = "its server's role is another one now";

  void resolveSettings();
  void resolveReads();
  void holdBack(Instant now);
  void letGo(Instant now);
  void closeFenced();
  bool serves(const conf::HostPort& host) const;
  bool holdsTooMuch() const;
  uint32_t mostDialling(Instant now);
  // Nothing is lent: by PAUSE, or because no server may take it.
  bool lendsNothing() const;
  // Nobody is in it, and nothing is on its way but a server that tells whether the database is back.
  bool unused() const;
  Duration idleLimit() const;
  [[gnu::hot]] void lend(Server& server, Borrower& borrower, Instant waited_since);
  [[gnu::cold]] void waitedLong(Duration waited, Instant now);
  [[gnu::cold]] void handOver(Server& server, uint32_t worker);
  void dialIfWanted();
  void dialOne();
  void trialEnded();
  bool mayDialNow(Instant now);
  pools::PermitLimits limits(Instant now) const;
  void isFull(pools::PermitRefused refused, Instant now);
  [[gnu::hot]] bool mustYield();
  [[gnu::hot]] bool aboveMaximum() const;  // after pool_size was lowered
  void failWaiters(Bytes response, bool only_impatient);
  void tellOthersOfFreePermit();
  void tellOfPermit(uint32_t worker);
  void keepMinimum();

  PostgresWorker& worker_;
  const std::shared_ptr<PoolEntry> entry_;
  const std::shared_ptr<DatabaseState> state_;
  conf::Database database_;
  conf::PoolSettings settings_;
  Duration shortest_limit_{};
  Instant unused_since_ = kNever;
  pools::Pool pool_;
  uint32_t dialling_ = 0;
  bool trying_ = false;  // one of those was dialled to see whether the database is back
  size_t host_at_ = 0;
  Instant refused_until_{};         // the server did not let us in: until then its answer stands,
  bool refused_all_ = false;        // also for those who could wait
  failover::TopologyPtr topology_;  // null: roles are not discovered
  const bool of_replica_;
  std::unique_ptr<ReadRouter> reads_;
  HoldCounters& hold_counters_;
  Instant held_since_ = kNever;
  Instant slow_start_ = kNever;  // since when it dials again after an outage
  Instant doubt_again_at_{};
  Instant long_wait_told_{};  // when the log had the last line on it
  uint32_t long_waits_ = 0;   // since then
  Instant retired_at_{};      // a server was replaced for its age
  unsigned refusals_ = 0;
  std::string refusal_;
  Greeting greeting_;
  IntrusiveList<Server, InServerList> servers_;
  IntrusiveList<Client, InClientList> clients_;
};

}  // namespace forebay::postgres
