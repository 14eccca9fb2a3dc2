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
constexpr ptrdiff_t kMaxForwards = 100;

}  // namespace

// A request travels one hop, as long as every peer is listed under its own number.
void Cancels::forward(uint32_t gateway, uint32_t pid, const std::string& secret, std::function<void()> done) {
  const auto& peers = worker_.postgres().peers;
  const auto peer = std::find_if(peers.begin(), peers.end(),
                                 [&](const conf::Peer& each) { return each.peer_id == gateway; });
  const auto on_their_way = std::count_if(flights_.begin(), flights_.end(),
                                          [](const Flight& flight) { return flight.pool == nullptr; });
  if (gateway == 0 || peer == peers.end() || on_their_way >= kMaxForwards) return done();
  std::string request;
  pgproto::appendCancelRequest(request, pid, secret);
  start({nullptr, nullptr, std::move(done), nullptr, gateway}, std::move(request),
        {peer->address, conf::SslMode::kDisable});
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
  WorkerPool& pool = server.pool();
  std::string request;
  pgproto::appendCancelRequest(request, server.backendPid(), server.backendSecret());
  // As the server's own connection: to the same machine, whatever its name stands for by now, and with TLS
  // when that has it, so that the key is not sent in the clear.
  const conf::SslMode mode =
      pool.database().server_tls_sslmode.value_or(worker_.postgres().server_tls.sslmode);
  start({&pool, &server, std::move(done), nullptr}, std::move(request),
        {server.host(), server.socket().hasTls() ? mode : conf::SslMode::kDisable,
         pool.database().server_direct_tls, server.socket().peerAddress()});
}

void Cancels::start(Flight flight, std::string request, ServerDialer::Target target) {
  const auto at = flights_.insert(flights_.end(), std::move(flight));
  at->flight = std::make_unique<CancelFlight>(worker_, std::move(request),
                                              [this, at](CancelFlight::End end) { landed(at, end); });
  at->flight->start(std::move(target));
}

void Cancels::landed(std::list<Flight>::iterator at, CancelFlight::End end) {
  Flight ended = std::move(*at);
  flights_.erase(at);
  worker_.loop().bury(std::move(ended.flight));
  if (ended.server != nullptr) ended.server->cancelEnded(end == CancelFlight::End::kMayStillHit);
  if (ended.done) ended.done();
  if (ended.pool == nullptr) return;
  while (load(*ended.pool).active < widthOf(*ended.pool) && launchNext(*ended.pool)) {
  }
}

// The one that waits longest, unless it is needed no more. False: none waits.
bool Cancels::launchNext(WorkerPool& pool) {
  const auto next =
      std::find_if(queue_.begin(), queue_.end(), [&](const Queued& queued) { return queued.pool == &pool; });
  if (next == queue_.end()) return false;
  Queued queued = std::move(*next);
  queue_.erase(next);
  Server* target = pool.servers().find([&](Server& server) { return server.id() == queued.server_id; });
  const bool still_runs =
      target != nullptr && !target->tracker().nothingOwed() && worker_.loop().now() < queued.deadline;
  if (still_runs) launch(*target, std::move(queued.done));
  if (target != nullptr)
    target->cancelEnded();  // it is counted as launched by now, or needs no cancel any more
  if (!still_runs && queued.done) queued.done();
  return true;
}

void Cancels::forget(Server& server) {
  for (Flight& flight : flights_)
    if (flight.server == &server) flight.server = nullptr;
}

void Cancels::stop() {
  queue_.clear();
  for (Flight& flight : flights_) worker_.loop().bury(std::move(flight.flight));
  flights_.clear();
}

Cancels::Load Cancels::load(const WorkerPool& pool) const {
  Load load;
  for (const Flight& flight : flights_) load.active += flight.pool == &pool;
  for (const Queued& queued : queue_) load.waiting += queued.pool == &pool;
  return load;
}

std::map<uint32_t, uint32_t> Cancels::forwards() const {
  std::map<uint32_t, uint32_t> by_peer;
  for (const Flight& flight : flights_)
    if (flight.pool == nullptr) ++by_peer[flight.peer_id];
  return by_peer;
}

// Twice the pool: every server may be cancelled, and as many again be on their way.
size_t Cancels::widthOf(const WorkerPool& pool) const {
  return 2 * std::max<size_t>(pool.settings().pool_size, 1);
}

}  // namespace forebay::postgres
