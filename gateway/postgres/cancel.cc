#include "gateway/postgres/cancel.h"

#include <algorithm>

#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/scram.h"
#include "pgproto/startup.h"

namespace forebay::postgres {
namespace {

// Cancels that wait for their turn; more are dropped, as a lost packet would be.
constexpr size_t kMaxQueued = 1024;
// CancelRequests on their way to other gateways.
constexpr size_t kMaxForwards = 100;

}  // namespace

// One CancelRequest on its way, on a connection of its own.
class Cancels::Flight final : public net::Mortal, public net::SocketUser, public Deadline {
 public:
  Flight(Cancels& cancels, Server& target, std::function<void()> done)
      : cancels_(cancels),
        pool_(&target.pool()),
        server_(&target),
        pid_(target.backendPid()),
        secret_(target.backendSecret()),
        done_(std::move(done)) {}

  ~Flight() override { cancels_.worker_.loop().deadlines().disarm(*this); }

  void start(conf::HostPort host, bool tls) {
    PostgresWorker& worker = cancels_.worker_;
    worker.loop().deadlines().arm(*this,
                                  deadlineAfter(worker.loop().now(), worker.postgres().cancel_wait_timeout));
    // As the server's own connection: with TLS when that has it, so that the key is not sent in the clear.
    const auto& of_database = pool_->database().server_tls_sslmode;
    const conf::SslMode mode = of_database ? *of_database : worker.postgres().server_tls.sslmode;
    dialer_ = std::make_unique<ServerDialer>(
        worker,
        ServerDialer::Target{std::move(host), tls ? mode : conf::SslMode::kDisable,
                             pool_->database().server_direct_tls},
        [this](Result<net::Socket> socket) { connected(std::move(socket)); });
    dialer_->start();
  }

  void onReadable() override {
    char rest[64];
    const net::IoResult got = socket_.read(rest, sizeof rest);
    // PostgreSQL answers a CancelRequest by closing the connection, after it has sent the signal.
    if (got.status == net::IoStatus::kClosed || got.status == net::IoStatus::kError) finish();
  }
  void onWritable() override {}
  void due(Instant) override { finish(); }

  WorkerPool* pool() const { return pool_; }
  Server* server() const { return server_; }
  void forgetServer() { server_ = nullptr; }
  std::function<void()> takeDone() { return std::move(done_); }

 private:
  void connected(Result<net::Socket> socket) {
    if (!socket) return finish();
    socket_ = std::move(*socket);
    socket_.setUser(*this);
    std::string request;
    pgproto::appendCancelRequest(request, pid_, secret_);
    (void)socket_.write(request);
    socket_.want(true, false);
  }
  void finish() { cancels_.landed(*this); }

  Cancels& cancels_;
  WorkerPool* pool_;
  Server* server_;  // null once it is gone
  const uint32_t pid_;
  const std::string secret_;
  std::function<void()> done_;
  std::unique_ptr<ServerDialer> dialer_;
  net::Socket socket_;
};

// A CancelRequest for a client of another gateway, passed on to it as it came.
class Cancels::Forward final : public net::Mortal, public net::SocketUser, public Deadline {
 public:
  Forward(Cancels& cancels, std::string request, std::function<void()> done)
      : cancels_(cancels), request_(std::move(request)), done_(std::move(done)) {}
  ~Forward() override { cancels_.worker_.loop().deadlines().disarm(*this); }

  void start(conf::HostPort peer) {
    PostgresWorker& worker = cancels_.worker_;
    worker.loop().deadlines().arm(*this,
                                  deadlineAfter(worker.loop().now(), worker.postgres().cancel_wait_timeout));
    dialer_ =
        std::make_unique<ServerDialer>(worker, ServerDialer::Target{std::move(peer), conf::SslMode::kDisable},
                                       [this](Result<net::Socket> socket) { connected(std::move(socket)); });
    dialer_->start();
  }

  void onReadable() override {
    char rest[64];
    const net::IoResult got = socket_.read(rest, sizeof rest);
    if (got.status == net::IoStatus::kClosed || got.status == net::IoStatus::kError) finish();
  }
  void onWritable() override {}
  void due(Instant) override { finish(); }

 private:
  void connected(Result<net::Socket> socket) {
    if (!socket) return finish();
    socket_ = std::move(*socket);
    socket_.setUser(*this);
    (void)socket_.write(request_);
    socket_.want(true, false);
  }
  void finish() {
    if (const auto done = std::exchange(done_, nullptr)) done();
    auto& all = cancels_.forwards_;
    const auto at =
        std::find_if(all.begin(), all.end(), [this](const auto& each) { return each.get() == this; });
    if (at == all.end()) return;
    cancels_.worker_.loop().bury(std::move(*at));
    all.erase(at);
  }

  Cancels& cancels_;
  const std::string request_;
  std::function<void()> done_;
  std::unique_ptr<ServerDialer> dialer_;
  net::Socket socket_;
};

// A request travels one hop, as long as every peer is listed under its own number.
void Cancels::forward(uint32_t gateway, uint32_t pid, const std::string& secret, std::function<void()> done) {
  const auto& peers = worker_.postgres().peers;
  const auto peer = std::find_if(peers.begin(), peers.end(),
                                 [&](const conf::Peer& each) { return each.peer_id == gateway; });
  if (gateway == 0 || peer == peers.end() || forwards_.size() >= kMaxForwards) return done();
  std::string request;
  pgproto::appendCancelRequest(request, pid, secret);
  forwards_.push_back(std::make_unique<Forward>(*this, std::move(request), std::move(done)));
  forwards_.back()->start(peer->address);
}

Cancels::Cancels(PostgresWorker& worker) : worker_(worker) {}
Cancels::~Cancels() = default;

void Cancels::requested(uint32_t pid, std::string secret, std::function<void()> done) {
  const ClientPid target = ClientPid::decode(pid);
  if (target.gateway != worker_.postgres().peer_id)
    return forward(target.gateway, pid, secret, std::move(done));
  auto& workers = worker_.shared().workers;
  if (target.worker >= workers.size()) return done();
  if (target.worker == worker_.index()) return arrived(target.slot, secret, std::move(done));
  const uint32_t origin = worker_.index();
  workers[target.worker]->post([slot = target.slot, secret = std::move(secret), done = std::move(done),
                                origin](PostgresWorker& there) {
    there.cancels().arrived(slot, secret, [&there, origin, done] {
      there.shared().workers[origin]->post([done](PostgresWorker&) { done(); });
    });
  });
}

void Cancels::arrived(uint32_t slot, const std::string& secret, std::function<void()> done) {
  Client* client = worker_.clients().at(slot);
  // The comparison takes the same time whichever byte is wrong.
  if (client == nullptr || !pgproto::equalConstantTime(client->cancelSecret(), secret)) return done();
  client->cancel(std::move(done));
}

void Cancels::cancelServer(Server& server, std::function<void()> done) {
  WorkerPool& pool = server.pool();
  pool.counters().cancels.add();
  if (load(pool).active < widthOf(pool)) return launch(server, std::move(done));
  if (queue_.size() >= kMaxQueued) {
    if (done) done();
    return;
  }
  const Instant now = worker_.loop().now();
  queue_.push_back(
      {&pool, server.id(), std::move(done), deadlineAfter(now, worker_.postgres().cancel_wait_timeout)});
  server.cancelStarted();
}

void Cancels::launch(Server& server, std::function<void()> done) {
  server.cancelStarted();
  flights_.push_back(std::make_unique<Flight>(*this, server, std::move(done)));
  flights_.back()->start(server.host(), server.socket().hasTls());
}

void Cancels::landed(Flight& flight) {
  const auto at =
      std::find_if(flights_.begin(), flights_.end(), [&](const auto& f) { return f.get() == &flight; });
  if (at == flights_.end()) return;
  std::unique_ptr<Flight> ended = std::move(*at);
  flights_.erase(at);
  if (Server* server = ended->server()) server->cancelEnded();
  if (const auto done = ended->takeDone()) done();
  WorkerPool* pool = ended->pool();
  worker_.loop().bury(std::move(ended));

  const auto next =
      std::find_if(queue_.begin(), queue_.end(), [&](const Queued& queued) { return queued.pool == pool; });
  if (next == queue_.end()) return;
  Queued queued = std::move(*next);
  queue_.erase(next);
  Server* target = pool->servers().find([&](Server& server) { return server.id() == queued.server_id; });
  const bool still_runs =
      target != nullptr && !target->tracker().nothingOwed() && worker_.loop().now() < queued.deadline;
  if (still_runs) launch(*target, std::move(queued.done));
  if (target != nullptr)
    target->cancelEnded();  // it is counted as launched by now, or needs no cancel any more
  if (!still_runs && queued.done) queued.done();
}

void Cancels::forget(Server& server) {
  for (const auto& flight : flights_)
    if (flight->server() == &server) flight->forgetServer();
}

void Cancels::stop() {
  queue_.clear();
  for (auto& forward : forwards_) worker_.loop().bury(std::move(forward));
  forwards_.clear();
  for (auto& flight : flights_) worker_.loop().bury(std::move(flight));
  flights_.clear();
}

Cancels::Load Cancels::load(const WorkerPool& pool) const {
  Load load;
  for (const auto& flight : flights_) load.active += flight->pool() == &pool;
  for (const Queued& queued : queue_) load.waiting += queued.pool == &pool;
  return load;
}

// Twice the pool: every server may be cancelled, and as many again be on their way.
size_t Cancels::widthOf(const WorkerPool& pool) const {
  return 2 * std::max<size_t>(pool.settings().pool_size, 1);
}

}  // namespace forebay::postgres
