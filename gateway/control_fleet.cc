// The control thread as the console and the HTTP server see it: what is asked of all workers at once.
#include "gateway/control.h"

namespace forebay {

namespace {

constexpr milliseconds kAskAgain{20};

bool isFor(const postgres::WorkerPool& pool, std::string_view database) {
  return database.empty() || postgres::databaseOf(pool.databaseName()) == database;
}

void forPools(postgres::PostgresWorker& worker, const std::string& database,
              const std::function<void(postgres::WorkerPool&)>& visit) {
  std::vector<postgres::WorkerPool*> found;
  worker.forEachPool([&](postgres::WorkerPool& pool) {
    if (isFor(pool, database)) found.push_back(&pool);
  });
  for (postgres::WorkerPool* pool : found) visit(*pool);
}

}  // namespace

// Calls `done` here once `call` has run on every worker.
void Control::onEveryWorker(WorkerCall call, std::function<void()> done) {
  auto left = std::make_shared<size_t>(workers_.size());
  for (auto& worker : workers_) {
    worker->postgres().post([this, call, left, done](postgres::PostgresWorker& there) {
      call(there);
      loop_.mailbox().post([left, done] {
        if (--*left == 0) done();
      });
    });
  }
}

void Control::collect(admin::Detail detail, std::function<void(admin::Snapshot)> done) {
  struct Collection {
    admin::Snapshot all;
    size_t left;
  };
  auto collection = std::make_shared<Collection>();
  collection->left = workers_.size();
  for (auto& worker : workers_) {
    worker->postgres().post(
        [this, worker = worker.get(), detail, collection, done](postgres::PostgresWorker& there) {
          auto part = std::make_shared<admin::Snapshot>();
          there.fill(*part, detail == admin::Detail::kConnections, detail == admin::Detail::kPins,
                     detail == admin::Detail::kPrepared);
          worker->redis().fill(*part, detail == admin::Detail::kRedisClients,
                               detail == admin::Detail::kRedisSlowLog, detail == admin::Detail::kRedisKeys);
          loop_.mailbox().post([this, detail, collection, part, done] {
            collection->all.merge(std::move(*part));
            if (--collection->left > 0) return;
            fillOwn(collection->all, detail);
            done(std::move(collection->all));
          });
        });
  }
}

std::vector<std::shared_ptr<postgres::DatabaseState>> Control::named(std::string_view database) {
  std::vector<std::shared_ptr<postgres::DatabaseState>> found;
  if (!database.empty()) {
    if (settings_->config->findDatabase(database) != nullptr)
      found.push_back(shared_.directory.database(database));
    return found;
  }
  return shared_.directory.databases();
}

// ---- waiting for the workers

void Control::waitUntil(Patience patience) {
  patiences_.push_back(std::make_shared<Patience>(std::move(patience)));
  askPatiences();
}

void Control::askPatiences() {
  for (const auto& patience : patiences_) {
    if (std::exchange(patience->asking, true)) continue;
    if (loop_.now() >= patience->force_at) {
      patience->force_at = kNever;
      onEveryWorker(patience->force, [] {});
    }
    auto all = std::make_shared<std::atomic<bool>>(true);
    onEveryWorker(
        [patience, all](postgres::PostgresWorker& worker) {
          if (!patience->satisfied(worker)) all->store(false);
        },
        [this, patience, all] {
          patience->asking = false;
          if (!all->load()) return;
          const size_t removed = patiences_.remove(patience);
          if (removed > 0) patience->done(Ok{});
        });
  }
  if (!patiences_.empty() && patience_tick_) patience_tick_->in(kAskAgain);
}

void Control::endPauses(std::string_view database) {
  std::vector<std::shared_ptr<Patience>> ended;
  for (const auto& patience : patiences_)
    if (patience->of_pause && (database.empty() || patience->database == database)) ended.push_back(patience);
  for (const auto& patience : ended) {
    patiences_.remove(patience);
    patience->done(Error{"interrupted by RESUME"});
  }
}

std::string Control::entryOf(const postgres::DatabaseState& state) const {
  const conf::Database* entry = settings_->config->findDatabase(postgres::entryNameOf(state.name));
  return entry == nullptr ? state.name : entry->name;
}

// ---- PAUSE and its kin

void Control::pause(std::string_view database, Done done) {
  if (shared_.pause.load() != 0) return done(Error{"already suspended/paused"});
  const auto databases = named(database);
  if (!database.empty() && databases.empty())
    return done(Error{"no such database: " + std::string(database)});
  if (database.empty()) {
    shared_.pause.store(static_cast<int>(admin::Pause::kPaused));
  } else if (databases.front()->paused.exchange(true)) {
    return done(Error{"database " + std::string(database) + " is already paused"});
  }
  const std::string name(database);
  waitUntil({[name](postgres::PostgresWorker& worker) {
               bool quiet = true;
               forPools(worker, name, [&](postgres::WorkerPool& pool) {
                 while (pool.closeOneIdle("PAUSE")) {
                 }
                 quiet = quiet && pool.servers().empty();
               });
               return quiet;
             },
             name, true, std::move(done)});
}

void Control::resume(std::string_view database, Done done) {
  if (phase_ == admin::Phase::kDraining) return done(Error{"pooler is shutting down"});
  const auto databases = named(database);
  if (!database.empty()) {
    if (databases.empty()) return done(Error{"no such database: " + std::string(database)});
    if (!databases.front()->paused.exchange(false))
      return done(Error{"database " + std::string(database) + " is not paused"});
  } else {
    bool any = shared_.pause.exchange(0) != 0;
    for (const auto& state : databases) any = state->paused.exchange(false) || any;
    if (!any) return done(Error{"pooler is not paused/suspended"});
  }
  endPauses(database);
  onEveryWorker(
      [name = std::string(database)](postgres::PostgresWorker& worker) {
        forPools(worker, name, [](postgres::WorkerPool& pool) { pool.wake(); });
      },
      [done = std::move(done)] { done(Ok{}); });
}

void Control::suspend(Done done) {
  if (shared_.pause.load() != 0) return done(Error{"already suspended/paused"});
  for (const auto& state : shared_.directory.databases())
    if (state->paused.load()) return done(Error{"cannot suspend with paused databases"});
  shared_.pause.store(static_cast<int>(admin::Pause::kSuspended));
  waitUntil({[](postgres::PostgresWorker& worker) {
               bool quiet = true;
               worker.forEachPool([&](postgres::WorkerPool& pool) { quiet = quiet && pool.quiet(); });
               return quiet;
             },
             {},
             true,
             std::move(done),
             deadlineAfter(loop_.now(), settings_->config->postgres.suspend_timeout),
             [](postgres::PostgresWorker& worker) {
               // RESUME may have come in between.
               if (worker.shared().pause.load() != static_cast<int>(admin::Pause::kSuspended)) return;
               forPools(worker, {}, [](postgres::WorkerPool& pool) { pool.closeBusy(); });
             }});
}

void Control::kill(std::string_view database, Done done) {
  if (shared_.pause.load() != 0) return done(Error{"already suspended/paused"});
  const auto databases = named(database);
  if (!database.empty() && databases.empty())
    return done(Error{"no such database: " + std::string(database)});
  if (database.empty()) {
    shared_.pause.store(static_cast<int>(admin::Pause::kPaused));
  } else {
    databases.front()->paused.store(true);
  }
  onEveryWorker(
      [name = std::string(database)](postgres::PostgresWorker& worker) {
        forPools(worker, name, [](postgres::WorkerPool& pool) { pool.kill(); });
      },
      [done = std::move(done)] { done(Ok{}); });
}

void Control::reconnect(std::string_view database, Done done) {
  const auto databases = named(database);
  if (!database.empty() && databases.empty())
    return done(Error{"no such database: " + std::string(database)});
  for (const auto& state : databases) {
    state->reconnects.fetch_add(1);
    // Somebody is putting another cluster in its place, perhaps: pg_upgrade, or one restored from a dump.
    if (probes_ && (state->paused.load() || shared_.pause.load() != 0)) probes_->forget(entryOf(*state));
  }
  onEveryWorker(
      [name = std::string(database)](postgres::PostgresWorker& worker) {
        forPools(worker, name, [](postgres::WorkerPool& pool) { pool.reconnect(); });
      },
      [done = std::move(done)] { done(Ok{}); });
}

void Control::waitClose(std::string_view database, Done done) {
  if (!database.empty() && named(database).empty())
    return done(Error{"no such database: " + std::string(database)});
  const std::string name(database);
  waitUntil({[name](postgres::PostgresWorker& worker) {
               bool none = true;
               forPools(worker, name, [&](postgres::WorkerPool& pool) {
                 pool.servers().forEach(
                     [&](postgres::Server& server) { none = none && !server.closeNeeded(); });
               });
               return none;
             },
             name, false, std::move(done)});
}

void Control::killClient(uint64_t id, Done done) {
  auto found = std::make_shared<std::atomic<bool>>(false);
  onEveryWorker(
      [id, found](postgres::PostgresWorker& worker) {
        if (worker.killClient(id)) found->store(true);
      },
      [found, done = std::move(done)] {
        if (found->load()) return done(Ok{});
        done(Error{"client not found"});
      });
}

void Control::disable(std::string_view database, Done done) {
  const auto databases = named(database);
  if (databases.empty()) return done(Error{"no such database: " + std::string(database)});
  for (const auto& state : databases) state->disabled.store(true);
  done(Ok{});
}

void Control::enable(std::string_view database, Done done) {
  const auto databases = named(database);
  if (databases.empty()) return done(Error{"no such database: " + std::string(database)});
  for (const auto& state : databases) state->disabled.store(false);
  done(Ok{});
}

// ---- settings

void Control::reload(std::function<void(Result<std::vector<std::string>>)> done) {
  Result<conf::ConfigPtr> loaded = conf::loadConfig(sources_);
  if (!loaded) {
    ++reloads_failed_;
    log_->error() << "reload refused, everything stays as it was: " << loaded.error();
    return done(Error{loaded.error()});
  }
  const std::vector<std::string> changes = conf::describeChanges(*settings_->config, **loaded);
  const Status published = publish(*loaded);
  if (!published) {
    ++reloads_failed_;
    log_->error() << "reload refused, everything stays as it was: " << published.error();
    return done(Error{published.error()});
  }
  ++reloads_succeeded_;
  log_->info() << "reloaded: " << changes.size() << (changes.size() == 1 ? " change" : " changes");
  for (const std::string& change : changes) log_->info() << "reloaded: " << change;
  done(changes);
}

void Control::applyConfig(conf::ConfigPtr config, Done done) { done(publish(std::move(config))); }

// All or nothing: whatever can fail comes before the workers hear of it.
Status Control::publish(conf::ConfigPtr config) {
  const Status reloadable = conf::checkReloadable(*settings_->config, *config);
  if (!reloadable) return reloadable;
  auto counted = std::make_shared<conf::Config>(*config);
  counted->epoch = settings_->config->epoch + 1;
  Result<postgres::SettingsPtr> settings = makeSettings(std::move(counted));
  if (!settings) return Error{settings.error()};
  Result<redis::SettingsPtr> redis = makeRedisSettings((*settings)->config);
  if (!redis) return Error{redis.error()};
  if (const Status log = checkLog(*(*settings)->config); !log) return log;
  const Status logging = log_->reconfigure((*settings)->config->log);
  if (!logging) return logging;
  settings_ = *settings;
  redis_settings_ = *redis;
  for (auto& worker : workers_) {
    worker->postgres().post([next = settings_](postgres::PostgresWorker& there) { there.apply(next); });
    worker->redis().post([next = redis_settings_](redis::RedisWorker& there) { there.apply(next); });
  }
  probes_->apply(*settings_->config);
  sentinels_->apply(redis_settings_);
  return Ok{};
}

void Control::shutdown(admin::Shutdown mode, Done done) {
  if (mode == admin::Shutdown::kNow) return stopNow();
  if (phase_ == admin::Phase::kDraining) return done(Error{"already shutting down"});
  const bool for_servers = mode == admin::Shutdown::kWaitForServers;
  log_->info() << "shutting down: when the last "
               << (for_servers ? "transaction has ended" : "client has left") << ", however long that takes";
  done(Ok{});
  drainWorkers(for_servers ? std::optional(Duration::zero()) : std::nullopt);
}

}  // namespace forebay
