#include "gateway/worker.h"

#include <cstring>

namespace forebay {

Worker::Worker(uint32_t index, Log& log, postgres::Shared& shared, postgres::SettingsPtr settings)
    : log_(log),
      shared_(shared),
      postgres_(std::make_unique<postgres::PostgresWorker>(index, loop_, log, shared, std::move(settings))) {}

Worker::~Worker() = default;

void Worker::listen(int fd, bool deal) {
  const auto accepted = [this, deal](int client, const net::PeerAddress& peer) {
    if (!deal) return postgres_->accepted(client, peer);
    postgres::PostgresWorker* next = shared_.workers[next_worker_++ % shared_.workers.size()];
    if (next == postgres_.get()) return postgres_->accepted(client, peer);
    next->post([client, peer](postgres::PostgresWorker& worker) { worker.accepted(client, peer); });
  };
  const auto exhausted = [this](int error) {
    log_.warning() << "cannot accept connections: " << std::strerror(error) << "; trying again in "
                   << net::Listener::kRest;
  };
  listeners_.push_back(std::make_unique<net::Listener>(loop_, fd, accepted, exhausted));
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
    loop_.stop();
  });
}

}  // namespace forebay
