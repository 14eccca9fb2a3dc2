// Worker: one thread with a loop of its own and everything that lives on it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/log.h"
#include "gateway/net/listener.h"
#include "gateway/net/loop.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/redis/redis_worker.h"

namespace forebay {

class Worker {
 public:
  Worker(uint32_t index, Log& log, postgres::Shared& shared, postgres::SettingsPtr settings,
         redis::Shared& redis_shared, redis::SettingsPtr redis_settings);
  ~Worker();  // join() first

  // Before start(). `deal`: the connections go round all workers, since one socket serves them all.
  void listen(int fd, bool deal);
  void listenRedis(int fd, bool deal, const std::string& cache);
  void start();
  void join();

  postgres::PostgresWorker& postgres() { return *postgres_; }
  redis::RedisWorker& redis() { return *redis_; }

  // From the control thread: what follows happens on the worker's own.
  void stopListening();
  void stop();

 private:
  using Accepted = std::function<void(int fd, const net::PeerAddress& peer)>;
  void addListener(int fd, Accepted accepted);

  net::Loop loop_;
  Log& log_;
  postgres::Shared& shared_;
  redis::Shared& redis_shared_;
  std::unique_ptr<postgres::PostgresWorker> postgres_;
  std::unique_ptr<redis::RedisWorker> redis_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  size_t next_worker_ = 0;
  Instant tell_exhausted_at_{};
  std::thread thread_;
};

}  // namespace forebay
