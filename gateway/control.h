// Control: the control thread. It starts the workers, hears signals, reloads, answers the console and HTTP,
// and ends the process in good order.
//
// As admin::Fleet it is what the console and the HTTP server see of all workers. Everything runs on the
// thread that calls run(); workers are reached through their mailboxes.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "conf/load.h"
#include "gateway/admin/console.h"
#include "gateway/admin/fleet.h"
#include "gateway/http/server.h"
#include "gateway/log.h"
#include "gateway/net/tick.h"
#include "gateway/probe/postgres_probes.h"
#include "gateway/probe/sentinel_watches.h"
#include "gateway/settings.h"
#include "gateway/worker.h"

namespace forebay {

class Control final : public admin::Fleet {
 public:
  Control(conf::Sources sources, std::unique_ptr<Log> log, postgres::SettingsPtr settings,
          redis::SettingsPtr redis_settings);
  ~Control() override;

  // Binds all listeners and starts the workers. An error: nothing runs.
  Status start();
  // Until the gateway has stopped.
  void run();

  // ---- admin::Fleet
  void collect(admin::Detail detail, std::function<void(admin::Snapshot)> done) override;
  void pause(std::string_view database, Done done) override;
  void resume(std::string_view database, Done done) override;
  void suspend(Done done) override;
  void reconnect(std::string_view database, Done done) override;
  void kill(std::string_view database, Done done) override;
  void killClient(uint64_t id, Done done) override;
  void waitClose(std::string_view database, Done done) override;
  void disable(std::string_view database, Done done) override;
  void enable(std::string_view database, Done done) override;
  void promote(std::string_view database, const conf::HostPort& host, probe::PromotionDone done) override;
  void reload(std::function<void(Result<std::vector<std::string>>)> done) override;
  void shutdown(admin::Shutdown mode, Done done) override;
  conf::ConfigPtr currentConfig() const override { return settings_->config; }
  void applyConfig(conf::ConfigPtr config, Done done) override;

 private:
  using WorkerCall = std::function<void(postgres::PostgresWorker&)>;
  // Something that is asked again until the workers all say yes: PAUSE, WAIT_CLOSE.
  struct Patience {
    std::function<bool(postgres::PostgresWorker&)> satisfied;
    std::string database;
    bool of_pause = false;
    Done done;
    Instant force_at = kNever;  // from then on it is brought about
    WorkerCall force{};
    bool asking = false;
  };

  void onEveryWorker(WorkerCall call, std::function<void()> done);
  void waitUntil(Patience patience);
  void askPatiences();
  void endPauses(std::string_view database);
  std::vector<std::shared_ptr<postgres::DatabaseState>> named(std::string_view database);
  std::string entryOf(const postgres::DatabaseState& state) const;  // of the configuration

  Status watchTopologies();
  void topologyChanged(const std::vector<std::string>& entries, const failover::TopologyPtr& topology);
  using TakeTopology = void (postgres::PostgresWorker::*)(const std::vector<std::string>& entries,
                                                          const failover::TopologyPtr& topology);
  void publishTopology(const std::vector<std::string>& entries, const failover::TopologyPtr& topology,
                       TakeTopology take);
  void noteEvent(const std::string& database, const failover::Event& event);
  void fillTopologies(admin::Snapshot& snapshot);
  Status listen();
  Status listenPostgres();
  Status listenRedis();
  // Opens what all workers listen on: each a socket of its own, or the first one for all.
  Status openListener(conf::ListenAddress address, std::string_view protocol,
                      const net::ListenOptions& options,
                      const std::function<void(Worker&, int fd, bool deal)>& take);
  Status listenHttp();
  void watchSignals();
  void onSignal(int number);
  void beginShutdown(Duration delay);
  void drainNow();
  void drainWorkers(std::optional<Duration> spread);
  void stopNow();
  void workersEmpty();
  void endStatsPeriod();
  void tidy();
  void fillOwn(admin::Snapshot& snapshot, admin::Detail detail);
  Status publish(conf::ConfigPtr config);

  conf::Sources sources_;
  std::unique_ptr<Log> log_;
  postgres::SettingsPtr settings_;
  redis::SettingsPtr redis_settings_;
  net::Loop loop_;
  postgres::Shared shared_;
  redis::Shared redis_shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<probe::SentinelWatches> sentinels_;
  std::vector<net::ListenSocket> listening_;
  std::vector<std::unique_ptr<http::Server>> http_;
  std::unique_ptr<http::Api> api_;
  std::unique_ptr<admin::Console> console_;
  std::vector<std::unique_ptr<uv_signal_t>> signals_;
  std::unique_ptr<probe::PostgresProbes> probes_;
  std::deque<admin::Event> events_;  // the last ones
  std::list<std::shared_ptr<Patience>> patiences_;
  std::unique_ptr<net::Tick> patience_tick_, shutdown_tick_, stats_tick_, tidy_tick_;
  const WallTime started_;
  admin::Phase phase_ = admin::Phase::kStarting;
  bool draining_ = false, stopped_ = false;
  uint32_t empty_workers_ = 0;
  uint64_t reloads_succeeded_ = 0, reloads_failed_ = 0;
};

}  // namespace forebay
