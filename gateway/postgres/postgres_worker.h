// PostgresWorker: everything of one worker that speaks PostgreSQL: its clients, its part of every pool, its
// caches.
//
// Belongs to its worker's thread. Other threads reach it through post() only.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/fill_alarm.h"
#include "base/random.h"
#include "conf/config.h"
#include "gateway/admin/snapshot.h"
#include "gateway/log.h"
#include "gateway/net/host_health.h"
#include "gateway/net/loop.h"
#include "gateway/net/peer_address.h"
#include "gateway/net/resolver.h"
#include "gateway/net/tick.h"
#include "gateway/net/tls_context.h"
#include "gateway/postgres/client_table.h"
#include "gateway/postgres/gather.h"
#include "gateway/postgres/key_queue.h"
#include "gateway/postgres/pool_directory.h"
#include "gateway/postgres/read_counters.h"
#include "gateway/postgres/scram_secrets.h"
#include "gateway/postgres/topologies.h"
#include "gateway/postgres/worker_pool.h"
#include "pools/parameters.h"
#include "pools/shape_cache.h"
#include "pools/statement.h"

namespace forebay::postgres {

class AuthQueries;
class CatalogLoads;
class Cancels;

// What the control thread publishes as one: a configuration and what was made from its files.
struct Settings {
  conf::ConfigPtr config;
  net::TlsContext::Ptr client_tls;                           // null: clients get no TLS
  std::map<conf::SslMode, net::TlsContext::Ptr> server_tls;  // for each mode that a database uses
  bool plain_secrets = false;                                // does auth_file hold any?
};
using SettingsPtr = std::shared_ptr<const Settings>;

class PostgresWorker;

// What all workers share. Outlives them.
struct Shared {
  explicit Shared(uint32_t count) : directory(count) {}
  PoolDirectory directory;
  net::HostHealth health;
  Topologies topologies;
  std::vector<PostgresWorker*> workers;  // complete before the first one runs
  std::atomic<uint32_t> client_count{0};
  FillAlarm filling;  // client_count, up to max_client_conn
  std::atomic<uint64_t> next_client_id{1}, next_server_id{1};
  std::atomic<int> pause{0};  // admin::Pause
  std::string mock_secret;    // makes the answers to unknown users repeatable
  // Runs a console command on the control thread and answers with wire bytes on the worker `from`.
  std::function<void(uint32_t from, uint64_t client, std::string sql, bool admin,
                     std::function<void(std::string)> reply)>
      console;
  // A pooled connection of that entry of the configuration has met what a healthy primary would not have
  // done.
  std::function<void(const std::string& entry, const conf::HostPort& host)> doubt;
  // That client has cancelled its command or is gone.
  std::function<void(uint64_t client)> interrupt_console;
};

class PostgresWorker {
 public:
  PostgresWorker(uint32_t index, net::Loop& loop, Log& log, Shared& shared, SettingsPtr settings);
  ~PostgresWorker();
  PostgresWorker(const PostgresWorker&) = delete;
  PostgresWorker& operator=(const PostgresWorker&) = delete;

  // A connection that was just accepted. Takes over `fd`.
  void accepted(int fd, const net::PeerAddress& peer);
  void clientClosed(Client& client);
  bool killClient(uint64_t id);  // false: it is not here

  // From any thread: runs `work` with this worker on its own thread.
  void post(std::function<void(PostgresWorker&)> work);

  WorkerPool& pool(const conf::Database& database, std::string_view database_name, std::string_view user);
  WorkerPool* findPool(std::string_view database, std::string_view user);
  template <typename Visit>
  void forEachPool(Visit visit) {
    for (auto& [key, pool] : pools_) visit(*pool);
  }

  // Has an idle server closed whose pool must yield to another one; here if there is one, else elsewhere.
  void askToYield();
  // A permit came back that pools of the same database or user may have waited for.
  void permitFreedFor(std::string_view database, std::string_view user);
  // Drops the pools that have been unused for longer than they may, and looks again later.
  void dropUnusedPools();
  // Opens the pools that keep servers before anybody comes: of databases with a user of their own and a
  // min_pool_size.
  void openMinimumPools();
  // Takes the pool's secret from the configuration anew.
  void refreshCredentials(WorkerPool& pool);

  void apply(SettingsPtr settings);
  void topologyChanged(const std::vector<std::string>& entries, const failover::TopologyPtr& topology);
  void topologyMeasured(const std::vector<std::string>& entries, const failover::TopologyPtr& topology);
  // Loads what is known of the catalog of its database anew, if that is due.
  void loadCatalog(WorkerPool& pool);
  // What is known of the texts of a database's clients.
  std::shared_ptr<pools::ShapeCache> shapes(std::string_view database);
  // The last client's leaving is reported from now on. Each is sent away at its first transaction boundary
  // after some moment within `spread`; nobody is when there is none.
  void drain(std::optional<Duration> spread);
  void stopNow();  // closes everything
  bool stopped() const { return stopped_; }
  bool draining() const { return draining_; }

  bool empty() const { return clients_.size() == 0; }
  std::function<void()> on_empty;  // the last client has left while draining

  void fill(admin::Snapshot& snapshot, bool connections, bool pins, bool prepared);

  uint32_t index() const { return index_; }
  net::Loop& loop() { return loop_; }
  Log& log() { return log_; }
  Shared& shared() { return shared_; }
  const Settings& settings() const { return *settings_; }
  const conf::Config& config() const { return *settings_->config; }
  const conf::PostgresSettings& postgres() const { return settings_->config->postgres; }
  net::Resolver& resolver() { return *resolver_; }
  pools::ParameterTable& parameters() { return parameters_; }
  pools::StatementRegistry& statements() { return statements_; }
  ClientTable& clients() { return clients_; }
  Gather& gather() { return gather_; }
  RandomStock& random() { return random_; }
  AuthQueries& authQueries() { return *auth_queries_; }
  ScramSecrets& scramSecrets() { return scram_secrets_; }
  KeyQueue& keyQueue() { return key_queue_; }
  Cancels& cancels() { return *cancels_; }
  double jitter() { return jitter_.next(); }  // 0 to 1
  bool isPaused(const DatabaseState& state) const {
    return stopping_ || shared_.pause.load() != 0 || state.paused.load();
  }

  uint64_t connections_accepted = 0;
  uint32_t login_clients = 0, console_clients = 0;

  admin::ReasonCounts rejected;
  std::map<std::string, HoldCounters, std::less<>> hold_counters;  // by entry of the configuration
  std::map<std::string, ReadCounters, std::less<>> read_counters;  // so, too

 private:
  void fillHolds(admin::Snapshot& out);
  void fillReads(admin::Snapshot& out);

  const uint32_t index_;
  net::Loop& loop_;
  Log& log_;
  Shared& shared_;
  SettingsPtr settings_;
  pools::ParameterTable parameters_;
  pools::StatementRegistry statements_;
  std::unique_ptr<net::Resolver> resolver_;
  Gather gather_;
  RandomStock random_;
  KeyQueue key_queue_;  // before the clients, who have places in it
  ClientTable clients_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<WorkerPool>, std::less<>> pools_;
  std::unique_ptr<AuthQueries> auth_queries_;
  std::unique_ptr<CatalogLoads> catalog_loads_;
  ScramSecrets scram_secrets_;
  std::unique_ptr<pgproto::SqlShaper> shaper_;  // made with the first of these
  std::map<std::string, std::weak_ptr<pools::ShapeCache>, std::less<>> shapes_;
  std::unique_ptr<Cancels> cancels_;
  net::Tick tidy_tick_;
  bool draining_ = false, stopped_ = false;
  bool stopping_ = false;  // nothing is lent any more

  Jitter jitter_;
};

}  // namespace forebay::postgres
