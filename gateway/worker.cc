#include "gateway/worker.h"

#include <cstring>

namespace forebay {
namespace {

// How often the log tells that connections cannot be accepted, while that lasts.
constexpr seconds kExhaustedPause{10};

}  // namespace

Worker::Worker(uint32_t index, Log& log, postgres::Shared& shared, postgres::SettingsPtr settings,
               redis::Shared& redis_shared, redis::SettingsPtr redis_settings)
    : log_(log),
      shared_(shared),
      redis_shared_(redis_shared),
      postgres_(std::make_unique<postgres::PostgresWorker>(index, loop_, log, shared, std::move(settings))),
      redis_(
          std::make_unique<redis::RedisWorker>(index, loop_, log, redis_shared, std::move(redis_settings))) {}

Worker::~Worker() = default;

void Worker::listen(int fd, bool deal) {
  addListener(fd, [this, deal](int client, const net::PeerAddress& peer) {
    if (!deal) return postgres_->accepted(client, peer);
    postgres::PostgresWorker* next = shared_.workers[next_worker_++ % shared_.workers.size()];
    if (next == postgres_.get()) return postgres_->accepted(client, peer);
    next->post([client, peer](postgres::PostgresWorker& worker) { worker.accepted(client, peer); });
  });
}

void Worker::listenRedis(int fd, bool deal, const std::string& cache) {
  addListener(fd, [this, deal, cache](int client, const net::PeerAddress& peer) {
    if (!deal) return redis_->accepted(cache, client, peer);
    redis::RedisWorker* next = redis_shared_.workers[next_worker_++ % redis_shared_.workers.size()];
    if (next == redis_.get()) return redis_->accepted(cache, client, peer);
    next->post([cache, client, peer](redis::RedisWorker& worker) { worker.accepted(cache, client, peer); });
  });
}

void Worker::addListener(int fd, Accepted accepted) {
  const auto exhausted = [this](int error) {
    const Instant now = loop_.now();
    if (now < tell_exhausted_at_) return;
    tell_exhausted_at_ = now + kExhaustedPause;
    log_.warning() << "cannot accept connections: " << std::strerror(error) << "; trying again every "
                   << net::Listener::kRest;
  };
  listeners_.push_back(std::make_unique<net::Listener>(loop_, fd, std::move(accepted), exhausted));
}

void Worker::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::stopListening() {
  loop_.mailbox().post([this] {
    for (auto& listener : listeners_) listener->close();
  });
}

void Worker::stop() {
  loop_.mailbox().post([this] {
    for (auto& listener : listeners_) listener->close();
    postgres_->stopNow();
    redis_->stopNow();
    loop_.stop();
  });
}

}  // namespace forebay
