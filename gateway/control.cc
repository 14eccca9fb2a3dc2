#include "gateway/control.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/random.h"
#include "conf/listeners.h"
#include "gateway/admin/process_facts.h"

namespace forebay {

namespace {

constexpr Duration kTidyEvery = seconds(60);

uint32_t workerCount(const conf::Config& config) {
  const uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
  const uint32_t wanted = config.listen.workers == 0 ? cores : config.listen.workers;
  return std::min(wanted, postgres::ClientPid::kMaxWorkers);
}

}  // namespace

Control::Control(conf::Sources sources, std::unique_ptr<Log> log, postgres::SettingsPtr settings,
                 redis::SettingsPtr redis_settings)
    : sources_(std::move(sources)),
      log_(std::move(log)),
      settings_(std::move(settings)),
      redis_settings_(std::move(redis_settings)),
      shared_(workerCount(*settings_->config)),
      redis_shared_(workerCount(*settings_->config)),
      started_(std::chrono::system_clock::now()) {
  shared_.mock_secret = randomBytes(32);
  console_ = std::make_unique<admin::Console>(
      *this, [this] { return loop_.now(); },
      [this](uint64_t asker, std::string_view command) {
        log_->info({.kind = 'C', .id = asker}) << "admin console: " << command;
      });
  api_ = std::make_unique<http::Api>(*this);
  shared_.console = [this](uint32_t from, uint64_t client, std::string sql, bool admin,
                           std::function<void(std::string)> reply) {
    loop_.mailbox().post([this, from, client, sql = std::move(sql), admin, reply = std::move(reply)] {
      console_->handle(
          sql, admin ? admin::Role::kAdmin : admin::Role::kStats,
          [this, from, reply](std::string bytes) {
            shared_.workers[from]->post(
                [reply, bytes = std::move(bytes)](postgres::PostgresWorker&) { reply(bytes); });
          },
          client);
    });
  };
  shared_.interrupt_console = [this](uint64_t client) {
    loop_.mailbox().post([this, client] { console_->interrupt(client); });
  };
  patience_tick_ = std::make_unique<net::Tick>(loop_, [this] { askPatiences(); });
  stats_tick_ = std::make_unique<net::Tick>(loop_, [this] { endStatsPeriod(); });
  tidy_tick_ = std::make_unique<net::Tick>(loop_, [this] { tidy(); });
  shutdown_tick_ = std::make_unique<net::Tick>(loop_, [this] {
    if (draining_) return stopNow();
    drainNow();
  });
}

Control::~Control() {
  for (auto& worker : workers_) worker->join();
}

// ---- starting

Status Control::start() {
  const uint32_t count = workerCount(*settings_->config);
  for (uint32_t i = 0; i < count; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(i, *log_, shared_, settings_, redis_shared_, redis_settings_));
    Worker& worker = *workers_.back();
    shared_.workers.push_back(&worker.postgres());
    redis_shared_.workers.push_back(&worker.redis());
    worker.postgres().on_empty = [this] { loop_.mailbox().post([this] { workersEmpty(); }); };
    worker.redis().on_empty = worker.postgres().on_empty;
  }
  Status listening = watchTopologies();
  if (listening) listening = listen();
  if (listening) listening = listenHttp();
  if (!listening) {
    for (auto& worker : workers_) {  // each loop runs once, to close its handles
      worker->stop();
      worker->start();
      worker->join();
    }
    http_.clear();
    probes_.reset();
    loop_.stop();
    loop_.run();
    return listening;
  }
  watchSignals();
  sentinels_ = std::make_unique<probe::SentinelWatches>(loop_, *log_, redis_shared_);
  sentinels_->apply(redis_settings_);
  for (auto& worker : workers_)  // before the first client of a listener that is open already
    worker->redis().post([](redis::RedisWorker& there) { there.start(); });
  for (auto& worker : workers_) worker->start();
  workers_[0]->postgres().post([](postgres::PostgresWorker& first) { first.openMinimumPools(); });
  for (auto& worker : workers_) {
    worker->postgres().post([](postgres::PostgresWorker& there) { there.dropUnusedPools(); });
  }
  stats_tick_->in(settings_->config->postgres.stats_period);
  tidy_tick_->in(kTidyEvery);
  phase_ = admin::Phase::kServing;
  log_->info() << "ready";
  return Ok{};
}

Status Control::listen() {
  const Status postgres = listenPostgres();
  return postgres ? listenRedis() : postgres;
}

Status Control::openListener(conf::ListenAddress address, std::string_view protocol,
                             const net::ListenOptions& options,
                             const std::function<void(Worker&, int fd, bool deal)>& take) {
  const size_t sockets = address.isUnix() ? 1 : workers_.size();
  for (size_t i = 0; i < sockets; ++i) {
    Result<net::ListenSocket> socket = net::listenOn(address, options);
    if (!socket) return Error{"cannot listen on " + socket.error()};
    address.port = socket->port;  // where any port would do, all workers take the first one's
    take(*workers_[i], socket->fd, address.isUnix());
    if (i == 0) log_->info() << "listening: " << protocol << " " << socket->name;
    listening_.push_back(std::move(*socket));
  }
  return Ok{};
}

Status Control::listenPostgres() {
  if (!conf::listensForPostgres(*settings_->config)) return Ok{};
  const conf::ListenSettings& settings = settings_->config->listen;
  const net::ListenOptions options{settings.listen_backlog, settings.unix_socket_mode,
                                   settings.unix_socket_group, settings_->config->postgres.tcp};
  for (const conf::ListenAddress& address : settings.postgres) {
    const Status opened = openListener(address, "postgres", options,
                                       [](Worker& worker, int fd, bool deal) { worker.listen(fd, deal); });
    if (!opened) return opened;
  }
  return Ok{};
}

Status Control::listenRedis() {
  const conf::ListenSettings& settings = settings_->config->listen;
  net::ListenOptions options{settings.listen_backlog, settings.unix_socket_mode, settings.unix_socket_group,
                             settings_->config->postgres.tcp};
  options.tcp.keepidle = settings_->config->redis.tcp_keepalive;
  options.tcp.defer_accept = false;  // a subscriber may connect long before it says anything
  for (const auto& [name, addresses] : conf::redisListeners(*settings_->config))
    for (const conf::ListenAddress& address : addresses) {
      const Status opened = openListener(
          address, "redis", options,
          [cache = name](Worker& worker, int fd, bool deal) { worker.listenRedis(fd, deal, cache); });
      if (!opened) return opened;
    }
  return Ok{};
}

Status Control::listenHttp() {
  for (const conf::ListenAddress& address : settings_->config->listen.http) {
    http::Server::Options options;
    options.host = address.host;
    options.port = address.port;
    auto server = http::Server::start(loop_.native(), options,
                                      [this](const http::Request& request, const http::Respond& respond) {
                                        api_->handle(request, respond);
                                      });
    if (!server) return Error{server.error()};
    log_->info() << "listening: http " << (address.host.empty() ? "0.0.0.0" : address.host) << ":"
                 << (*server)->port();
    http_.push_back(std::move(*server));
  }
  return Ok{};
}

void Control::run() { loop_.run(); }

// ---- signals

void Control::watchSignals() {
  for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2}) {
    auto handle = std::make_unique<uv_signal_t>();
    uv_signal_init(loop_.native(), handle.get());
    handle->data = this;
    uv_signal_start(
        handle.get(),
        [](uv_signal_t* signal, int raised) { static_cast<Control*>(signal->data)->onSignal(raised); },
        number);
    signals_.push_back(std::move(handle));
  }
}

void Control::onSignal(int number) {
  switch (number) {
    case SIGTERM:
      if (phase_ == admin::Phase::kDraining) return stopNow();
      return beginShutdown(settings_->config->postgres.shutdown_delay);
    case SIGINT:
      if (phase_ == admin::Phase::kDraining) return stopNow();
      return beginShutdown(Duration::zero());
    case SIGQUIT: return stopNow();
    case SIGHUP: return reload([](const Result<std::vector<std::string>>&) {});
    case SIGUSR1: return pause({}, [](const Status&) {});
    case SIGUSR2: return resume({}, [](const Status&) {});
    default: return;
  }
}

// ---- stopping

// Not ready from now on, but still accepting for `delay`: until every balancer has heard of it.
void Control::beginShutdown(Duration delay) {
  if (phase_ == admin::Phase::kDraining) return;
  phase_ = admin::Phase::kDraining;
  log_->info() << "shutting down: accepting for another " << delay
               << ", then closing each client at its next "
               << "transaction boundary within " << settings_->config->postgres.shutdown_timeout;
  if (delay <= Duration::zero()) return drainNow();
  shutdown_tick_->in(delay);
}

void Control::drainNow() {
  const conf::Config& config = *settings_->config;
  const Duration grace = config.postgres.shutdown_timeout;
  drainWorkers(std::chrono::duration_cast<Duration>(grace * 0.9));
  // Clients of Redis have a time of their own, which may be the longer one.
  shutdown_tick_->in(config.redis.caches.empty() ? grace : std::max(grace, config.redis.shutdown_timeout));
}

void Control::drainWorkers(std::optional<Duration> spread) {
  phase_ = admin::Phase::kDraining;
  draining_ = true;
  for (auto& worker : workers_) {
    worker->stopListening();
    worker->postgres().post([spread](postgres::PostgresWorker& there) { there.drain(spread); });
    worker->redis().post([](redis::RedisWorker& there) { there.drain(); });
  }
}

void Control::workersEmpty() {
  if (draining_ && shared_.client_count.load() + redis_shared_.client_count.load() == 0) stopNow();
}

void Control::stopNow() {
  if (std::exchange(stopped_, true)) return;
  phase_ = admin::Phase::kDraining;
  log_->info() << "stopping";
  for (auto& worker : workers_) worker->stop();
  for (auto& worker : workers_) worker->join();
  for (const net::ListenSocket& socket : listening_)
    if (!socket.path.empty()) ::unlink(socket.path.c_str());
  http_.clear();
  probes_.reset();
  sentinels_.reset();
  patience_tick_.reset();
  stats_tick_.reset();
  tidy_tick_.reset();
  shutdown_tick_.reset();
  for (auto& signal : signals_) uv_close(reinterpret_cast<uv_handle_t*>(signal.get()), nullptr);
  loop_.stop();
}

// ---- from time to time

// Names that nobody asks for any more are forgotten.
void Control::tidy() {
  for (auto& worker : workers_) {
    worker->postgres().post(
        [](postgres::PostgresWorker& there) { there.resolver().forgetExpired(there.loop().now()); });
  }
  tidy_tick_->in(kTidyEvery);
}

// ---- statistics

void Control::endStatsPeriod() {
  const conf::PostgresSettings& settings = settings_->config->postgres;
  console_->endStatsPeriod([this](const admin::StatTotals& averages) {
    if (!settings_->config->log.log_stats) return;
    log_->info() << "stats: " << averages.transactions << " xacts/s, " << averages.queries << " queries/s, "
                 << averages.server_assignments << " server assignments/s, in " << averages.client_bytes
                 << " B/s, out " << averages.server_bytes << " B/s, xact " << averages.transaction_time
                 << " us, query " << averages.query_time << " us, wait " << averages.wait_time << " us";
  });
  stats_tick_->in(settings.stats_period > Duration::zero() ? settings.stats_period : Duration(seconds(60)));
}

void Control::fillOwn(admin::Snapshot& snapshot, admin::Detail detail) {
  snapshot.taken = std::chrono::system_clock::now();
  snapshot.taken_at = Clock::now();
  snapshot.phase = phase_;
  snapshot.pause = static_cast<admin::Pause>(shared_.pause.load());
  snapshot.any_database = !settings_->config->postgres.databases.empty();
  for (const auto& [name, database] : settings_->config->postgres.databases)
    if (name != "*") snapshot.database(name);
  for (const auto& database : shared_.directory.databases()) {
    const postgres::DatabaseState::Contact contact = database->contact();
    const std::string name(postgres::entryNameOf(database->name));
    snapshot.database(name) += {name,
                                database->paused.load(),
                                database->disabled.load(),
                                contact.reached,
                                contact.unreachable,
                                contact.error};
  }
  fillTopologies(snapshot);
  for (const auto& user : shared_.directory.users()) snapshot.logins[user->name] = user->clients.used();
  snapshot.process.workers = static_cast<uint32_t>(workers_.size());
  snapshot.process.clients = shared_.client_count.load();
  snapshot.process.max_clients = settings_->config->postgres.max_client_conn;
  snapshot.process.started = started_;
  admin::addProcessFacts(snapshot.process);
  snapshot.process.reloads_succeeded = reloads_succeeded_;
  snapshot.process.reloads_failed = reloads_failed_;
  snapshot.process.log_lines_dropped = log_->droppedTotal();
  if (detail != admin::Detail::kConnections) return;
  for (const net::ListenSocket& socket : listening_) {
    const size_t colon = socket.name.rfind(':');
    snapshot.listeners.push_back({socket.fd, socket.name.substr(0, colon), socket.port});
  }
}

}  // namespace forebay
